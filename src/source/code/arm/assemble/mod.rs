//! From the resources of a template to its registries, each with its tasks, pools and endpoints.

mod related;
mod servers;

use std::collections::{BTreeMap, BTreeSet};

pub use self::related::registry_of;
use self::related::{Connection, RelatedResources};
use super::super::declared::{DeclaredRegistry, Node, NodeValue, few_values};
use super::defaults;
use super::expression::{id_of, principal_of, split_name};
use super::template::resources::{REGISTRY, Resource};
use crate::model::inventory::Language;
use crate::model::registry_id::RegistryId;

/// A registry of a template, and how the template calls it.
#[derive(Debug, Clone)]
pub struct AssembledRegistry {
    /// The registry.
    pub registry: DeclaredRegistry,
    /// Its name; what is not known of it stands in braces.
    pub name: String,
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

/// The registries of a template, and what is known of others that it adds to; `root` is what their addresses are
/// relative to.
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
    let own = resources.iter().filter(|resource| resource.kind == REGISTRY);
    let mut registries: Vec<AssembledRegistry> = own.map(assemble).collect();
    let names: BTreeSet<String> = registries.iter().map(|one| one.name.to_lowercase()).collect();
    let children = related_resources.tasks.iter().chain(&related_resources.agent_pools);
    let mut others: BTreeMap<&String, &Resource> = BTreeMap::new();
    for (name, children) in children.filter(|(name, _)| !names.contains(*name)) {
        others.entry(name).or_insert(children[0]);
    }
    registries.extend(others.into_values().map(|child| elsewhere(child, &related_resources, root)));
    registries
}

fn assembled(resource: &Resource, address: String, related: &RelatedResources<'_>, root: &str) -> AssembledRegistry {
    let is_new = resource.predicted.as_ref().map(|predicted| predicted.is_new);
    let mut body = resource.body.clone();
    body.provenance.span = None;
    body.set("name", resource.name_node.clone());
    if let Some(predicted) = &resource.predicted {
        body.set("id", Node::text(&predicted.id));
    }
    let variants = if resource.predicted.is_some() { Vec::new() } else { few_values::variants(&body, few_values::ARM) };
    let complete = |mut registry: Node| {
        if is_new != Some(false) {
            defaults::fill(&mut registry, "the template");
            defaults::fill_tags(&mut registry);
        }
        with_endpoints(registry, resource, related)
    };
    let mut assembled = joined(resource, resource.name.clone(), address, complete(body), related, root);
    let declared = &mut assembled.registry;
    // What is not declared is not there; what exists may have what a prediction does not say.
    let is_whole = |doubtful: bool| is_new != Some(false) && !doubtful;
    declared.all_tasks = is_whole(related.doubts.tasks);
    declared.all_agent_pools = is_whole(related.doubts.agent_pools);
    declared.all_role_assignments &= resource.predicted.is_none() && !related.doubts.role_assignments;
    let variants =
        variants.into_iter().map(|variant| DeclaredRegistry { registry: complete(variant), ..declared.clone() });
    declared.alternatives = variants.collect();
    assembled
}

/// A registry that the template does not declare, and has a task or a pool of: its own properties are not known.
fn elsewhere(child: &Resource, related: &RelatedResources<'_>, root: &str) -> AssembledRegistry {
    let name = split_name(&child.name).first().copied().unwrap_or_default().to_owned();
    let connections = Node::new(NodeValue::List(vec![Node::unknown("Private endpoints may be made elsewhere too.")]));
    let properties = Node::new(NodeValue::Object(vec![("privateEndpointConnections".to_owned(), connections)]));
    let mut registry = Node::new(NodeValue::Object(vec![("properties".to_owned(), properties)]));
    if !name.contains('{') {
        registry.set("name", Node::text(&name));
    }
    let address = name.strip_prefix('{').and_then(|inner| inner.strip_suffix('}')).unwrap_or(&name).to_owned();
    let mut assembled = joined(child, name, address, registry, related, root);
    assembled.symbol = None;
    assembled.registry.is_elsewhere = true;
    assembled.registry.api_version = None;
    assembled.registry.all_role_assignments = false;
    assembled
}

/// A registry with what belongs to it.
fn joined(
    resource: &Resource,
    name: String,
    address: String,
    registry: Node,
    related: &RelatedResources<'_>,
    root: &str,
) -> AssembledRegistry {
    let own = name.to_lowercase();
    let children = |all: &BTreeMap<String, Vec<&Resource>>, node: fn(&Resource) -> Node| {
        all.get(&own).into_iter().flatten().map(|child| node(child)).collect()
    };
    let roles = related.roles_of(&own, &resource.scope);
    let is_known = |role: &&Resource| {
        let properties = role.body.get_folded("properties");
        let principal = properties.and_then(|properties| properties.get_folded("principalId"));
        !role.unexpanded && principal.is_some_and(|principal| principal.value != NodeValue::Unknown)
    };
    let declared = DeclaredRegistry {
        language: Language::Arm,
        root: root.to_owned(),
        address,
        logical: Some(resource.pointer.clone()),
        resource_group: predicted_group(resource),
        block: resource.block.clone(),
        related: resource.related.clone(),
        registry,
        tasks: children(&related.tasks, task),
        all_tasks: false,
        agent_pools: children(&related.agent_pools, pool),
        all_agent_pools: false,
        all_role_assignments: roles.iter().all(is_known),
        role_assignments: roles.into_iter().map(role_assignment).collect(),
        is_elsewhere: false,
        api_version: resource.api_version.clone(),
        alternatives: Vec::new(),
    };
    AssembledRegistry {
        registry: declared,
        name,
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

impl AssembledRegistry {
    /// Once it has its address: what names the login server is called after it.
    pub fn name_servers(&mut self) {
        servers::call_by_address(&mut self.registry, &self.name);
    }
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
    node.fill_others(&["identity", "properties"]);
    if let Some(identity) = node.folded_mut("identity")
        && is_system_assigned(identity)
    {
        identity.set("principalId", Node::new(NodeValue::Symbol(principal_of(&id).into())));
    }
    if let Some(properties) = node.folded_mut("properties") {
        properties.fill_others(&[
            "status",
            "agentPoolName",
            "isSystemTask",
            "step",
            "credentials",
            "trigger",
            "platform",
        ]);
    }
    if resource.predicted.is_none() {
        defaults::fill_task(&mut node, "the template");
    }
    node
}

fn pool(resource: &Resource) -> Node {
    let mut node = child(resource);
    node.fill_others(&["properties"]);
    if let Some(properties) = node.folded_mut("properties") {
        properties.fill_others(&["virtualNetworkSubnetResourceId", "count", "tier", "os"]);
    }
    if resource.predicted.is_none() {
        defaults::fill_pool(&mut node, "the template");
    }
    node
}

fn is_system_assigned(identity: &Node) -> bool {
    let kind = identity.get_folded("type").and_then(Node::as_str);
    kind.is_some_and(|kind| kind.to_ascii_lowercase().contains("systemassigned"))
}

/// With the private endpoints of the template that lead to the registry.
fn with_endpoints(mut registry: Node, resource: &Resource, related: &RelatedResources<'_>) -> Node {
    let Some(properties) = registry.folded_mut("properties").filter(|properties| properties.as_object().is_some())
    else {
        return registry;
    };
    if resource.predicted.is_some() && properties.get_folded("privateEndpointConnections").is_some() {
        return registry;
    }
    let connections = related.connections.get(&resource.name.to_lowercase()).map(Vec::as_slice).unwrap_or_default();
    let node = |(endpoint, connection, status): &Connection<'_>| {
        let groups = related.zone_groups.get(&endpoint.name.to_lowercase()).map(Vec::as_slice).unwrap_or_default();
        connection_node(endpoint, connection, status, groups)
    };
    let mut connections: Vec<Node> = connections.iter().map(node).collect();
    // Who owns the network often makes the endpoints, in a deployment of their own.
    if resource.predicted.is_some() || related.doubts.connections || connections.is_empty() {
        connections.push(Node::unknown("Private endpoints may be made elsewhere too."));
    }
    properties.set("privateEndpointConnections", Node::new(NodeValue::List(connections)));
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
    // Without a scope of its own, it is at what is deployed to.
    let scope = node.get_folded("scope").filter(|scope| scope.value != NodeValue::Null).cloned();
    let scope = scope.unwrap_or_else(|| Node::new(NodeValue::Symbol(resource.scope.as_str().into())));
    if let NodeValue::Object(members) = &mut node.value {
        members.retain(|(name, _)| !name.eq_ignore_ascii_case("scope"));
    }
    if let Some(properties) = node.folded_mut("properties") {
        name_role(properties);
        properties.set("scope", scope);
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
