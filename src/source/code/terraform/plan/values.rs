//! Values of a plan's JSON, each with its place in it, and what is known of them.

use std::sync::Arc;

use jsonc_parser::ast::Value;
use jsonc_parser::{CollectOptions, parse_to_ast};

use crate::model::file_gap::FileGap;
use crate::model::json_text::STRICT;
use crate::model::limits;
use crate::model::text_file::TextFile;
use crate::source::code::declared::{Node, NodeValue, Span};

/// The note of what a plan does not know.
pub const AFTER_APPLY: &str = "It is known only after apply.";

/// The note of what is not to be shown.
const SENSITIVE: &str = "It is marked as sensitive, so it is neither shown nor judged.";

/// Parses the JSON text that begins at `offset` of the file.
///
/// # Errors
/// It is no JSON, or more than there may be.
pub fn parse(file: &Arc<TextFile>, text: &str, offset: usize) -> Result<Node, FileGap> {
    limits::ask_to_parse_json(text).map_err(|why| FileGap::new(file.path.clone(), why))?;
    let parsed = parse_to_ast(text, &CollectOptions::default(), &STRICT)
        .map_err(|error| FileGap::new(file.file_position(offset + error.range().start), error.kind().to_string()))?;
    Ok(parsed.value.map_or_else(Node::default, |value| node(file, value, offset)))
}

/// Recursion is as deep as the parser's, which refuses more than 512 levels.
fn node(file: &Arc<TextFile>, value: Value<'_>, offset: usize) -> Node {
    let range = jsonc_parser::common::Ranged::range(&value);
    let span = Span::new(file, offset + range.start..offset + range.end);
    let value = match value {
        Value::NullKeyword(_) => NodeValue::Null,
        Value::BooleanLit(literal) => NodeValue::Bool(literal.value),
        Value::NumberLit(literal) => serde_json::from_str(literal.value).map_or(NodeValue::Unknown, NodeValue::Number),
        Value::StringLit(literal) => NodeValue::String(literal.value.into_owned()),
        Value::Array(array) => {
            NodeValue::List(array.elements.into_iter().map(|element| node(file, element, offset)).collect())
        }
        Value::Object(object) => {
            let mut members: Vec<(String, Node)> = Vec::with_capacity(object.properties.len());
            for property in object.properties {
                let name = property.name.into_string();
                let member = node(file, property.value, offset);
                // The last one counts, as it does to Terraform.
                match members.iter_mut().find(|(own, _)| *own == name) {
                    Some((_, own)) => *own = member,
                    None => members.push((name, member)),
                }
            }
            NodeValue::Object(members)
        }
    };
    Node::spanned(value, span)
}

/// Takes out what a tree of `true` says is not known.
pub fn take_unknown(node: &mut Node, unknown: &Node) {
    mask(node, unknown, AFTER_APPLY);
}

/// Takes out what a tree of `true` says is sensitive.
pub fn take_sensitive(node: &mut Node, sensitive: &Node) {
    mask(node, sensitive, SENSITIVE);
}

fn mask(node: &mut Node, mask: &Node, note: &str) {
    match &mask.value {
        NodeValue::Bool(true) if !node.is_unknown() => {
            *node =
                Node { value: NodeValue::Unknown, provenance: std::mem::take(&mut node.provenance) }.with_note(note);
        }
        NodeValue::Object(masks) => {
            if node.value == NodeValue::Null && masks.iter().any(|(_, mask)| says_something(mask)) {
                node.value = NodeValue::Object(Vec::new());
            }
            for (name, mask) in masks {
                match node.member_mut(name) {
                    Some(member) => self::mask(member, mask, note),
                    // What is not known is left out of an object.
                    None if says_something(mask) => {
                        let mut member = Node::new(NodeValue::Null);
                        self::mask(&mut member, mask, note);
                        node.set(name, member);
                    }
                    None => {}
                }
            }
        }
        NodeValue::List(masks) => {
            if node.value == NodeValue::Null && masks.iter().any(says_something) {
                node.value = NodeValue::List(Vec::new());
            }
            let NodeValue::List(items) = &mut node.value else { return };
            for (at, mask) in masks.iter().enumerate() {
                match items.get_mut(at) {
                    Some(item) => self::mask(item, mask, note),
                    None if says_something(mask) => {
                        let mut item = Node::new(NodeValue::Null);
                        self::mask(&mut item, mask, note);
                        items.push(item);
                    }
                    None => {}
                }
            }
        }
        _ => {}
    }
}

/// Whether there is a `true` anywhere in it.
fn says_something(mask: &Node) -> bool {
    match &mask.value {
        NodeValue::Bool(flag) => *flag,
        NodeValue::List(items) => items.iter().any(says_something),
        NodeValue::Object(members) => members.iter().any(|(_, member)| says_something(member)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn tree(text: &str) -> Node {
        let file = Arc::new(TextFile::new("plan.json", text));
        parse(&file, text, 0).expect("JSON")
    }

    #[test]
    fn what_is_not_known_is_taken_out_wherever_it_is() {
        let mut after = tree(r#"{"a": 1, "list": ["x", null], "block": [{"k": "v"}], "null": null, "empty": null}"#);
        let unknown = r#"{"b": true, "list": [false, true], "block": [{"k": false, "n": {"deep": [true]}}], "null": {"x": true},
            "empty": {}, "none": [false]}"#;
        take_unknown(&mut after, &tree(unknown));
        let list = after.get("list").and_then(Node::as_list).expect("a list");
        assert_eq!(list[0].as_str(), Some("x"));
        assert!(list[1].is_unknown());
        assert!(after.get("b").expect("b").is_unknown());
        assert_eq!(after.get("none"), None);
        assert_eq!(after.get("empty").map(|node| &node.value), Some(&NodeValue::Null));
        let block = &after.get("block").and_then(Node::as_list).expect("a block")[0];
        assert_eq!(block.get("k").and_then(Node::as_str), Some("v"));
        let deep = block.get("n").and_then(|n| n.get("deep")?.as_list()).expect("a list");
        assert_eq!(deep[0].provenance.note.as_deref(), Some(AFTER_APPLY));
        assert!(after.get("null").and_then(|null| null.get("x")).expect("x").is_unknown());
    }

    #[test]
    fn sensitive_values_are_gone() {
        let mut after = tree(r#"{"a": {"secret": "hunter2", "b": 1}, "all": ["hunter2"]}"#);
        take_sensitive(&mut after, &tree(r#"{"a": {"secret": true}, "all": true}"#));
        assert!(!format!("{after:?}").contains("hunter2"));
        assert_eq!(after.get("a").and_then(|a| a.get("b")?.to_json()), Some(json!(1)));
    }

    #[test]
    fn every_value_has_its_place_and_depth_is_bounded() {
        let text = "{\"ü\": [1,\n \"é\"]}";
        let node = tree(text);
        let item = &node.get("ü").and_then(Node::as_list).expect("a list")[1];
        let span = item.provenance.span.as_ref().expect("a place");
        assert_eq!((span.position().to_string().as_str(), &text[span.start..span.end]), ("plan.json:2:2", "\"é\""));
        let file = Arc::new(TextFile::new("plan.json", ""));
        for (depth, held) in [(500, true), (600, false), (200_000, false)] {
            let text = format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
            assert_eq!(parse(&file, &text, 0).is_ok(), held, "{depth}");
        }
    }
}
