//! Functions that do not evaluate all their arguments, or need more than their values.

use std::sync::Arc;

use super::super::evaluate::resolve_result;
use super::super::scope::{NameKind, NameScope};
use super::super::{Expr, evaluate};
use super::args::MAX_MEMBERS;
use super::same;
use super::{Args, ExpressionError, ids, lambdas};
use crate::source::code::declared::{Members, Node, NodeValue, Span, mark_perhaps};

/// The value of such a function; `None` where it is none.
pub fn lazy(name: &str, args: &[Expr], span: &Span, scope: &NameScope<'_>) -> Option<Node> {
    let lower = name.to_ascii_lowercase();
    let lower = lower.strip_prefix("sys.").or_else(|| lower.strip_prefix("az.")).unwrap_or(&lower);
    let wrong = |what: &str| resolve_result(Err(ExpressionError::Wrong(what.to_owned())), lower, &[], span, scope);
    Some(match (lower, args) {
        ("parameters" | "variables", [name]) => {
            let sort = if lower == "parameters" { NameKind::Parameter } else { NameKind::Variable };
            named(sort, name, span, scope)
        }
        ("lambdavariables", [name]) => match evaluate(name, scope).as_str().and_then(|name| scope.local(name)) {
            Some(value) => value.clone(),
            None => wrong("`lambdaVariables` names no argument of a lambda around it"),
        },
        ("if", [condition, yes, no]) => conditional(condition, yes, no, span, scope),
        ("if", _) => wrong("`if` wants a condition and two values"),
        ("and" | "or", [_, ..]) => logical(lower == "and", args, span, scope),
        ("coalesce", [_, ..]) => coalesce(args, scope),
        ("copyindex", _) => copy_index(args, span, scope),
        // Not in any template: what `declared_resource` makes.
        ("#id", [kind, name]) => {
            let node = evaluate(name, scope);
            let text = match &node.value {
                NodeValue::String(text) => text.clone(),
                NodeValue::Symbol(symbol) => symbol.to_string(),
                _ => format!("{{{}}}", name.source()),
            };
            Node::new(NodeValue::Symbol(ids::id_of(kind.as_str().unwrap_or_default(), &text).into()))
        }
        // Not in any file: a name that is not known is called by what makes it.
        ("#named", [name, source]) => match evaluate(name, scope) {
            Node { value: NodeValue::Unknown, provenance } => {
                let symbol = format!("{{{}{}}}", scope.names.prefix, source.as_str().unwrap_or_default());
                Node { value: NodeValue::Symbol(symbol.into()), provenance }
            }
            known => known,
        },
        ("resourceinfo", [name]) => match evaluate(name, scope).as_str() {
            Some(name) if scope.names.has_resource(name) => scope.look_up(NameKind::Resource, name, span),
            _ => Node::unknown("It is known only in a deployment."),
        },
        ("reference", [resource, ..]) => reference(resource, args, scope),
        ("map" | "filter" | "reduce" | "sort" | "toobject" | "mapvalues" | "groupby", _) => {
            match lambdas::call(lower, args, scope) {
                Ok(value) => value,
                Err(fault) => resolve_result(Err(fault), lower, &[], span, scope),
            }
        }
        ("resourceid" | "extensionresourceid" | "subscriptionresourceid" | "tenantresourceid", _) => {
            identified(lower, args, span, scope)
        }
        _ => return None,
    })
}

fn named(sort: NameKind, name: &Expr, span: &Span, scope: &NameScope<'_>) -> Node {
    let name = evaluate(name, scope);
    match name.as_str() {
        Some(name) => scope.look_up(sort, name, span),
        None => Node::unknown("Its name is not known."),
    }
}

fn conditional(condition: &Expr, yes: &Expr, no: &Expr, span: &Span, scope: &NameScope<'_>) -> Node {
    let condition = evaluate(condition, scope);
    match condition.value {
        NodeValue::Bool(true) => evaluate(yes, scope),
        NodeValue::Bool(false) => evaluate(no, scope),
        NodeValue::Unknown | NodeValue::Symbol(_) => {
            let scope = &scope.uncertain();
            let (yes, no) = (evaluate(yes, scope), evaluate(no, scope));
            either(yes, &no, &condition)
        }
        _ => resolve_result(
            Err(ExpressionError::Wrong("the condition of `if` is neither true nor false".into())),
            "if",
            &[],
            span,
            scope,
        ),
    }
}

/// What both values have in common: all, where they are equal; of objects, the members that are.
fn either(yes: Node, no: &Node, condition: &Node) -> Node {
    if same(&yes, no) == Some(true) {
        return yes;
    }
    let note =
        condition.provenance.note.clone().unwrap_or_else(|| "It depends on a condition that is not known.".into());
    match (yes.value, &no.value) {
        (NodeValue::Object(members), NodeValue::Object(others))
            if members.len() == others.len()
                && members.len() <= MAX_MEMBERS
                && members.iter().all(|(name, _)| no.get_folded(name).is_some()) =>
        {
            let common = members.into_iter().filter_map(|(name, member)| {
                let other = no.get_folded(&name)?;
                Some((name, either(member, other, condition)))
            });
            Node { value: NodeValue::Object(common.collect()), provenance: yes.provenance }
        }
        // What only one of them has may be there or not.
        (NodeValue::Object(members), NodeValue::Object(others)) if members.len() + others.len() <= MAX_MEMBERS => {
            let mut common = Members::new();
            for (name, member) in members {
                let member = match no.get_folded(&name) {
                    Some(other) => either(member, other, condition),
                    None => Node { value: NodeValue::Unknown, ..member },
                };
                common.push((name, member));
            }
            for (name, other) in others {
                if !common.iter().any(|(own, _)| own.eq_ignore_ascii_case(name)) {
                    common.push((name.clone(), Node { value: NodeValue::Unknown, ..other.clone() }));
                }
            }
            mark_perhaps(&mut common, &note);
            Node { value: NodeValue::Object(common), provenance: yes.provenance }
        }
        _ => Node::unknown(note),
    }
}

fn logical(and: bool, args: &[Expr], span: &Span, scope: &NameScope<'_>) -> Node {
    let mut unknown = None;
    let uncertain = scope.uncertain();
    for arg in args {
        // What comes before may have decided already.
        let node = evaluate(arg, if unknown.is_some() { &uncertain } else { scope });
        match node.value {
            NodeValue::Bool(flag) if flag != and => return Node::new(NodeValue::Bool(flag)),
            NodeValue::Bool(_) => {}
            NodeValue::Unknown | NodeValue::Symbol(_) => unknown = unknown.or(Some(node)),
            _ => {
                let what = format!("`{}` wants truth values", if and { "and" } else { "or" });
                return resolve_result(Err(ExpressionError::Wrong(what)), "", &[], span, scope);
            }
        }
    }
    match unknown {
        Some(node) => Node { value: NodeValue::Unknown, ..node },
        None => Node::new(NodeValue::Bool(and)),
    }
}

fn coalesce(args: &[Expr], scope: &NameScope<'_>) -> Node {
    for arg in args {
        let node = evaluate(arg, scope);
        if node.value != NodeValue::Null {
            // What is not known may be null, and then something else is meant.
            return node;
        }
    }
    Node::new(NodeValue::Null)
}

/// The local that holds the index of a copy loop.
pub fn copy_local(name: &str) -> String {
    format!("copyIndex({})", name.to_lowercase())
}

fn copy_index(args: &[Expr], span: &Span, scope: &NameScope<'_>) -> Node {
    let values: Vec<Node> = args.iter().map(|arg| evaluate(arg, scope)).collect();
    let (name, offset) = match values.as_slice() {
        [] => ("", None),
        [Node { value: NodeValue::String(name), .. }] => (name.as_str(), None),
        [Node { value: NodeValue::String(name), .. }, offset] => (name.as_str(), Some(offset)),
        [offset] => ("", Some(offset)),
        _ => {
            let wrong = Err(ExpressionError::Wrong("`copyIndex` wants a loop's name and an offset".into()));
            return resolve_result(wrong, "copyindex", &[], span, scope);
        }
    };
    let Some(index) = scope.local(&copy_local(name)) else {
        let wrong = Err(ExpressionError::Wrong(format!("`copyIndex` stands in no loop `{name}`")));
        return resolve_result(wrong, "copyindex", &[], span, scope);
    };
    match offset {
        None => index.clone(),
        Some(offset) => {
            let values = [index.clone(), offset.clone()];
            let sum = super::numbers::call(&Args { name: "add", values: &values });
            resolve_result(sum.unwrap_or_else(|| Ok(Node::default())), "add", &values, span, scope)
        }
    }
}

/// What only a deployment knows of a resource. Its id is known by name all the same.
fn reference(resource: &Expr, args: &[Expr], scope: &NameScope<'_>) -> Node {
    let _ = args;
    let target = evaluate(resource, scope);
    let text = match &target.value {
        NodeValue::String(text) => text.clone(),
        NodeValue::Symbol(symbol) => symbol.to_string(),
        _ => return Node::unknown("`reference` has a value only in a deployment."),
    };
    Node::unknown(format!("What `{}` says is known only in a deployment.", shortened(&text)))
}

fn shortened(text: &str) -> String {
    let mut short: String = text.chars().take(80).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

/// A resource id, in which an argument that is not known stands by its source text: names are never null.
fn identified(name: &str, args: &[Expr], span: &Span, scope: &NameScope<'_>) -> Node {
    let values: Vec<Node> = args
        .iter()
        .map(|arg| {
            let node = evaluate(arg, scope);
            if node.value != NodeValue::Unknown {
                return node;
            }
            Node { value: NodeValue::Symbol(Arc::from(format!("{{{}}}", arg.source()))), provenance: node.provenance }
        })
        .collect();
    let result = ids::call(&Args { name, values: &values });
    resolve_result(result.unwrap_or_else(|| Ok(Node::default())), name, &values, span, scope)
}
