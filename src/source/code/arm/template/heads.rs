//! What a template's resources are called: their types, their names, their symbols.

use super::super::expression::{Binding, Expr, ExprKind, Member, NameScope, Names, evaluate};
use crate::source::code::declared::{Node, NodeValue, Span};

/// The full type of a resource, lower case, and the head of its block.
pub(super) fn kind_of(resource: &Expr, scope: &NameScope<'_>, parent: Option<(&str, &Node)>) -> Option<(String, Span)> {
    let (kind, span) = resource.pair("type")?;
    let kind = evaluate(kind, scope);
    // Symbolic resources of extensions: `Microsoft.A/b@version`.
    let kind = kind.as_str()?.to_lowercase();
    let kind = kind.split('@').next().unwrap_or_default().to_owned();
    Some(match parent {
        Some((parent, _)) if !kind.starts_with("microsoft.") => (format!("{parent}/{kind}"), span.clone()),
        _ => (kind, span.clone()),
    })
}

/// The name of a resource, its parent's before it, and the source of its expression.
pub(super) fn name_of(resource: &Expr, scope: &NameScope<'_>, parent: Option<&Node>) -> (Node, String) {
    let Some(name) = resource.get("name") else { return (Node::default(), String::new()) };
    let mut node = evaluate(name, scope);
    let source = match name.as_str() {
        Some(text) => text.to_owned(),
        None => name.source(),
    };
    if node.provenance.span.is_none() {
        node.provenance.span = Some(name.span.clone());
    }
    let Some(parent) = parent else { return (node, source) };
    if node.as_str().is_some_and(|name| name.contains('/')) {
        return (node, source);
    }
    let texts = [text_of(parent, ""), text_of(&node, &source)];
    let text = texts.join("/");
    node.value = if text.contains('{') { NodeValue::Symbol(text.into()) } else { NodeValue::String(text) };
    (node, source)
}

/// A name as text; what is not known of it stands in braces.
pub(super) fn text_of(node: &Node, source: &str) -> String {
    match &node.value {
        NodeValue::String(text) => text.clone(),
        NodeValue::Symbol(symbol) => symbol.to_string(),
        _ => format!("{{{source}}}"),
    }
}

/// Declares the resources that have symbolic names.
pub(super) fn declare_resources(names: &mut Names, template: &Expr) {
    for (symbol, resource, span) in template.get("resources").into_iter().flat_map(Expr::pairs) {
        let kind = resource.get("type").and_then(Expr::as_str);
        let (Some(kind), Some(name), None) = (kind, resource.get("name"), resource.get("copy")) else { continue };
        let kind = Expr::text(kind.split('@').next().unwrap_or_default(), span.clone());
        let id = Expr::call("#id", vec![kind.clone(), name.clone()], span.clone());
        let pair = |key: &str, value: Expr| {
            let key = Expr::text(key, span.clone());
            Member::Pair { key, value, span: span.clone() }
        };
        let members = vec![pair("id", id), pair("name", name.clone()), pair("type", kind)];
        names.resource(symbol, Binding::Expr(Expr::new(ExprKind::Object(members), span.clone())));
    }
}
