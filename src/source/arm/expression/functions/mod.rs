//! The functions of ARM templates.

mod lazy;

use std::sync::Arc;

use crate::source::declared::{Node, Val};

pub(super) use lazy::lazy;

/// Why a function has no value.
#[derive(Debug)]
pub enum Fault {
    /// Something that it needs is not known: this.
    Unknown(Node),
    /// It is used wrongly: what is wrong, without a full stop.
    Wrong(String),
}

/// The value of a function whose arguments are all evaluated; `None` where there is no such function.
pub fn strict(name: &str, args: &[Node]) -> Option<Result<Node, Fault>> {
    let _ = (name, args);
    None
}

/// The texts and scalars joined.
pub fn joined(parts: &[Node]) -> Result<Node, Fault> {
    let mut text = String::new();
    let mut symbolic = false;
    let mut note = None;
    for part in parts {
        match &part.value {
            Val::String(piece) => text.push_str(piece),
            Val::Number(number) => text.push_str(&number.to_string()),
            Val::Bool(flag) => text.push_str(if *flag { "True" } else { "False" }),
            Val::Symbol(symbol) => {
                symbolic = true;
                note = note.or_else(|| part.site.note.clone());
                text.push_str(symbol);
            }
            Val::Null => {}
            Val::Unknown => return Err(Fault::Unknown(part.clone())),
            Val::List(_) | Val::Object(_) => {
                let Some(json) = part.to_json() else { return Err(Fault::Unknown(part.clone())) };
                text.push_str(&json.to_string());
            }
        }
    }
    let mut node = Node::of(if symbolic { Val::Symbol(Arc::from(text)) } else { Val::String(text) });
    node.site.note = note;
    Ok(node)
}

/// The name of what a function comes to whose arguments are only known by name: of equal arguments it is equal.
pub fn symbolic(_name: &str, _args: &[Node]) -> Option<Node> {
    None
}
