//! The type of a variable: what its value is converted to, and which attributes it lacks.

use std::borrow::Cow;

use super::super::hcl::{Expr, ExprKind, parse_expression};
use super::functions::unify::unified;
use super::value::{set_of, to_bool, to_number, to_text};
use super::{Evaluator, NameScope, value_or_unknown};
use crate::source::code::declared::{Node, NodeValue};

impl<'a> Evaluator<'a> {
    /// The value as the type has it. What does not convert stays as it is: Terraform says so, not we.
    pub(super) fn converted(&mut self, value: Node, wanted: &Expr, instance: usize) -> Node {
        match &wanted.kind {
            // The JSON form gives the type as a text.
            ExprKind::String(text) => match parse_expression(text, wanted.span) {
                Ok(parsed) => self.conform(value, &parsed, instance),
                Err(_) => value,
            },
            _ => self.conform(value, wanted, instance),
        }
    }

    fn conform(&mut self, value: Node, wanted: &Expr, instance: usize) -> Node {
        let (name, arguments) = match &wanted.kind {
            ExprKind::Call(name, arguments, _) => (name.as_str(), arguments.as_slice()),
            _ => return plain(value, wanted),
        };
        let Some(inner) = arguments.first() else { return value };
        if !self.enter(wanted.span) {
            return value;
        }
        let Node { value, provenance } = value;
        let value = match (name, value) {
            ("list", NodeValue::List(items)) => {
                let items = items.into_iter().map(|item| self.conform(item, inner, instance)).collect();
                NodeValue::List(of_one_type(items, inner))
            }
            ("set", NodeValue::List(items)) => {
                let items: Vec<Node> = items.into_iter().map(|item| self.conform(item, inner, instance)).collect();
                NodeValue::List(set_of(&of_one_type(items, inner)))
            }
            ("map", NodeValue::Object(members)) => {
                let (names, items): (Vec<_>, Vec<_>) = members.into_iter().unzip();
                let items = items.into_iter().map(|item| self.conform(item, inner, instance)).collect();
                NodeValue::Object(names.into_iter().zip(of_one_type(items, inner)).collect())
            }
            ("tuple", NodeValue::List(items)) => match &inner.kind {
                ExprKind::List(types) if types.len() == items.len() => {
                    let items = items.into_iter().zip(types);
                    NodeValue::List(items.map(|(item, wanted)| self.conform(item, wanted, instance)).collect())
                }
                _ => NodeValue::List(items),
            },
            ("object", NodeValue::Object(members)) => match &inner.kind {
                ExprKind::Object(wanted) => NodeValue::Object(self.conform_object(members, wanted, instance)),
                _ => NodeValue::Object(members),
            },
            ("optional", value) => {
                let node = self.conform(Node { value, provenance: provenance.clone() }, inner, instance);
                self.leave();
                return node;
            }
            (_, value) => value,
        };
        self.leave();
        Node { value, provenance }
    }

    /// Attributes that the type does not have are dropped; those that may be left out have their defaults.
    fn conform_object(
        &mut self,
        members: Vec<(String, Node)>,
        wanted: &[(Expr, Expr)],
        instance: usize,
    ) -> Vec<(String, Node)> {
        let mut variable_values: std::collections::HashMap<String, Node> = members.into_iter().collect();
        let mut conformed = Vec::with_capacity(wanted.len());
        for (name, wanted) in wanted {
            let ExprKind::String(name) = &name.kind else { continue };
            let default = match &wanted.kind {
                ExprKind::Call(call, arguments, _) if call == "optional" => arguments.get(1),
                _ => None,
            };
            let own =
                variable_values.remove(name).filter(|own| default.is_none() || !matches!(own.value, NodeValue::Null));
            let value = match (own, default) {
                (Some(own), _) => own,
                (None, Some(default)) => value_or_unknown(self.eval(default, &NameScope::new(instance))),
                (None, None) => Node::new(NodeValue::Null),
            };
            conformed.push((name.clone(), self.conform(value, wanted, instance)));
        }
        conformed
    }
}

/// `any` within a collection is one type for all that it holds.
fn of_one_type(items: Vec<Node>, wanted: &Expr) -> Vec<Node> {
    match &wanted.kind {
        ExprKind::Name(name) if name == "any" => unified(items),
        _ => items,
    }
}

/// A primitive type, or the shape of a collection without defaults.
fn plain(node: Node, wanted: &Expr) -> Node {
    let name: Cow<'_, str> = match &wanted.kind {
        ExprKind::Name(name) => name.as_str().into(),
        ExprKind::Call(name, ..) if name == "set" => "set".into(),
        _ => return node,
    };
    let value = match (name.as_ref(), &node.value) {
        (_, NodeValue::Null | NodeValue::Unknown | NodeValue::Symbol(_)) => return node,
        ("string", _) => to_text(&node).map(NodeValue::String),
        ("number", _) => to_number(&node).map(NodeValue::Number),
        ("bool", _) => to_bool(&node).map(NodeValue::Bool),
        ("set", NodeValue::List(items)) => Ok(NodeValue::List(set_of(items))),
        _ => return node,
    };
    match value {
        Ok(value) => Node { value, provenance: node.provenance },
        Err(_) => node,
    }
}
