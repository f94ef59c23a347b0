//! What belongs to the registries of a template: found by their names, which are unique in all of Azure, and by the
//! scopes that they are in.

use std::collections::{BTreeMap, HashMap};

use super::super::expression::split_name;
use super::super::template::resources::{AGENT_POOL, Resource, TASK, ZONE_GROUP};
use crate::source::code::declared::{Node, NodeValue};

/// A connection of a private endpoint: the endpoint, the connection, its state.
pub type Connection<'a> = (&'a Resource, &'a Node, &'static str);

/// What belongs to registries, by their names in lower case.
#[derive(Default)]
pub struct RelatedResources<'a> {
    pub tasks: BTreeMap<String, Vec<&'a Resource>>,
    pub agent_pools: BTreeMap<String, Vec<&'a Resource>>,
    pub connections: HashMap<String, Vec<Connection<'a>>>,
    pub role_assignments: HashMap<String, Vec<&'a Resource>>,
    /// Roles at a scope above registries: the scope.
    pub roles_above: Vec<(String, &'a Resource)>,
    /// DNS zone groups, by the names of their private endpoints.
    pub zone_groups: HashMap<String, Vec<&'a Resource>>,
    /// Something of this sort belongs to a registry that is not known.
    pub doubts: Doubts,
}

/// What may belong to any registry.
#[derive(Debug, Clone, Copy, Default)]
pub struct Doubts {
    pub tasks: bool,
    pub agent_pools: bool,
    pub connections: bool,
    pub role_assignments: bool,
}

/// What a scope or a target is.
enum Target {
    Registry(String),
    /// Something else that has this id.
    Other(String),
    Unknown,
}

impl<'a> RelatedResources<'a> {
    /// What of the resources belongs to registries.
    pub fn collect(resources: &'a [Resource]) -> RelatedResources<'a> {
        let mut all = RelatedResources::default();
        for resource in resources {
            let names = split_name(&resource.name);
            let parent = names.first().map(|name| name.to_lowercase()).unwrap_or_default();
            match resource.kind.as_str() {
                TASK if names.len() == 2 => {
                    all.doubts.tasks |= is_unknown_name(&parent) || resource.unexpanded;
                    all.tasks.entry(parent).or_default().push(resource);
                }
                AGENT_POOL if names.len() == 2 => {
                    all.doubts.agent_pools |= is_unknown_name(&parent) || resource.unexpanded;
                    all.agent_pools.entry(parent).or_default().push(resource);
                }
                "microsoft.containerregistry/registries/providers/roleassignments" => {
                    all.role_assignments.entry(parent).or_default().push(resource);
                }
                "microsoft.authorization/roleassignments" => all.role_assignment(resource),
                "microsoft.network/privateendpoints" => all.endpoint(resource),
                ZONE_GROUP if names.len() == 2 => all.zone_groups.entry(parent).or_default().push(resource),
                _ => {}
            }
        }
        all
    }

    fn role_assignment(&mut self, resource: &'a Resource) {
        match resource.body.get_folded("scope").filter(|scope| scope.value != NodeValue::Null).map(target) {
            None => self.roles_above.push((resource.scope.clone(), resource)),
            Some(Target::Registry(name)) => self.role_assignments.entry(name).or_default().push(resource),
            Some(Target::Other(scope)) => {
                // Within a module, its resource group is the one that the module is deployed to.
                let own = scope.eq_ignore_ascii_case(super::super::expression::GROUP);
                self.roles_above.push((if own { resource.scope.clone() } else { scope }, resource));
            }
            Some(Target::Unknown) => self.doubts.role_assignments = true,
        }
    }

    fn endpoint(&mut self, endpoint: &'a Resource) {
        let Some(properties) = endpoint.body.get_folded("properties").filter(|all| all.as_object().is_some()) else {
            self.doubts.connections = true;
            return;
        };
        let sorts = [("privateLinkServiceConnections", "Approved"), ("manualPrivateLinkServiceConnections", "Pending")];
        for (member, status) in sorts {
            let connections = properties.get_folded(member);
            self.doubts.connections |= connections.is_some_and(Node::is_unknown) || endpoint.unexpanded;
            for connection in connections.and_then(Node::as_list).unwrap_or_default() {
                let id = connection.get_folded("properties").and_then(|p| p.get_folded("privateLinkServiceId"));
                match id.map(target) {
                    Some(Target::Registry(name)) => {
                        self.connections.entry(name).or_default().push((endpoint, connection, status));
                    }
                    Some(Target::Other(_)) => {}
                    Some(Target::Unknown) | None => self.doubts.connections |= is_for_a_registry(connection),
                }
            }
        }
    }

    /// The roles that hold at a registry: its own, and those at the scopes that it is in.
    pub fn roles_of(&self, name: &str, scope: &str) -> Vec<&'a Resource> {
        let own = self.role_assignments.get(name).into_iter().flatten().copied();
        let above = self.roles_above.iter().filter(|(at, _)| is_above(at, scope)).map(|(_, resource)| *resource);
        own.chain(above).collect()
    }
}

/// Whether a scope is one that a resource group is in, or that group itself.
fn is_above(scope: &str, group: &str) -> bool {
    let scope = scope.to_lowercase();
    let group = group.to_lowercase();
    let is_higher = scope.is_empty() || scope == "/" || scope.starts_with("/providers/microsoft.management/");
    is_higher || scope == group || group.strip_prefix(&scope).is_some_and(|rest| rest.starts_with('/'))
}

fn is_unknown_name(name: &str) -> bool {
    name.starts_with('{') && name.ends_with('}')
}

/// Whether a connection whose target is not known is, by its group, one of a registry.
fn is_for_a_registry(connection: &Node) -> bool {
    let groups = connection.get_folded("properties").and_then(|properties| properties.get_folded("groupIds"));
    match groups.and_then(Node::as_list) {
        Some(groups) => groups
            .iter()
            .any(|group| group.is_unknown() || group.as_str().is_some_and(|id| id.eq_ignore_ascii_case("registry"))),
        None => true,
    }
}

fn target(id: &Node) -> Target {
    if let Some(name) = registry_of(id) {
        return Target::Registry(name);
    }
    match &id.value {
        NodeValue::String(text) => Target::Other(text.clone()),
        // An id that is put together says what it is the id of; anything else may be any.
        NodeValue::Symbol(text) if text.starts_with('/') && !text.ends_with('}') => Target::Other(text.to_string()),
        NodeValue::Symbol(text) if is_group(text) => Target::Other(text.to_string()),
        NodeValue::Symbol(text) if text.to_lowercase().contains("/providers/") => Target::Other(text.to_string()),
        _ => Target::Unknown,
    }
}

/// Whether an id is one of a subscription or a resource group, known or not.
fn is_group(id: &str) -> bool {
    let segments = split_name(id);
    let is = |at: usize, word: &str| segments.get(at).is_some_and(|own| own.eq_ignore_ascii_case(word));
    segments.first() == Some(&"")
        && is(1, "subscriptions")
        && (segments.len() == 3 || (segments.len() == 5 && is(3, "resourceGroups")))
}

/// The name, in lower case, of the registry that a resource id, or a name for one, is the id of.
pub fn registry_of(id: &Node) -> Option<String> {
    let text = match &id.value {
        NodeValue::String(text) => text.as_str(),
        NodeValue::Symbol(symbol) => symbol,
        _ => return None,
    };
    match split_name(text).as_slice() {
        [.., provider, kind, name] => {
            let is_registry =
                provider.eq_ignore_ascii_case("Microsoft.ContainerRegistry") && kind.eq_ignore_ascii_case("registries");
            is_registry.then(|| name.to_lowercase())
        }
        _ => None,
    }
}
