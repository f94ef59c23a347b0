//! The functions of ARM templates.

mod args;
mod compare;
mod data;
mod ids;
mod lambdas;
mod lazy;
mod lists;
mod network;
mod numbers;
mod segments;
mod strings;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use crate::source::code::declared::{Node, NodeValue};

pub use self::args::ExpressionError;
use self::args::{Args, Outcome};
pub(super) use self::compare::same;
pub use self::ids::{GROUP, id_of};
pub use self::lazy::copy_local;
pub(super) use self::lazy::lazy;
pub use self::segments::split_name;
pub use self::strings::joined;

/// The longest text that is put together.
const MAX_TEXT: usize = 1 << 20;

/// The value of a function whose arguments are all evaluated; `None` where there is no such function.
pub fn strict(name: &str, values: &[Node]) -> Option<Outcome> {
    let lower = name.to_ascii_lowercase();
    let lower = lower.strip_prefix("sys.").or_else(|| lower.strip_prefix("az.")).unwrap_or(&lower);
    let args = Args { name: lower, values };
    strings::call(&args)
        .or_else(|| lists::call(&args))
        .or_else(|| compare::call(&args))
        .or_else(|| numbers::call(&args))
        .or_else(|| data::call(&args))
        .or_else(|| network::call(&args))
        .or_else(|| ids::call(&args))
}

/// Functions that are never null and of equal arguments always equal.
const NAMEABLE: [&str; 28] = [
    "base64",
    "base64tostring",
    "concat",
    "datauri",
    "extensionresourceid",
    "format",
    "guid",
    "int",
    "join",
    "managementgroupresourceid",
    "padleft",
    "replace",
    "resourceid",
    "string",
    "subscriptionresourceid",
    "substring",
    "take",
    "tenantresourceid",
    "text",
    "tolower",
    "toupper",
    "trim",
    "uniquestring",
    "uri",
    "uricomponent",
    "cidrsubnet",
    "cidrhost",
    "skip",
];

/// The name of what a function comes to whose arguments are known by name only.
pub fn symbolic(name: &str, args: &[Node]) -> Option<Node> {
    let lower = name.to_ascii_lowercase();
    if !NAMEABLE.contains(&lower.as_str()) || !args.iter().any(|arg| matches!(arg.value, NodeValue::Symbol(_))) {
        return None;
    }
    let texts: Option<Vec<String>> = args
        .iter()
        .map(|arg| match &arg.value {
            NodeValue::Symbol(symbol) => Some(symbol.to_string()),
            _ => Some(arg.to_json()?.to_string()),
        })
        .collect();
    let text = format!("{{{name}({})}}", texts?.join(", "));
    if text.len() > 4096 {
        return None;
    }
    let note = args.iter().find_map(|arg| arg.is_unknown().then(|| arg.provenance.note.clone())?);
    let mut node = Node::new(NodeValue::Symbol(Arc::from(text)));
    node.provenance.note = note;
    Some(node)
}
