//! What would follow from a change: changes made to documents, never to Azure, and who gets in before and after.

mod alternatives;
mod apply;
mod change;
mod clients;
mod draft;
mod firewall;
mod plan;
mod script;
mod shell;
mod simulation;
mod state;
mod step;
mod strategies;

pub use self::change::{Applied, Change, DefaultAction, RoleMode};
pub use self::clients::{ClientRange, ranges};
pub use self::draft::Draft;
pub use self::plan::{Judge, PlanOptions, RegistryPlan, plan};
pub use self::script::{ScriptFormat, Totals, script};
pub use self::simulation::{ClientChange, RegistryNote, Simulation, TaskChange, registry_matches, simulate, standings};
pub use self::strategies::Preference;
