//! Attributes as a resource has them, read one by one: set, not set and therefore a default, or not known.

use std::sync::Arc;

use crate::source::code::declared::{Node, NodeValue, Provenance};

/// An attribute, unless it is not set: null says the same.
pub fn written<'n>(object: &'n Node, name: &str) -> Option<&'n Node> {
    object.get(name).filter(|node| node.value != NodeValue::Null)
}

/// A nested block of which there is at most one.
pub enum Block<'n> {
    /// It is not set.
    Absent,
    /// Whether or how it is set is not known.
    Unknown(&'n Node),
    /// Its attributes.
    One(&'n Node),
}

/// Reads a nested block of which there is at most one.
pub fn block<'n>(object: &'n Node, name: &str) -> Block<'n> {
    let Some(node) = written(object, name) else { return Block::Absent };
    match &node.value {
        NodeValue::Object(_) => Block::One(node),
        NodeValue::List(items) => match items.iter().find(|item| item.value != NodeValue::Null) {
            None => Block::Absent,
            Some(item) if item.as_object().is_some() => Block::One(item),
            Some(item) => Block::Unknown(item),
        },
        _ => Block::Unknown(node),
    }
}

/// The items of nested blocks, or of a list: `None` where it is not set, `Err` where it is not known.
pub fn items<'n>(object: &'n Node, name: &str) -> Option<Result<&'n [Node], &'n Node>> {
    let node = written(object, name)?;
    Some(match &node.value {
        NodeValue::List(items) => Ok(items),
        NodeValue::Object(_) => Ok(std::slice::from_ref(node)),
        _ => Err(node),
    })
}

/// The note of a value that is azurerm's default.
pub fn azurerm_default(name: &str, default: &str) -> Arc<str> {
    format!("{name} is not set, and {default} is azurerm's default.").into()
}

/// The note of a value that is Azure's default for a new registry.
pub fn azure_default(name: &str, default: &str) -> Arc<str> {
    format!("{name} is not set here, and {default} is the default.").into()
}

/// What a node says as a truth value; Terraform takes the words for the values.
pub fn truth(node: &Node) -> Option<bool> {
    node.as_bool().or_else(|| match node.as_str() {
        Some("true") => Some(true),
        Some("false") => Some(false),
        _ => None,
    })
}

/// A truth value.
pub fn flag(object: &Node, name: &str, default: bool) -> Node {
    match written(object, name) {
        None => Node::new(NodeValue::Bool(default)).with_note(azurerm_default(name, word(default))),
        Some(node) => translated(node, |node| truth(node).map(NodeValue::Bool)),
    }
}

/// A truth value that ARM has as one of two words: for true, for false.
pub fn switch(object: &Node, name: &str, default: bool, words: [&str; 2]) -> Node {
    let mut flag = flag(object, name, default);
    if let NodeValue::Bool(on) = flag.value {
        flag.value = NodeValue::String(words[usize::from(!on)].to_owned());
    }
    flag
}

/// A text with a default.
pub fn text(object: &Node, name: &str, default: &str) -> Node {
    match written(object, name) {
        None => Node::text(default).with_note(azurerm_default(name, default)),
        Some(node) => node.clone(),
    }
}

/// A whole number with a default.
pub fn whole(object: &Node, name: &str, default: i64) -> Node {
    match written(object, name) {
        None => Node::new(NodeValue::Number(default.into())).with_note(azurerm_default(name, &default.to_string())),
        Some(node) => node.clone(),
    }
}

/// Another value at the same place; what is not known stays so, and what makes no sense is not known.
pub fn translated(node: &Node, translate: impl Fn(&Node) -> Option<NodeValue>) -> Node {
    if node.is_unknown() {
        return node.clone();
    }
    match translate(node) {
        Some(value) => Node { value, provenance: node.provenance.clone() },
        None => Node { value: NodeValue::Unknown, provenance: node.provenance.clone() }
            .with_note("Its value is of another type."),
    }
}

/// An object of those members that are there.
pub fn object<'a>(members: impl IntoIterator<Item = (&'a str, Option<Node>)>) -> Node {
    let members = members.into_iter().filter_map(|(name, member)| Some((name.to_owned(), member?)));
    Node::new(NodeValue::Object(members.collect()))
}

/// An object with the place of another node.
pub fn object_at<'a>(provenance: &Provenance, members: impl IntoIterator<Item = (&'a str, Option<Node>)>) -> Node {
    Node { provenance: provenance.clone(), ..object(members) }
}

/// ARM's policies are `enabled` or `disabled`.
pub const STATUS: [&str; 2] = ["enabled", "disabled"];

/// Properties are `Enabled` or `Disabled`.
pub const ENABLED: [&str; 2] = ["Enabled", "Disabled"];

fn word(flag: bool) -> &'static str {
    if flag { "true" } else { "false" }
}
