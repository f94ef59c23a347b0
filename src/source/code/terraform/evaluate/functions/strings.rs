//! Functions of texts.

use super::super::value::{ExpressionError, MAX_TEXT, Outcome, list, text, to_i64, to_number, to_text, unknown_error};
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
        "format" => format(arguments),
        "formatlist" => formatlist(arguments),
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
        start = !(c.is_alphanumeric() || c == '_' || c == '\'');
    }
    titled
}

fn replace(arguments: &[Node]) -> Outcome {
    let (value, from) = (text_argument(arguments, 0)?, text_argument(arguments, 1)?);
    let to = text_argument(arguments, 2)?;
    if from.len() > 1 && from.starts_with('/') && from.ends_with('/') {
        return Err(ExpressionError::Unknown(Box::new(Node::unknown(
            "`replace` with a regular expression is not evaluated.",
        ))));
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

/// The verbs that are in use; any other makes the text unknown.
fn format(arguments: &[Node]) -> Outcome {
    let pattern = text_argument(arguments, 0)?;
    let mut values = arguments[1..].iter();
    let mut written = String::new();
    let mut rest = pattern.as_str();
    while let Some(start) = rest.find('%') {
        written.push_str(&rest[..start]);
        rest = &rest[start + 1..];
        if let Some(after) = rest.strip_prefix('%') {
            written.push('%');
            rest = after;
            continue;
        }
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (width, verb) = (&rest[..digits], rest[digits..].chars().next());
        let value = values.next().ok_or_else(|| ExpressionError::Wrong("`format` lacks an argument.".to_owned()))?;
        let display_path = match verb {
            Some('s') => to_text(value)?,
            Some('v') => match &value.value {
                NodeValue::Null => "null".to_owned(),
                NodeValue::List(_) | NodeValue::Object(_) => {
                    super::call("jsonencode", std::slice::from_ref(value)).and_then(|encoded| to_text(&encoded))?
                }
                _ => to_text(value)?,
            },
            Some('q') => serde_json::Value::String(to_text(value)?).to_string(),
            Some('d') => to_i64(value)?.to_string(),
            Some('x') => format!("{:x}", to_i64(value)?),
            Some('t') => super::to_bool(value)?.to_string(),
            Some('f') => format!("{:.6}", to_number(value)?.as_f64().unwrap_or_default()),
            _ => {
                return Err(ExpressionError::Unknown(Box::new(Node::unknown(
                    "`format` with such a verb is not evaluated.",
                ))));
            }
        };
        let wide = width.trim_start_matches('0').parse::<usize>().unwrap_or(0).min(1000);
        let fill = if width.starts_with('0') { '0' } else { ' ' };
        written.extend(std::iter::repeat_n(fill, wide.saturating_sub(display_path.chars().count())));
        written.push_str(&display_path);
        rest = &rest[digits + verb.map_or(0, char::len_utf8)..];
        if written.len() > MAX_TEXT {
            return text(written);
        }
    }
    written.push_str(rest);
    text(written)
}

fn formatlist(arguments: &[Node]) -> Outcome {
    let mut length = None;
    for (index, argument) in arguments.iter().enumerate() {
        match &argument.value {
            NodeValue::List(_) => length = Some(all_items(arguments, index)?.len().min(length.unwrap_or(usize::MAX))),
            NodeValue::Unknown => return Err(unknown_error(argument)),
            _ => {}
        }
    }
    let row = |row: usize| {
        let of = |argument: &Node| argument.as_list().map_or_else(|| argument.clone(), |items| items[row].clone());
        // One text that is not known is one item.
        match format(&arguments.iter().map(of).collect::<Vec<Node>>()) {
            Err(ExpressionError::Unknown(unknown)) => Ok(*unknown),
            other => other,
        }
    };
    list((0..length.unwrap_or(1)).map(row).collect::<Result<_, _>>()?)
}
