//! What source code declares, whatever the language: values with their places, and registries made of them.

mod node;
mod registry;
mod unwritten;

pub use node::{Node, Place, Site, Val};
pub use registry::DeclaredRegistry;
