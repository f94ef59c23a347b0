//! `azurerm_container_registry_task` and `azurerm_container_registry_agent_pool` in ARM's shape.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::attributes::{
    Block, ENABLED, block, flag, items, object, object_at, switch, text, translated, whole, written,
};
use super::instance::Resource;
use super::registry::identity;
use crate::document::registry::task_needs;
use crate::source::code::declared::{Node, NodeValue, is_symbolic};

/// A task as ARM would have it, without what could be a secret.
pub fn task(resource: &Resource) -> Node {
    let from = &resource.attributes;
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
        ("step", step(from)),
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

/// A step in ARM's shape: what the document keeps of it is decided there.
fn step(from: &Node) -> Option<Node> {
    let one = |name: &str| match block(from, name) {
        Block::One(step) => Some(Ok(step)),
        Block::Unknown(node) => Some(Err(Node { value: NodeValue::Unknown, provenance: node.provenance.clone() })),
        Block::Absent => None,
    };
    let copied = |step: &Node, name: &str| written(step, name).cloned();
    let kind = |kind: &str| Some(Node::text(kind));
    let step = if let Some(step) = one("docker_step") {
        step.map(|step| {
            let cached = flag(step, "cache_enabled", true);
            object_at(
                &step.provenance,
                [
                    ("type", kind("Docker")),
                    ("imageNames", copied(step, "image_names")),
                    ("isPushEnabled", Some(flag(step, "push_enabled", true))),
                    ("noCache", Some(translated(&cached, |cached| Some(NodeValue::Bool(!cached.as_bool()?))))),
                    ("dockerFilePath", copied(step, "dockerfile_path")),
                    ("target", copied(step, "target")),
                    ("contextPath", copied(step, "context_path")),
                    ("arguments", values(step, "arguments", "secret_arguments")),
                ],
            )
        })
    } else if let Some(step) = one("file_step") {
        step.map(|step| {
            object_at(
                &step.provenance,
                [
                    ("type", kind("FileTask")),
                    ("taskFilePath", copied(step, "task_file_path")),
                    ("valuesFilePath", copied(step, "value_file_path")),
                    ("contextPath", copied(step, "context_path")),
                    ("values", values(step, "values", "secret_values")),
                ],
            )
        })
    } else {
        one("encoded_step")?.map(|step| {
            object_at(
                &step.provenance,
                [
                    ("type", kind("EncodedTask")),
                    ("encodedTaskContent", written(step, "task_content").map(encoded)),
                    ("encodedValuesContent", written(step, "value_content").map(encoded)),
                    ("contextPath", copied(step, "context_path")),
                    ("values", values(step, "values", "secret_values")),
                ],
            )
        })
    };
    Some(step.unwrap_or_else(|unknown| unknown))
}

/// azurerm encodes what is not encoded yet.
fn encoded(content: &Node) -> Node {
    translated(content, |content| Some(NodeValue::String(task_needs::encoded(content.as_str()?))))
}

/// Whether a text is one in Base64.
pub fn is_base64(text: &str) -> bool {
    !text.is_empty() && STANDARD.decode(text).is_ok()
}

/// A text in Base64.
pub fn base64(text: &str) -> String {
    STANDARD.encode(text)
}

/// Values that steps take by name: a map each for those that are secret and those that are not.
fn values(step: &Node, plain: &str, secret: &str) -> Option<Node> {
    let mut items = Vec::new();
    for (name, is_secret) in [(plain, false), (secret, true)] {
        let Some(map) = written(step, name) else { continue };
        let Some(members) = map.as_object() else {
            return Some(Node { value: NodeValue::Unknown, provenance: map.provenance.clone() });
        };
        items.extend(members.iter().map(|(name, value)| {
            let value = if is_secret { Node::unknown("It is a secret.") } else { value.clone() };
            let flag = Node::new(NodeValue::Bool(is_secret));
            object([("name", Some(Node::text(name.as_str()))), ("value", Some(value)), ("isSecret", Some(flag))])
        }));
    }
    (!items.is_empty()).then(|| Node::new(NodeValue::List(items)))
}

/// A pool as ARM would have it.
pub fn agent_pool(resource: &Resource) -> Node {
    let from = &resource.attributes;
    let properties = object([
        ("count", Some(whole(from, "instance_count", 1))),
        ("tier", Some(text(from, "tier", "S1"))),
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
        NodeValue::Symbol(symbol) if is_symbolic(symbol) => symbol.to_string(),
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
