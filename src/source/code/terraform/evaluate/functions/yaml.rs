//! YAML as Terraform reads and writes it: `yamldecode` gives every value its span in the file that it comes from.
//! <https://github.com/zclconf/go-cty-yaml>

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, NaiveDateTime, SecondsFormat};
use saphyr_parser::{ScalarStyle, Tag};

use super::super::super::hcl::read_number;
use super::super::json::json_text;
use super::super::value::{ExpressionError, Outcome, by_key, number_text, text, to_text, unknown_error};
use super::argument;
use crate::model::text_file::TextFile;
use crate::source::code::declared::{Node, NodeValue, YamlDialect, YamlError, whole_file, yaml_of};

pub fn call(name: &str, arguments: &[Node]) -> Option<Outcome> {
    Some(match name {
        "yamldecode" => argument(arguments, 0).and_then(|node| decode(&to_text(node)?, whole_file(node))),
        "yamlencode" => argument(arguments, 0).and_then(|node| {
            let mut written = String::new();
            write(node, 0, Before::Nothing, &mut written)?;
            if !matches!(node.value, NodeValue::List(_) | NodeValue::Object(_) | NodeValue::String(_)) {
                // A number or a truth value alone needs the end of its document.
                written.push_str("...\n");
            }
            text(written)
        }),
        _ => return None,
    })
}

const TERRAFORM: YamlDialect = YamlDialect { scalar, key: |node| to_text(node).ok() };

/// Reads a document; `file` is the file that the text is the whole of.
pub(in super::super) fn decode(text: &str, file: Option<&Arc<TextFile>>) -> Outcome {
    yaml_of(text, file, &TERRAFORM).map_err(|error| match error {
        YamlError::Wrong(why) => ExpressionError::Wrong(format!("The text is no YAML that Terraform reads: {why}.")),
        YamlError::TooMuch(why) => ExpressionError::Unknown(Box::new(Node::unknown(why))),
    })
}

fn scalar(value: &str, style: ScalarStyle, tag: Option<&Tag>) -> Result<Node, String> {
    let plain = style == ScalarStyle::Plain;
    let tag = match tag {
        None => None,
        Some(tag) if tag.is_yaml_core_schema() => Some(tag.suffix.as_str()),
        Some(tag) if tag.handle.is_empty() && tag.suffix == "!" => Some("str"),
        Some(_) => return Err("a tag is not known".to_owned()),
    };
    Ok(match tag {
        None if plain => resolved(value),
        Some("int" | "float" | "bool" | "null" | "timestamp") if plain => resolved(value),
        _ => Node::text(value),
    })
}

/// What an unquoted scalar is.
fn resolved(value: &str) -> Node {
    let value = match value {
        "" | "~" | "null" | "Null" | "NULL" => NodeValue::Null,
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => NodeValue::Bool(true),
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => NodeValue::Bool(false),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" | "-.inf" | "-.Inf" | "-.INF" => NodeValue::Unknown,
        _ => match number(value) {
            Some(number) => NodeValue::Number(number),
            None => NodeValue::String(timestamp(value).unwrap_or_else(|| value.to_owned())),
        },
    };
    Node::new(value)
}

fn number(text: &str) -> Option<serde_json::Number> {
    let radix = |digits: &str, radix| i64::from_str_radix(digits, radix).ok().map(Into::into);
    if let Some(digits) = text.strip_prefix("0x").filter(|digits| !digits.starts_with(['+', '-'])) {
        return radix(digits, 16);
    }
    if let Some(digits) = text.strip_prefix("0o").filter(|digits| !digits.starts_with(['+', '-'])) {
        return radix(digits, 8);
    }
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let begins = unsigned.strip_prefix('.').unwrap_or(unsigned).starts_with(|c: char| c.is_ascii_digit());
    begins.then(|| read_number(text.strip_prefix('+').unwrap_or(text)))?
}

/// A timestamp as RFC 3339 has it.
fn timestamp(text: &str) -> Option<String> {
    if !text.starts_with(|c: char| c.is_ascii_digit()) || !text.contains('-') {
        return None;
    }
    if let Ok(date) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        return Some(format!("{}T00:00:00Z", date.format("%Y-%m-%d")));
    }
    if let Ok(time) = NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f") {
        return Some(time.and_utc().to_rfc3339_opts(SecondsFormat::Secs, true));
    }
    let time = DateTime::parse_from_rfc3339(&text.replacen('t', "T", 1)).ok()?;
    Some(time.to_rfc3339_opts(SecondsFormat::Secs, true))
}

/// What a value is written after.
#[derive(Clone, Copy, PartialEq)]
enum Before {
    Nothing,
    Key,
    Dash,
}

/// Writes a value and the end of its line.
fn write(node: &Node, indent: usize, before: Before, to: &mut String) -> Result<(), ExpressionError> {
    let blank = if before == Before::Key { " " } else { "" };
    match &node.value {
        NodeValue::Unknown | NodeValue::Symbol(_) => return Err(unknown_error(node)),
        NodeValue::Null => to.push_str(&format!("{blank}null\n")),
        NodeValue::Bool(flag) => to.push_str(&format!("{blank}{flag}\n")),
        NodeValue::Number(number) => to.push_str(&format!("{blank}{}\n", number_text(number))),
        NodeValue::String(text) => {
            to.push_str(blank);
            write_text(text, indent, to);
        }
        NodeValue::List(items) if items.is_empty() => to.push_str(&format!("{blank}[]\n")),
        NodeValue::Object(members) if members.is_empty() => to.push_str(&format!("{blank}{{}}\n")),
        NodeValue::List(items) => {
            // A list stands at the column of its key.
            let indent = if before == Before::Key { indent.saturating_sub(2) } else { indent };
            for (index, item) in items.iter().enumerate() {
                lead(index == 0, indent, before, to);
                to.push_str("- ");
                write(item, indent + 2, Before::Dash, to)?;
            }
        }
        NodeValue::Object(members) => {
            for (index, (name, member)) in by_key(members).into_iter().enumerate() {
                lead(index == 0, indent, before, to);
                to.push_str(&quoted(name));
                to.push(':');
                write(member, indent + 2, Before::Key, to)?;
            }
        }
    }
    Ok(())
}

/// The beginning of the line of an item or a member.
fn lead(first: bool, indent: usize, before: Before, to: &mut String) {
    match (first, before) {
        (true, Before::Dash | Before::Nothing) => {}
        (true, Before::Key) => to.push_str(&format!("\n{:indent$}", "")),
        (false, _) => to.push_str(&format!("{:indent$}", "")),
    }
}

/// A text of one line in quotes, one of several as a block.
fn write_text(text: &str, indent: usize, to: &mut String) {
    let printable = text.chars().all(|c| c == '\n' || (!c.is_control() && c != '\u{feff}'));
    let trailing = text.contains(" \n") || text.ends_with(' ');
    if !text.contains('\n') || !printable || trailing {
        to.push_str(&quoted(text));
        to.push('\n');
        return;
    }
    let body = text.trim_end_matches('\n');
    let hint = if text.starts_with([' ', '\n']) { "2" } else { "" };
    let keep = match text.len() - body.len() {
        0 => "-",
        1 if !body.is_empty() => "",
        _ => "+",
    };
    to.push_str(&format!("|{hint}{keep}\n"));
    for line in text.strip_suffix('\n').unwrap_or(text).split('\n') {
        if !line.is_empty() {
            to.push_str(&format!("{:indent$}{line}", ""));
        }
        to.push('\n');
    }
}

fn quoted(text: &str) -> String {
    json_text(text, false)
}
