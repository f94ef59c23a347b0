//! What source code declares, whatever the language: values with their places, and registries made of them.

mod default_locations;
mod elsewhere;
mod json;
mod node;
mod registry;
mod secrets;
mod spelling;
mod symbolic;

pub use self::elsewhere::join_elsewhere;
pub use self::json::{json_of, whole_file};
pub use self::node::{Node, NodeValue, Provenance, Span};
pub use self::registry::DeclaredRegistry;
pub use self::symbolic::{Segment, SymbolicText, is_symbolic, json_with_symbols, segments};
