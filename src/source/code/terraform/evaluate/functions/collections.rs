//! Functions of maps and objects, and `length`.

use super::super::value::{Outcome, Stop, by_key, list, number, stop_like, to_text};
use super::{all_items, argument, items, members, text_argument};
use crate::source::code::declared::{Node, Val};

pub fn call(name: &str, arguments: &[Node]) -> Option<Outcome> {
    Some(match name {
        "length" => length(arguments),
        "merge" => merge(arguments),
        "lookup" => lookup(arguments),
        "tomap" => argument(arguments, 0).and_then(|node| match &node.value {
            Val::Null => Ok(node.clone()),
            _ => members(arguments, 0).map(|_| node.clone()),
        }),
        "keys" => members(arguments, 0)
            .and_then(|members| list(by_key(members).into_iter().map(|(key, _)| Node::text(key)).collect())),
        "values" => members(arguments, 0)
            .and_then(|members| list(by_key(members).into_iter().map(|(_, value)| value.clone()).collect())),
        "zipmap" => zipmap(arguments),
        _ => return None,
    })
}

fn length(arguments: &[Node]) -> Outcome {
    let node = argument(arguments, 0)?;
    match &node.value {
        Val::String(text) => number(text.chars().count() as f64),
        Val::Object(members) => number(members.len() as f64),
        Val::List(_) => number(all_items(arguments, 0)?.len() as f64),
        Val::Unknown | Val::Symbol(_) => Err(stop_like(node)),
        _ => Err(Stop::Wrong("Only texts, lists and maps have a length.".to_owned())),
    }
}

fn merge(arguments: &[Node]) -> Outcome {
    let mut merged: Vec<(String, Node)> = Vec::new();
    let mut places: std::collections::HashMap<String, usize> = std::collections::HashMap::new();
    for (index, argument) in arguments.iter().enumerate() {
        if matches!(argument.value, Val::Null) {
            continue;
        }
        for (key, value) in members(arguments, index)? {
            match places.get(key) {
                Some(&place) => merged[place].1 = value.clone(),
                None => {
                    places.insert(key.clone(), merged.len());
                    merged.push((key.clone(), value.clone()));
                }
            }
        }
    }
    Ok(Node::of(Val::Object(merged)))
}

fn lookup(arguments: &[Node]) -> Outcome {
    members(arguments, 0)?;
    let key = text_argument(arguments, 1)?;
    match (arguments[0].get(&key), arguments.get(2)) {
        (Some(found), _) => Ok(found.clone()),
        (None, Some(default)) => Ok(default.clone()),
        (None, None) => Err(Stop::Wrong("The key is not in the map.".to_owned())),
    }
}

fn zipmap(arguments: &[Node]) -> Outcome {
    let (keys, values) = (all_items(arguments, 0)?, items(arguments, 1)?);
    if keys.len() != values.len() {
        return match all_items(arguments, 1) {
            Err(stop) => Err(stop),
            Ok(_) => Err(Stop::Wrong("`zipmap` takes as many keys as values.".to_owned())),
        };
    }
    let pairs = keys.iter().zip(values).map(|(key, value)| Ok((to_text(key)?, value.clone())));
    let mut map = Node::of(Val::Object(Vec::new()));
    let pairs = pairs.collect::<Result<std::collections::BTreeMap<String, Node>, Stop>>()?;
    map.value = Val::Object(pairs.into_iter().collect());
    Ok(map)
}
