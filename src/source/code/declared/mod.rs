//! What source code declares, whatever the language: values with their places, and registries made of them.

mod default_locations;
mod node;
mod registry;

pub use self::node::{Node, Place, Site, Val};
pub use self::registry::DeclaredRegistry;
