//! A Terraform resource, whether a plan or `.tf` files say so, and the registries that resources come to.

mod assemble;
pub mod attributes;
pub(crate) mod azapi;
pub mod endpoint;
mod few_values;
mod frame;
mod instance;
mod join;
pub mod registry;
mod servers;
pub mod task;
mod template;
#[cfg(test)]
mod tests;
mod update;

pub use self::assemble::assemble;
pub use self::instance::{Change, Resource, UNREAD_MODULE};
