//! `csvdecode`: each row an object of texts, by the names in the first row.

use std::sync::Arc;

use super::super::value::{ExpressionError, MAX_ITEMS, Outcome, list, to_text};
use super::argument;
use crate::model::text_file::TextFile;
use crate::source::code::declared::{Node, NodeValue, Span, whole_file};

pub fn call(name: &str, arguments: &[Node]) -> Option<Outcome> {
    (name == "csvdecode").then(|| argument(arguments, 0).and_then(|node| decode(&to_text(node)?, whole_file(node))))
}

fn wrong(why: &str) -> ExpressionError {
    ExpressionError::Wrong(format!("The text is no CSV that Terraform reads: {why}."))
}

/// A field: its text, and where it stands.
type Field = (String, usize, usize);

fn decode(text: &str, file: Option<&Arc<TextFile>>) -> Outcome {
    let mut rows = rows(text)?.into_iter();
    let names: Vec<String> =
        rows.next().ok_or_else(|| wrong("it has no row of names"))?.into_iter().map(|(name, ..)| name).collect();
    if names.iter().collect::<std::collections::HashSet<_>>().len() < names.len() {
        return Err(wrong("two columns have the same name"));
    }
    let mut items = Vec::new();
    for row in rows {
        if row.len() != names.len() {
            return Err(wrong("a row has another number of fields than the first"));
        }
        let members = names.iter().zip(row).map(|(name, (field, start, end))| {
            let node = Node::text(field);
            let node = match file {
                Some(file) => node.or_span(&Span::new(file, start..end)),
                None => node,
            };
            (name.clone(), node)
        });
        items.push(Node::new(NodeValue::Object(members.collect())));
        if items.len() > MAX_ITEMS {
            break;
        }
    }
    list(items)
}

/// The rows that are not empty, by the rules of RFC 4180.
fn rows(text: &str) -> Result<Vec<Vec<Field>>, ExpressionError> {
    let bytes = text.as_bytes();
    let (mut rows, mut row) = (Vec::new(), Vec::new());
    let mut at = 0;
    while at < bytes.len() {
        if row.is_empty() && (bytes[at] == b'\n' || text[at..].starts_with("\r\n")) {
            at += if bytes[at] == b'\n' { 1 } else { 2 };
            continue;
        }
        let (field, next) = if bytes[at] == b'"' { quoted(text, at)? } else { bare(text, at)? };
        row.push(field);
        at = next;
        match bytes.get(at) {
            Some(b',') => {
                at += 1;
                if at == bytes.len() || bytes[at] == b'\n' || text[at..].starts_with("\r\n") {
                    row.push((String::new(), at, at));
                } else {
                    continue;
                }
            }
            Some(b'\n' | b'\r') | None => {}
            Some(_) => return Err(wrong("a quoted field goes on after its quotes")),
        }
        rows.push(std::mem::take(&mut row));
        at += usize::from(bytes.get(at) == Some(&b'\r'));
        at += usize::from(bytes.get(at) == Some(&b'\n'));
    }
    Ok(rows)
}

fn bare(text: &str, start: usize) -> Result<(Field, usize), ExpressionError> {
    let line = text[start..].find('\n').map_or(text.len(), |end| start + end);
    let line = if text[start..line].ends_with('\r') { line - 1 } else { line };
    let end = text[start..line].find(',').map_or(line, |end| start + end);
    match text[start..end].contains('"') {
        true => Err(wrong("a quote stands within a field that is not quoted")),
        false => Ok(((text[start..end].to_owned(), start, end), end)),
    }
}

fn quoted(text: &str, start: usize) -> Result<(Field, usize), ExpressionError> {
    let mut field = String::new();
    let mut at = start + 1;
    loop {
        let end = text[at..].find('"').ok_or_else(|| wrong("a quoted field does not end"))?;
        field.push_str(&text[at..at + end]);
        at += end + 1;
        if !text[at..].starts_with('"') {
            return Ok(((field.replace("\r\n", "\n"), start, at), at));
        }
        field.push('"');
        at += 1;
    }
}
