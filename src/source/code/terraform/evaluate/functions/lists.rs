//! Functions of lists and sets. What is known of a list stays known beside an item that is not.

use super::super::symbolic::is_text;
use super::super::value::{
    ExpressionError, MAX_ITEMS, Outcome, distinct, equal, identity, list, number, set_of, to_f64, to_i64, to_text,
    unknown_error, unknown_like,
};
use super::unify::{list_of_one_type, set_of_one_type, unified};
use super::{all_items, argument, items, items_of};
use crate::source::code::declared::{Node, NodeValue};

pub fn call(name: &str, arguments: &[Node]) -> Option<Outcome> {
    Some(match name {
        "concat" => concat(arguments),
        "flatten" => items(arguments, 0).and_then(|items| {
            let mut flat = Vec::new();
            flatten(items, &mut flat);
            list(flat)
        }),
        "tolist" => argument(arguments, 0).and_then(|node| match &node.value {
            NodeValue::Null => Ok(node.clone()),
            _ => items_of(node).map(|_| list_of_one_type(node)),
        }),
        "toset" => argument(arguments, 0).and_then(|node| match &node.value {
            NodeValue::Null => Ok(node.clone()),
            _ => items_of(node).map(|_| set_of_one_type(node)),
        }),
        "distinct" => items(arguments, 0).and_then(|items| list(distinct(&unified(items.to_vec())))),
        "compact" => items(arguments, 0).and_then(|items| {
            let empty = |item: &Node| matches!(&item.value, NodeValue::Null) || item.as_str() == Some("");
            list(items.iter().filter(|item| !empty(item)).cloned().collect())
        }),
        "reverse" => items(arguments, 0).and_then(|items| list(items.iter().rev().cloned().collect())),
        "sort" => items(arguments, 0).and_then(sort),
        "slice" => slice(arguments),
        "range" => range(arguments),
        "element" => element(arguments),
        "one" => one(arguments),
        "index" => index(arguments),
        "contains" => contains(arguments),
        "coalesce" => coalesce(arguments),
        "coalescelist" => coalescelist(arguments),
        "chunklist" => chunklist(arguments),
        "setunion" => concat(arguments).map(|all| match all.value {
            NodeValue::List(items) => Node::new(NodeValue::List(set_of(&unified(items)))),
            _ => all,
        }),
        "setintersection" => set_operation(arguments, true),
        "setsubtract" => set_operation(arguments, false),
        "setproduct" => setproduct(arguments),
        "matchkeys" => matchkeys(arguments),
        "alltrue" => truth(arguments, false),
        "anytrue" => truth(arguments, true),
        "sum" => all_items(arguments, 0).and_then(|items| {
            let numbers = items.iter().map(to_f64).collect::<Result<Vec<f64>, ExpressionError>>()?;
            number(numbers.iter().sum())
        }),
        _ => return None,
    })
}

/// A list that is not known may be any number of items: one item that is not known.
fn concat(arguments: &[Node]) -> Outcome {
    let mut all = Vec::new();
    for argument in arguments {
        match &argument.value {
            NodeValue::List(items) => all.extend(items.iter().cloned()),
            NodeValue::Unknown | NodeValue::Symbol(_) => {
                all.push(Node { value: NodeValue::Unknown, provenance: argument.provenance.clone() })
            }
            _ => return Err(ExpressionError::Wrong("Only lists can be joined to a list.".to_owned())),
        }
        if all.len() > MAX_ITEMS {
            break;
        }
    }
    list(all)
}

fn flatten(items: &[Node], flat: &mut Vec<Node>) {
    for item in items {
        match &item.value {
            NodeValue::List(inner) => flatten(inner, flat),
            NodeValue::Symbol(name) if is_text(name) => flat.push(item.clone()),
            // It may name a list.
            NodeValue::Symbol(_) => flat.push(Node { value: NodeValue::Unknown, provenance: item.provenance.clone() }),
            _ => flat.push(item.clone()),
        }
    }
}

fn sort(items: &[Node]) -> Outcome {
    let mut known = Vec::new();
    let mut rest = Vec::new();
    for item in items {
        match item.is_unknown() {
            true => rest.push(item.clone()),
            false => known.push((to_text(item)?, item.clone())),
        }
    }
    known.sort_by(|one, other| one.0.cmp(&other.0));
    list(known.into_iter().map(|(_, item)| item).chain(rest).collect())
}

fn slice(arguments: &[Node]) -> Outcome {
    let items = all_items(arguments, 0)?;
    let (from, to) = (to_i64(argument(arguments, 1)?)?, to_i64(argument(arguments, 2)?)?);
    let range = usize::try_from(from).ok().zip(usize::try_from(to).ok());
    match range.and_then(|(from, to)| items.get(from..to)) {
        Some(part) => list(part.to_vec()),
        None => Err(ExpressionError::Wrong("The slice is not within the list.".to_owned())),
    }
}

fn range(arguments: &[Node]) -> Outcome {
    let numbers = arguments.iter().map(to_f64).collect::<Result<Vec<f64>, ExpressionError>>()?;
    let (from, to, step) = match numbers[..] {
        [to] => (0.0, to, None),
        [from, to] => (from, to, None),
        [from, to, step] => (from, to, Some(step)),
        _ => return Err(ExpressionError::Wrong("`range` takes one to three numbers.".to_owned())),
    };
    let step = step.unwrap_or(if to < from { -1.0 } else { 1.0 });
    let count = ((to - from) / step).ceil().max(0.0);
    if step == 0.0 || !count.is_finite() {
        return Err(ExpressionError::Wrong("`range` has no end.".to_owned()));
    }
    if count > MAX_ITEMS as f64 {
        return Err(ExpressionError::Unknown(Box::new(Node::unknown(format!(
            "The range has more than {MAX_ITEMS} items."
        )))));
    }
    list((0..count as usize).map(|step_count| number(from + step * step_count as f64)).collect::<Result<_, _>>()?)
}

fn element(arguments: &[Node]) -> Outcome {
    let items = all_items(arguments, 0)?;
    let index = to_i64(argument(arguments, 1)?)?;
    if index < 0 {
        return Err(ExpressionError::Wrong("`element` takes no negative index.".to_owned()));
    }
    match i64::try_from(items.len()) {
        Ok(length @ 1..) => Ok(items[index.rem_euclid(length) as usize].clone()),
        _ => Err(ExpressionError::Wrong("An empty list has no elements.".to_owned())),
    }
}

fn one(arguments: &[Node]) -> Outcome {
    match all_items(arguments, 0)? {
        [] => Ok(Node::new(NodeValue::Null)),
        [only] => Ok(only.clone()),
        _ => Err(ExpressionError::Wrong("`one` takes a list of at most one item.".to_owned())),
    }
}

fn index(arguments: &[Node]) -> Outcome {
    let (items, wanted) = (all_items(arguments, 0)?, argument(arguments, 1)?);
    for (index, item) in items.iter().enumerate() {
        match equal(item, wanted) {
            Some(true) => return number(index as f64),
            Some(false) => {}
            None => return Err(unknown_error(if item.is_fully_known() { wanted } else { item })),
        }
    }
    Err(ExpressionError::Wrong("The item is not in the list.".to_owned()))
}

fn contains(arguments: &[Node]) -> Outcome {
    let (items, wanted) = (items(arguments, 0)?, argument(arguments, 1)?);
    let mut doubtful = None;
    for item in items {
        match equal(item, wanted) {
            Some(true) => return Ok(Node::new(NodeValue::Bool(true))),
            Some(false) => {}
            None => doubtful = doubtful.or(Some(if item.is_fully_known() { wanted } else { item })),
        }
    }
    match doubtful {
        Some(cause) => Err(unknown_error(cause)),
        None => Ok(Node::new(NodeValue::Bool(false))),
    }
}

fn coalesce(arguments: &[Node]) -> Outcome {
    for (index, argument) in arguments.iter().enumerate() {
        match &argument.value {
            NodeValue::Null => {}
            NodeValue::String(text) if text.is_empty() => {}
            // It may be null.
            NodeValue::Unknown if index + 1 < arguments.len() => return Err(unknown_error(argument)),
            _ => return Ok(unified(arguments.to_vec()).swap_remove(index)),
        }
    }
    Err(ExpressionError::Wrong("All that is given is null or empty.".to_owned()))
}

fn coalescelist(arguments: &[Node]) -> Outcome {
    for argument in arguments {
        match &argument.value {
            NodeValue::Null => {}
            NodeValue::List(items) if items.is_empty() => {}
            // Nothing of it may be left.
            NodeValue::List(items) if items.iter().all(|item| matches!(item.value, NodeValue::Unknown)) => {
                return Ok(unknown_like(&items[0]));
            }
            _ => return Ok(argument.clone()),
        }
    }
    Err(ExpressionError::Wrong("All lists are empty.".to_owned()))
}

fn chunklist(arguments: &[Node]) -> Outcome {
    let items = all_items(arguments, 0)?;
    match usize::try_from(to_i64(argument(arguments, 1)?)?) {
        Ok(size @ 1..) => list(items.chunks(size).map(|chunk| Node::new(NodeValue::List(chunk.to_vec()))).collect()),
        _ => list(vec![Node::new(NodeValue::List(items.to_vec()))]),
    }
}

/// What all sets have (`kept`), or what the first has and the second has not.
fn set_operation(arguments: &[Node], kept: bool) -> Outcome {
    let mut left = set_of(items(arguments, 0)?);
    for index in 1..arguments.len() {
        let others = all_items(arguments, index)?;
        let identities: std::collections::HashSet<String> = others.iter().filter_map(identity).collect();
        let doubtful = others.iter().chain(&left).find(|item| !item.is_fully_known()).cloned();
        if let Some(doubtful) = doubtful {
            return Err(unknown_error(&doubtful));
        }
        left.retain(|item| identity(item).is_some_and(|identity| identities.contains(&identity)) == kept);
    }
    list(left)
}

fn setproduct(arguments: &[Node]) -> Outcome {
    let mut rows: Vec<Vec<Node>> = vec![Vec::new()];
    for index in 0..arguments.len() {
        let items = all_items(arguments, index)?;
        if rows.len().saturating_mul(items.len()) > MAX_ITEMS {
            return list(vec![Node::default(); MAX_ITEMS + 1]);
        }
        let longer = rows.iter().flat_map(|row| {
            items.iter().map(move |item| row.iter().cloned().chain([item.clone()]).collect::<Vec<Node>>())
        });
        rows = longer.collect();
    }
    list(rows.into_iter().map(|row| Node::new(NodeValue::List(row))).collect())
}

/// The items of the first list whose partners in the second are in the third.
fn matchkeys(arguments: &[Node]) -> Outcome {
    let (values, keys, wanted) = (items(arguments, 0)?, all_items(arguments, 1)?, all_items(arguments, 2)?);
    if values.len() != keys.len() {
        return Err(ExpressionError::Wrong("`matchkeys` takes as many keys as values.".to_owned()));
    }
    let mut found = Vec::new();
    for (value, key) in values.iter().zip(keys) {
        let each: Vec<Option<bool>> = wanted.iter().map(|wanted| equal(key, wanted)).collect();
        match (each.contains(&Some(true)), each.contains(&None)) {
            (true, _) => found.push(value.clone()),
            (false, true) => found.push(unknown_like(key)),
            (false, false) => {}
        }
    }
    list(found)
}

/// One item settles it: a true one `anytrue`, a false one `alltrue`.
fn truth(arguments: &[Node], settles: bool) -> Outcome {
    let items = items(arguments, 0)?;
    let is = |item: &Node| item.as_bool().or(item.as_str().map(|text| text == "true"));
    if items.iter().any(|item| is(item) == Some(settles)) {
        return Ok(Node::new(NodeValue::Bool(settles)));
    }
    match items.iter().find(|item| item.is_unknown()) {
        Some(unknown) => Err(unknown_error(unknown)),
        None => Ok(Node::new(NodeValue::Bool(!settles))),
    }
}
