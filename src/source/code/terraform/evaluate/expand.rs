//! `count` and `for_each`: how many instances a block of source code stands for.

use std::sync::Arc;

use super::super::hcl::{Attribute, Block};
use super::expression::repetitions;
use super::value::{ExpressionError, MAX_ITEMS, to_i64, to_text};
use super::{Evaluator, NameScope, id_of, value_or_unknown};
use crate::model::file_gap::FileGap;
use crate::source::code::declared::{Node, NodeValue};

/// What a block expands to.
#[derive(Debug)]
pub(super) struct Expansion {
    pub shape: Shape,
    pub repetitions: Vec<Repetition>,
}

/// By what a block expands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Single,
    Count,
    Each,
}

/// One instance of a block.
#[derive(Debug, Clone)]
pub(super) struct Repetition {
    pub key: Key,
    /// `count` or `each`, and its value.
    pub binding: Option<(&'static str, Node)>,
    /// It stands for any number of instances.
    pub unexpanded: bool,
}

/// What an instance's address ends in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Key {
    None,
    Index(usize),
    Text(String),
}

impl Key {
    /// `[0]`, `["eu"]`, or nothing.
    pub fn suffix(&self) -> String {
        match self {
            Key::None => String::new(),
            Key::Index(index) => format!("[{index}]"),
            Key::Text(text) => format!("[{}]", serde_json::Value::from(text.as_str())),
        }
    }

    pub fn text(&self) -> String {
        match self {
            Key::None => String::new(),
            Key::Index(index) => index.to_string(),
            Key::Text(text) => text.clone(),
        }
    }
}

pub(super) fn object(members: [(&str, Node); 2]) -> Node {
    Node::new(NodeValue::Object(members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()))
}

impl<'a> Evaluator<'a> {
    /// The instances of a resource, data source or module call.
    pub(super) fn expansion(&mut self, instance: usize, block: &'a Block) -> Arc<Expansion> {
        let id = id_of(block);
        if let Some(known) = self.instances[instance].expansions.get(&id) {
            return Arc::clone(known);
        }
        // Whoever asks for it while it is being worked out goes in a circle: it is not known then.
        let (count, each) = (block.body.attribute("count"), block.body.attribute("for_each"));
        let shape = match (count, each) {
            (Some(_), _) => Shape::Count,
            (None, Some(_)) => Shape::Each,
            (None, None) => Shape::Single,
        };
        let open = Arc::new(Expansion { shape, repetitions: vec![open_repetition(shape, Node::default())] });
        self.instances[instance].expansions.insert(id, open);
        let repetitions = match (count, each) {
            (Some(count), _) => self.counted(instance, count),
            (None, Some(each)) => self.each(instance, each),
            (None, None) => vec![Repetition { key: Key::None, binding: None, unexpanded: false }],
        };
        let expansion = Arc::new(Expansion { shape, repetitions });
        self.instances[instance].expansions.insert(id, Arc::clone(&expansion));
        expansion
    }

    fn counted(&mut self, instance: usize, attribute: &'a Attribute) -> Vec<Repetition> {
        let count = value_or_unknown(self.eval(&attribute.value, &NameScope::new(instance)));
        match to_i64(&count) {
            Ok(count) if count > MAX_ITEMS as i64 => {
                self.too_many(attribute, count.unsigned_abs() as usize);
                vec![open_repetition(Shape::Count, Node::default())]
            }
            Ok(count) => {
                let repetition = |index: usize| {
                    let index_node = Node::from_json(index.into());
                    let binding = Node::new(NodeValue::Object(vec![("index".to_owned(), index_node)]));
                    Repetition { key: Key::Index(index), binding: Some(("count", binding)), unexpanded: false }
                };
                (0..usize::try_from(count).unwrap_or(0)).map(repetition).collect()
            }
            Err(error) => vec![open_repetition(Shape::Count, self.at_attribute(error, attribute))],
        }
    }

    fn each(&mut self, instance: usize, attribute: &'a Attribute) -> Vec<Repetition> {
        let over = value_or_unknown(self.eval(&attribute.value, &NameScope::new(instance)));
        let walked = match repetitions(&over) {
            Ok(walked) if walked.len() > MAX_ITEMS => {
                self.too_many(attribute, walked.len());
                return vec![open_repetition(Shape::Each, Node::default())];
            }
            Ok(walked) => walked,
            Err(error) => return vec![open_repetition(Shape::Each, self.at_attribute(error, attribute))],
        };
        let mut all: Vec<Repetition> = Vec::with_capacity(walked.len());
        for (key, value) in walked {
            // A set's items are their own keys.
            let key = if matches!(over.value, NodeValue::List(_)) { value.clone() } else { key };
            all.push(match to_text(&key) {
                Ok(text) => {
                    let binding = object([("key", key), ("value", value.clone())]);
                    Repetition { key: Key::Text(text), binding: Some(("each", binding)), unexpanded: false }
                }
                Err(error) => open_repetition(Shape::Each, self.at_attribute(error, attribute)),
            });
        }
        // Those that are not known would have one address.
        let mut open = false;
        all.retain(|repetition| !repetition.unexpanded || !std::mem::replace(&mut open, true));
        all
    }

    fn too_many(&mut self, attribute: &Attribute, count: usize) {
        let span = self.span(attribute.span).position();
        let gap = FileGap::new(span, format!("{count} instances; at most {MAX_ITEMS} of one block are read"));
        self.gaps.insert(gap);
    }

    pub(super) fn at_attribute(&self, error: ExpressionError, attribute: &Attribute) -> Node {
        value_or_unknown(Err(error)).or_span(&self.span(attribute.span))
    }
}

/// An instance that stands for any number of them.
fn open_repetition(shape: Shape, cause: Node) -> Repetition {
    let binding = match shape {
        Shape::Single => None,
        Shape::Count => Some(("count", Node::new(NodeValue::Object(vec![("index".to_owned(), cause)])))),
        Shape::Each => Some(("each", object([("key", cause.clone()), ("value", cause)]))),
    };
    Repetition { key: Key::None, binding, unexpanded: true }
}
