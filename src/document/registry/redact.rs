//! An allow-list as data: what is kept of an answer of ARM, so that a member that Azure adds does not leak.

use serde_json::Value;

/// What is kept of a value, and of everything within it.
pub enum Keep {
    /// Text, number, truth value or null.
    Scalar,
    /// Whatever it is.
    Whole,
    /// Each item of a list.
    List(&'static Keep),
    /// Each value of a map whose keys are names.
    Map(&'static Keep),
    /// These members, and no others.
    Members(&'static [(&'static str, Keep)]),
}

use Keep::{List, Members, Scalar, Whole};

impl Keep {
    /// Takes what is to be kept. A value of another shape than its kind of member has becomes null, which says "not
    /// known": to leave it out would say that there is none.
    pub fn of(&self, value: Value) -> Value {
        match (self, value) {
            (Whole, value) => value,
            (Scalar, value @ (Value::Bool(_) | Value::Number(_) | Value::String(_))) => value,
            (List(keep), Value::Array(items)) => items.into_iter().map(|item| keep.of(item)).collect(),
            (Keep::Map(keep), Value::Object(map)) => map.into_iter().map(|(key, item)| (key, keep.of(item))).collect(),
            (Members(members), Value::Object(mut map)) => {
                let kept =
                    members.iter().filter_map(|(name, keep)| Some(((*name).to_owned(), keep.of(map.remove(*name)?))));
                Value::Object(kept.collect())
            }
            (Scalar | List(_) | Keep::Map(_) | Members(_), _) => Value::Null,
        }
    }
}
