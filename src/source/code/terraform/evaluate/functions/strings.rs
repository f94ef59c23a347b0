//! Functions of texts.

use super::super::value::{ExpressionError, MAX_TEXT, Outcome, list, text, to_i64, to_text};
use super::{all_items, argument, text_argument};
use crate::source::code::declared::{Node, NodeValue};

pub fn call(name: &str, arguments: &[Node]) -> Option<Outcome> {
    let first = || text_argument(arguments, 0);
    let both = || Ok::<_, ExpressionError>((text_argument(arguments, 0)?, text_argument(arguments, 1)?));
    let flag = |value: bool| Ok(Node::new(NodeValue::Bool(value)));
    Some(match name {
        "upper" => first().and_then(|value| text(value.to_uppercase())),
        "lower" => first().and_then(|value| text(value.to_lowercase())),
        "title" => first().and_then(|value| text(title(&value))),
        "trimspace" => first().and_then(|value| text(value.trim().to_owned())),
        "chomp" => first().and_then(|value| text(value.trim_end_matches(['\n', '\r']).to_owned())),
        "strrev" => first().and_then(|value| text(value.chars().rev().collect())),
        "trim" => both().and_then(|(value, set)| text(value.trim_matches(|c| set.contains(c)).to_owned())),
        "trimprefix" => both().and_then(|(value, start)| text(value.strip_prefix(&start).unwrap_or(&value).to_owned())),
        "trimsuffix" => both().and_then(|(value, end)| text(value.strip_suffix(&end).unwrap_or(&value).to_owned())),
        "startswith" => both().and_then(|(value, start)| flag(value.starts_with(&start))),
        "endswith" => both().and_then(|(value, end)| flag(value.ends_with(&end))),
        "strcontains" => both().and_then(|(value, part)| flag(value.contains(&part))),
        "replace" => replace(arguments),
        "substr" => substr(arguments),
        "join" => join(arguments),
        "split" => both().and_then(|(separator, value)| match separator.is_empty() {
            true => list(value.chars().map(|c| Node::text(c.to_string())).collect()),
            false => list(value.split(&separator).map(Node::text).collect()),
        }),
        "indent" => indent(arguments),
        "dirname" => first().and_then(|value| text(dirname(&value))),
        "basename" => first().and_then(|value| text(basename(&value))),
        "pathexpand" => first().and_then(|value| match value.starts_with('~') {
            true => Err(ExpressionError::Unknown(Box::new(Node::unknown(
                "Where the home folder is depends on where Terraform runs.",
            )))),
            false => text(value),
        }),
        _ => return None,
    })
}

fn title(value: &str) -> String {
    let mut start = true;
    let mut titled = String::new();
    for c in value.chars() {
        match start {
            true => titled.extend(c.to_uppercase()),
            false => titled.push(c),
        }
        // Go's rule: of ASCII, all that is no letter, digit or underscore ends a word.
        start = if c.is_ascii() { !(c.is_ascii_alphanumeric() || c == '_') } else { c.is_whitespace() };
    }
    titled
}

fn replace(arguments: &[Node]) -> Outcome {
    let (value, from) = (text_argument(arguments, 0)?, text_argument(arguments, 1)?);
    let to = text_argument(arguments, 2)?;
    if from.len() > 1 && from.starts_with('/') && from.ends_with('/') {
        return super::patterns::replaced(&value, &from[1..from.len() - 1], &to);
    }
    let most = (value.len() + 1).saturating_mul(to.len().max(1));
    match most > 16 * MAX_TEXT {
        true => Err(ExpressionError::Unknown(Box::new(Node::unknown("The text is longer than 1 MB.")))),
        false => text(value.replace(&from, &to)),
    }
}

fn substr(arguments: &[Node]) -> Outcome {
    let value: Vec<char> = text_argument(arguments, 0)?.chars().collect();
    let (offset, length) = (to_i64(argument(arguments, 1)?)?, to_i64(argument(arguments, 2)?)?);
    let all = value.len() as i64;
    let start = if offset < 0 { (all + offset).max(0) } else { offset.min(all) };
    let end = if length < 0 { all } else { start.saturating_add(length).min(all) };
    text(value[start as usize..end as usize].iter().collect())
}

fn join(arguments: &[Node]) -> Outcome {
    let separator = text_argument(arguments, 0)?;
    let mut parts = Vec::new();
    let mut length = 0;
    for index in 1..arguments.len() {
        for item in all_items(arguments, index)? {
            let part = to_text(item)?;
            length += part.len() + separator.len();
            if length > MAX_TEXT {
                return Err(ExpressionError::Unknown(Box::new(Node::unknown("The text is longer than 1 MB."))));
            }
            parts.push(part);
        }
    }
    text(parts.join(&separator))
}

/// Every line but the first begins with so many blanks.
fn indent(arguments: &[Node]) -> Outcome {
    let width = usize::try_from(to_i64(argument(arguments, 0)?)?).unwrap_or(0).min(MAX_TEXT);
    let value = text_argument(arguments, 1)?;
    match value.matches('\n').count().saturating_mul(width) > MAX_TEXT {
        true => Err(ExpressionError::Unknown(Box::new(Node::unknown("The text is longer than 1 MB.")))),
        false => text(value.replace('\n', &format!("\n{:width$}", ""))),
    }
}

/// The path before its last segment, as Go's `filepath.Dir` has it.
fn dirname(path: &str) -> String {
    match path.rfind('/') {
        None => ".".to_owned(),
        Some(end) => clean(&path[..=end]),
    }
}

fn basename(path: &str) -> String {
    match path.trim_end_matches('/') {
        "" if path.is_empty() => ".".to_owned(),
        "" => "/".to_owned(),
        path => path.rsplit('/').next().unwrap_or(path).to_owned(),
    }
}

/// The shortest path that means the same.
pub(in super::super) fn clean(path: &str) -> String {
    let rooted = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => drop(parts.pop()),
            ".." if rooted => {}
            part => parts.push(part),
        }
    }
    match (rooted, parts.is_empty()) {
        (true, _) => format!("/{}", parts.join("/")),
        (false, true) => ".".to_owned(),
        (false, false) => parts.join("/"),
    }
}
