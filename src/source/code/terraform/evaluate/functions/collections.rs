//! Functions of maps and objects, and `length`.

use super::super::value::{ExpressionError, Outcome, by_key, list, number, to_text, unknown_error};
use super::unify::map_of_one_type;
use super::{all_items, argument, items, members, text_argument};
use crate::source::code::declared::{Node, NodeValue};

pub fn call(name: &str, arguments: &[Node]) -> Option<Outcome> {
    Some(match name {
        "length" => length(arguments),
        "merge" => merge(arguments),
        "lookup" => lookup(arguments),
        "tomap" => argument(arguments, 0).and_then(|node| match &node.value {
            NodeValue::Null => Ok(node.clone()),
            _ => members(arguments, 0).map(|_| map_of_one_type(node)),
        }),
        "keys" => members(arguments, 0)
            .and_then(|members| list(by_key(members).into_iter().map(|(key, _)| Node::text(key)).collect())),
        "values" => members(arguments, 0)
            .and_then(|members| list(by_key(members).into_iter().map(|(_, value)| value.clone()).collect())),
        "zipmap" => zipmap(arguments),
        "transpose" => transpose(arguments),
        _ => return None,
    })
}

fn length(arguments: &[Node]) -> Outcome {
    let node = argument(arguments, 0)?;
    match &node.value {
        NodeValue::String(text) => number(text.chars().count() as f64),
        NodeValue::Object(members) => number(members.len() as f64),
        NodeValue::List(_) => number(all_items(arguments, 0)?.len() as f64),
        NodeValue::Unknown | NodeValue::Symbol(_) => Err(unknown_error(node)),
        _ => Err(ExpressionError::Wrong("Only texts, lists and maps have a length.".to_owned())),
    }
}

fn merge(arguments: &[Node]) -> Outcome {
    let mut merged: Vec<(String, Node)> = Vec::new();
    let mut places: std::collections::HashMap<String, usize> = std::collections::HashMap::new();
    for (index, argument) in arguments.iter().enumerate() {
        if matches!(argument.value, NodeValue::Null) {
            continue;
        }
        for (key, value) in members(arguments, index)? {
            match places.get(key) {
                Some(&span) => merged[span].1 = value.clone(),
                None => {
                    places.insert(key.clone(), merged.len());
                    merged.push((key.clone(), value.clone()));
                }
            }
        }
    }
    Ok(Node::new(NodeValue::Object(merged)))
}

fn lookup(arguments: &[Node]) -> Outcome {
    members(arguments, 0)?;
    let key = text_argument(arguments, 1)?;
    match (arguments[0].get(&key), arguments.get(2)) {
        (Some(found), _) => Ok(found.clone()),
        (None, Some(default)) => Ok(default.clone()),
        (None, None) => Err(ExpressionError::Wrong("The key is not in the map.".to_owned())),
    }
}

fn zipmap(arguments: &[Node]) -> Outcome {
    let (keys, values) = (all_items(arguments, 0)?, items(arguments, 1)?);
    if keys.len() != values.len() {
        return match all_items(arguments, 1) {
            Err(error) => Err(error),
            Ok(_) => Err(ExpressionError::Wrong("`zipmap` takes as many keys as values.".to_owned())),
        };
    }
    let pairs = keys.iter().zip(values).map(|(key, value)| Ok((to_text(key)?, value.clone())));
    let mut map = Node::new(NodeValue::Object(Vec::new()));
    let pairs = pairs.collect::<Result<std::collections::BTreeMap<String, Node>, ExpressionError>>()?;
    map.value = NodeValue::Object(pairs.into_iter().collect());
    Ok(map)
}

/// From lists of texts by key to lists of keys by text.
fn transpose(arguments: &[Node]) -> Outcome {
    let mut turned: std::collections::BTreeMap<String, Vec<Node>> = std::collections::BTreeMap::new();
    for (key, texts) in by_key(members(arguments, 0)?) {
        for item in all_items(std::slice::from_ref(texts), 0)? {
            turned.entry(to_text(item)?).or_default().push(Node::text(key));
        }
    }
    Ok(Node::new(NodeValue::Object(
        turned.into_iter().map(|(text, keys)| (text, Node::new(NodeValue::List(keys)))).collect(),
    )))
}
