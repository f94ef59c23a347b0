//! From the resources of a template to its registries, each with its tasks, pools and endpoints.

use std::collections::{BTreeMap, HashMap};

use super::super::declared::{DeclaredRegistry, Node, NodeValue};
use super::defaults;
use super::expression::{id_of, principal_of, split_name};
use super::template::resources::{AGENT_POOL, REGISTRY, Resource, TASK, ZONE_GROUP};
use crate::model::inventory::Language;
use crate::model::registry_id::RegistryId;

/// A registry of a template, and how the template calls it.
#[derive(Debug, Clone)]
pub struct AssembledRegistry {
    /// The registry.
    pub registry: DeclaredRegistry,
    /// Its symbolic name, where resources have some.
    pub symbol: Option<String>,
    /// The source text of its name's expression, or the literal name.
    pub name_source: String,
    /// The deployments that it is in, the outermost first.
    pub path: Vec<String>,
    /// JSON pointer of the resource within its file.
    pub pointer: String,
    /// Which instance of a copy loop it is.
    pub instance: Option<usize>,
}

/// What belongs to registries, by their names in lower case.
#[derive(Default)]
struct RelatedResources<'a> {
    tasks: HashMap<String, Vec<&'a Resource>>,
    agent_pools: HashMap<String, Vec<&'a Resource>>,
    /// Connections of private endpoints: the endpoint, the connection, its state.
    connections: HashMap<String, Vec<(&'a Resource, &'a Node, &'static str)>>,
    role_assignments: HashMap<String, Vec<&'a Resource>>,
    /// DNS zone groups, by the names of their private endpoints.
    zone_groups: HashMap<String, Vec<&'a Resource>>,
}

impl<'a> RelatedResources<'a> {
    fn collect(resources: &'a [Resource]) -> RelatedResources<'a> {
        let mut all = RelatedResources::default();
        for resource in resources {
            let names = split_name(&resource.name);
            let parent = names.first().map(|name| name.to_lowercase()).unwrap_or_default();
            match resource.kind.as_str() {
                TASK if names.len() == 2 => all.tasks.entry(parent).or_default().push(resource),
                AGENT_POOL if names.len() == 2 => all.agent_pools.entry(parent).or_default().push(resource),
                "microsoft.containerregistry/registries/providers/roleassignments" => {
                    all.role_assignments.entry(parent).or_default().push(resource);
                }
                "microsoft.authorization/roleassignments" => {
                    if let Some(name) = resource.body.get_folded("scope").and_then(registry_of) {
                        all.role_assignments.entry(name).or_default().push(resource);
                    }
                }
                "microsoft.network/privateendpoints" => all.endpoint(resource),
                ZONE_GROUP if names.len() == 2 => {
                    all.zone_groups.entry(parent).or_default().push(resource);
                }
                _ => {}
            }
        }
        all
    }

    fn endpoint(&mut self, endpoint: &'a Resource) {
        let Some(properties) = endpoint.body.get_folded("properties") else { return };
        let sorts = [("privateLinkServiceConnections", "Approved"), ("manualPrivateLinkServiceConnections", "Pending")];
        for (member, status) in sorts {
            for connection in properties.get_folded(member).and_then(Node::as_list).unwrap_or_default() {
                let target = connection.get_folded("properties").and_then(|p| p.get_folded("privateLinkServiceId"));
                if let Some(name) = target.and_then(registry_of) {
                    self.connections.entry(name).or_default().push((endpoint, connection, status));
                }
            }
        }
    }
}

/// The registries of a template; `root` is what their addresses are relative to.
pub fn registries(resources: &[Resource], root: &str) -> Vec<AssembledRegistry> {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let related_resources = RelatedResources::collect(resources);
    let assemble = |resource: &Resource| {
        let mut address = address(resource);
        let count = seen.entry(address.to_lowercase()).and_modify(|count| *count += 1).or_insert(1);
        if *count > 1 {
            address = format!("{address}#{count}");
        }
        assembled(resource, address, &related_resources, root)
    };
    resources.iter().filter(|resource| resource.kind == REGISTRY).map(assemble).collect()
}

fn assembled(
    resource: &Resource,
    address: String,
    related_resources: &RelatedResources<'_>,
    root: &str,
) -> AssembledRegistry {
    let own = resource.name.to_lowercase();
    let children = |all: &HashMap<String, Vec<&Resource>>, node: fn(&Resource) -> Node| {
        all.get(&own).into_iter().flatten().map(|child| node(child)).collect()
    };
    let mut registry = resource.body.clone();
    registry.provenance.span = None;
    registry.set("name", resource.name_node.clone());
    let is_new = resource.predicted.as_ref().map(|predicted| predicted.is_new);
    if let Some(predicted) = &resource.predicted {
        registry.set("id", Node::text(&predicted.id));
    }
    if is_new != Some(false) {
        defaults::fill(&mut registry, "the template");
        defaults::fill_tags(&mut registry);
    }
    let connections = related_resources.connections.get(&own).map(Vec::as_slice).unwrap_or_default();
    let declared = DeclaredRegistry {
        language: Language::Arm,
        root: root.to_owned(),
        address,
        logical: Some(resource.pointer.clone()),
        resource_group: predicted_group(resource),
        block: resource.block.clone(),
        related: resource.related.clone(),
        registry: with_endpoints(registry, resource, connections, &related_resources.zone_groups),
        tasks: children(&related_resources.tasks, task),
        all_tasks: is_new == Some(true),
        agent_pools: children(&related_resources.agent_pools, child),
        all_agent_pools: is_new == Some(true),
        role_assignments: children(&related_resources.role_assignments, role_assignment),
        all_role_assignments: false,
        is_elsewhere: false,
        api_version: resource.api_version.clone(),
        alternatives: Vec::new(),
    };
    AssembledRegistry {
        registry: declared,
        symbol: resource.symbol.clone(),
        name_source: resource.name_source.clone(),
        path: resource.path.clone(),
        pointer: resource.pointer.clone(),
        instance: resource.instance,
    }
}

/// What-if tells the whole id.
fn predicted_group(resource: &Resource) -> Option<String> {
    let id = RegistryId::parse(&resource.predicted.as_ref()?.id)?;
    Some(id.resource_group)
}

/// Stable where lines move: the symbolic name, or type and name, after the deployments that it is in.
fn address(resource: &Resource) -> String {
    if let Some(predicted) = &resource.predicted {
        let at = predicted.id.to_lowercase().rfind("/providers/microsoft.containerregistry/");
        return at.and_then(|at| predicted.id.get(at..)).unwrap_or(&predicted.id).to_owned();
    }
    let own = match (&resource.symbol, resource.instance) {
        (Some(symbol), None) => symbol.clone(),
        (Some(symbol), Some(index)) => format!("{symbol}[{index}]"),
        // A name that is a secret is told by its expression, as one that is not known.
        (None, _) if resource.name_node.holds_secrets() => {
            format!("Microsoft.ContainerRegistry/registries/{{{}}}", resource.name_source)
        }
        (None, _) => format!("Microsoft.ContainerRegistry/registries/{}", resource.name),
    };
    let path: Vec<&str> = resource.path.iter().map(String::as_str).chain([own.as_str()]).collect();
    path.join("/")
}

/// A task or pool, at the head of its block.
fn child(resource: &Resource) -> Node {
    let mut node = resource.body.clone();
    let last = split_name(&resource.name).last().copied().unwrap_or_default().to_owned();
    let mut name = resource.name_node.clone();
    name.value = if last.contains('{') { NodeValue::Symbol(last.into()) } else { NodeValue::String(last) };
    if name.is_unknown() {
        // A policy needs a name to tell tasks apart by; the expression is one.
        name.value = NodeValue::String(split_name(&resource.name).last().copied().unwrap_or_default().to_owned());
    }
    node.set("name", name);
    node.provenance.span = Some(resource.block.clone());
    node
}

fn task(resource: &Resource) -> Node {
    let mut node = child(resource);
    let id = id_of("Microsoft.ContainerRegistry/registries/tasks", &resource.name);
    if let NodeValue::Object(members) = &mut node.value {
        if let Some((_, identity)) = members.iter_mut().find(|(name, _)| name.eq_ignore_ascii_case("identity"))
            && is_system_assigned(identity)
        {
            identity.set("principalId", Node::new(NodeValue::Symbol(principal_of(&id).into())));
        }
        if let Some((_, properties)) = members.iter_mut().find(|(name, _)| name.eq_ignore_ascii_case("properties"))
            && properties.as_object().is_some()
            && properties.get_folded("status").is_none()
        {
            let note = "status is not set in the template, and Enabled is the default.";
            properties.set("status", Node::text("Enabled").with_note(note));
        }
    }
    node
}

fn is_system_assigned(identity: &Node) -> bool {
    let kind = identity.get_folded("type").and_then(Node::as_str);
    kind.is_some_and(|kind| kind.to_ascii_lowercase().contains("systemassigned"))
}

/// The name, in lower case, of the registry that a resource id, or a name for one, is the id of.
fn registry_of(id: &Node) -> Option<String> {
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

/// With the private endpoints of the template that lead to the registry. Others may exist.
fn with_endpoints(
    mut registry: Node,
    resource: &Resource,
    connections: &[(&Resource, &Node, &'static str)],
    zone_groups: &HashMap<String, Vec<&Resource>>,
) -> Node {
    let mut connections: Vec<Node> = connections
        .iter()
        .map(|(endpoint, connection, status)| {
            let groups = zone_groups.get(&endpoint.name.to_lowercase()).map(Vec::as_slice).unwrap_or_default();
            connection_node(endpoint, connection, status, groups)
        })
        .collect();
    let Some(properties) = registry.get_folded("properties").filter(|properties| properties.as_object().is_some())
    else {
        return registry;
    };
    let mut properties = properties.clone();
    if resource.predicted.is_some() && properties.get_folded("privateEndpointConnections").is_some() {
        return registry;
    }
    connections.push(Node::unknown("Private endpoints may be made elsewhere too."));
    properties.set("privateEndpointConnections", Node::new(NodeValue::List(connections)));
    if let NodeValue::Object(members) = &mut registry.value
        && let Some((_, known)) = members.iter_mut().find(|(name, _)| name.eq_ignore_ascii_case("properties"))
    {
        *known = properties;
    }
    registry
}

/// A connection as the registry shows it, with the DNS zone groups of its endpoint, which ARM keeps elsewhere.
fn connection_node(endpoint: &Resource, connection: &Node, status: &str, zone_groups: &[&Resource]) -> Node {
    let state = Node::new(NodeValue::Object(vec![("status".to_owned(), Node::text(status))]));
    let id = Node::new(NodeValue::Symbol(id_of("Microsoft.Network/privateEndpoints", &endpoint.name).into()));
    let groups = zone_groups.iter().map(|group| child(group)).collect();
    let members = vec![
        (
            "privateEndpoint".to_owned(),
            Node::new(NodeValue::Object(vec![
                ("id".to_owned(), id),
                ("privateDnsZoneGroups".to_owned(), Node::new(NodeValue::List(groups))),
            ])),
        ),
        ("privateLinkServiceConnectionState".to_owned(), state),
    ];
    let name = connection.get_folded("name").filter(|name| name.as_str().is_some()).cloned();
    let name = name.unwrap_or_else(|| Node::text(&endpoint.name));
    let properties = Node::new(NodeValue::Object(members));
    Node::spanned(
        NodeValue::Object(vec![("name".to_owned(), name), ("properties".to_owned(), properties)]),
        endpoint.block.clone(),
    )
}

/// A role assignment at the registry.
fn role_assignment(resource: &Resource) -> Node {
    let mut node = resource.body.clone();
    node.provenance.span = Some(resource.block.clone());
    let id = id_of("Microsoft.Authorization/roleAssignments", &resource.name);
    node.set("id", Node::new(NodeValue::Symbol(id.into())));
    if let NodeValue::Object(members) = &mut node.value {
        members.retain(|(name, _)| !name.eq_ignore_ascii_case("scope"));
        if let Some((_, properties)) = members.iter_mut().find(|(name, _)| name.eq_ignore_ascii_case("properties")) {
            name_role(properties);
        }
    }
    node
}

/// A built-in role is known by its GUID, whatever the subscription.
fn name_role(properties: &mut Node) {
    let NodeValue::Object(members) = &mut properties.value else { return };
    for (name, value) in members {
        if let NodeValue::Symbol(symbol) = &value.value
            && name.eq_ignore_ascii_case("roleDefinitionId")
            && !split_name(symbol).last().is_some_and(|guid| guid.contains('{'))
        {
            value.value = NodeValue::String(symbol.to_string());
        }
    }
}
