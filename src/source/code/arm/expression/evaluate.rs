//! What an expression comes to. Total: what cannot be known is unknown and says why, what is wrong is told as a gap.

use super::access::{MAX_ITEMS, item, member};
use super::functions;
use super::functions::ExpressionError;
use super::scope::{NameKind, NameScope};
use super::{Expr, ExprKind, For, Item, Member};
use crate::source::code::declared::{Node, NodeValue, Span};

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
        ExprKind::Literal(value) => Node::spanned(value.clone(), span.clone()),
        ExprKind::Text(parts) => {
            let parts: Vec<Node> = parts.iter().map(|part| evaluate(part, scope)).collect();
            made_of(&parts, resolve_result(functions::joined(&parts), "text", &parts, span, scope))
        }
        ExprKind::Object(members) => object(members, span, scope),
        ExprKind::Array(items) => array(items, span, scope),
        ExprKind::Call { name, args } => call(name, args, span, scope),
        ExprKind::Property { base, name, safe } => {
            if let Some(principal) = principal(base, name, scope) {
                return principal;
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

/// `reference(…).identity.principalId`: whose it is says the resource's id.
fn principal(base: &Expr, name: &str, scope: &NameScope<'_>) -> Option<Node> {
    let ExprKind::Property { base: resource, name: outer, .. } = &base.kind else { return None };
    let ExprKind::Call { name: function, args } = &resource.kind else { return None };
    let (is_principal, is_identity) =
        (name.eq_ignore_ascii_case("principalId"), outer.eq_ignore_ascii_case("identity"));
    if !is_principal || !is_identity || !function.eq_ignore_ascii_case("reference") {
        return None;
    }
    let target = evaluate(args.first()?, scope);
    let id = match &target.value {
        NodeValue::Symbol(symbol) => symbol.to_string(),
        NodeValue::String(text) => text.clone(),
        _ => return None,
    };
    Some(Node::new(NodeValue::Symbol(principal_of(&id).into())).with_note("An identity is known only in a deployment."))
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
    let mut made: Vec<(String, Node)> = Vec::new();
    let mut index = std::collections::HashMap::new();
    let mut put = |name: String, value: Node| match index.entry(name.to_lowercase()) {
        std::collections::hash_map::Entry::Occupied(at) => {
            let at: &usize = at.get();
            if let Some(slot) = made.get_mut(*at) {
                *slot = (name, value);
            }
        }
        std::collections::hash_map::Entry::Vacant(free) => {
            free.insert(made.len());
            made.push((name, value));
        }
    };
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
                    ExprKind::Object(_) | ExprKind::Array(_) | ExprKind::For(_) | ExprKind::Literal(_) => {}
                    _ => used_at(&mut node, pair),
                }
                put(name, node);
            }
            Member::Spread(other) => {
                let node = evaluate(other, scope);
                match node.value {
                    NodeValue::Object(more) => more.into_iter().for_each(|(name, mut value)| {
                        used_at(&mut value, &other.span);
                        put(name, value);
                    }),
                    NodeValue::Null => {}
                    NodeValue::Unknown | NodeValue::Symbol(_) => {
                        let note =
                            node.provenance.note.unwrap_or_else(|| "What is spread into it is not known.".into());
                        return Node::spanned(NodeValue::Unknown, span.clone()).with_note(note);
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
