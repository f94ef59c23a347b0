//! A Terraform resource, whether a plan or `.tf` files say so, and the registries that resources come to.

use crate::source::declared::{DeclaredRegistry, Node, Place};

/// One instance of a managed resource.
#[derive(Debug, Clone)]
pub struct Resource {
    /// Full address with instance keys: `module.acr["eu"].azurerm_container_registry.main[0]`.
    pub address: String,
    /// `count` or `for_each` is not known: the resource stands for any number of instances, and the address lacks
    /// their keys.
    pub unexpanded: bool,
    /// Resource type: `azurerm_container_registry`.
    pub kind: String,
    /// An object of its attributes, each with its place; nested blocks are lists of objects, as in a plan's `after`.
    pub attributes: Node,
    /// The head of its block.
    pub block: Place,
    /// Where else to look: the call of the module.
    pub related: Vec<(&'static str, Place)>,
    /// What happens to it.
    pub change: Change,
}

/// What is to happen to a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It is written in source code; whether it exists is not known.
    Declared,
    /// It does not exist and will be created.
    Create,
    /// It exists: it stays, is updated or replaced.
    Existing,
}

/// What resources come to.
#[derive(Debug, Default)]
pub struct Assembled {
    /// The registries, each with its tasks, pools, endpoints and role assignments.
    pub registries: Vec<DeclaredRegistry>,
    /// What belongs to a registry that is not among the resources, or to nobody knows which: sentences.
    pub left: Vec<String>,
}

/// Joins resources to registries. The root is the folder that addresses are relative to, as a user would open it; empty
/// for the working directory.
pub fn assemble(_resources: Vec<Resource>, _root: &str) -> Assembled {
    Assembled::default()
}
