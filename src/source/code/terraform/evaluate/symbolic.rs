//! Functions of texts of which parts are known only later.

use std::sync::Arc;

use super::value::{ExpressionError, Outcome, text, to_text};
use crate::source::code::declared::{Node, NodeValue, Segment, SymbolicText, is_symbolic, json_with_symbols, segments};

/// Adds a value that is a text, converts to one, or stands for one.
pub fn push(written: &mut SymbolicText, node: &Node) -> Result<(), ExpressionError> {
    match &node.value {
        NodeValue::Symbol(name) => written.push_symbol(name, node.provenance.note.as_ref()),
        _ => written.push_text(&to_text(node)?),
    }
    Ok(())
}

/// The text that was written.
pub fn finished(written: SymbolicText) -> Outcome {
    let node = written.finish();
    match node.value {
        NodeValue::String(written) => text(written),
        NodeValue::Unknown => Err(ExpressionError::Unknown(Box::new(node))),
        _ => Ok(node),
    }
}

/// Attributes that are texts and never null.
const TEXTS: [&str; 10] = [
    ".id",
    ".name",
    ".principal_id",
    ".client_id",
    ".object_id",
    ".tenant_id",
    ".subscription_id",
    ".login_server",
    ".location",
    ".resource_group_name",
];

/// Whether a symbol stands for a text, whatever it is.
pub fn is_text(name: &str) -> bool {
    is_symbolic(name) || name.starts_with("base64(") || TEXTS.iter().any(|end| name.ends_with(end))
}

/// Functions of texts where the text is a symbol; none where it is another function, or no such symbol.
pub fn call(name: &str, arguments: &[Node]) -> Option<Outcome> {
    let symbol = |node: &Node| match &node.value {
        NodeValue::Symbol(name) if is_text(name) => Some(Arc::clone(name)),
        _ => None,
    };
    match (name, arguments) {
        ("join", [separator, lists @ ..]) => join(separator, lists),
        ("lower" | "upper", [text]) => {
            let own = symbol(text)?;
            let cased = |plain: &str| if name == "lower" { plain.to_lowercase() } else { plain.to_uppercase() };
            Some(Ok(Node { value: NodeValue::Symbol(mapped(&own, cased).into()), provenance: text.provenance.clone() }))
        }
        ("trimspace" | "chomp" | "tostring" | "sensitive" | "nonsensitive", [text]) => {
            let own = symbol(text)?;
            let value = NodeValue::Symbol(if name == "trimspace" { own.trim().into() } else { own });
            Some(Ok(Node { value, provenance: text.provenance.clone() }))
        }
        ("basename", [text]) => {
            let parts = path_parts(&symbol(text)?);
            Some(Ok(parts.into_iter().next_back()?))
        }
        ("split", [separator, text]) if separator.as_str() == Some("/") => {
            Some(Ok(Node::new(NodeValue::List(path_parts(&symbol(text)?)))))
        }
        ("base64encode", [text]) => {
            let own = symbol(text)?;
            Some(Ok(Node::new(NodeValue::Symbol(format!("base64({own})").into()))))
        }
        ("base64decode", [text]) => {
            let own = symbol(text)?;
            let inner = own.strip_prefix("base64(")?.strip_suffix(')')?;
            Some(Ok(Node::new(NodeValue::Symbol(inner.into()))))
        }
        // Before azapi 2.0 an output was a text of JSON.
        ("jsondecode", [text]) => match &text.value {
            NodeValue::Symbol(name) if name.ends_with(".output") => Some(Ok(text.clone())),
            NodeValue::Symbol(name) if is_symbolic(name) => {
                Some(json_with_symbols(name).ok_or_else(|| ExpressionError::Wrong("The text is no JSON.".to_owned())))
            }
            _ => None,
        },
        _ => None,
    }
}

/// The same with its plain parts changed.
fn mapped(name: &str, change: impl Fn(&str) -> String) -> String {
    if !is_symbolic(name) {
        return name.to_owned();
    }
    let part = |segment| match segment {
        Segment::Plain(text) => change(text),
        Segment::Symbol(symbol) => format!("${{{symbol}}}"),
    };
    segments(name).into_iter().map(part).collect()
}

fn join(separator: &Node, lists: &[Node]) -> Option<Outcome> {
    let separator = separator.as_str()?;
    let items: Vec<&Node> =
        lists.iter().map(Node::as_list).collect::<Option<Vec<_>>>()?.into_iter().flatten().collect();
    let is_symbol = |item: &&Node| matches!(item.value, NodeValue::Symbol(_));
    if !items.iter().any(is_symbol) || items.iter().any(|item| matches!(item.value, NodeValue::Unknown)) {
        return None;
    }
    let mut joined = SymbolicText::default();
    for (index, item) in items.into_iter().enumerate() {
        if index > 0 {
            joined.push_text(separator);
        }
        if let Err(stop) = push(&mut joined, item) {
            return Some(Err(stop));
        }
    }
    Some(finished(joined))
}

/// What lies between the slashes. What is not known may hold more of them, so that only what is before the first such
/// part and after the last is told; of a resource's id the name is.
fn path_parts(name: &str) -> Vec<Node> {
    let symbol = |name: String| Node::new(NodeValue::Symbol(name.into()));
    if !is_symbolic(name) {
        let last = name.strip_suffix(".id").map(|of| symbol(format!("{of}.name")));
        return [Some(Node::default()), last].into_iter().flatten().collect();
    }
    let (mut parts, mut current) = (Vec::new(), SymbolicText::default());
    for segment in segments(name) {
        match segment {
            Segment::Symbol(inner) => current.push_symbol(inner, None),
            Segment::Plain(text) => {
                let mut pieces = text.split('/');
                current.push_text(pieces.next().unwrap_or_default());
                for piece in pieces {
                    parts.push(std::mem::take(&mut current));
                    current.push_text(piece);
                }
            }
        }
    }
    parts.push(current);
    let open = SymbolicText::has_symbols;
    let first = parts.iter().position(open).unwrap_or(parts.len());
    // The last part may be a name that is not known: names hold no slashes.
    let last = parts.len() - 1;
    let from = parts[..last].iter().rposition(open).map_or(first, |at| at + 1);
    let mut told = Vec::new();
    for (index, part) in parts.into_iter().enumerate() {
        if index < first || index >= from {
            told.push(part.finish());
        } else if index == first {
            told.push(Node::default());
        }
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    fn symbol(name: &str) -> Node {
        Node::new(NodeValue::Symbol(name.into()))
    }

    fn name_of(outcome: Outcome) -> String {
        match outcome.expect("a value").value {
            NodeValue::Symbol(name) => name.to_string(),
            NodeValue::String(text) => format!("= {text}"),
            NodeValue::List(items) => items.into_iter().map(|item| name_of(Ok(item))).collect::<Vec<_>>().join(" | "),
            _ => "?".to_owned(),
        }
    }

    #[test]
    fn an_id_keeps_what_is_written_of_it() {
        let id = symbol("/subscriptions/${var.s}/resourceGroups/rg/providers/P/registries/Core");
        assert_eq!(
            name_of(call("split", &[Node::text("/"), id.clone()]).expect("parts")),
            "=  | = subscriptions | ? | = resourceGroups | = rg | = providers | = P | = registries | = Core"
        );
        assert_eq!(name_of(call("basename", std::slice::from_ref(&id)).expect("a name")), "= Core");
        assert_eq!(
            name_of(call("lower", &[id]).expect("lower")),
            "/subscriptions/${var.s}/resourcegroups/rg/providers/p/registries/core"
        );
        assert_eq!(name_of(call("basename", &[symbol("azurerm_x.y.id")]).expect("a name")), "azurerm_x.y.name");
        let items = Node::new(NodeValue::List(vec![symbol("a.b.id"), Node::text("tasks"), symbol("${var.t}-1")]));
        assert_eq!(name_of(call("join", &[Node::text("/"), items]).expect("joined")), "${a.b.id}/tasks/${var.t}-1");
        let only = Node::new(NodeValue::List(vec![symbol("a.b.id")]));
        assert_eq!(name_of(call("join", &[Node::text(""), only]).expect("joined")), "a.b.id");
        assert!(call("lower", &[symbol("module.x")]).is_none(), "it may be no text");
    }
}
