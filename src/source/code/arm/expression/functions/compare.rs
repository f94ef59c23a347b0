//! Functions that compare.

use std::cmp::Ordering;

use super::args::{Args, ExpressionError, MAX_MEMBERS, Outcome, flag};
use crate::source::code::declared::{Node, NodeValue, doubt_of_members, is_marker, may_hold_others};

/// Whether two values are the same; `None` where that is not known.
pub fn same(a: &Node, b: &Node) -> Option<bool> {
    let symbol_and_null = |a: &NodeValue, b: &NodeValue| matches!(a, NodeValue::Symbol(_)) && *b == NodeValue::Null;
    match (&a.value, &b.value) {
        (NodeValue::Symbol(x), NodeValue::Symbol(y)) if x == y => Some(true),
        (x, y) if symbol_and_null(x, y) || symbol_and_null(y, x) => Some(false),
        (NodeValue::Unknown | NodeValue::Symbol(_), _) | (_, NodeValue::Unknown | NodeValue::Symbol(_)) => None,
        (NodeValue::Number(x), NodeValue::Number(y)) => Some(x == y || x.as_f64() == y.as_f64()),
        (NodeValue::List(x), NodeValue::List(y)) => {
            let counted = |items: &[Node]| items.iter().all(|item| item.value != NodeValue::Unknown);
            match (counted(x) && counted(y), x.len() == y.len()) {
                (true, false) => Some(false),
                (true, true) => all(x.iter().zip(y).map(|(x, y)| same(x, y))),
                (false, _) => None,
            }
        }
        (NodeValue::Object(x), NodeValue::Object(y)) if x.len().max(y.len()) > MAX_MEMBERS => None,
        (NodeValue::Object(x), NodeValue::Object(y))
            if doubt_of_members(x).is_some() || doubt_of_members(y).is_some() =>
        {
            None
        }
        (NodeValue::Object(x), NodeValue::Object(y)) => {
            let missing =
                |x: &[(String, Node)], other: &Node| x.iter().any(|(name, _)| other.get_folded(name).is_none());
            if missing(x, b) || missing(y, a) {
                return Some(false);
            }
            all(x.iter().map(|(name, member)| b.get_folded(name).and_then(|other| same(member, other))))
        }
        (x, y) => Some(x == y),
    }
}

fn all(parts: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut known = Some(true);
    for part in parts {
        match part {
            Some(false) => return Some(false),
            Some(true) => {}
            None => known = None,
        }
    }
    known
}

fn order(args: &Args<'_>, wanted: fn(Ordering) -> bool) -> Outcome {
    let (a, b) = (args.known(0)?, args.known(1)?);
    let ordering = match (&a.value, &b.value) {
        (NodeValue::String(a), NodeValue::String(b)) => Some(a.cmp(b)),
        (NodeValue::Number(a), NodeValue::Number(b)) => match (a.as_i64(), b.as_i64()) {
            (Some(a), Some(b)) => Some(a.cmp(&b)),
            _ => a.as_f64().partial_cmp(&b.as_f64()),
        },
        _ => None,
    };
    match ordering {
        Some(ordering) => flag(wanted(ordering)),
        None => args.wrong("wants two numbers or two texts"),
    }
}

pub fn call(args: &Args<'_>) -> Option<Outcome> {
    Some(match args.name {
        "equals" => equals(args),
        "not" => args.flag(0).and_then(|value| flag(!value)),
        "less" => order(args, Ordering::is_lt),
        "lessorequals" => order(args, Ordering::is_le),
        "greater" => order(args, Ordering::is_gt),
        "greaterorequals" => order(args, Ordering::is_ge),
        "bool" => boolean(args),
        "true" => flag(true),
        "false" => flag(false),
        "null" => Ok(Node::new(NodeValue::Null)),
        "empty" => empty(args),
        "contains" => contains(args),
        _ => return None,
    })
}

fn equals(args: &Args<'_>) -> Outcome {
    let (a, b) = (args.any(0)?, args.any(1)?);
    match same(a, b) {
        Some(value) => flag(value),
        None => Err(ExpressionError::unknown(if a.is_fully_known() { b } else { a })),
    }
}

fn boolean(args: &Args<'_>) -> Outcome {
    match &args.known(0)?.value {
        NodeValue::Bool(value) => flag(*value),
        NodeValue::Number(number) => flag(number.as_f64() != Some(0.0)),
        NodeValue::String(text) if text.eq_ignore_ascii_case("true") || text == "1" => flag(true),
        NodeValue::String(text) if text.eq_ignore_ascii_case("false") || text == "0" => flag(false),
        _ => args.wrong("wants a text or a number that stands for true or false"),
    }
}

fn empty(args: &Args<'_>) -> Outcome {
    let node = args.known(0)?;
    match &node.value {
        NodeValue::Null => flag(true),
        NodeValue::String(text) => flag(text.is_empty()),
        NodeValue::Object(members) => match members.iter().find(|(name, _)| is_marker(name)) {
            Some((_, marker)) if members.iter().all(|(_, member)| member.value == NodeValue::Unknown) => {
                Err(ExpressionError::unknown(marker))
            }
            _ => flag(members.is_empty()),
        },
        NodeValue::List(items) => {
            match items.iter().all(|item| item.value == NodeValue::Unknown) && !items.is_empty() {
                true => Err(ExpressionError::unknown(node)),
                false => flag(items.is_empty()),
            }
        }
        _ => args.wrong("wants a list, an object or a text"),
    }
}

fn contains(args: &Args<'_>) -> Outcome {
    let (container, wanted) = (args.known(0)?, args.any(1)?);
    match &container.value {
        NodeValue::List(items) => {
            let found: Vec<Option<bool>> = items.iter().map(|item| same(item, wanted)).collect();
            match (found.contains(&Some(true)), found.contains(&None)) {
                (true, _) => flag(true),
                (false, true) => {
                    Err(ExpressionError::unknown(if wanted.is_fully_known() { container } else { wanted }))
                }
                (false, false) => flag(false),
            }
        }
        NodeValue::Object(members) => {
            let found = container.get_folded(args.text(1)?);
            match (found.map(|member| &member.value), doubt_of_members(members)) {
                (Some(NodeValue::Unknown), Some(marker)) => Err(ExpressionError::unknown(marker)),
                (None, Some(marker)) if may_hold_others(members) => Err(ExpressionError::unknown(marker)),
                (found, _) => flag(found.is_some()),
            }
        }
        NodeValue::String(text) => flag(text.contains(args.text(1)?)),
        _ => args.wrong("wants a list, an object or a text to look into"),
    }
}
