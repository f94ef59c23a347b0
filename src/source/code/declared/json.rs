//! JSON as values, each at its place in the file that it comes from.

use std::collections::HashMap;
use std::sync::Arc;

use jsonc_parser::ast::Value;
use jsonc_parser::common::Ranged;
use jsonc_parser::{CollectOptions, parse_to_ast};

use super::node::{Node, NodeValue, Span};
use crate::model::json_text::STRICT;
use crate::model::text_file::TextFile;

/// The file that a text is the whole of: what is decoded of it stands there.
pub fn whole_file(node: &Node) -> Option<&Arc<TextFile>> {
    let span = node.provenance.span.as_ref()?;
    let all = span.start == 0 && span.end == span.file.text.len();
    (all && node.as_str() == Some(span.file.text.as_str())).then_some(&span.file)
}

/// JSON as a value; each part of it at its place in the file that the text is the whole of. None where it is no JSON.
pub fn json_of(text: &str, file: Option<&Arc<TextFile>>) -> Option<Node> {
    let parsed = parse_to_ast(text, &CollectOptions::default(), &STRICT).ok()?;
    Some(node_of(parsed.value?, file))
}

/// Recursion is as deep as the parser's, which refuses more than 512 levels.
fn node_of(value: Value<'_>, file: Option<&Arc<TextFile>>) -> Node {
    let range = value.range();
    let value = match value {
        Value::NullKeyword(_) => NodeValue::Null,
        Value::BooleanLit(literal) => NodeValue::Bool(literal.value),
        Value::NumberLit(literal) => number(literal.value).map_or(NodeValue::Unknown, NodeValue::Number),
        Value::StringLit(literal) => NodeValue::String(literal.value.into_owned()),
        Value::Array(array) => NodeValue::List(array.elements.into_iter().map(|item| node_of(item, file)).collect()),
        Value::Object(object) => {
            let mut members: Vec<(String, Node)> = Vec::with_capacity(object.properties.len());
            let mut known = HashMap::new();
            for property in object.properties {
                let (name, member) = (property.name.into_string(), node_of(property.value, file));
                // The last one counts.
                match known.get(&name) {
                    Some(&at) => members[at] = (name, member),
                    None => {
                        known.insert(name.clone(), members.len());
                        members.push((name, member));
                    }
                }
            }
            NodeValue::Object(members)
        }
    };
    match file {
        Some(file) => Node::spanned(value, Span::new(file, range.start..range.end)),
        None => Node::new(value),
    }
}

/// A whole number as one, however it is written.
fn number(text: &str) -> Option<serde_json::Number> {
    if let Ok(whole) = text.parse::<i64>() {
        return Some(whole.into());
    }
    let number: f64 = text.parse().ok()?;
    match number.fract() == 0.0 && number.abs() < 9_007_199_254_740_992.0 {
        true => Some((number as i64).into()),
        false => serde_json::Number::from_f64(number),
    }
}
