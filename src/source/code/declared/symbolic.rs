//! Texts of which parts are known only later: a symbol whose name is the text, with `${…}` for each such part. So an id
//! that is put together names what it is the id of, and a document keeps all that it says by itself.

use std::sync::Arc;

use super::json::json_of;
use super::node::{Node, NodeValue};

/// How long such a text may get, in bytes.
const MAX_TEXT: usize = 1 << 18;

/// A text in the making.
#[derive(Debug, Default)]
pub struct SymbolicText {
    written: String,
    symbols: usize,
    is_plain: bool,
    /// A plain part looks like one that is not.
    is_doubtful: bool,
    note: Option<Arc<str>>,
}

impl SymbolicText {
    /// How long it is so far.
    pub fn len(&self) -> usize {
        self.written.len()
    }

    /// Whether nothing was added yet.
    pub fn is_empty(&self) -> bool {
        self.written.is_empty()
    }

    /// Adds what is written.
    pub fn push_text(&mut self, text: &str) {
        self.is_plain |= !text.is_empty();
        self.is_doubtful |= text.contains("${");
        self.written.push_str(text);
    }

    /// Adds a part that is known only later, by what names it.
    pub fn push_symbol(&mut self, name: &str, note: Option<&Arc<str>>) {
        self.symbols += 1;
        if is_symbolic(name) {
            self.is_plain = true;
            self.written.push_str(name);
        } else {
            self.written.push_str(&format!("${{{name}}}"));
        }
        if self.note.is_none() {
            self.note = note.cloned();
        }
    }

    /// Whether parts of it are known only later.
    pub fn has_symbols(&self) -> bool {
        self.symbols > 0
    }

    /// The text; a symbol where parts of it are not known.
    pub fn finish(self) -> Node {
        if self.symbols == 0 {
            return Node::text(self.written);
        }
        if self.is_doubtful || self.written.len() > MAX_TEXT {
            return Node::unknown("Parts of the text are known only once it is deployed.");
        }
        let only = self.written.strip_prefix("${").and_then(|rest| rest.strip_suffix('}'));
        let name = only.filter(|_| !self.is_plain && self.symbols == 1).unwrap_or(&self.written);
        let mut node = Node::new(NodeValue::Symbol(name.into()));
        node.provenance.note = self.note;
        node
    }
}

/// Whether a symbol is a text of parts.
pub fn is_symbolic(name: &str) -> bool {
    name.contains("${")
}

/// A part of such a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Segment<'t> {
    /// As written.
    Plain(&'t str),
    /// What names it.
    Symbol(&'t str),
}

/// The parts of such a text.
pub fn segments(name: &str) -> Vec<Segment<'_>> {
    let mut segments = Vec::new();
    let mut rest = name;
    while let Some(start) = rest.find("${") {
        if start > 0 {
            segments.push(Segment::Plain(&rest[..start]));
        }
        let inside = &rest[start + 2..];
        let mut quoted = false;
        let end = inside.char_indices().find(|(at, character)| {
            quoted ^= *character == '"' && !inside[..*at].ends_with('\\');
            *character == '}' && !quoted
        });
        let Some((end, _)) = end else {
            segments.push(Segment::Plain(&rest[start..]));
            return segments;
        };
        segments.push(Segment::Symbol(&inside[..end]));
        rest = &inside[end + 1..];
    }
    if !rest.is_empty() {
        segments.push(Segment::Plain(rest));
    }
    segments
}

/// A JSON document of which parts are known only later: those alone are not known. None where it is no JSON.
pub fn json_with_symbols(name: &str) -> Option<Node> {
    let (mut json, mut within) = (String::with_capacity(name.len()), false);
    for segment in segments(name) {
        match segment {
            Segment::Plain(text) => {
                let mut escaped = false;
                for character in text.chars() {
                    within ^= character == '"' && !escaped;
                    escaped = character == '\\' && !escaped;
                }
                json.push_str(text);
            }
            Segment::Symbol(symbol) => {
                let quoted = serde_json::Value::from(format!("${{{symbol}}}")).to_string();
                // Outside of quotes it may be of any type.
                match within {
                    true => json.push_str(&quoted[1..quoted.len() - 1]),
                    false => json.push_str(&format!("\"\\u0000{}", &quoted[1..])),
                }
            }
        }
    }
    json_of(&json, None).map(named)
}

fn named(node: Node) -> Node {
    let value = match node.value {
        NodeValue::String(text) if text.starts_with('\0') => NodeValue::Unknown,
        NodeValue::String(text) if is_symbolic(&text) => match segments(&text)[..] {
            [Segment::Symbol(only)] if only.starts_with('?') => NodeValue::Unknown,
            [Segment::Symbol(only)] => NodeValue::Symbol(only.into()),
            _ => NodeValue::Symbol(text.into()),
        },
        NodeValue::List(items) => NodeValue::List(items.into_iter().map(named).collect()),
        NodeValue::Object(members) => {
            NodeValue::Object(members.into_iter().map(|(name, member)| (name, named(member))).collect())
        }
        value => value,
    };
    Node { value, provenance: node.provenance }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_document_only_what_is_not_known_is_lost() {
        let node = json_with_symbols("{\"a\": \"${x.y.id}\", \"b\": [1, ${?1}, \"p-${var.n}\"], \"c\": \"\\\"${?2}\"}");
        let node = node.expect("JSON");
        let symbol = |name: &str| NodeValue::Symbol(name.into());
        assert_eq!(node.get("a").expect("a").value, symbol("x.y.id"));
        let items = node.get("b").and_then(Node::as_list).expect("b");
        let values: Vec<&NodeValue> = items.iter().map(|item| &item.value).collect();
        assert_eq!(values, [&NodeValue::Number(1.into()), &NodeValue::Unknown, &symbol("p-${var.n}")]);
        assert_eq!(node.get("c").expect("c").value, symbol("\"${?2}"));
    }

    #[test]
    fn a_name_may_hold_any_key() {
        let name = "a-${x.y[\"}\"].id}-b";
        assert_eq!(segments(name), [Segment::Plain("a-"), Segment::Symbol("x.y[\"}\"].id"), Segment::Plain("-b")]);
    }
}
