//! One instance of a managed resource.

use crate::source::code::declared::{Node, Span};

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
    pub block: Span,
    /// Where else to look: the call of the module.
    pub related: Vec<(&'static str, Span)>,
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

impl Resource {
    /// Whether resources of this type have to do with registries. Any other is not worth reading.
    pub fn concerns_registries(kind: &str) -> bool {
        matches!(
            kind,
            "azurerm_container_registry"
                | "azurerm_container_registry_task"
                | "azurerm_container_registry_agent_pool"
                | "azurerm_private_endpoint"
                | "azurerm_role_assignment"
                | "azapi_resource"
                | "azapi_update_resource"
                | "azapi_resource_action"
        ) || is_deployment(kind)
    }
}

/// The type of what stands for a module that is not on disk and is handed a registry.
pub const UNREAD_MODULE: &str = "module";

/// A template that Terraform deploys may hold anything.
pub fn is_deployment(kind: &str) -> bool {
    kind.starts_with("azurerm_") && kind.ends_with("_template_deployment")
}
