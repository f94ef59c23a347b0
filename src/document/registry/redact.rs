//! An allow-list as data: what is kept of an answer of ARM, so that a member that Azure adds does not leak.

use serde_json::Value;

/// What is kept of a value, and of everything within it.
pub enum Allowed {
    /// Text, number, truth value or null.
    Scalar,
    /// Whatever it is.
    Any,
    /// What another list allows.
    Same(&'static Allowed),
    /// Each item of a list.
    List(&'static Allowed),
    /// Each value of a map whose keys are names.
    Map(&'static Allowed),
    /// These members, and no others.
    Members(&'static [(&'static str, Allowed)]),
}

use Allowed::{Any, List, Members, Scalar};

impl Allowed {
    /// Takes what is to be kept. A value of another shape than its kind of member has becomes null, which says "not
    /// known": to leave it out would say that there is none.
    pub fn redact(&self, value: Value) -> Value {
        match (self, value) {
            (Any, value) => value,
            (Allowed::Same(allowed), value) => allowed.redact(value),
            (Scalar, value @ (Value::Bool(_) | Value::Number(_) | Value::String(_))) => value,
            (List(allowed), Value::Array(items)) => items.into_iter().map(|item| allowed.redact(item)).collect(),
            (Allowed::Map(allowed), Value::Object(map)) => {
                map.into_iter().map(|(key, item)| (key, allowed.redact(item))).collect()
            }
            (Members(members), Value::Object(mut map)) => {
                let kept = members
                    .iter()
                    .filter_map(|(name, allowed)| Some(((*name).to_owned(), allowed.redact(map.remove(*name)?))));
                Value::Object(kept.collect())
            }
            (Scalar | List(_) | Allowed::Map(_) | Members(_), _) => Value::Null,
        }
    }
}
