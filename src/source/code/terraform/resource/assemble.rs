//! Joins resources to the registries that they belong to.

use super::frame::{Assembled, Frame};
use super::instance::{Resource, UNREAD_MODULE, is_deployment};
use super::{azapi, endpoint, few_values, registry, task, template};
use crate::model::inventory::SkippedFile;
use crate::source::code::declared::Node;

/// What a resource is to registries.
enum Part {
    Registry(Option<String>),
    Task(Node),
    AgentPool(Node),
    Connections(Vec<(Option<Node>, Node)>),
    RoleAssignment(Node),
    /// A body that is laid over what another resource declares.
    Update(azapi::AzapiType),
    Deployment,
    /// A module that is not on disk, and the registry that it is handed.
    Handed(Node),
    Opaque,
}

fn part(resource: &Resource) -> Option<Part> {
    Some(match resource.kind.as_str() {
        "azurerm_container_registry" => Part::Registry(None),
        "azurerm_container_registry_task" => Part::Task(task::task(resource)),
        "azurerm_container_registry_agent_pool" => Part::AgentPool(task::agent_pool(resource)),
        "azurerm_private_endpoint" => Part::Connections(vec![endpoint::private_endpoint(resource)]),
        "azurerm_role_assignment" => Part::RoleAssignment(endpoint::role_assignment(resource)),
        "azapi_resource" => match azapi::AzapiType::parse(resource) {
            (azapi::AzapiType::Registry, version) => Part::Registry(version),
            (azapi::AzapiType::Task, _) => Part::Task(azapi::child(resource)),
            (azapi::AzapiType::AgentPool, _) => Part::AgentPool(azapi::child(resource)),
            (azapi::AzapiType::PrivateEndpoint, _) => Part::Connections(azapi::private_endpoint(resource)),
            (azapi::AzapiType::RoleAssignment, _) => Part::RoleAssignment(azapi::role_assignment(resource)),
            (azapi::AzapiType::Deployment, _) => Part::Deployment,
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
        "azapi_resource_action" if azapi::is_update(resource) => match azapi::AzapiType::parse(resource).0 {
            kind @ (azapi::AzapiType::Registry | azapi::AzapiType::Task | azapi::AzapiType::AgentPool) => {
                Part::Update(kind)
            }
            _ => return None,
        },
        UNREAD_MODULE => Part::Handed(resource.attributes.get("registry").cloned().unwrap_or_default()),
        kind if is_deployment(kind) => Part::Deployment,
        _ => return None,
    })
}

/// A registry in ARM's shape.
fn declared(resource: &Resource) -> Node {
    match resource.kind.as_str() {
        "azapi_resource" => azapi::registry(resource),
        _ => registry::arm(resource),
    }
}

/// Joins resources to registries. The root is the folder that addresses are relative to, as a user would open it; empty
/// for the working directory.
pub fn assemble(mut resources: Vec<Resource>, root: &str) -> Assembled {
    resources.sort_by(|a, b| a.address.cmp(&b.address));
    resources.dedup_by(|a, b| a.address == b.address);
    let mut frame = Frame { root: root.to_owned(), ..Frame::default() };
    let mut parts = Vec::new();
    for resource in &resources {
        match part(resource) {
            Some(Part::Registry(version)) => {
                let alternatives = few_values::variants(resource).iter().map(declared).collect();
                frame.add(resource, declared(resource), alternatives, version);
            }
            Some(part) => parts.push((resource, part)),
            None => {}
        }
    }
    let (mut updates, mut roles) = (Vec::new(), Vec::new());
    for (resource, part) in parts {
        match part {
            Part::Task(node) => frame.task(resource, node),
            Part::AgentPool(node) => frame.agent_pool(resource, node),
            Part::Connections(connections) => frame.connections(resource, connections),
            Part::RoleAssignment(node) => roles.push((resource, node)),
            Part::Update(kind) => updates.push((resource, kind)),
            Part::Deployment => {
                let deployed = template::deployed(resource, root);
                frame.gaps.extend(deployed.gaps);
                frame.deployed.extend(deployed.registries);
                if let Some(why) = deployed.unknown {
                    frame.skipped.push(SkippedFile::new(resource.block.position(), why));
                    frame.doubt_all();
                }
            }
            Part::Handed(registry) => frame.doubt(&registry),
            Part::Opaque => frame.doubt_all(),
            Part::Registry(..) => {}
        }
    }
    for (resource, kind) in updates {
        frame.update(resource, kind);
    }
    // They may be at a registry that only a task or an update told of.
    for (resource, node) in roles {
        frame.role_assignment(resource, node);
    }
    frame.finish()
}
