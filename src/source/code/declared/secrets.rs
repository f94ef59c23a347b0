//! What of a registry is a secret: it is judged, and neither its text nor the lines that it stands in are shown.

use std::collections::BTreeSet;

use super::node::{Node, NodeValue};

/// A shorter text says nothing, and would be found everywhere.
const SHORTEST: usize = 4;

/// Words of Azure's that a message needs, whoever hands them in.
const WORDS: [&str; 22] = [
    "enabled",
    "disabled",
    "allow",
    "deny",
    "none",
    "true",
    "false",
    "basic",
    "standard",
    "premium",
    "azureservices",
    "linux",
    "windows",
    "default",
    "systemassigned",
    "userassigned",
    "unsecure",
    "noreuse",
    "tenantreuse",
    "subscriptionreuse",
    "resourcegroupreuse",
    "abacrepositorypermissions",
];

/// The secret texts of some values, the longest first; the stretches of source code that hold them are hidden.
pub fn collect<'a>(nodes: impl IntoIterator<Item = &'a Node>) -> Vec<String> {
    let mut texts = BTreeSet::new();
    nodes.into_iter().for_each(|node| add(node, &mut texts));
    let mut texts: Vec<String> = texts.into_iter().collect();
    texts.sort_by_key(|text| std::cmp::Reverse(text.len()));
    texts
}

fn add(node: &Node, texts: &mut BTreeSet<String>) {
    if node.provenance.is_sensitive {
        if let Some(span) = &node.provenance.span {
            span.file.hide(span.start..span.end);
        }
        match &node.value {
            NodeValue::String(text) if !WORDS.contains(&text.to_lowercase().as_str()) => add_text(text, texts),
            NodeValue::Number(number) => add_text(&number.to_string(), texts),
            _ => {}
        }
    }
    match &node.value {
        NodeValue::List(items) => items.iter().for_each(|item| add(item, texts)),
        NodeValue::Object(members) => members.iter().for_each(|(_, member)| add(member, texts)),
        _ => {}
    }
}

/// With what is made of an address: an address alone, without its range.
fn add_text(text: &str, texts: &mut BTreeSet<String>) {
    let text = text.trim();
    if text.len() >= SHORTEST {
        texts.insert(text.to_owned());
    }
    if let Some((address, _)) = text.split_once('/')
        && address.parse::<std::net::IpAddr>().is_ok()
    {
        texts.insert(address.to_owned());
    }
}
