//! A template that another language holds as a value: the same expressions, at the places of its parts.

use super::super::expression::{Expr, ExprKind, Item, Member};
use super::json::copies;
use super::parser::{Origin, expression_text, parse, plain_text};
use crate::model::file_gap::FileGap;
use crate::source::code::declared::{Node, NodeValue, Span};

/// The value as an expression; what stands nowhere stands at `span`. What is wrong in it is told in `gaps`.
pub fn of_node(node: &Node, span: &Span, gaps: &mut Vec<FileGap>) -> Expr {
    let span = node.provenance.span.as_ref().unwrap_or(span).clone();
    let kind = match &node.value {
        NodeValue::List(items) => {
            ExprKind::Array(items.iter().map(|item| Item::One(of_node(item, &span, gaps))).collect())
        }
        NodeValue::Object(members) => {
            let pair = |(name, value): &(String, Node)| {
                let value = of_node(value, &span, gaps);
                let span = value.span.clone();
                Member::Pair { key: Expr::text(name.as_str(), span.clone()), value, span }
            };
            let members: Vec<Member> = members.iter().map(pair).collect();
            ExprKind::Object(members.into_iter().flat_map(copies).collect())
        }
        NodeValue::String(text) => match expression_text(text) {
            None => ExprKind::Literal(NodeValue::String(plain_text(text).to_owned())),
            Some(inner) => match parse(inner, &Origin { token: span.clone(), start: None }) {
                Ok(expr) => return expr,
                Err((at, what)) => {
                    gaps.push(FileGap::new(at.position(), format!("{what}; correct it")));
                    ExprKind::Literal(NodeValue::Unknown)
                }
            },
        },
        other => ExprKind::Literal(other.clone()),
    };
    Expr::new(kind, span)
}
