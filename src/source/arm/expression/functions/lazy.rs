//! Functions that do not evaluate all their arguments, or need more than their values.

use super::super::scope::{Scope, Sort};
use super::super::{Expr, evaluate};
use crate::source::declared::{Node, Place};

/// The value of such a function; `None` where it is none.
pub fn lazy(name: &str, args: &[Expr], place: &Place, scope: &Scope<'_>) -> Option<Node> {
    let lower = name.to_ascii_lowercase();
    Some(match (lower.as_str(), args) {
        ("parameters" | "variables", [name]) => {
            let sort = if lower == "parameters" { Sort::Parameter } else { Sort::Variable };
            let name = evaluate(name, scope);
            match name.as_str() {
                Some(name) => scope.look_up(sort, name, place),
                None => Node::unknown("Its name is not known."),
            }
        }
        _ => return None,
    })
}
