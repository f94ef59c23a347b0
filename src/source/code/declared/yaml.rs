//! YAML as values, each at its place in the file that it comes from.

use std::sync::Arc;

use saphyr_parser::{Event, Parser, ScalarStyle, Tag};

use super::node::{Node, NodeValue, Span};
use crate::model::text_file::TextFile;

/// How many values a document may come to, aliases counted as what they stand for.
const MAX_VALUES: usize = 100_000;

/// How deep a document may be.
const MAX_DEPTH: usize = 100;

/// How a language reads scalars.
pub struct YamlDialect {
    /// What a scalar is, by its text, its style and its tag.
    pub scalar: fn(&str, ScalarStyle, Option<&Tag>) -> Result<Node, String>,
    /// The name that a key stands for.
    pub key: fn(&Node) -> Option<String>,
}

/// Why a document is not read.
#[derive(Debug)]
pub enum YamlError {
    /// It is no YAML: why.
    Wrong(String),
    /// It is too much: a sentence.
    TooMuch(&'static str),
}

fn wrong(why: impl std::fmt::Display) -> YamlError {
    YamlError::Wrong(why.to_string())
}

/// A list or a mapping that is not closed yet.
enum Open {
    List(Vec<Node>),
    Mapping(Vec<(String, Node)>, Option<Key>),
}

enum Key {
    Name(String),
    Merge,
}

struct Reader<'t> {
    dialect: &'t YamlDialect,
    file: Option<&'t Arc<TextFile>>,
    /// Where each character begins; empty where that is its number.
    bytes: Vec<usize>,
    open: Vec<(Open, usize, usize)>,
    anchors: Vec<(usize, Node)>,
    count: usize,
    root: Option<Node>,
}

/// Reads a document; `file` is the file that the text is the whole of.
///
/// # Errors
/// It is no YAML, or too much of it.
pub fn yaml_of(text: &str, file: Option<&Arc<TextFile>>, dialect: &YamlDialect) -> Result<Node, YamlError> {
    let bytes = match text.is_ascii() || file.is_none() {
        true => Vec::new(),
        false => text.char_indices().map(|(at, _)| at).collect(),
    };
    let mut reader = Reader { dialect, file, bytes, open: Vec::new(), anchors: Vec::new(), count: 0, root: None };
    for event in Parser::new_from_str(text) {
        let (event, span) =
            event.map_err(|error| wrong(format!("line {}: {}", error.marker().line(), error.info())))?;
        let start = span.start.index();
        match event {
            Event::DocumentStart(_) if reader.root.is_some() => return Err(wrong("it holds more than one document")),
            Event::Alias(anchor) => {
                let known = reader.anchors.iter().rev().find(|(id, _)| *id == anchor);
                let node = known.map(|(_, node)| node.clone()).ok_or_else(|| wrong("an alias refers to itself"))?;
                reader.count += values_in(&node);
                reader.add(node, 0, false)?;
            }
            Event::Scalar(value, style, anchor, tag) => {
                let merges = style == ScalarStyle::Plain && value == "<<";
                let node = (dialect.scalar)(&value, style, tag.as_deref()).map_err(YamlError::Wrong)?;
                let node = reader.placed(node, start, span.end.index());
                reader.add(node, anchor, merges)?;
            }
            Event::SequenceStart(anchor, _) => reader.enter(Open::List(Vec::new()), anchor, start)?,
            Event::MappingStart(anchor, _) => reader.enter(Open::Mapping(Vec::new(), None), anchor, start)?,
            Event::SequenceEnd | Event::MappingEnd => {
                let Some((open, anchor, start)) = reader.open.pop() else { continue };
                let value = match open {
                    Open::List(items) => NodeValue::List(items),
                    Open::Mapping(members, _) => NodeValue::Object(members),
                };
                let node = reader.placed(Node::new(value), start, span.end.index());
                reader.add(node, anchor, false)?;
            }
            _ => {}
        }
        if reader.count > MAX_VALUES {
            return Err(YamlError::TooMuch("The YAML document is too large to be read."));
        }
    }
    reader.root.ok_or_else(|| wrong("it is empty"))
}

impl Reader<'_> {
    fn placed(&self, node: Node, start: usize, end: usize) -> Node {
        let Some(file) = self.file else { return node };
        let byte = |at: usize| match self.bytes.is_empty() {
            true => at.min(file.text.len()),
            false => self.bytes.get(at).copied().unwrap_or(file.text.len()),
        };
        let (start, end) = (byte(start), byte(end));
        let blank = file.text.get(start..end).map_or(0, |text| text.len() - text.trim_end().len());
        node.or_span(&Span::new(file, start..(end - blank).max(start)))
    }

    fn enter(&mut self, open: Open, anchor: usize, start: usize) -> Result<(), YamlError> {
        if self.open.len() >= MAX_DEPTH {
            return Err(YamlError::TooMuch("The YAML document is too deep to be read."));
        }
        self.open.push((open, anchor, start));
        Ok(())
    }

    /// A value that is complete: an item, a key, the value of a key, or the whole document.
    fn add(&mut self, node: Node, anchor: usize, merges: bool) -> Result<(), YamlError> {
        self.count += 1;
        if anchor > 0 {
            self.anchors.push((anchor, node.clone()));
        }
        match self.open.last_mut() {
            None => self.root = Some(node),
            Some((Open::List(items), ..)) => items.push(node),
            Some((Open::Mapping(members, key), ..)) => match key.take() {
                None if merges => *key = Some(Key::Merge),
                None => {
                    *key = Some(Key::Name(match &node.value {
                        NodeValue::Null => return Err(wrong("a key is null")),
                        NodeValue::List(_) | NodeValue::Object(_) => return Err(wrong("a key is no text")),
                        _ => (self.dialect.key)(&node).ok_or_else(|| wrong("a key is not known"))?,
                    }));
                }
                Some(Key::Name(name)) => set(members, name, node),
                Some(Key::Merge) => match node.value {
                    NodeValue::Object(others) => others.into_iter().for_each(|(name, other)| set(members, name, other)),
                    _ => return Err(wrong("only a mapping can be merged into a mapping")),
                },
            },
        }
        Ok(())
    }
}

/// The last of a name counts.
fn set(members: &mut Vec<(String, Node)>, name: String, node: Node) {
    match members.iter_mut().find(|(own, _)| *own == name) {
        Some((_, own)) => *own = node,
        None => members.push((name, node)),
    }
}

fn values_in(node: &Node) -> usize {
    match &node.value {
        NodeValue::List(items) => 1 + items.iter().map(values_in).sum::<usize>(),
        NodeValue::Object(members) => 1 + members.iter().map(|(_, member)| values_in(member)).sum::<usize>(),
        _ => 1,
    }
}
