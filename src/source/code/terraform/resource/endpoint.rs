//! Private endpoints towards a registry, and role assignments at one, in ARM's shape.

use super::attributes::{Block, block, object, object_at, translated, truth, written};
use super::instance::Resource;
use crate::source::code::declared::{Node, NodeValue};

/// The id that a private endpoint connects to, and the connection as the registry shows it.
pub fn private_endpoint(resource: &Resource) -> (Option<Node>, Node) {
    let from = &resource.attributes;
    let connection = match block(from, "private_service_connection") {
        Block::Absent => return (None, Node::default()),
        Block::Unknown(node) => return (Some(node.clone()), Node::default()),
        Block::One(connection) => connection,
    };
    let manual = written(connection, "is_manual_connection").cloned().unwrap_or_default();
    let status = translated(&manual, |manual| {
        Some(NodeValue::String(if truth(manual)? { "Pending" } else { "Approved" }.to_owned()))
    });
    let name = written(connection, "name").or_else(|| written(from, "name")).cloned();
    let id = written(connection, "private_connection_resource_id").cloned();
    let endpoint =
        object([("id", Some(super::task::own_id(resource))), ("privateDnsZoneGroups", Some(zone_groups(from)))]);
    (id, connection_of(name, status, endpoint, connection))
}

/// The DNS zones that a private endpoint writes to, in ARM's shape. The block is the only place to say so.
fn zone_groups(endpoint: &Node) -> Node {
    let group = match block(endpoint, "private_dns_zone_group") {
        Block::Absent => return Node::new(NodeValue::List(Vec::new())),
        Block::Unknown(node) => return node.clone(),
        Block::One(group) => group,
    };
    let config = |id: &Node| object([("properties", Some(object([("privateDnsZoneId", Some(id.clone()))])))]);
    let ids = written(group, "private_dns_zone_ids").cloned().unwrap_or_default();
    let configs = translated(&ids, |ids| Some(NodeValue::List(ids.as_list()?.iter().map(config).collect())));
    let properties = object([("privateDnsZoneConfigs", Some(configs))]);
    let group =
        object_at(&group.provenance, [("name", written(group, "name").cloned()), ("properties", Some(properties))]);
    Node::new(NodeValue::List(vec![group]))
}

/// An entry of a registry's `privateEndpointConnections`. Its endpoint has its DNS zone groups beside it, which ARM
/// keeps elsewhere.
pub fn connection_of(name: Option<Node>, status: Node, endpoint: Node, at: &Node) -> Node {
    let state = object([("status", Some(status))]);
    let properties = object([("privateEndpoint", Some(endpoint)), ("privateLinkServiceConnectionState", Some(state))]);
    object_at(&at.provenance, [("name", name), ("properties", Some(properties))])
}

/// A role assignment as ARM would have it.
pub fn role_assignment(resource: &Resource) -> Node {
    let from = &resource.attributes;
    let role = match (written(from, "role_definition_name"), written(from, "role_definition_id")) {
        (Some(name), id) if name.as_str().is_some() || id.is_none() => translated(name, |name| {
            let guid = role_id(name.as_str()?)?;
            Some(NodeValue::String(format!("/providers/Microsoft.Authorization/roleDefinitions/{guid}")))
        }),
        (_, Some(id)) => known_role(id),
        _ => Node::default(),
    };
    let properties = object([
        ("roleDefinitionId", Some(role)),
        ("principalId", Some(written(from, "principal_id").cloned().unwrap_or_default())),
        ("principalType", written(from, "principal_type").cloned()),
        ("scope", written(from, "scope").cloned()),
        ("condition", written(from, "condition").cloned()),
    ]);
    object([
        ("id", Some(super::task::own_id(resource))),
        ("name", written(from, "name").cloned()),
        ("properties", Some(properties)),
    ])
}

/// A role is told by the last segment of its id, whatever subscription stands before it.
fn known_role(id: &Node) -> Node {
    let NodeValue::Symbol(symbol) = &id.value else { return id.clone() };
    let last = symbol.rsplit('/').next().unwrap_or_default();
    let is_guid = last.len() == 36 && last.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    match is_guid {
        true => Node {
            value: NodeValue::String(format!("/providers/Microsoft.Authorization/roleDefinitions/{last}")),
            provenance: id.provenance.clone(),
        },
        false => id.clone(),
    }
}

/// The id of a built-in role.
/// <https://learn.microsoft.com/azure/role-based-access-control/built-in-roles>
pub(crate) fn role_id(name: &str) -> Option<&'static str> {
    ROLES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, id)| *id)
}

const ROLES: [(&str, &str); 17] = [
    ("Owner", "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"),
    ("Contributor", "b24988ac-6180-42a0-ab88-20f7382dd24c"),
    ("Reader", "acdd72a7-3385-48ef-bd42-f606fba81ae7"),
    ("User Access Administrator", "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9"),
    ("AcrPull", "7f951dda-4ed3-4680-a7ca-43fe172d538d"),
    ("AcrPush", "8311e382-0749-4cb8-b61a-304f252e45ec"),
    ("AcrDelete", "c2f4ef07-c644-48eb-af81-4b1b4947fb11"),
    ("Container Registry Repository Reader", "b93aa761-3e63-49ed-ac28-beffa264f7ac"),
    ("Container Registry Repository Writer", "2a1e307c-b015-4ebd-883e-5b7698a07328"),
    ("Container Registry Repository Contributor", "2efddaa5-3f1f-4df3-97df-af3f13818f4c"),
    ("Container Registry Repository Catalog Lister", "bfdb9389-c9a5-478a-bb2f-ba9ca092c3c7"),
    ("Container Registry Tasks Contributor", "fb382eab-e894-4461-af04-94435c366c3f"),
    (
        "Container Registry Contributor and Data Access Configuration Administrator",
        "3bc748fc-213d-45c1-8d91-9da5725539b9",
    ),
    (
        "Container Registry Configuration Reader and Data Access Configuration Reader",
        "69b07be0-09bf-439a-b9a6-e73de851bd59",
    ),
    ("Container Registry Data Importer and Data Reader", "577a9874-89fd-4f24-9dbd-b5034d0ad23a"),
    ("Container Registry Transfer Pipeline Contributor", "bf94e731-3a51-4a7c-8c54-a1ab9971dfc1"),
    ("Role Based Access Control Administrator", "f58310d9-a9f6-439a-9e8d-f62e7b41a168"),
];
