//! Terraform's functions, as far as configurations of registries use them.

mod collections;
mod csv;
pub(super) mod encoding;
mod format;
mod lists;
mod net;
mod numbers;
mod patterns;
mod strings;
mod time;
pub(super) mod unify;
mod yaml;

pub(super) use self::strings::clean;

use super::symbolic;
use super::value::{ExpressionError, Outcome, to_bool, to_number, to_text, unknown_error};
use crate::source::code::declared::{Node, NodeValue};

/// Calls a function. `try` and `can` are not here: they look at expressions, not at values.
pub fn call(name: &str, arguments: &[Node]) -> Outcome {
    if let Some(outcome) = symbolic::call(name, arguments) {
        return outcome;
    }
    let families = [
        lists::call,
        collections::call,
        strings::call,
        format::call,
        numbers::call,
        net::call,
        encoding::call,
        yaml::call,
        csv::call,
        patterns::call,
        time::call,
        conversions,
    ];
    let known = families.into_iter().find_map(|family| family(name, arguments));
    known.unwrap_or_else(|| {
        Err(ExpressionError::Unknown(Box::new(Node::unknown(format!("The function `{name}` is not evaluated.")))))
    })
}

fn conversions(name: &str, arguments: &[Node]) -> Option<Outcome> {
    let first = || argument(arguments, 0);
    Some(match name {
        "tostring" | "tonumber" | "tobool" => first().and_then(|node| convert(name, node)),
        "sensitive" | "nonsensitive" | "ephemeralasnull" => first().cloned(),
        "issensitive" => Err(ExpressionError::Unknown(Box::default())),
        _ => return None,
    })
}

fn convert(name: &str, node: &Node) -> Outcome {
    let value = match (&node.value, name) {
        // A reference to an id is a text already.
        (NodeValue::Null, _) | (NodeValue::Symbol(_), "tostring") => return Ok(node.clone()),
        (_, "tostring") => NodeValue::String(to_text(node)?),
        (_, "tonumber") => NodeValue::Number(to_number(node)?),
        _ => NodeValue::Bool(to_bool(node)?),
    };
    Ok(Node { value, provenance: node.provenance.clone() })
}

/// An argument that must be there.
fn argument(arguments: &[Node], index: usize) -> Result<&Node, ExpressionError> {
    arguments.get(index).ok_or_else(|| ExpressionError::Wrong("A function lacks an argument.".to_owned()))
}

/// A text that must be there.
fn text_argument(arguments: &[Node], index: usize) -> Result<String, ExpressionError> {
    to_text(argument(arguments, index)?)
}

/// The items of a list that must be there.
fn items(arguments: &[Node], index: usize) -> Result<&[Node], ExpressionError> {
    items_of(argument(arguments, index)?)
}

fn items_of(node: &Node) -> Result<&[Node], ExpressionError> {
    match &node.value {
        NodeValue::List(items) => Ok(items),
        NodeValue::Unknown | NodeValue::Symbol(_) => Err(unknown_error(node)),
        _ => Err(ExpressionError::Wrong("A list is needed, and something else is given.".to_owned())),
    }
}

/// The items of a list that is known to its end.
fn all_items(arguments: &[Node], index: usize) -> Result<&[Node], ExpressionError> {
    let items = items(arguments, index)?;
    match items.iter().find(|item| matches!(item.value, NodeValue::Unknown)) {
        Some(unknown) => Err(unknown_error(unknown)),
        None => Ok(items),
    }
}

/// The members of an object that must be there.
fn members(arguments: &[Node], index: usize) -> Result<&[(String, Node)], ExpressionError> {
    let node = argument(arguments, index)?;
    match &node.value {
        NodeValue::Object(members) => Ok(members),
        NodeValue::Unknown | NodeValue::Symbol(_) => Err(unknown_error(node)),
        _ => Err(ExpressionError::Wrong("A map is needed, and something else is given.".to_owned())),
    }
}

#[cfg(test)]
mod tests;
