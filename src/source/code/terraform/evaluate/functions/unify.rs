//! One type for several values, as Terraform finds it: what is no text becomes one beside a text.

use super::super::value::{number_text, set_of};
use crate::source::code::declared::{Node, NodeValue};

/// The values as items of one collection, or as arms of one conditional.
pub(in super::super) fn unified(values: Vec<Node>) -> Vec<Node> {
    let shapes: Vec<&Node> = values.iter().filter(|value| !is_open(value)).collect();
    if shapes.len() < 2 {
        return values;
    }
    if shapes.iter().all(|value| is_primitive(value)) {
        let texts = shapes.iter().any(|value| matches!(value.value, NodeValue::String(_)));
        return if texts { values.into_iter().map(as_text).collect() } else { values };
    }
    if shapes.iter().all(|value| value.as_list().is_some()) {
        return unified_lists(values);
    }
    if shapes.iter().all(|value| value.as_object().is_some()) {
        return unified_objects(values);
    }
    values
}

/// All items of all lists are of one type.
fn unified_lists(values: Vec<Node>) -> Vec<Node> {
    let items = values.iter().filter_map(Node::as_list).flatten().cloned().collect();
    let mut items = unified(items).into_iter();
    let again = |mut value: Node| {
        if let NodeValue::List(own) = &mut value.value {
            *own = items.by_ref().take(own.len()).collect();
        }
        value
    };
    values.into_iter().map(again).collect()
}

/// Objects of the same attributes stay objects, each attribute of one type; others become maps of one type.
fn unified_objects(mut values: Vec<Node>) -> Vec<Node> {
    let names = |value: &Node| {
        let mut names: Vec<String> = value.as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect();
        names.sort();
        names
    };
    let mut all: Vec<Vec<String>> = values.iter().filter(|value| value.as_object().is_some()).map(names).collect();
    all.dedup();
    if let [names] = all.as_slice() {
        for name in names {
            let own: Vec<Node> = values.iter().filter_map(|value| value.get(name).cloned()).collect();
            let mut own = unified(own).into_iter();
            for member in values.iter_mut().filter_map(|value| value.member_mut(name)) {
                *member = own.next().unwrap_or_default();
            }
        }
        return values;
    }
    let members = values.iter().filter_map(Node::as_object).flatten().map(|(_, member)| member.clone()).collect();
    let mut members = unified(members).into_iter();
    for value in &mut values {
        if let NodeValue::Object(own) = &mut value.value {
            own.iter_mut().for_each(|(_, member)| *member = members.next().unwrap_or_default());
        }
    }
    values
}

/// A list of one type.
pub(super) fn list_of_one_type(node: &Node) -> Node {
    let mut list = node.clone();
    if let NodeValue::List(items) = &mut list.value {
        *items = unified(std::mem::take(items));
    }
    list
}

/// A set of one type.
pub(super) fn set_of_one_type(node: &Node) -> Node {
    let mut set = list_of_one_type(node);
    if let NodeValue::List(items) = &mut set.value {
        *items = set_of(items);
    }
    set
}

/// A map of one type.
pub(super) fn map_of_one_type(node: &Node) -> Node {
    let mut map = node.clone();
    if let NodeValue::Object(members) = &mut map.value {
        let values = unified(members.iter().map(|(_, member)| member.clone()).collect());
        members.iter_mut().zip(values).for_each(|((_, member), value)| *member = value);
    }
    map
}

/// Whether a value may be of any type.
fn is_open(node: &Node) -> bool {
    matches!(node.value, NodeValue::Unknown | NodeValue::Symbol(_) | NodeValue::Null)
}

fn is_primitive(node: &Node) -> bool {
    matches!(node.value, NodeValue::Bool(_) | NodeValue::Number(_) | NodeValue::String(_))
}

fn as_text(node: Node) -> Node {
    let value = match &node.value {
        NodeValue::Bool(flag) => NodeValue::String(flag.to_string()),
        NodeValue::Number(number) => NodeValue::String(number_text(number)),
        _ => return node,
    };
    Node { value, provenance: node.provenance }
}
