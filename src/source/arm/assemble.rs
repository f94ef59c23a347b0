//! From the resources of a template to its registries, each with its tasks, pools and endpoints.

use std::collections::BTreeMap;

use super::defaults;
use super::expression::{id_of, principal_of, split_name};
use super::resource::{AGENT_POOL, REGISTRY, Resource, TASK};
use crate::inventory::Language;
use crate::source::declared::{DeclaredRegistry, Node, Val};

/// A registry of a template, and how the template calls it.
#[derive(Debug, Clone)]
pub struct Assembled {
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

/// The registries of a template; `root` is what their addresses are relative to.
pub fn registries(resources: &[Resource], root: &str) -> Vec<Assembled> {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let of_kind = |kind: &'static str| resources.iter().filter(move |resource| resource.kind == kind);
    let assemble = |resource: &Resource| {
        let mut address = address(resource);
        let count = seen.entry(address.to_lowercase()).and_modify(|count| *count += 1).or_insert(1);
        if *count > 1 {
            address = format!("{address}#{count}");
        }
        let is_child = |child: &&Resource| {
            let names = split_name(&child.name);
            names.len() == 2 && names.first().is_some_and(|parent| parent.eq_ignore_ascii_case(&resource.name))
        };
        let tasks = of_kind(TASK).filter(is_child).map(task).collect();
        let agent_pools = of_kind(AGENT_POOL).filter(is_child).map(child).collect();
        let mut registry = resource.body.clone();
        registry.site.place = None;
        registry.set("name", resource.name_node.clone());
        let is_new = resource.predicted.as_ref().map(|predicted| predicted.is_new);
        if let Some(predicted) = &resource.predicted {
            registry.set("id", Node::text(&predicted.id));
        }
        if is_new != Some(false) {
            defaults::fill(&mut registry, "the template");
        }
        let registry = with_endpoints(registry, resource, resources);
        let declared = DeclaredRegistry {
            language: Language::Arm,
            root: root.to_owned(),
            address,
            logical: Some(resource.pointer.clone()),
            block: resource.block.clone(),
            related: resource.related.clone(),
            registry,
            tasks,
            all_tasks: is_new == Some(true),
            agent_pools,
            all_agent_pools: is_new == Some(true),
            role_assignments: role_assignments(resource, resources),
            api_version: resource.api_version.clone(),
            alternatives: Vec::new(),
        };
        Assembled {
            registry: declared,
            symbol: resource.symbol.clone(),
            name_source: resource.name_source.clone(),
            path: resource.path.clone(),
            pointer: resource.pointer.clone(),
            instance: resource.instance,
        }
    };
    of_kind(REGISTRY).map(assemble).collect()
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
    name.value = if last.contains('{') { Val::Symbol(last.into()) } else { Val::String(last) };
    if name.is_unknown() {
        // A policy needs a name to tell tasks apart by; the expression is one.
        name.value = Val::String(split_name(&resource.name).last().copied().unwrap_or_default().to_owned());
    }
    node.set("name", name);
    node.site.place = Some(resource.block.clone());
    node
}

fn task(resource: &Resource) -> Node {
    let mut node = child(resource);
    let id = id_of("Microsoft.ContainerRegistry/registries/tasks", &resource.name);
    if let Val::Object(members) = &mut node.value {
        if let Some((_, identity)) = members.iter_mut().find(|(name, _)| name.eq_ignore_ascii_case("identity"))
            && is_system_assigned(identity)
        {
            identity.set("principalId", Node::of(Val::Symbol(principal_of(&id).into())));
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

/// Whether a resource id, or a name for one, is this registry's.
fn is_id_of(id: &Node, registry: &Resource) -> bool {
    let text = match &id.value {
        Val::String(text) => text.clone(),
        Val::Symbol(symbol) => symbol.to_string(),
        _ => return false,
    };
    let segments = split_name(&text);
    match segments.as_slice() {
        [.., provider, kind, name] => {
            provider.eq_ignore_ascii_case("Microsoft.ContainerRegistry")
                && kind.eq_ignore_ascii_case("registries")
                && name.eq_ignore_ascii_case(&registry.name)
        }
        _ => false,
    }
}

/// With the private endpoints of the template that lead to the registry. Others may exist.
fn with_endpoints(mut registry: Node, resource: &Resource, resources: &[Resource]) -> Node {
    let mut connections = Vec::new();
    for endpoint in resources.iter().filter(|other| other.kind == "microsoft.network/privateendpoints") {
        let Some(properties) = endpoint.body.get_folded("properties") else { continue };
        let sorts = [("privateLinkServiceConnections", "Approved"), ("manualPrivateLinkServiceConnections", "Pending")];
        for (member, status) in sorts {
            for connection in properties.get_folded(member).and_then(Node::as_list).unwrap_or_default() {
                let target = connection.get_folded("properties").and_then(|p| p.get_folded("privateLinkServiceId"));
                if target.is_some_and(|target| is_id_of(target, resource)) {
                    connections.push(connection_node(endpoint, connection, status));
                }
            }
        }
    }
    let Some(properties) = registry.get_folded("properties").filter(|properties| properties.as_object().is_some())
    else {
        return registry;
    };
    let mut properties = properties.clone();
    if resource.predicted.is_some() && properties.get_folded("privateEndpointConnections").is_some() {
        return registry;
    }
    connections.push(Node::unknown("Private endpoints may be made elsewhere too."));
    properties.set("privateEndpointConnections", Node::of(Val::List(connections)));
    if let Val::Object(members) = &mut registry.value
        && let Some((_, known)) = members.iter_mut().find(|(name, _)| name.eq_ignore_ascii_case("properties"))
    {
        *known = properties;
    }
    registry
}

fn connection_node(endpoint: &Resource, connection: &Node, status: &str) -> Node {
    let state = Node::of(Val::Object(vec![("status".to_owned(), Node::text(status))]));
    let id = Node::of(Val::Symbol(id_of("Microsoft.Network/privateEndpoints", &endpoint.name).into()));
    let members = vec![
        ("privateEndpoint".to_owned(), Node::of(Val::Object(vec![("id".to_owned(), id)]))),
        ("privateLinkServiceConnectionState".to_owned(), state),
    ];
    let name = connection.get_folded("name").filter(|name| name.as_str().is_some()).cloned();
    let name = name.unwrap_or_else(|| Node::text(&endpoint.name));
    let properties = Node::of(Val::Object(members));
    Node::at(
        Val::Object(vec![("name".to_owned(), name), ("properties".to_owned(), properties)]),
        endpoint.block.clone(),
    )
}

/// The role assignments of the template at the registry.
fn role_assignments(registry: &Resource, resources: &[Resource]) -> Vec<Node> {
    let at_registry = |other: &&Resource| match other.kind.as_str() {
        "microsoft.authorization/roleassignments" => {
            other.body.get_folded("scope").is_some_and(|scope| is_id_of(scope, registry))
        }
        "microsoft.containerregistry/registries/providers/roleassignments" => {
            split_name(&other.name).first().is_some_and(|name| name.eq_ignore_ascii_case(&registry.name))
        }
        _ => false,
    };
    let assignment = |other: &Resource| {
        let mut node = other.body.clone();
        node.site.place = Some(other.block.clone());
        let id = id_of("Microsoft.Authorization/roleAssignments", &other.name);
        node.set("id", Node::of(Val::Symbol(id.into())));
        if let Val::Object(members) = &mut node.value {
            members.retain(|(name, _)| !name.eq_ignore_ascii_case("scope"));
            if let Some((_, properties)) = members.iter_mut().find(|(name, _)| name.eq_ignore_ascii_case("properties"))
            {
                name_role(properties);
            }
        }
        node
    };
    resources.iter().filter(at_registry).map(assignment).collect()
}

/// A built-in role is known by its GUID, whatever the subscription.
fn name_role(properties: &mut Node) {
    let Val::Object(members) = &mut properties.value else { return };
    for (name, value) in members {
        if let Val::Symbol(symbol) = &value.value
            && name.eq_ignore_ascii_case("roleDefinitionId")
            && !split_name(symbol).last().is_some_and(|guid| guid.contains('{'))
        {
            value.value = Val::String(symbol.to_string());
        }
    }
}
