//! `azurerm_container_registry_task` and `azurerm_container_registry_agent_pool` in ARM's shape.

use super::attributes::{Block, ENABLED, block, flag, items, object, object_at, switch, translated, written};
use super::instance::Resource;
use super::registry::identity;
use crate::document::registry::task_needs;
use crate::source::code::declared::{Node, NodeValue};

/// A task as ARM would have it, without what could be a secret.
pub fn task(resource: &Resource) -> Node {
    let from = &resource.attributes;
    let steps = [("docker_step", "Docker"), ("file_step", "FileTask"), ("encoded_step", "EncodedTask")];
    let step = steps.into_iter().find_map(|(name, kind)| match block(from, name) {
        Block::One(step) => Some(object_at(&step.provenance, step_members(step, kind))),
        _ => None,
    });
    let platform = match block(from, "platform") {
        Block::One(platform) => {
            let member = |name| written(platform, name).cloned();
            let members =
                [("os", member("os")), ("architecture", member("architecture")), ("variant", member("variant"))];
            Some(object_at(&platform.provenance, members))
        }
        _ => None,
    };
    let properties = object([
        ("status", Some(switch(from, "enabled", true, ENABLED))),
        // No name, or an empty one, is the shared pool.
        ("agentPoolName", written(from, "agent_pool_name").filter(|name| name.as_str() != Some("")).cloned()),
        ("isSystemTask", Some(flag(from, "is_system_task", false))),
        ("platform", platform),
        ("step", step),
        ("trigger", timers(from)),
        ("credentials", credentials(from)),
    ]);
    object([
        ("id", Some(own_id(resource))),
        ("name", Some(written(from, "name").cloned().unwrap_or_default())),
        ("identity", identity(from, &resource.address)),
        ("properties", Some(properties)),
    ])
}

/// What tells what a step does; the document itself keeps none of its texts but the images' names.
fn step_members<'a>(step: &Node, kind: &'static str) -> Vec<(&'a str, Option<Node>)> {
    let mut members = vec![("type", Some(Node::text(kind)))];
    match kind {
        "Docker" => {
            members.push(("imageNames", written(step, "image_names").cloned()));
            members.push(("isPushEnabled", Some(flag(step, "push_enabled", true))));
        }
        "EncodedTask" => {
            members.push(("encodedTaskContent", written(step, "task_content").map(encoded)));
            members.push(("encodedValuesContent", written(step, "value_content").map(encoded)));
            members.push(("values", written(step, "values").map(values)));
        }
        _ => {}
    }
    members
}

/// azurerm encodes a text that is not base64 already.
fn encoded(text: &Node) -> Node {
    translated(text, |node| Some(NodeValue::String(task_needs::encoded(node.as_str()?))))
}

/// A map as ARM's list of names and values.
fn values(map: &Node) -> Node {
    translated(map, |node| {
        let pair = |(name, value): &(String, Node)| {
            let members = [("name".to_owned(), Node::text(name.clone())), ("value".to_owned(), value.clone())];
            Node::new(NodeValue::Object(members.into()))
        };
        Some(NodeValue::List(node.as_object()?.iter().map(pair).collect()))
    })
}

/// A pool as ARM would have it.
pub fn agent_pool(resource: &Resource) -> Node {
    let from = &resource.attributes;
    let properties = object([
        ("count", written(from, "instance_count").cloned()),
        ("tier", written(from, "tier").cloned()),
        (
            "virtualNetworkSubnetResourceId",
            written(from, "virtual_network_subnet_id").filter(|id| id.as_str() != Some("")).cloned(),
        ),
    ]);
    object([
        ("id", Some(own_id(resource))),
        ("name", Some(written(from, "name").cloned().unwrap_or_default())),
        ("properties", Some(properties)),
    ])
}

/// The id where it is known; else what names it.
pub fn own_id(resource: &Resource) -> Node {
    match written(&resource.attributes, "id").filter(|id| id.as_str().is_some()) {
        Some(id) => id.clone(),
        None => Node::new(NodeValue::Symbol(format!("{}.id", resource.address).into())),
    }
}

fn timers(from: &Node) -> Option<Node> {
    let timer = |timer: &Node| {
        object_at(
            &timer.provenance,
            [
                ("name", written(timer, "name").cloned()),
                ("schedule", written(timer, "schedule").cloned()),
                ("status", Some(switch(timer, "enabled", true, ENABLED))),
            ],
        )
    };
    let timers = items(from, "timer_trigger")?.ok().filter(|timers| !timers.is_empty())?;
    let timers = timers.iter().filter(|node| node.as_object().is_some()).map(timer);
    Some(object([("timerTriggers", Some(Node::new(NodeValue::List(timers.collect()))))]))
}

/// How the task logs in; names of users and passwords are not looked at.
fn credentials(from: &Node) -> Option<Node> {
    let from = match block(from, "registry_credential") {
        Block::Absent => return None,
        Block::Unknown(node) => return Some(Node { value: NodeValue::Unknown, provenance: node.provenance.clone() }),
        Block::One(block) => block,
    };
    let source = match block(from, "source") {
        Block::Absent => None,
        Block::Unknown(node) => Some(Node { value: NodeValue::Unknown, provenance: node.provenance.clone() }),
        Block::One(source) => {
            let members = [("loginMode", written(source, "login_mode").cloned())];
            Some(object_at(&source.provenance, members))
        }
    };
    let custom = items(from, "custom").map(|custom| match custom {
        Err(node) => Node { value: NodeValue::Unknown, provenance: node.provenance.clone() },
        Ok(entries) => {
            let hosts: Option<Vec<(String, Node)>> = entries.iter().map(custom_registry).collect();
            match hosts {
                Some(hosts) => Node::new(NodeValue::Object(grouped(hosts))),
                None => Node::unknown("The login server of a credential is not known."),
            }
        }
    });
    Some(object_at(&from.provenance, [("sourceRegistry", source), ("customRegistries", custom)]))
}

/// The host and how the task logs in there. A host that is not known is named by its symbol as `${…}`, for its registry
/// to tell.
fn custom_registry(entry: &Node) -> Option<(String, Node)> {
    let server = written(entry, "login_server")?;
    let host = match &server.value {
        NodeValue::String(host) => host.clone(),
        NodeValue::Symbol(symbol) => format!("${{{symbol}}}"),
        _ => return None,
    };
    let identity = written(entry, "identity").filter(|identity| identity.as_str() != Some(""));
    let identity = identity.map(|node| match &node.value {
        NodeValue::Symbol(_) => node.clone(),
        _ => translated(node, |node| Some(NodeValue::String(node.as_str()?.to_owned()))),
    });
    // That there is one is all that counts.
    let secret = |name| written(entry, name).map(|node| Node { value: NodeValue::Object(Vec::new()), ..node.clone() });
    let members = [("identity", identity), ("userName", secret("username")), ("password", secret("password"))];
    Some((host, object_at(&entry.provenance, members)))
}

/// Several entries for one host, in a list: ARM has one, and which it would be is not said.
fn grouped(hosts: Vec<(String, Node)>) -> Vec<(String, Node)> {
    let mut grouped: Vec<(String, Node)> = Vec::new();
    for (host, entry) in hosts {
        match grouped.iter_mut().find(|(known, _)| *known == host) {
            Some((_, Node { value: NodeValue::List(entries), .. })) => entries.push(entry),
            Some((_, first)) => {
                let provenance = first.provenance.clone();
                let entries = vec![std::mem::take(first), entry];
                *first = Node { value: NodeValue::List(entries), provenance };
            }
            None => grouped.push((host, entry)),
        }
    }
    grouped
}
