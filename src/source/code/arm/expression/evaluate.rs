//! What an expression comes to. Total: what cannot be known is unknown and says why, what is wrong is told as a gap.

use std::collections::HashMap;
use std::sync::Arc;

use super::access::{MAX_ITEMS, item, member};
use super::functions;
use super::functions::ExpressionError;
use super::scope::{NameKind, NameScope};
use super::{Expr, ExprKind, For, Item, Member};
use crate::source::code::declared::{
    Members, Node, NodeValue, Span, doubt_of_members, may_hold_others, overlay_unknown,
};

/// What an expression comes to, as far as that can be known.
pub fn evaluate(expr: &Expr, scope: &NameScope<'_>) -> Node {
    let span = &expr.span;
    let Some(scope) = &scope.deeper() else {
        scope.work.gap(span, "the expression nests too deep and is not evaluated; split it");
        return Node::unknown("It nests too deep to be evaluated.");
    };
    if !scope.work.take(1) {
        return scope.give_up(span);
    }
    match &expr.kind {
        ExprKind::Literal(NodeValue::String(text)) if !scope.work.take(text.len() / 32) => scope.give_up(span),
        ExprKind::Literal(value @ (NodeValue::List(_) | NodeValue::Object(_))) => {
            scope.bounded(Node::spanned(value.clone(), span.clone()), span)
        }
        ExprKind::Literal(value) => Node::spanned(value.clone(), span.clone()),
        ExprKind::Text(parts) => {
            let parts: Vec<Node> = parts.iter().map(|part| evaluate(part, scope)).collect();
            made_of(&parts, resolve_result(functions::joined(&parts), "text", &parts, span, scope))
        }
        ExprKind::Object(members) => object(members, span, scope),
        ExprKind::Array(items) => array(items, span, scope),
        ExprKind::Call { name, args } => call(name, args, span, scope),
        ExprKind::Property { base, name, safe } => {
            if let Some(known) = runtime(expr, scope) {
                return known;
            }
            let base = evaluate(base, scope);
            let found = member(base, name, *safe);
            resolve_result(found, "property", &[], span, scope)
        }
        ExprKind::Index { base, index, safe } => {
            let (base, index) = (evaluate(base, scope), evaluate(index, scope));
            resolve_result(item(base, &index, *safe), "index", &[], span, scope)
        }
        ExprKind::Parameter(name) => scope.look_up(NameKind::Parameter, name, span),
        ExprKind::Variable(name) => scope.look_up(NameKind::Variable, name, span),
        ExprKind::Resource(name) => scope.look_up(NameKind::Resource, name, span),
        ExprKind::Local(name) => match scope.local(name) {
            Some(value) => scope.bounded(value.clone(), span),
            None => {
                scope.work.gap(span, &format!("`{name}` is not declared here; correct the name"));
                Node::unknown(format!("`{name}` is not declared."))
            }
        },
        ExprKind::For(each) => repeat(each, span, scope),
        ExprKind::Lambda { .. } => {
            scope.work.gap(span, "a lambda stands where a value is expected; give it to map, filter or their like");
            Node::unknown("It is a lambda.")
        }
    }
}

/// `reference(…).identity.principalId`: what a deployment puts out has its value; what only a deployment makes of a
/// resource has a name, which says what it is of.
fn runtime(expr: &Expr, scope: &NameScope<'_>) -> Option<Node> {
    let mut path = Vec::new();
    let mut base = expr;
    while let ExprKind::Property { base: inner, name, safe: false } = &base.kind {
        path.push(name.as_str());
        base = inner;
    }
    path.reverse();
    let ExprKind::Call { name: function, args } = &base.kind else { return None };
    if path.is_empty() || !function.eq_ignore_ascii_case("reference") {
        return None;
    }
    let target = evaluate(args.first()?, scope);
    let mut id = match &target.value {
        NodeValue::Symbol(symbol) => symbol.to_string(),
        NodeValue::String(text) => text.clone(),
        _ => return None,
    };
    if let ["outputs", output, rest @ ..] = path.as_slice() {
        // The last segment of an id is a name.
        let outputs = scope.names.outputs(functions::split_name(&id).last()?)?;
        let value = outputs.get_folded(output)?.clone();
        // `.value`, and what is within it.
        return rest.iter().skip(1).try_fold(value, |value, name| member(value, name, false).ok());
    }
    if scope.names.has_resource(&id) {
        let known = scope.look_up(NameKind::Resource, &id, &expr.span);
        id = text_of(known.get_folded("id")?)?.to_owned();
    }
    let is_full = args.get(2).is_some_and(|full| full.as_str().is_some_and(|full| full.eq_ignore_ascii_case("full")));
    let path = if is_full { path.join(".") } else { format!("properties.{}", path.join(".")) };
    let note = format!("{} is known only in a deployment.", path.strip_prefix("properties.").unwrap_or(&path));
    Some(Node::new(NodeValue::Symbol(runtime_name(&id, &path).into())).with_note(note))
}

fn text_of(node: &Node) -> Option<&str> {
    match &node.value {
        NodeValue::Symbol(symbol) => Some(symbol),
        NodeValue::String(text) => Some(text),
        _ => None,
    }
}

/// What a property is called that only a deployment knows, after the id of its resource.
fn runtime_name(id: &str, path: &str) -> String {
    match path.eq_ignore_ascii_case("identity.principalId") {
        true => principal_of(id),
        false => format!("{{{}.{}}}", id.to_lowercase(), path.to_lowercase()),
    }
}

/// The name of a resource's own principal, after its id.
pub fn principal_of(id: &str) -> String {
    format!("{{{}.identity.principalId}}", id.to_lowercase())
}

/// A result as a value; what is wrong with it is told.
pub(super) fn resolve_result(
    result: Result<Node, ExpressionError>,
    name: &str,
    args: &[Node],
    span: &Span,
    scope: &NameScope<'_>,
) -> Node {
    match result {
        Ok(value) => value,
        Err(ExpressionError::Unknown(value)) => functions::symbolic(name, args).unwrap_or(value),
        Err(ExpressionError::Wrong(what)) => {
            scope.wrong(span, &what);
            Node::unknown(format!("It cannot be evaluated: {what}."))
        }
    }
}

/// What is made of a secret is one.
fn made_of(values: &[Node], mut result: Node) -> Node {
    if values.iter().any(Node::holds_secrets) {
        result.mark_sensitive();
    }
    result
}

fn call(name: &str, args: &[Expr], span: &Span, scope: &NameScope<'_>) -> Node {
    if let Some(value) = functions::lazy(name, args, span, scope) {
        return value;
    }
    let values: Vec<Node> = args.iter().map(|arg| evaluate(arg, scope)).collect();
    if let Some(function) = scope.names.user_function(name) {
        let names = function.parameters.iter().map(|name| name.to_lowercase());
        let arguments = names.zip(values).collect();
        let inner = NameScope { arguments: Some(&arguments), locals: None, ..*scope };
        return scope.bounded(evaluate(&function.body, &inner), span);
    }
    match functions::strict(name, &values) {
        Some(result) => {
            let value = made_of(&values, resolve_result(result, name, &values, span, scope));
            scope.bounded(value, span)
        }
        None => {
            scope.work.gap(span, &format!("unknown function `{name}`; what depends on it is not known"));
            Node::unknown(format!("The function `{name}` is not known."))
        }
    }
}

fn object(members: &[Member], span: &Span, scope: &NameScope<'_>) -> Node {
    let mut made = Members::new();
    let mut index = HashMap::new();
    for member in members {
        match member {
            Member::Pair { key, value, span: pair } => {
                let name = match key.as_str() {
                    Some(name) => name.to_owned(),
                    None => match evaluate(key, scope).value {
                        NodeValue::String(name) => name,
                        // A name that is not known still names something.
                        NodeValue::Symbol(symbol) => symbol.to_string(),
                        _ => {
                            let why = "It has a member whose name is not known.";
                            return Node::spanned(NodeValue::Unknown, span.clone()).with_note(why);
                        }
                    },
                };
                let mut node = evaluate(value, scope);
                match value.kind {
                    // What is written here is used here.
                    ExprKind::Object(_) | ExprKind::Array(_) | ExprKind::For(_) => {}
                    ExprKind::Literal(_) if Arc::ptr_eq(&value.span.file, &pair.file) => {}
                    _ => used_at(&mut node, pair),
                }
                put(&mut made, &mut index, name, node);
            }
            Member::Spread(other) => {
                let node = evaluate(other, scope);
                match node.value {
                    NodeValue::Object(more) => {
                        if may_hold_others(&more) {
                            let note = doubt_of_members(&more).and_then(|marker| marker.provenance.note.clone());
                            members_may_be_others(&mut made, &mut index, note);
                        }
                        more.into_iter().for_each(|(name, mut value)| {
                            used_at(&mut value, &other.span);
                            put(&mut made, &mut index, name, value);
                        });
                    }
                    NodeValue::Null => {}
                    // It may hold anything; what stands behind it stays as it is.
                    NodeValue::Unknown | NodeValue::Symbol(_) => {
                        members_may_be_others(&mut made, &mut index, node.provenance.note);
                    }
                    _ => {
                        let wrong =
                            Err(ExpressionError::Wrong("what is spread into an object is no object".to_owned()));
                        return resolve_result(wrong, "", &[], &other.span, scope);
                    }
                }
            }
        }
    }
    Node::spanned(NodeValue::Object(made), span.clone())
}

fn put(made: &mut Members, index: &mut HashMap<String, usize>, name: String, value: Node) {
    let at = *index.entry(name.to_lowercase()).or_insert(made.len());
    match made.get_mut(at) {
        Some(slot) => *slot = (name, value),
        None => made.push((name, value)),
    }
}

/// Something that is not known is laid over the members so far.
fn members_may_be_others(made: &mut Members, index: &mut HashMap<String, usize>, note: Option<Arc<str>>) {
    overlay_unknown(made, &note.unwrap_or_else(|| "What is spread into it is not known.".into()));
    let named = made.iter().enumerate().map(|(at, (name, _))| (name.to_lowercase(), at));
    index.extend(named);
}

/// Records where a value is used, unless it is written within that very stretch.
pub(super) fn used_at(node: &mut Node, span: &Span) {
    match &node.provenance.span {
        None => node.provenance.span = Some(span.clone()),
        Some(own) if own.file == span.file && span.start <= own.start && own.end <= span.end => {}
        Some(_) if node.provenance.related.iter().any(|(_, known)| known == span) => {}
        Some(_) => node.provenance.related.push(("used here", span.clone())),
    }
    match &mut node.value {
        NodeValue::List(items) => items.iter_mut().for_each(|item| used_at(item, span)),
        NodeValue::Object(members) => members.iter_mut().for_each(|(_, member)| used_at(member, span)),
        _ => {}
    }
}

fn array(items: &[Item], span: &Span, scope: &NameScope<'_>) -> Node {
    let mut made = Vec::new();
    for item in items {
        match item {
            Item::One(expr) => {
                let mut node = evaluate(expr, scope);
                if !matches!(
                    expr.kind,
                    ExprKind::Object(_) | ExprKind::Array(_) | ExprKind::For(_) | ExprKind::Literal(_)
                ) {
                    used_at(&mut node, &expr.span);
                }
                made.push(node);
            }
            Item::Spread(other) => {
                let mut node = evaluate(other, scope);
                used_at(&mut node, &other.span);
                match node.value {
                    NodeValue::List(more) => made.extend(more),
                    NodeValue::Null => {}
                    NodeValue::Unknown | NodeValue::Symbol(_) => {
                        made.push(Node { value: NodeValue::Unknown, provenance: node.provenance })
                    }
                    _ => {
                        let wrong = Err(ExpressionError::Wrong("what is spread into a list is no list".to_owned()));
                        made.push(resolve_result(wrong, "", &[], &other.span, scope));
                    }
                }
            }
        }
    }
    Node::spanned(NodeValue::List(made), span.clone())
}

fn repeat(each: &For, span: &Span, scope: &NameScope<'_>) -> Node {
    let over = evaluate(&each.over, scope);
    let unknown = |node: Node| {
        let note = node.provenance.note.unwrap_or_else(|| "What the loop runs over is not known.".into());
        Node::spanned(NodeValue::Unknown, span.clone()).with_note(note)
    };
    let items = match over.value {
        NodeValue::List(items) => items,
        NodeValue::Unknown | NodeValue::Symbol(_) => {
            return Node::spanned(NodeValue::List(vec![unknown(over)]), span.clone());
        }
        _ => {
            let wrong = Err(ExpressionError::Wrong("what the loop runs over is no list".to_owned()));
            return resolve_result(wrong, "", &[], span, scope);
        }
    };
    if items.len() > MAX_ITEMS {
        let many = format!("the loop runs {} times; at most {MAX_ITEMS} are followed", items.len());
        return resolve_result(Err(ExpressionError::Wrong(many)), "", &[], span, scope);
    }
    let mut made = Vec::new();
    for (position, item) in items.into_iter().enumerate() {
        if item.value == NodeValue::Unknown {
            made.push(unknown(item));
            continue;
        }
        let index = Node::new(NodeValue::Number(position.into()));
        let (item_name, index_name) = (each.item.as_deref().unwrap_or(""), each.index.as_deref().unwrap_or(""));
        let taken = scope.with(item_name, &item, |scope| {
            scope.with(index_name, &index, |scope| {
                let taken = each.filter.as_ref().map(|filter| evaluate(filter, scope));
                match taken.map(|node| (node.as_bool(), node)) {
                    None | Some((Some(true), _)) => Some(evaluate(&each.body, scope)),
                    Some((Some(false), _)) => None,
                    Some((None, node)) => Some(unknown(node)),
                }
            })
        });
        made.extend(taken);
    }
    Node::spanned(NodeValue::List(made), span.clone())
}
