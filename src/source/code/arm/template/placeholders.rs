//! What stands in files of values in place of values: variables that `azd` fills in, tokens that a pipeline replaces.

use crate::source::code::declared::{Node, NodeValue};

/// Beginning and end of what stands for a value that is given later.
const TOKENS: [(&str, &str); 5] = [("${", "}"), ("#{", "}#"), ("#{", "}"), ("__", "__"), ("$(", ")")];

/// The value, in which what stands for others is not known; a default that is written beside it counts.
pub fn resolved(mut node: Node) -> Node {
    match &mut node.value {
        NodeValue::String(text) => {
            if let Some(value) = resolved_text(text) {
                if matches!(value, NodeValue::Symbol(_)) {
                    let note = format!("{} is filled in when it is deployed.", shown(text));
                    node.provenance.note = Some(note.into());
                }
                node.value = value;
            }
        }
        NodeValue::List(items) => items.iter_mut().for_each(|item| *item = resolved(std::mem::take(item))),
        NodeValue::Object(members) => {
            members.iter_mut().for_each(|(_, member)| *member = resolved(std::mem::take(member)));
        }
        _ => {}
    }
    node
}

fn shown(text: &str) -> String {
    text.chars().take(80).collect()
}

/// A text that is given for a truth value or a number, as that: `azd` fills in texts alone.
pub fn typed(mut value: Node, kind: &str) -> Node {
    if let NodeValue::String(text) = &value.value {
        let typed = match kind.to_ascii_lowercase().as_str() {
            "bool" => text.to_lowercase().parse::<bool>().ok().map(NodeValue::Bool),
            "int" => text.parse::<i64>().ok().map(|number| NodeValue::Number(number.into())),
            _ => None,
        };
        if let Some(typed) = typed {
            value.value = typed;
        }
    }
    value
}

/// None where nothing stands for anything else.
fn resolved_text(text: &str) -> Option<NodeValue> {
    // `<ID_OF_THE_NETWORK>`: to be replaced by whoever deploys it.
    if let Some(name) = text.strip_prefix('<').and_then(|rest| rest.strip_suffix('>')).filter(|name| is_name(name)) {
        return Some(NodeValue::Symbol(format!("{{{name}}}").into()));
    }
    let (mut made, mut rest, mut is_known, mut any) = (String::new(), text, true, false);
    while let Some((before, inside, after)) = next_token(rest) {
        any = true;
        made.push_str(before);
        match inside.split_once('=').filter(|(name, _)| is_name(name)) {
            Some((_, default)) => made.push_str(default.trim_matches('"')),
            None => {
                is_known = false;
                made.push_str(&format!("{{{inside}}}"));
            }
        }
        rest = after;
    }
    made.push_str(rest);
    match (any, is_known) {
        (false, _) => None,
        (true, true) => Some(NodeValue::String(made)),
        (true, false) => Some(NodeValue::Symbol(made.into())),
    }
}

/// What is before the next token, what is in it, what is behind.
fn next_token(text: &str) -> Option<(&str, &str, &str)> {
    let found = TOKENS.iter().filter_map(|(open, close)| {
        let start = text.find(open)?;
        let inside = &text[start + open.len()..];
        let end = inside.find(close)?;
        let name = &inside[..end];
        let name_only = name.split_once('=').filter(|_| *open == "${").map_or(name, |(name, _)| name);
        is_name(name_only).then(|| (start, open.len(), name, &inside[end + close.len()..]))
    });
    // The longest of those that begin first.
    let (start, _, name, after) =
        found.min_by_key(|(start, open, _, after)| (*start, usize::MAX - open, after.len()))?;
    Some((&text[..start], name, after))
}

/// What a variable may be called.
fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 128
        && name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || "_.- ".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_for_a_value_is_not_known_unless_a_default_is_beside_it() {
        let symbol = |text: &str| Some(NodeValue::Symbol(text.into()));
        for (text, expected) in [
            ("${AZURE_ENV_NAME}", symbol("{AZURE_ENV_NAME}")),
            ("acr${AZURE_ENV_NAME}x", symbol("acr{AZURE_ENV_NAME}x")),
            ("${ACCESS=Disabled}", Some(NodeValue::String("Disabled".to_owned()))),
            ("${EMPTY=}", Some(NodeValue::String(String::new()))),
            ("#{OFFICE_RANGE}#", symbol("{OFFICE_RANGE}")),
            ("a-__Office__-b", symbol("a-{Office}-b")),
            ("$(office)", symbol("{office}")),
            ("<RESOURCE_ID>", symbol("{RESOURCE_ID}")),
            ("203.0.113.0/24", None),
            ("${", None),
            ("a__b", None),
            ("#{}#", None),
        ] {
            assert_eq!(resolved_text(text), expected, "{text}");
        }
    }
}
