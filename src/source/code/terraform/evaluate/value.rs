//! Values as Terraform converts and compares them.

use std::sync::Arc;

use serde_json::Number;

use super::super::hcl::{from_f64, read_number};
use crate::source::code::declared::{Node, NodeValue};

/// How many items a list or object may be expanded to.
pub const MAX_ITEMS: usize = 10_000;

/// How long a computed text may get, in bytes.
pub const MAX_TEXT: usize = 1 << 20;

/// Why there is no value.
#[derive(Debug)]
pub enum ExpressionError {
    /// It cannot be known: what stands for it.
    Unknown(Box<Node>),
    /// Terraform would refuse it; a sentence.
    Wrong(String),
}

/// A value, or why there is none.
pub type Outcome = Result<Node, ExpressionError>;

/// Unknown for the same reason as another value.
pub fn unknown_like(cause: &Node) -> Node {
    match (&cause.provenance.note, &cause.value) {
        (Some(note), _) => Node::unknown(Arc::clone(note)),
        (None, NodeValue::Symbol(name)) => Node::unknown(format!("`{name}` is known only once it is deployed.")),
        (None, _) => Node::default(),
    }
}

/// An outcome that is unknown for the same reason as a value.
pub fn unknown_error(cause: &Node) -> ExpressionError {
    ExpressionError::Unknown(Box::new(unknown_like(cause)))
}

/// The first thing within a value that is not known.
pub fn first_unknown(node: &Node) -> Option<&Node> {
    match &node.value {
        NodeValue::Unknown | NodeValue::Symbol(_) => Some(node),
        NodeValue::List(items) => items.iter().find_map(first_unknown),
        NodeValue::Object(members) => members.iter().find_map(|(_, member)| first_unknown(member)),
        _ => None,
    }
}

/// A text, or what converts to one.
pub fn to_text(node: &Node) -> Result<String, ExpressionError> {
    match &node.value {
        NodeValue::String(text) => Ok(text.clone()),
        NodeValue::Bool(flag) => Ok(flag.to_string()),
        NodeValue::Number(number) => match number.as_f64() {
            // A third, say: Terraform writes 150 digits of it.
            Some(value)
                if value.fract() != 0.0 && number_text(number).trim_start_matches(['-', '0', '.']).len() > 17 =>
            {
                Err(ExpressionError::Unknown(Box::new(Node::unknown("The number has no short text."))))
            }
            _ => Ok(number_text(number)),
        },
        NodeValue::Unknown | NodeValue::Symbol(_) => Err(unknown_error(node)),
        NodeValue::Null => Err(ExpressionError::Wrong("A text is needed, and null is given.".to_owned())),
        _ => Err(ExpressionError::Wrong("A text is needed, and a collection is given.".to_owned())),
    }
}

/// A number, or what converts to one.
pub fn to_number(node: &Node) -> Result<Number, ExpressionError> {
    let wrong = || ExpressionError::Wrong("A number is needed, and something else is given.".to_owned());
    match &node.value {
        NodeValue::Number(number) => Ok(number.clone()),
        NodeValue::String(text) => {
            let plain = text.starts_with(|first: char| first.is_ascii_digit() || first == '-' || first == '.');
            read_number(text).filter(|_| plain).ok_or_else(wrong)
        }
        NodeValue::Unknown | NodeValue::Symbol(_) => Err(unknown_error(node)),
        _ => Err(wrong()),
    }
}

/// A number to calculate with.
pub fn to_f64(node: &Node) -> Result<f64, ExpressionError> {
    Ok(to_number(node)?.as_f64().unwrap_or(f64::NAN))
}

/// A whole number.
pub fn to_i64(node: &Node) -> Result<i64, ExpressionError> {
    to_number(node)?.as_i64().ok_or_else(|| ExpressionError::Wrong("A whole number is needed.".to_owned()))
}

/// A truth value, or what converts to one.
pub fn to_bool(node: &Node) -> Result<bool, ExpressionError> {
    match &node.value {
        NodeValue::Bool(flag) => Ok(*flag),
        NodeValue::String(text) if text == "true" => Ok(true),
        NodeValue::String(text) if text == "false" => Ok(false),
        NodeValue::Unknown | NodeValue::Symbol(_) => Err(unknown_error(node)),
        _ => Err(ExpressionError::Wrong("true or false is needed, and something else is given.".to_owned())),
    }
}

/// A computed number. Terraform calculates with decimals of 512 bits: what is a short decimal but for the error of ours
/// is that decimal.
pub fn number(value: f64) -> Outcome {
    let short = format!("{value:.14e}").parse::<f64>().unwrap_or(value);
    let value = if (value - short).abs() <= 4.0 * f64::EPSILON * value.abs() { short } else { value };
    match from_f64(value) {
        Some(number) => Ok(Node::new(NodeValue::Number(number))),
        None => Err(ExpressionError::Wrong("The result is no finite number.".to_owned())),
    }
}

/// A computed text, unless it is too long to be one in earnest.
pub fn text(text: String) -> Outcome {
    match text.len() > MAX_TEXT {
        true => Err(ExpressionError::Unknown(Box::new(Node::unknown("The text is longer than 1 MB.")))),
        false => Ok(Node::text(text)),
    }
}

/// A computed list, unless it is too long to be one in earnest.
pub fn list(items: Vec<Node>) -> Outcome {
    match items.len() > MAX_ITEMS {
        true => {
            Err(ExpressionError::Unknown(Box::new(Node::unknown(format!("The list has more than {MAX_ITEMS} items.")))))
        }
        false => Ok(Node::new(NodeValue::List(items))),
    }
}

/// A number as a text: `1`, not `1.0` and never with an exponent.
pub fn number_text(number: &Number) -> String {
    match number.as_f64() {
        Some(value) if !number.is_i64() && !number.is_u64() => value.to_string(),
        _ => number.to_string(),
    }
}

/// Whether two values are equal; none where that cannot be known.
pub fn equal(left: &Node, right: &Node) -> Option<bool> {
    match (&left.value, &right.value) {
        (NodeValue::Symbol(one), NodeValue::Symbol(other)) if one == other => Some(true),
        // What a symbol names is not null.
        (NodeValue::Symbol(_), NodeValue::Null) | (NodeValue::Null, NodeValue::Symbol(_)) => Some(false),
        (NodeValue::Unknown | NodeValue::Symbol(_), _) | (_, NodeValue::Unknown | NodeValue::Symbol(_)) => None,
        (NodeValue::Number(one), NodeValue::Number(other)) => Some(one == other || one.as_f64() == other.as_f64()),
        (NodeValue::List(one), NodeValue::List(other)) => {
            let open = |items: &[Node]| items.iter().any(|item| matches!(item.value, NodeValue::Unknown));
            match open(one) || open(other) {
                true => None,
                false if one.len() != other.len() => Some(false),
                false => all(one.iter().zip(other).map(|(one, other)| equal(one, other))),
            }
        }
        (NodeValue::Object(one), NodeValue::Object(other)) => match one.len() == other.len() {
            false => Some(false),
            true => all(one.iter().map(|(key, value)| match right.get(key) {
                Some(other) => equal(value, other),
                None => Some(false),
            })),
        },
        (one, other) => Some(one == other),
    }
}

/// One that is certainly not equal settles it.
fn all(each: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut whole = Some(true);
    for one in each {
        match one {
            Some(true) => {}
            Some(false) => return Some(false),
            None => whole = None,
        }
    }
    whole
}

/// What tells a value from others in a set; none where it is not known.
pub fn identity(node: &Node) -> Option<String> {
    match &node.value {
        NodeValue::Symbol(name) => Some(format!("symbol {name}")),
        NodeValue::Number(number) => Some(number_text(number)),
        _ => node.to_json().map(|value| value.to_string()),
    }
}

/// The items as a set: each once, sorted where they are plain, those that are not known at the end.
pub fn set_of(items: &[Node]) -> Vec<Node> {
    let mut set = distinct(items);
    let rank = |node: &Node| match &node.value {
        NodeValue::Bool(_) => 0,
        NodeValue::Number(_) => 1,
        NodeValue::String(_) => 2,
        NodeValue::Unknown | NodeValue::Symbol(_) => 4,
        _ => 3,
    };
    set.sort_by(|one, other| match (&one.value, &other.value) {
        (NodeValue::String(one), NodeValue::String(other)) => one.cmp(other),
        (NodeValue::Number(one), NodeValue::Number(other)) => {
            one.as_f64().unwrap_or_default().total_cmp(&other.as_f64().unwrap_or_default())
        }
        _ => rank(one).cmp(&rank(other)),
    });
    set
}

/// The items, each once, the first of equals.
pub fn distinct(items: &[Node]) -> Vec<Node> {
    let mut seen = std::collections::HashSet::new();
    items.iter().filter(|item| identity(item).is_none_or(|identity| seen.insert(identity))).cloned().collect()
}

/// The members in the order in which Terraform walks them.
pub fn by_key(members: &[(String, Node)]) -> Vec<(&str, &Node)> {
    let mut sorted: Vec<(&str, &Node)> = members.iter().map(|(key, value)| (key.as_str(), value)).collect();
    sorted.sort_by_key(|(key, _)| *key);
    sorted
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_are_texts_as_terraform_writes_them() {
        for (value, text) in [(json!(1), "1"), (json!(1.0), "1"), (json!(1.5), "1.5"), (json!(true), "true")] {
            assert_eq!(to_text(&Node::from_json(value)).expect("a text"), text);
        }
        assert!(to_number(&Node::text("inf")).is_err());
        assert_eq!(to_i64(&Node::text("12")).expect("a number"), 12);
    }

    #[test]
    fn what_is_not_known_may_still_be_certain() {
        let symbol = |name: &str| Node::new(NodeValue::Symbol(name.into()));
        assert_eq!(equal(&symbol("a.b.id"), &symbol("a.b.id")), Some(true));
        assert_eq!(equal(&symbol("a.b.id"), &symbol("a.c.id")), None);
        assert_eq!(equal(&symbol("a.b.id"), &Node::new(NodeValue::Null)), Some(false));
        assert_eq!(equal(&Node::default(), &Node::default()), None);
        let lists = |items: Vec<Node>| Node::new(NodeValue::List(items));
        assert_eq!(equal(&lists(vec![Node::default()]), &lists(vec![])), None);
        assert_eq!(
            equal(&lists(vec![symbol("a"), Node::text("x")]), &lists(vec![symbol("b"), Node::text("y")])),
            Some(false)
        );
        assert_eq!(
            equal(&Node::from_json(json!({"a": 1, "b": 2})), &Node::from_json(json!({"b": 2.0, "a": 1}))),
            Some(true)
        );
        assert_eq!(equal(&Node::from_json(json!(1)), &Node::text("1")), Some(false));
    }
}
