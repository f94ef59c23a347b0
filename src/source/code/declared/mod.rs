//! What source code declares, whatever the language: values with their places, and registries made of them.

mod default_locations;
mod node;
mod registry;
mod secrets;
mod spelling;

pub use self::node::{Node, NodeValue, Provenance, Span};
pub use self::registry::DeclaredRegistry;
