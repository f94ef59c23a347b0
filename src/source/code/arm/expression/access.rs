//! A member of an object, an item of a list.

use super::functions::ExpressionError;
use crate::source::code::declared::{Node, NodeValue, doubt_of_members, may_hold_others};

/// How many times a loop runs at most.
pub(super) const MAX_ITEMS: usize = 10_000;

/// A member of an object.
pub(super) fn member(base: Node, name: &str, safe: bool) -> Result<Node, ExpressionError> {
    match base.value {
        NodeValue::Unknown | NodeValue::Symbol(_) => {
            Err(ExpressionError::Unknown(Node { value: NodeValue::Unknown, ..base }))
        }
        NodeValue::Null if safe => Ok(Node::new(NodeValue::Null)),
        NodeValue::Object(members) => match members.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)) {
            Some((_, value)) => Ok(value.clone()),
            None if may_hold_others(&members) => {
                let marker = doubt_of_members(&members).cloned().unwrap_or_default();
                Err(ExpressionError::Unknown(marker))
            }
            None if safe => Ok(Node::new(NodeValue::Null)),
            None => Err(ExpressionError::Wrong(format!("the object has no member `{name}`"))),
        },
        _ => Err(ExpressionError::Wrong(format!("there is no member `{name}`, for it is no object"))),
    }
}

/// An item of a list, or a member of an object.
pub(super) fn item(base: Node, index: &Node, safe: bool) -> Result<Node, ExpressionError> {
    if index.is_unknown() {
        let unknown = Node { value: NodeValue::Unknown, provenance: index.provenance.clone() };
        return Err(ExpressionError::Unknown(unknown));
    }
    match (&base.value, &index.value) {
        (_, NodeValue::String(name)) => member(base, name, safe),
        (NodeValue::Unknown | NodeValue::Symbol(_), _) => {
            Err(ExpressionError::Unknown(Node { value: NodeValue::Unknown, ..base }))
        }
        (NodeValue::Null, _) if safe => Ok(Node::new(NodeValue::Null)),
        (NodeValue::List(items), NodeValue::Number(number)) => {
            let Some(at) = number.as_u64().and_then(|at| usize::try_from(at).ok()) else {
                return Err(ExpressionError::Wrong(format!("the index {number} is none")));
            };
            // An item that is not known may stand for any number of items.
            if let Some(unknown) = items.iter().take(at.saturating_add(1)).find(|item| item.value == NodeValue::Unknown)
            {
                return Err(ExpressionError::Unknown(unknown.clone()));
            }
            match items.get(at) {
                Some(value) => Ok(value.clone()),
                None if safe => Ok(Node::new(NodeValue::Null)),
                None => {
                    Err(ExpressionError::Wrong(format!("the index {at} is beyond the list's {} items", items.len())))
                }
            }
        }
        (NodeValue::List(_), _) => Err(ExpressionError::Wrong("the index of a list is no number".to_owned())),
        _ => Err(ExpressionError::Wrong("what is indexed is neither list nor object".to_owned())),
    }
}
