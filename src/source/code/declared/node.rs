//! A value as source code declares it: what it is, as far as that can be known before deployment, and where it stands.

use std::ops::Range;
use std::sync::Arc;

use serde_json::Value;

use crate::model::file_gap::FilePosition;
use crate::model::finding::Related;
use crate::model::text_file::{Region, TextFile};

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Node {
    /// What it is.
    pub value: NodeValue,
    /// Where it stands.
    pub provenance: Provenance,
}

/// What a value is.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum NodeValue {
    /// It cannot be known before deployment. Never a guess, never a pass.
    #[default]
    Unknown,
    /// It cannot be known, but it is whatever this names, and that is not null: `azurerm_subnet.agents.id`. Equal symbols
    /// are equal values; of different ones nothing is known. Everywhere else it counts as unknown.
    Symbol(Arc<str>),
    /// Written as null, or not written where null is the default.
    Null,
    /// A truth value.
    Bool(bool),
    /// A number.
    Number(serde_json::Number),
    /// A text.
    String(String),
    /// A list. An item that is unknown may stand for any number of items: [`NodeValue::List`] is known to its end only if
    /// none is.
    List(Vec<Node>),
    /// An object, in the order of the source; keys are distinct, letter case as written.
    Object(Vec<(String, Node)>),
}

/// Where a value stands.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Provenance {
    /// Where it is written: the literal itself, or the expression that could not be followed further.
    pub span: Option<Span>,
    /// Where it is used, from the literal to the resource: `("used here", …)`.
    pub related: Vec<(&'static str, Span)>,
    /// A sentence for whoever reads a result that rests on this value: that it is a default, or why it is not known.
    pub note: Option<Arc<str>>,
    /// Whether it is a secret, or made of one: it is judged and never shown.
    pub is_sensitive: bool,
}

/// A stretch of a source file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    /// The file.
    pub file: Arc<TextFile>,
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl Span {
    /// A range of bytes of a file.
    pub fn new(file: &Arc<TextFile>, range: Range<usize>) -> Span {
        Span { file: Arc::clone(file), start: range.start, end: range.end.max(range.start) }
    }

    /// Its lines and columns.
    pub fn region(&self) -> Region {
        self.file.region(self.start..self.end)
    }

    /// Its file, line and column.
    pub fn position(&self) -> FilePosition {
        self.file.file_position(self.start)
    }

    /// The place as a finding's related location.
    pub fn related(&self, message: &str) -> Related {
        Related { message: message.to_owned(), file: Arc::clone(&self.file), region: self.region() }
    }
}

impl Node {
    /// A value at no place.
    pub fn new(value: NodeValue) -> Node {
        Node { value, provenance: Provenance::default() }
    }

    /// A value at a place.
    pub fn spanned(value: NodeValue, span: Span) -> Node {
        Node { value, provenance: Provenance { span: Some(span), ..Provenance::default() } }
    }

    /// A text at no place.
    pub fn text(text: impl Into<String>) -> Node {
        Node::new(NodeValue::String(text.into()))
    }

    /// An unknown value, and why it is one: a sentence.
    pub fn unknown(why: impl Into<Arc<str>>) -> Node {
        Node::new(NodeValue::Unknown).with_note(why)
    }

    /// From plain JSON, at no place.
    pub fn from_json(value: Value) -> Node {
        Node::new(match value {
            Value::Null => NodeValue::Null,
            Value::Bool(flag) => NodeValue::Bool(flag),
            Value::Number(number) => NodeValue::Number(number),
            Value::String(text) => NodeValue::String(text),
            Value::Array(items) => NodeValue::List(items.into_iter().map(Node::from_json).collect()),
            Value::Object(members) => {
                NodeValue::Object(members.into_iter().map(|(name, value)| (name, Node::from_json(value))).collect())
            }
        })
    }

    /// With this sentence for whoever reads a result that rests on it.
    #[must_use]
    pub fn with_note(mut self, note: impl Into<Arc<str>>) -> Node {
        self.provenance.note = Some(note.into());
        self
    }

    /// Gives a place to this value, where it has none.
    #[must_use]
    pub fn or_span(mut self, span: &Span) -> Node {
        self.provenance.span.get_or_insert_with(|| span.clone());
        self
    }

    /// Records that this value, and all within it, is used at a place. A value that stands nowhere stands there.
    #[must_use]
    pub fn used_at(mut self, span: &Span) -> Node {
        self.use_at(span);
        self
    }

    fn use_at(&mut self, span: &Span) {
        match &self.provenance.span {
            None => self.provenance.span = Some(span.clone()),
            Some(own) if own == span => {}
            Some(_) if self.provenance.related.iter().any(|(_, known)| known == span) => {}
            Some(_) => self.provenance.related.push(("used here", span.clone())),
        }
        match &mut self.value {
            NodeValue::List(items) => items.iter_mut().for_each(|item| item.use_at(span)),
            NodeValue::Object(members) => members.iter_mut().for_each(|(_, member)| member.use_at(span)),
            _ => {}
        }
    }

    /// Marks this value and all within it as a secret.
    pub fn mark_sensitive(&mut self) {
        self.provenance.is_sensitive = true;
        match &mut self.value {
            NodeValue::List(items) => items.iter_mut().for_each(Node::mark_sensitive),
            NodeValue::Object(members) => members.iter_mut().for_each(|(_, member)| member.mark_sensitive()),
            _ => {}
        }
    }

    /// Whether it or anything within it is a secret.
    pub fn holds_secrets(&self) -> bool {
        self.provenance.is_sensitive
            || match &self.value {
                NodeValue::List(items) => items.iter().any(Node::holds_secrets),
                NodeValue::Object(members) => members.iter().any(|(_, member)| member.holds_secrets()),
                _ => false,
            }
    }

    /// Whether the value itself is not known; what is within a list or object may still not be.
    pub fn is_unknown(&self) -> bool {
        matches!(self.value, NodeValue::Unknown | NodeValue::Symbol(_))
    }

    /// Whether it and all within it is known.
    pub fn is_fully_known(&self) -> bool {
        match &self.value {
            NodeValue::Unknown | NodeValue::Symbol(_) => false,
            NodeValue::List(items) => items.iter().all(Node::is_fully_known),
            NodeValue::Object(members) => members.iter().all(|(_, member)| member.is_fully_known()),
            _ => true,
        }
    }

    /// The text of a string.
    pub fn as_str(&self) -> Option<&str> {
        match &self.value {
            NodeValue::String(text) => Some(text),
            _ => None,
        }
    }

    /// A truth value.
    pub fn as_bool(&self) -> Option<bool> {
        match self.value {
            NodeValue::Bool(flag) => Some(flag),
            _ => None,
        }
    }

    /// The items of a list.
    pub fn as_list(&self) -> Option<&[Node]> {
        match &self.value {
            NodeValue::List(items) => Some(items),
            _ => None,
        }
    }

    /// The members of an object.
    pub fn as_object(&self) -> Option<&[(String, Node)]> {
        match &self.value {
            NodeValue::Object(members) => Some(members),
            _ => None,
        }
    }

    /// A member of an object, by its exact name.
    pub fn get(&self, name: &str) -> Option<&Node> {
        self.as_object()?.iter().find(|(key, _)| key == name).map(|(_, member)| member)
    }

    /// A member of an object whatever its letter case, as ARM reads them.
    pub fn get_folded(&self, name: &str) -> Option<&Node> {
        self.as_object()?.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, member)| member)
    }

    /// A member of an object, by its exact name, to change.
    pub fn member_mut(&mut self, name: &str) -> Option<&mut Node> {
        match &mut self.value {
            NodeValue::Object(members) => members.iter_mut().find(|(key, _)| key == name).map(|(_, member)| member),
            _ => None,
        }
    }

    /// A member of an object whatever its letter case, to change.
    pub fn folded_mut(&mut self, name: &str) -> Option<&mut Node> {
        match &mut self.value {
            NodeValue::Object(members) => {
                members.iter_mut().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, member)| member)
            }
            _ => None,
        }
    }

    /// Puts a member into an object, in place of one of that name. Does nothing to what is no object.
    pub fn set(&mut self, name: &str, member: Node) {
        if let NodeValue::Object(members) = &mut self.value {
            match members.iter_mut().find(|(key, _)| key == name) {
                Some((_, old)) => *old = member,
                None => members.push((name.to_owned(), member)),
            }
        }
    }

    /// Plain JSON; `None` where something in it is not known.
    pub fn to_json(&self) -> Option<Value> {
        Some(match &self.value {
            NodeValue::Unknown | NodeValue::Symbol(_) => return None,
            NodeValue::Null => Value::Null,
            NodeValue::Bool(flag) => Value::Bool(*flag),
            NodeValue::Number(number) => Value::Number(number.clone()),
            NodeValue::String(text) => Value::String(text.clone()),
            NodeValue::List(items) => Value::Array(items.iter().map(Node::to_json).collect::<Option<_>>()?),
            NodeValue::Object(members) => {
                let pairs = members.iter().map(|(name, member)| Some((name.clone(), member.to_json()?)));
                Value::Object(pairs.collect::<Option<_>>()?)
            }
        })
    }
}
