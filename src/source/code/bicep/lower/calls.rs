//! Functions and operators.

use super::super::symbols::Symbol;
use super::super::syntax::{Expression, Operator, SyntaxKind};
use super::{LocalScope, Lower};
use crate::source::code::arm::expression as shared;
use crate::source::code::arm::expression::{Expr, ExprKind};
use crate::source::code::declared::Span;

impl Lower<'_> {
    pub(super) fn call(
        &self,
        on: Option<&Expression>,
        name: &str,
        mut arguments: Vec<Expr>,
        span: Span,
        local_scope: &LocalScope<'_>,
    ) -> Expr {
        match on {
            Some(on) if !matches!(&on.kind, SyntaxKind::Name(name) if name == "sys" || name == "az") => {
                return match self.of_namespace(on, name, local_scope) {
                    Some(Symbol::Function(known)) => Expr::call(known, arguments, span),
                    Some(Symbol::Unreadable(why)) => self.unknown(why.as_str(), span),
                    // A function of a resource, such as listKeys or getSecret.
                    _ => self.unknown(format!("What `{name}` answers is known only in a deployment."), span),
                };
            }
            Some(_) => {}
            None => match self.names.get(name) {
                Some(Symbol::Function(known)) => return Expr::call(known, arguments, span),
                Some(Symbol::Unreadable(why)) => return self.unknown(why.as_str(), span),
                _ => {}
            },
        }
        match name {
            "any" if arguments.len() == 1 => arguments.remove(0),
            "resourceGroup" | "subscription" | "managementGroup" if !arguments.is_empty() => {
                scope_by_name(name, arguments, &span)
            }
            "loadTextContent" | "loadJsonContent" | "loadYamlContent" | "loadFileAsBase64" => {
                self.loaded(name, &arguments, &span).unwrap_or_else(|why| self.unknown(why, span))
            }
            // Nobody sets it here: its default, where it has one.
            "readEnvironmentVariable" if arguments.len() == 2 => arguments.remove(1),
            "getSecret"
            | "readEnvironmentVariable"
            | "externalInput"
            | "readCliArg"
            | "loadDirectoryFileInfo"
            | "deployer"
            | "managementGroup" => self.unknown(format!("What `{name}` comes to is not known here."), span),
            _ if name.starts_with("list") && name.len() > 4 => {
                self.unknown(format!("What `{name}` answers is known only in a deployment."), span)
            }
            _ => Expr::call(name, arguments, span),
        }
    }
}

/// An operator, as the evaluator's function.
pub fn binary(operator: Operator, left: Expr, right: Expr, span: &Span) -> Expr {
    let call = |name: &str, args: Vec<Expr>| Expr::call(name, args, span.clone());
    let folded = |left: Expr, right: Expr| {
        let lower = |of: Expr| Expr::call("toLower", vec![of], span.clone());
        Expr::call("equals", vec![lower(left), lower(right)], span.clone())
    };
    let name = match operator {
        Operator::NotEqual => return call("not", vec![call("equals", vec![left, right])]),
        Operator::EqualFolded => return folded(left, right),
        Operator::NotEqualFolded => return call("not", vec![folded(left, right)]),
        Operator::Coalesce => "coalesce",
        Operator::Or => "or",
        Operator::And => "and",
        Operator::Equal => "equals",
        Operator::Less => "less",
        Operator::LessOrEqual => "lessOrEquals",
        Operator::Greater => "greater",
        Operator::GreaterOrEqual => "greaterOrEquals",
        Operator::Add => "add",
        Operator::Subtract => "sub",
        Operator::Multiply => "mul",
        Operator::Divide => "div",
        Operator::Modulo => "mod",
    };
    call(name, vec![left, right])
}

/// A resource group or subscription by its name, not the one that is deployed to.
fn scope_by_name(function: &str, mut arguments: Vec<Expr>, span: &Span) -> Expr {
    let text = |text: &str| Expr::text(text, span.clone());
    let pair = |name: &str, value: Expr| shared::Member::Pair {
        key: Expr::text(name, span.clone()),
        value,
        span: span.clone(),
    };
    let last = arguments.pop().unwrap_or_else(|| text(""));
    let mut id = match function {
        "managementGroup" => vec![text("/providers/Microsoft.Management/managementGroups/")],
        _ => vec![text("/subscriptions/")],
    };
    if function == "resourceGroup" {
        let subscription = arguments.pop().unwrap_or_else(|| {
            let base = Box::new(Expr::call("subscription", Vec::new(), span.clone()));
            let name = "subscriptionId".to_owned();
            Expr::new(ExprKind::Property { base, name, safe: false }, span.clone())
        });
        id.extend([subscription, text("/resourceGroups/")]);
    }
    id.push(last.clone());
    let id = Expr::new(ExprKind::Text(id), span.clone());
    let name = if function == "subscription" { "subscriptionId" } else { "name" };
    let known = vec![pair("id", id), pair(name, last)];
    Expr::new(ExprKind::Object(known), span.clone())
}
