//! Functions that do not evaluate all their arguments, or need more than their values.

use std::sync::Arc;

use super::super::evaluate::settle;
use super::super::scope::{Scope, Sort};
use super::super::{Expr, evaluate};
use super::args::MOST_MEMBERS;
use super::same;
use super::{Args, Fault, ids, lambdas};
use crate::source::code::declared::{Node, Place, Val};

/// The value of such a function; `None` where it is none.
pub fn lazy(name: &str, args: &[Expr], place: &Place, scope: &Scope<'_>) -> Option<Node> {
    let lower = name.to_ascii_lowercase();
    let lower = lower.strip_prefix("sys.").or_else(|| lower.strip_prefix("az.")).unwrap_or(&lower);
    let wrong = |what: &str| settle(Err(Fault::Wrong(what.to_owned())), lower, &[], place, scope);
    Some(match (lower, args) {
        ("parameters" | "variables", [name]) => {
            let sort = if lower == "parameters" { Sort::Parameter } else { Sort::Variable };
            named(sort, name, place, scope)
        }
        ("lambdavariables", [name]) => match evaluate(name, scope).as_str().and_then(|name| scope.local(name)) {
            Some(value) => value.clone(),
            None => wrong("`lambdaVariables` names no argument of a lambda around it"),
        },
        ("if", [condition, yes, no]) => conditional(condition, yes, no, place, scope),
        ("if", _) => wrong("`if` wants a condition and two values"),
        ("and" | "or", [_, ..]) => logical(lower == "and", args, place, scope),
        ("coalesce", [_, ..]) => coalesce(args, scope),
        ("copyindex", _) => copy_index(args, place, scope),
        // Not in any template: what `declared_resource` makes.
        ("#id", [kind, name]) => {
            let node = evaluate(name, scope);
            let text = match &node.value {
                Val::String(text) => text.clone(),
                Val::Symbol(symbol) => symbol.to_string(),
                _ => format!("{{{}}}", name.source()),
            };
            Node::of(Val::Symbol(ids::id_of(kind.as_str().unwrap_or_default(), &text).into()))
        }
        ("resourceinfo", [name]) => match evaluate(name, scope).as_str() {
            Some(name) if scope.names.has_resource(name) => scope.look_up(Sort::Resource, name, place),
            _ => Node::unknown("It is known only in a deployment."),
        },
        ("reference", [resource, ..]) => reference(resource, args, scope),
        ("map" | "filter" | "reduce" | "sort" | "toobject" | "mapvalues" | "groupby", _) => {
            match lambdas::call(lower, args, scope) {
                Ok(value) => value,
                Err(fault) => settle(Err(fault), lower, &[], place, scope),
            }
        }
        ("resourceid" | "extensionresourceid" | "subscriptionresourceid" | "tenantresourceid", _) => {
            identified(lower, args, place, scope)
        }
        _ => return None,
    })
}

fn named(sort: Sort, name: &Expr, place: &Place, scope: &Scope<'_>) -> Node {
    let name = evaluate(name, scope);
    match name.as_str() {
        Some(name) => scope.look_up(sort, name, place),
        None => Node::unknown("Its name is not known."),
    }
}

fn conditional(condition: &Expr, yes: &Expr, no: &Expr, place: &Place, scope: &Scope<'_>) -> Node {
    let condition = evaluate(condition, scope);
    match condition.value {
        Val::Bool(true) => evaluate(yes, scope),
        Val::Bool(false) => evaluate(no, scope),
        Val::Unknown | Val::Symbol(_) => {
            let scope = &scope.perhaps();
            let (yes, no) = (evaluate(yes, scope), evaluate(no, scope));
            either(yes, &no, &condition)
        }
        _ => {
            settle(Err(Fault::Wrong("the condition of `if` is neither true nor false".into())), "if", &[], place, scope)
        }
    }
}

/// What both values have in common: all, where they are equal; of objects, the members that are.
fn either(yes: Node, no: &Node, condition: &Node) -> Node {
    if same(&yes, no) == Some(true) {
        return yes;
    }
    let note = condition.site.note.clone().unwrap_or_else(|| "It depends on a condition that is not known.".into());
    match (yes.value, &no.value) {
        (Val::Object(members), Val::Object(others))
            if members.len() == others.len()
                && members.len() <= MOST_MEMBERS
                && members.iter().all(|(name, _)| no.get_folded(name).is_some()) =>
        {
            let common = members.into_iter().filter_map(|(name, member)| {
                let other = no.get_folded(&name)?;
                Some((name, either(member, other, condition)))
            });
            Node { value: Val::Object(common.collect()), site: yes.site }
        }
        _ => Node::unknown(note),
    }
}

fn logical(and: bool, args: &[Expr], place: &Place, scope: &Scope<'_>) -> Node {
    let mut unknown = None;
    let perhaps = scope.perhaps();
    for arg in args {
        // What comes before may have decided already.
        let node = evaluate(arg, if unknown.is_some() { &perhaps } else { scope });
        match node.value {
            Val::Bool(flag) if flag != and => return Node::of(Val::Bool(flag)),
            Val::Bool(_) => {}
            Val::Unknown | Val::Symbol(_) => unknown = unknown.or(Some(node)),
            _ => {
                let what = format!("`{}` wants truth values", if and { "and" } else { "or" });
                return settle(Err(Fault::Wrong(what)), "", &[], place, scope);
            }
        }
    }
    match unknown {
        Some(node) => Node { value: Val::Unknown, ..node },
        None => Node::of(Val::Bool(and)),
    }
}

fn coalesce(args: &[Expr], scope: &Scope<'_>) -> Node {
    for arg in args {
        let node = evaluate(arg, scope);
        if node.value != Val::Null {
            // What is not known may be null, and then something else is meant.
            return node;
        }
    }
    Node::of(Val::Null)
}

/// The local that holds the index of a copy loop.
pub fn copy_local(name: &str) -> String {
    format!("copyIndex({})", name.to_lowercase())
}

fn copy_index(args: &[Expr], place: &Place, scope: &Scope<'_>) -> Node {
    let values: Vec<Node> = args.iter().map(|arg| evaluate(arg, scope)).collect();
    let (name, offset) = match values.as_slice() {
        [] => ("", None),
        [Node { value: Val::String(name), .. }] => (name.as_str(), None),
        [Node { value: Val::String(name), .. }, offset] => (name.as_str(), Some(offset)),
        [offset] => ("", Some(offset)),
        _ => {
            let wrong = Err(Fault::Wrong("`copyIndex` wants a loop's name and an offset".into()));
            return settle(wrong, "copyindex", &[], place, scope);
        }
    };
    let Some(index) = scope.local(&copy_local(name)) else {
        let wrong = Err(Fault::Wrong(format!("`copyIndex` stands in no loop `{name}`")));
        return settle(wrong, "copyindex", &[], place, scope);
    };
    match offset {
        None => index.clone(),
        Some(offset) => {
            let values = [index.clone(), offset.clone()];
            let sum = super::numbers::call(&Args { name: "add", values: &values });
            settle(sum.unwrap_or_else(|| Ok(Node::default())), "add", &values, place, scope)
        }
    }
}

/// What only a deployment knows of a resource. Its id is known by name all the same.
fn reference(resource: &Expr, args: &[Expr], scope: &Scope<'_>) -> Node {
    let _ = args;
    let target = evaluate(resource, scope);
    let text = match &target.value {
        Val::String(text) => text.clone(),
        Val::Symbol(symbol) => symbol.to_string(),
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
fn identified(name: &str, args: &[Expr], place: &Place, scope: &Scope<'_>) -> Node {
    let values: Vec<Node> = args
        .iter()
        .map(|arg| {
            let node = evaluate(arg, scope);
            if node.value != Val::Unknown {
                return node;
            }
            Node { value: Val::Symbol(Arc::from(format!("{{{}}}", arg.source()))), site: node.site }
        })
        .collect();
    let result = ids::call(&Args { name, values: &values });
    settle(result.unwrap_or_else(|| Ok(Node::default())), name, &values, place, scope)
}
