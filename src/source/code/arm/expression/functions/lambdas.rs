//! Functions that take a lambda.

use super::super::access::MAX_ITEMS;
use super::super::scope::NameScope;
use super::super::{Expr, ExprKind, evaluate};
use super::args::{ExpressionError, Outcome, list, object};
use crate::source::code::declared::{Node, NodeValue, is_marker};

/// A lambda and the scope that it stands in.
struct Lambda<'a> {
    names: &'a [String],
    body: &'a Expr,
    scope: &'a NameScope<'a>,
}

impl Lambda<'_> {
    fn apply(&self, values: &[&Node]) -> Node {
        let node = match (self.names, values) {
            ([a], [x, ..]) => self.scope.with(a, x, |scope| evaluate(self.body, scope)),
            ([a, b], [x, y, ..]) => self.scope.with(a, x, |scope| scope.with(b, y, |scope| evaluate(self.body, scope))),
            ([a, b, c], [x, y, z]) => self
                .scope
                .with(a, x, |scope| scope.with(b, y, |scope| scope.with(c, z, |scope| evaluate(self.body, scope)))),
            _ => Node::unknown("The lambda has another number of arguments than it is given."),
        };
        self.scope.bounded(node, &self.body.span)
    }
}

pub fn call(name: &str, args: &[Expr], scope: &NameScope<'_>) -> Outcome {
    let wrong = |what: &str| Err(ExpressionError::Wrong(format!("`{name}` {what}")));
    let Some(over) = args.first() else { return wrong("wants a list and a lambda") };
    let over = evaluate(over, scope);
    let lambda = |index: usize| match args.get(index).map(|arg| &arg.kind) {
        Some(ExprKind::Lambda { names, body }) => Ok(Lambda { names, body, scope }),
        _ => Err(ExpressionError::Wrong(format!("`{name}` wants a lambda as its argument {}", index + 1))),
    };
    if over.is_unknown() {
        return Err(ExpressionError::unknown(&over));
    }
    if name == "mapvalues" {
        let lambda = lambda(1)?;
        let NodeValue::Object(members) = over.value else { return wrong("wants an object and a lambda") };
        return object(
            members
                .into_iter()
                .map(|(name, value)| match is_marker(&name) {
                    true => (name, value),
                    false => (name, lambda.apply(&[&value])),
                })
                .collect(),
        );
    }
    let NodeValue::List(items) = over.value else { return wrong("wants a list and a lambda") };
    if items.len() > MAX_ITEMS {
        return wrong(&format!("runs over more than {MAX_ITEMS} items"));
    }
    let partial = items.iter().find(|item| item.value == NodeValue::Unknown);
    let index = |at: usize| Node::new(NodeValue::Number(at.into()));
    match (name, partial) {
        ("map", _) => {
            let lambda = lambda(1)?;
            list(items.iter().enumerate().map(|(at, item)| each(item, || lambda.apply(&[item, &index(at)]))).collect())
        }
        ("filter", _) => {
            let lambda = lambda(1)?;
            let taken = items.iter().enumerate().filter_map(|(at, item)| {
                let test = each(item, || lambda.apply(&[item, &index(at)]));
                match test.as_bool() {
                    Some(true) => Some(item.clone()),
                    Some(false) => None,
                    None => Some(Node { value: NodeValue::Unknown, provenance: test.provenance }),
                }
            });
            list(taken.collect())
        }
        (_, Some(item)) => Err(ExpressionError::unknown(item)),
        ("reduce", None) => {
            let Some(start) = args.get(1) else { return wrong("wants a list, a first value and a lambda") };
            let lambda = lambda(2)?;
            let mut value = evaluate(start, scope);
            for (at, item) in items.iter().enumerate() {
                value = lambda.apply(&[&value, item, &index(at)]);
            }
            Ok(value)
        }
        ("sort", None) => sort(items, &lambda(1)?),
        _ => keyed(name, args, &items, scope),
    }
}

fn each(item: &Node, value: impl FnOnce() -> Node) -> Node {
    if item.value == NodeValue::Unknown { item.clone() } else { value() }
}

/// Insertion sort: a comparison that contradicts itself does no harm.
fn sort(items: Vec<Node>, lambda: &Lambda<'_>) -> Outcome {
    let mut sorted: Vec<Node> = Vec::new();
    for item in items {
        let (mut low, mut high) = (0, sorted.len());
        while low < high {
            let middle = (low + high) / 2;
            let before = lambda.apply(&[&item, &sorted[middle]]);
            match before.as_bool() {
                Some(true) => high = middle,
                Some(false) => low = middle + 1,
                None => return Err(ExpressionError::unknown(&before)),
            }
        }
        sorted.insert(low, item);
    }
    list(sorted)
}

/// `toObject` and `groupBy`.
fn keyed(name: &str, args: &[Expr], items: &[Node], scope: &NameScope<'_>) -> Outcome {
    let lambda = |index: usize| match args.get(index).map(|arg| &arg.kind) {
        Some(ExprKind::Lambda { names, body }) => Some(Lambda { names, body, scope }),
        _ => None,
    };
    let Some(key) = lambda(1) else { return Err(ExpressionError::Wrong(format!("`{name}` wants a lambda"))) };
    let value = lambda(2);
    let mut members: Vec<(String, Node)> = Vec::new();
    let mut places = std::collections::HashMap::new();
    for item in items {
        let key = key.apply(&[item]);
        let Some(key) = key.as_str() else { return Err(ExpressionError::unknown(&key)) };
        let node = value.as_ref().map_or_else(|| item.clone(), |value| value.apply(&[item]));
        let at = *places.entry(key.to_lowercase()).or_insert(members.len());
        match (members.get_mut(at), name) {
            (Some((_, Node { value: NodeValue::List(group), .. })), "groupby") => group.push(node),
            (Some(slot), _) => *slot = (key.to_owned(), node),
            (None, "groupby") => members.push((key.to_owned(), Node::new(NodeValue::List(vec![node])))),
            (None, _) => members.push((key.to_owned(), node)),
        }
    }
    object(members)
}
