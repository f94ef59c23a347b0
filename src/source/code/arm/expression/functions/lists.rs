//! Functions of lists and objects.

use std::sync::Arc;

use super::super::access::{MAX_ITEMS, item};
use super::args::{Args, ExpressionError, MAX_MEMBERS, Outcome, int, list, object, string};
use super::same;
use crate::source::code::declared::{
    Members, Node, NodeValue, doubt_of_members, may_hold_others, open, overlay_unknown,
};

pub fn call(args: &Args<'_>) -> Option<Outcome> {
    Some(match args.name {
        "createarray" => list(args.values.to_vec()),
        "createobject" => create_object(args),
        "array" => args.known(0).and_then(|node| match &node.value {
            NodeValue::List(_) => Ok(node.clone()),
            _ => list(vec![node.clone()]),
        }),
        "union" => union(args),
        "intersection" => intersection(args),
        "first" | "last" => end(args),
        "length" => length(args),
        "range" => range(args),
        "take" | "skip" => part(args),
        "flatten" => flatten(args),
        "items" => items(args),
        "objectkeys" => {
            args.whole_object(0).and_then(|members| list(sorted(members).map(|(k, _)| Node::text(k)).collect()))
        }
        "shallowmerge" => shallow_merge(args),
        "tryget" => path(args, true),
        "indexfromend" => from_end(args, false),
        "tryindexfromend" => from_end(args, true),
        _ => return None,
    })
}

fn create_object(args: &Args<'_>) -> Outcome {
    if !args.len().is_multiple_of(2) {
        return args.wrong("wants a value for each name");
    }
    if args.len() > 2 * MAX_MEMBERS {
        return args.wrong(&format!("makes no object of more than {MAX_MEMBERS} members"));
    }
    let mut members: Vec<(String, Node)> = Vec::new();
    for index in (0..args.len()).step_by(2) {
        let (name, value) = (args.text(index)?, args.any(index + 1)?);
        match members.iter_mut().find(|(known, _)| known.eq_ignore_ascii_case(name)) {
            Some(known) => *known = (name.to_owned(), value.clone()),
            None => members.push((name.to_owned(), value.clone())),
        }
    }
    object(members)
}

fn union(args: &Args<'_>) -> Outcome {
    let kind = args.values.iter().find(|value| !value.is_unknown() && value.value != NodeValue::Null);
    match kind.map(|value| &value.value) {
        Some(NodeValue::Object(_)) => {
            let mut merged = Vec::new();
            for (index, value) in args.values.iter().enumerate() {
                if value.is_unknown() {
                    overlay_unknown(&mut merged, &note_of(value));
                } else if value.value != NodeValue::Null {
                    merge(&mut merged, args.object(index)?);
                }
                if merged.len() > MAX_MEMBERS {
                    return args.wrong(&format!("makes no object of more than {MAX_MEMBERS} members"));
                }
            }
            object(merged)
        }
        Some(NodeValue::List(_)) => {
            let mut items: Vec<Node> = Vec::new();
            for (index, value) in args.values.iter().enumerate() {
                if value.is_unknown() {
                    items.push(Node { value: NodeValue::Unknown, provenance: value.provenance.clone() });
                    continue;
                }
                if value.value == NodeValue::Null {
                    continue;
                }
                for item in args.list(index)? {
                    if !items.iter().any(|known| same(known, item) == Some(true)) {
                        items.push(item.clone());
                    }
                    if items.len() > MAX_MEMBERS {
                        return args.wrong(&format!("makes no list of more than {MAX_MEMBERS} items"));
                    }
                }
            }
            list(items)
        }
        Some(_) => args.wrong("wants lists or objects"),
        None => Err(ExpressionError::unknown(args.any(0)?)),
    }
}

fn note_of(node: &Node) -> Arc<str> {
    node.provenance.note.clone().unwrap_or_else(|| "What is merged into it is not known.".into())
}

/// Later members win; objects within objects are merged too, lists are not.
fn merge(into: &mut Members, from: &[(String, Node)]) {
    if may_hold_others(from) {
        let note = doubt_of_members(from).map(note_of).unwrap_or_else(|| "".into());
        overlay_unknown(into, &note);
    }
    let is_open = may_hold_others(into);
    for (name, value) in from {
        match into.iter_mut().find(|(known, _)| known.eq_ignore_ascii_case(name)) {
            Some((_, known)) => match (&mut known.value, &value.value) {
                (NodeValue::Object(known), NodeValue::Object(more)) => merge(known, more),
                // What is not known may be an object that holds more.
                (NodeValue::Unknown | NodeValue::Symbol(_), NodeValue::Object(_)) => {
                    let note = note_of(known);
                    *known = value.clone();
                    open(known, &note);
                }
                _ => *known = value.clone(),
            },
            None => {
                let mut value = value.clone();
                if is_open {
                    open(&mut value, &note_of(doubt_of_members(into).unwrap_or(&Node::default())));
                }
                into.push((name.clone(), value));
            }
        }
    }
}

fn intersection(args: &Args<'_>) -> Outcome {
    if let NodeValue::Object(_) = args.known(0)?.value {
        let mut kept = args.object(0)?.to_vec();
        for index in 1..args.len() {
            args.object(index)?;
            let (own, other) = (args.fully_known(0)?, args.fully_known(index)?);
            kept.retain(|(name, _)| match (own.get_folded(name), other.get_folded(name)) {
                (Some(a), Some(b)) => same(a, b) == Some(true),
                _ => false,
            });
        }
        return object(kept);
    }
    let mut kept = args.list(0)?.to_vec();
    args.fully_known(0)?;
    for index in 1..args.len() {
        args.fully_known(index)?;
        let other = args.list(index)?;
        if kept.len().max(other.len()) > MAX_MEMBERS {
            return args.wrong("compares lists that are too long");
        }
        kept.retain(|item| other.iter().any(|known| same(known, item) == Some(true)));
    }
    list(kept)
}

fn end(args: &Args<'_>) -> Outcome {
    let first = args.name == "first";
    let node = args.known(0)?;
    match &node.value {
        NodeValue::String(text) => {
            let found = if first { text.chars().next() } else { text.chars().next_back() };
            string(found.map(String::from).unwrap_or_default())
        }
        NodeValue::List(items) => match if first { items.first() } else { items.last() } {
            Some(Node { value: NodeValue::Unknown, .. }) => Err(ExpressionError::unknown(node)),
            Some(item) => Ok(item.clone()),
            None => Ok(Node::new(NodeValue::Null)),
        },
        _ => args.wrong("wants a list or a text"),
    }
}

fn length(args: &Args<'_>) -> Outcome {
    int(match &args.known(0)?.value {
        NodeValue::String(text) => text.encode_utf16().count(),
        NodeValue::Object(_) => args.whole_object(0)?.len(),
        NodeValue::List(_) => args.counted(0)?.len(),
        _ => return args.wrong("wants a list, an object or a text"),
    } as i64)
}

fn range(args: &Args<'_>) -> Outcome {
    let (start, count) = (args.int(0)?, args.int(1)?);
    match usize::try_from(count) {
        Ok(count) if count <= MAX_ITEMS => {
            let numbers =
                (0..count as i64).map(|offset| Node::new(NodeValue::Number(start.saturating_add(offset).into())));
            list(numbers.collect())
        }
        _ => args.wrong(&format!("wants a count from 0 to {MAX_ITEMS}, not {count}")),
    }
}

fn part(args: &Args<'_>) -> Outcome {
    let count = usize::try_from(args.int(1)?.max(0)).unwrap_or(usize::MAX);
    let take = args.name == "take";
    match &args.known(0)?.value {
        NodeValue::String(text) if take => string(text.chars().take(count).collect::<String>()),
        NodeValue::String(text) => string(text.chars().skip(count).collect::<String>()),
        NodeValue::List(items) => {
            let (head, tail) = items.split_at(count.min(items.len()));
            // An item that is not known may stand for any number of items.
            if let Some(item) = head.iter().find(|item| item.value == NodeValue::Unknown) {
                return Err(ExpressionError::unknown(item));
            }
            let short = head.len() < count;
            match take {
                true if short || head.len() == count => list(head.to_vec()),
                _ => list(tail.to_vec()),
            }
        }
        _ => args.wrong("wants a list or a text"),
    }
}

fn flatten(args: &Args<'_>) -> Outcome {
    let mut flat = Vec::new();
    for item in args.list(0)? {
        match &item.value {
            NodeValue::List(items) => flat.extend(items.iter().cloned()),
            NodeValue::Unknown | NodeValue::Symbol(_) => {
                flat.push(Node { value: NodeValue::Unknown, provenance: item.provenance.clone() })
            }
            _ => return args.wrong("wants a list of lists"),
        }
    }
    list(flat)
}

fn sorted(members: &[(String, Node)]) -> impl Iterator<Item = &(String, Node)> {
    let mut sorted: Vec<&(String, Node)> = members.iter().collect();
    sorted.sort_by_cached_key(|(name, _)| name.to_lowercase());
    sorted.into_iter()
}

fn items(args: &Args<'_>) -> Outcome {
    let pair = |(name, value): &(String, Node)| {
        let members = vec![("key".to_owned(), Node::text(name)), ("value".to_owned(), value.clone())];
        Node { value: NodeValue::Object(members), provenance: value.provenance.clone() }
    };
    list(sorted(args.whole_object(0)?).map(pair).collect())
}

fn shallow_merge(args: &Args<'_>) -> Outcome {
    let mut merged = Members::new();
    for part in args.counted(0)? {
        if part.is_unknown() {
            overlay_unknown(&mut merged, &note_of(part));
            continue;
        }
        let Some(members) = part.as_object().filter(|more| merged.len() + more.len() <= MAX_MEMBERS) else {
            return args.wrong("wants a list of objects, not too large");
        };
        if may_hold_others(members) {
            overlay_unknown(&mut merged, &note_of(doubt_of_members(members).unwrap_or(part)));
        }
        for (name, value) in members {
            match merged.iter_mut().find(|(known, _)| known.eq_ignore_ascii_case(name)) {
                Some(known) => *known = (name.clone(), value.clone()),
                None => merged.push((name.clone(), value.clone())),
            }
        }
    }
    object(merged)
}

fn path(args: &Args<'_>, safe: bool) -> Outcome {
    let mut node = args.any(0)?.clone();
    for index in 1..args.len() {
        node = item(node, args.any(index)?, safe)?;
    }
    Ok(node)
}

fn from_end(args: &Args<'_>, safe: bool) -> Outcome {
    if safe && args.known(0)?.value == NodeValue::Null {
        return Ok(Node::new(NodeValue::Null));
    }
    let (items, back) = (args.list(0)?, args.int(1)?);
    let at = usize::try_from(back).ok().and_then(|back| items.len().checked_sub(back)).filter(|_| back > 0);
    match at.and_then(|at| items.get(at..)) {
        Some(tail) => match tail.iter().find(|item| item.value == NodeValue::Unknown) {
            Some(item) => Err(ExpressionError::unknown(item)),
            None => Ok(tail[0].clone()),
        },
        None => match items.iter().find(|item| item.value == NodeValue::Unknown) {
            Some(item) => Err(ExpressionError::unknown(item)),
            None if safe => Ok(Node::new(NodeValue::Null)),
            None => args.wrong("reaches beyond the list"),
        },
    }
}
