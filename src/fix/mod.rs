//! What would follow from a change: changes made to documents, never to Azure, and who gets in before and after.

mod change;
mod clients;
mod draft;
mod simulation;

pub use self::change::{Applied, Change, DefaultAction, RoleMode};
pub use self::clients::{ClientRange, ranges};
pub use self::draft::Draft;
pub use self::simulation::{ClientChange, RegistryNote, Simulation, TaskChange, registry_matches, simulate, standings};
