//! JSON as values, each at its place in the file that it comes from.

use std::collections::HashMap;
use std::sync::Arc;

use jsonc_parser::ast::Value;
use jsonc_parser::common::Ranged;
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};

use super::node::{Node, NodeValue, Span};
use crate::model::json_text::STRICT;
use crate::model::limits;
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

/// JSON as Bicep and Azure take it, with comments and commas at the end, as [`json_of`] gives it. None where it is none.
pub fn jsonc_of(text: &str, file: Option<&Arc<TextFile>>) -> Option<Node> {
    limits::ask_to_parse_json(text).ok()?;
    let options = ParseOptions {
        allow_comments: true,
        allow_trailing_commas: true,
        allow_single_quoted_strings: true,
        allow_loose_object_property_names: true,
        ..STRICT
    };
    let parsed = parse_to_ast(text, &CollectOptions::default(), &options).ok()?;
    Some(node_of(parsed.value?, file))
}

/// What a path leads to within a value: `$.offices[0]['range']`. None where the path is of another kind, or leads to
/// nothing.
pub fn select<'n>(node: &'n Node, path: &str) -> Option<&'n Node> {
    let mut node = node;
    let mut rest = path.trim().strip_prefix('$').unwrap_or(path.trim());
    while !rest.is_empty() {
        if let Some(inside) = rest.strip_prefix('[') {
            let (index, after) = inside.split_once(']')?;
            let name = index.strip_prefix(['\'', '"']).and_then(|name| name.strip_suffix(['\'', '"']));
            node = match name {
                Some(name) => node.get(name)?,
                None => node.as_list()?.get(index.trim().parse::<usize>().ok()?)?,
            };
            rest = after;
        } else {
            let own = rest.strip_prefix('.').unwrap_or(rest);
            let end = own.find(['.', '[']).unwrap_or(own.len());
            node = node.get(&own[..end]).filter(|_| end > 0)?;
            rest = &own[end..];
        }
    }
    Some(node)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_leads_to_a_value() {
        let node = jsonc_of("{'a': [{b: \"x\", \"c d\": 1,}], /* e */ \"f\": {}}", None).expect("JSON with comments");
        for path in ["a[0].b", ".a[0].b", "$.a[0].b", "$['a'][0]['b']"] {
            assert_eq!(select(&node, path).and_then(Node::as_str), Some("x"), "{path}");
        }
        assert!(select(&node, "a[0]['c d']").is_some() && select(&node, "$").is_some());
        for path in ["a[1]", "..b", "a[*]", "a[0].b.c", "g", "a[0", "a[?(@.b)]", "."] {
            assert!(select(&node, path).is_none(), "{path}");
        }
        assert!(json_of("{/* e */}", None).is_none());
    }
}
