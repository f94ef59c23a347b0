//! Joins resources to the registries that they belong to.

use super::frame::{Assembled, Frame};
use super::instance::{Resource, is_deployment};
use super::{azapi, endpoint, registry, task};
use crate::source::code::declared::Node;

/// What a resource is to registries.
enum Part {
    Registry(Node, Option<String>),
    Task(Node),
    AgentPool(Node),
    Connections(Vec<(Option<Node>, Node)>),
    RoleAssignment(Node),
    /// A body that is laid over what another resource declares.
    Update(azapi::AzapiType),
    Opaque,
}

fn part(resource: &Resource) -> Option<Part> {
    Some(match resource.kind.as_str() {
        "azurerm_container_registry" => Part::Registry(registry::arm(resource), None),
        "azurerm_container_registry_task" => Part::Task(task::task(resource)),
        "azurerm_container_registry_agent_pool" => Part::AgentPool(task::agent_pool(resource)),
        "azurerm_private_endpoint" => Part::Connections(vec![endpoint::private_endpoint(resource)]),
        "azurerm_role_assignment" => Part::RoleAssignment(endpoint::role_assignment(resource)),
        "azapi_resource" => match azapi::AzapiType::parse(resource) {
            (azapi::AzapiType::Registry, version) => Part::Registry(azapi::registry(resource), version),
            (azapi::AzapiType::Task, _) => Part::Task(azapi::child(resource)),
            (azapi::AzapiType::AgentPool, _) => Part::AgentPool(azapi::child(resource)),
            (azapi::AzapiType::PrivateEndpoint, _) => Part::Connections(azapi::private_endpoint(resource)),
            (azapi::AzapiType::RoleAssignment, _) => Part::RoleAssignment(azapi::role_assignment(resource)),
            (azapi::AzapiType::Opaque, _) => Part::Opaque,
            (azapi::AzapiType::Other, _) => return None,
        },
        "azapi_update_resource" => match azapi::AzapiType::parse(resource).0 {
            kind @ (azapi::AzapiType::Registry
            | azapi::AzapiType::Task
            | azapi::AzapiType::AgentPool
            | azapi::AzapiType::Opaque) => Part::Update(kind),
            _ => return None,
        },
        kind if is_deployment(kind) => Part::Opaque,
        _ => return None,
    })
}

/// Joins resources to registries. The root is the folder that addresses are relative to, as a user would open it; empty
/// for the working directory.
pub fn assemble(mut resources: Vec<Resource>, root: &str) -> Assembled {
    resources.sort_by(|a, b| a.address.cmp(&b.address));
    resources.dedup_by(|a, b| a.address == b.address);
    let mut frame = Frame::default();
    let mut parts = Vec::new();
    for resource in &resources {
        match part(resource) {
            Some(Part::Registry(node, version)) => frame.add(resource, node, version, root),
            Some(part) => parts.push((resource, part)),
            None => {}
        }
    }
    let mut updates = Vec::new();
    for (resource, part) in parts {
        match part {
            Part::Task(node) => frame.task(resource, node),
            Part::AgentPool(node) => frame.agent_pool(resource, node),
            Part::Connections(connections) => frame.connections(resource, connections),
            Part::RoleAssignment(node) => frame.role_assignment(node),
            Part::Update(kind) => updates.push((resource, kind)),
            Part::Opaque => frame.doubt_all(),
            Part::Registry(..) => {}
        }
    }
    for (resource, kind) in updates {
        frame.update(resource, kind);
    }
    frame.finish()
}
