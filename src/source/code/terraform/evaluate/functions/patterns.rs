//! Functions of regular expressions: RE2's syntax, which the `regex` crate shares but for few details.

use regex::{Captures, Regex, RegexBuilder};

use super::super::value::{ExpressionError, MAX_ITEMS, Outcome, list, text};
use super::text_argument;
use crate::source::code::declared::{Node, NodeValue};

/// What a compiled pattern may take of memory.
const MAX_BYTES: usize = 1 << 20;

pub fn call(name: &str, arguments: &[Node]) -> Option<Outcome> {
    let both = || Ok::<_, ExpressionError>((compiled(&text_argument(arguments, 0)?)?, text_argument(arguments, 1)?));
    Some(match name {
        "regex" => both().and_then(|(pattern, value)| match pattern.captures(&value) {
            Some(found) => Ok(matched(&pattern, &found)),
            None => Err(ExpressionError::Wrong("The pattern matches nothing.".to_owned())),
        }),
        "regexall" => both().and_then(|(pattern, value)| {
            list(pattern.captures_iter(&value).take(MAX_ITEMS + 1).map(|found| matched(&pattern, &found)).collect())
        }),
        _ => return None,
    })
}

/// `replace` with a pattern between slashes; `$1` and `${name}` in the replacement stand for what is captured.
pub(super) fn replaced(value: &str, pattern: &str, with: &str) -> Outcome {
    text(compiled(pattern)?.replace_all(value, with).into_owned())
}

fn compiled(pattern: &str) -> Result<Regex, ExpressionError> {
    let built = RegexBuilder::new(&translated(pattern)).size_limit(MAX_BYTES).dfa_size_limit(MAX_BYTES).build();
    // Whether Terraform takes what is not taken here cannot be told.
    built.map_err(|_| ExpressionError::Unknown(Box::new(Node::unknown("The regular expression is not evaluated."))))
}

/// The pattern as this crate reads it: RE2's classes are of ASCII, and its brackets hold neither brackets nor operators.
fn translated(pattern: &str) -> String {
    let mut written = String::with_capacity(pattern.len());
    let mut within = false;
    let mut characters = pattern.chars().peekable();
    // A `]` that comes first is one of the class.
    let mut first = false;
    while let Some(character) = characters.next() {
        let at_start = std::mem::take(&mut first);
        match (character, within) {
            ('\\', _) => match characters.next() {
                Some('d') => written.push_str(if within { "0-9" } else { "[0-9]" }),
                Some('w') => written.push_str(if within { "0-9A-Za-z_" } else { "[0-9A-Za-z_]" }),
                Some('s') => written.push_str(if within { r"\t\n\f\r\x20" } else { r"[\t\n\f\r\x20]" }),
                Some('D') => written.push_str("[^0-9]"),
                Some('W') => written.push_str("[^0-9A-Za-z_]"),
                Some('S') => written.push_str(r"[^\t\n\f\r\x20]"),
                Some('b') if !within => written.push_str(r"(?-u:\b)"),
                Some('B') if !within => written.push_str(r"(?-u:\B)"),
                Some(other) => written.extend(['\\', other]),
                None => written.push('\\'),
            },
            ('[', false) => {
                (within, first) = (true, true);
                written.push('[');
                if characters.next_if_eq(&'^').is_some() {
                    written.push('^');
                }
            }
            ('[', true) if characters.peek() == Some(&':') => written.push('['),
            (']', true) if at_start => written.push_str(r"\]"),
            (']', true)
                if written.ends_with(':') && written.rfind("[:").is_some_and(|at| !written[at..].contains(']')) =>
            {
                written.push(']');
            }
            (']', true) => {
                within = false;
                written.push(']');
            }
            ('[' | '&' | '~', true) => written.extend(['\\', character]),
            _ => written.push(character),
        }
    }
    written
}

/// The whole match; a list of what is captured where the pattern captures; an object where it gives names.
fn matched(pattern: &Regex, found: &Captures<'_>) -> Node {
    let node = |index: usize| match found.get(index) {
        Some(part) => Node::text(part.as_str()),
        None => Node::new(NodeValue::Null),
    };
    let names: Vec<(usize, &str)> =
        pattern.capture_names().enumerate().filter_map(|(index, name)| Some((index, name?))).collect();
    Node::new(match (names.is_empty(), pattern.captures_len()) {
        (true, 1) => return node(0),
        (true, count) => NodeValue::List((1..count).map(node).collect()),
        (false, _) => {
            NodeValue::Object(names.into_iter().map(|(index, name)| (name.to_owned(), node(index))).collect())
        }
    })
}
