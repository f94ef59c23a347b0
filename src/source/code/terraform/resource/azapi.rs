//! Resources of the azapi provider: ARM's own shape in `body`.

use super::attributes::{Block, block, object, object_at, written};
use super::instance::Resource;
use super::{endpoint, registry, task};
use crate::source::code::arm;
use crate::source::code::declared::{Node, NodeValue, is_symbolic, json_of, json_with_symbols, whole_file};

/// What a resource of azapi is, as far as registries are concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AzapiType {
    /// `Microsoft.ContainerRegistry/registries`.
    Registry,
    /// `Microsoft.ContainerRegistry/registries/tasks`.
    Task,
    /// `Microsoft.ContainerRegistry/registries/agentPools`.
    AgentPool,
    /// `Microsoft.Network/privateEndpoints`.
    PrivateEndpoint,
    /// `Microsoft.Authorization/roleAssignments`.
    RoleAssignment,
    /// It deploys a template.
    Deployment,
    /// It may be anything: its type is not known.
    Opaque,
    /// Nothing of a registry.
    Other,
}

impl AzapiType {
    /// The kind, and the api-version, that `type` says.
    pub fn parse(resource: &Resource) -> (AzapiType, Option<String>) {
        let Some(text) = written(&resource.attributes, "type").and_then(Node::as_str) else {
            return (AzapiType::Opaque, None);
        };
        let (kind, version) = text.split_once('@').map_or((text, None), |(kind, version)| (kind, Some(version)));
        let kind = match kind.to_lowercase().as_str() {
            "microsoft.containerregistry/registries" => AzapiType::Registry,
            "microsoft.containerregistry/registries/tasks" => AzapiType::Task,
            "microsoft.containerregistry/registries/agentpools" => AzapiType::AgentPool,
            "microsoft.network/privateendpoints" => AzapiType::PrivateEndpoint,
            "microsoft.authorization/roleassignments" => AzapiType::RoleAssignment,
            "microsoft.resources/deployments" | "microsoft.resources/deploymentstacks" => AzapiType::Deployment,
            _ => AzapiType::Other,
        };
        (kind, version.map(str::to_owned))
    }
}

/// The body: an object, or before azapi 2.0 an object as JSON text.
pub fn body(resource: &Resource) -> Node {
    let Some(body) = written(&resource.attributes, "body") else { return Node::new(NodeValue::Object(Vec::new())) };
    match &body.value {
        NodeValue::Object(_) => body.clone(),
        NodeValue::String(text) if text.trim().is_empty() => Node::new(NodeValue::Object(Vec::new())),
        NodeValue::String(text) => parsed(json_of(text, whole_file(body)), body),
        NodeValue::Symbol(name) if is_symbolic(name) => parsed(json_with_symbols(name), body),
        _ => Node { value: NodeValue::Unknown, provenance: body.provenance.clone() },
    }
}

fn parsed(document: Option<Node>, body: &Node) -> Node {
    match document {
        Some(document) => Node { provenance: body.provenance.clone(), ..document },
        None => Node { value: NodeValue::Unknown, provenance: body.provenance.clone() }.with_note("body is not JSON."),
    }
}

/// Whether an action changes what it is for, as an update does.
pub fn is_update(resource: &Resource) -> bool {
    let says = |name: &str| written(&resource.attributes, name).and_then(Node::as_str).unwrap_or_default();
    let changes = says("method").eq_ignore_ascii_case("PATCH") || says("method").eq_ignore_ascii_case("PUT");
    changes && says("action").is_empty() && !says("when").eq_ignore_ascii_case("destroy")
}

/// What is written into `sensitive_body`: it is laid over the body, and never shown.
pub fn sensitive_body(resource: &Resource) -> Option<&Node> {
    written(&resource.attributes, "sensitive_body")
}

/// A registry as azapi asks ARM for it: what is left out is ARM's default.
pub fn registry(resource: &Resource) -> Node {
    let body = body(resource);
    let mut registry = frame(resource, &body);
    let sku = body.get_folded("sku").cloned().unwrap_or_else(|| lacking(&body, "sku"));
    let location = written(&resource.attributes, "location").or_else(|| body.get_folded("location"));
    registry.set("location", location.map(registry::location).unwrap_or_default());
    registry.set("sku", sku);
    let properties = match body.get_folded("properties") {
        None if body.is_unknown() => Node { value: NodeValue::Unknown, provenance: body.provenance.clone() },
        None => object([]),
        Some(properties) => properties.clone(),
    };
    registry.set("properties", properties);
    arm::fill_defaults(&mut registry, "the body");
    registry
}

/// A task or a pool as azapi asks ARM for it.
pub fn child(resource: &Resource) -> Node {
    let body = body(resource);
    let mut child = frame(resource, &body);
    let properties = body.get_folded("properties").cloned().unwrap_or_else(|| lacking(&body, "properties"));
    child.set("properties", properties);
    child.set("id", task::own_id(resource));
    match AzapiType::parse(resource).0 {
        AzapiType::Task => arm::fill_task(&mut child, "the body"),
        AzapiType::AgentPool => arm::fill_pool(&mut child, "the body"),
        _ => {}
    }
    child
}

/// The ids that a private endpoint connects to, each with the connection as the registry shows it.
pub fn private_endpoint(resource: &Resource) -> Vec<(Option<Node>, Node)> {
    let body = body(resource);
    let Some(properties) = body.get_folded("properties").filter(|properties| !properties.is_unknown()) else {
        return vec![(None, Node::default())];
    };
    let lists = [("privateLinkServiceConnections", "Approved"), ("manualPrivateLinkServiceConnections", "Pending")];
    let endpoint = object([("id", Some(task::own_id(resource))), ("privateDnsZoneGroups", Some(elsewhere()))]);
    let mut connections = Vec::new();
    for (list, status) in lists {
        let Some(list) = properties.get_folded(list) else { continue };
        let Some(items) = list.as_list() else {
            connections.push((None, Node::default()));
            continue;
        };
        for item in items {
            let id = item.get_folded("properties").and_then(|own| own.get_folded("privateLinkServiceId")).cloned();
            let name = item.get_folded("name").cloned();
            connections.push((id, endpoint::connection_of(name, Node::text(status), endpoint.clone(), item)));
        }
    }
    connections
}

/// azapi makes zone groups as resources of their own, which are not matched with their endpoints.
fn elsewhere() -> Node {
    Node::unknown("The DNS zone groups of an endpoint that azapi makes are resources of their own.")
}

/// A role assignment: its scope is the parent.
pub fn role_assignment(resource: &Resource) -> Node {
    let mut assignment = child(resource);
    let scope = written(&resource.attributes, "parent_id").cloned().unwrap_or_default();
    if let NodeValue::Object(members) = &mut assignment.value
        && let Some((_, properties)) = members.iter_mut().find(|(name, _)| name == "properties")
    {
        properties.set("scope", scope);
    }
    assignment
}

/// Name, tags and identity: attributes of the resource, or parts of the body.
fn frame(resource: &Resource, body: &Node) -> Node {
    let from = &resource.attributes;
    let identity = match block(from, "identity") {
        Block::Absent => match body.get_folded("identity") {
            Some(identity) => Some(identity.clone()),
            None if body.is_unknown() => Some(Node::default()),
            None => None,
        },
        _ => registry::identity(from, &resource.address),
    };
    object_at(
        &body.provenance,
        [
            ("name", Some(written(from, "name").or_else(|| body.get_folded("name")).cloned().unwrap_or_default())),
            ("tags", written(from, "tags").or_else(|| body.get_folded("tags")).cloned()),
            ("identity", identity),
        ],
    )
}

fn lacking(body: &Node, member: &str) -> Node {
    match body.is_unknown() {
        true => Node { value: NodeValue::Unknown, provenance: body.provenance.clone() },
        false => Node::unknown(format!("The body has no {member}.")),
    }
}

/// Lays a body over what is there, as `azapi_update_resource` does: objects member by member, anything else whole.
pub fn overlay(base: &mut Node, over: &Node) {
    match (&mut base.value, &over.value) {
        (NodeValue::Object(members), NodeValue::Object(others)) => {
            for (name, other) in others {
                match members.iter_mut().find(|(own, _)| own.eq_ignore_ascii_case(name)) {
                    Some((_, own)) => overlay(own, other),
                    None => members.push((name.clone(), other.clone())),
                }
            }
        }
        _ => *base = over.clone(),
    }
}

/// What a body says may or may not be laid over what is there: where the two differ, nothing is known.
pub fn doubt(base: &mut Node, over: &Node, why: &str) {
    if let (NodeValue::Object(members), NodeValue::Object(others)) = (&mut base.value, &over.value) {
        for (name, other) in others {
            match members.iter_mut().find(|(own, _)| own.eq_ignore_ascii_case(name)) {
                Some((_, own)) => doubt(own, other, why),
                None => members.push((name.clone(), Node::unknown(why))),
            }
        }
    } else if over.is_unknown() || base.to_json() != over.to_json() {
        *base = Node { value: NodeValue::Unknown, provenance: over.provenance.clone() }.with_note(why);
    }
}

/// A body of which every value is hidden.
pub fn hidden(node: &Node) -> Node {
    match &node.value {
        NodeValue::Object(members) => {
            let members = members.iter().map(|(name, member)| (name.clone(), hidden(member)));
            Node { value: NodeValue::Object(members.collect()), provenance: node.provenance.clone() }
        }
        _ => Node { value: NodeValue::Unknown, provenance: node.provenance.clone() }
            .with_note("It is in sensitive_body."),
    }
}
