//! Files that a Bicep file loads: text, JSON, YAML. What is loaded stands in its file.

use std::sync::Arc;

use saphyr_parser::{ScalarStyle, Tag};

use super::super::syntax::{DeclarationKind, Literal, SyntaxKind};
use super::Lower;
use crate::model::path::display_path;
use crate::model::text_file::TextFile;
use crate::source::code::arm::expression::{Expr, ExprKind};
use crate::source::code::declared::{Node, NodeValue, Span, YamlDialect, YamlError, jsonc_of, select, yaml_of};
use crate::source::code::discover::is_runners_own;

/// Bicep refuses what is larger as well.
const MAX_TEXT: usize = 1 << 20;

const BICEP: YamlDialect = YamlDialect { scalar, key };

impl Lower<'_> {
    /// The content of a file, as the text or the value that it is; an error is a sentence.
    pub(super) fn loaded(&self, function: &str, arguments: &[Expr], span: &Span) -> Result<Expr, String> {
        let given = arguments.first().and_then(|path| self.constant(path));
        let given = given.ok_or_else(|| format!("`{function}` is given a path that is not known."))?;
        let target = self.unit.beside(&given);
        if is_runners_own(&target) {
            // Whatever the runner keeps there, nothing of it may get into a report.
            return Err(format!("{}: git ignores it, and does not track it; it is not read.", display_path(&target)));
        }
        let read = TextFile::read_led_to(&self.unit.path, &target).map_err(|gap| gap.to_string())?;
        if read.text.len() > MAX_TEXT {
            return Err(format!("{}: it is too large for `{function}`.", read.path));
        }
        let file = Arc::new(read);
        let whole = Span::new(&file, 0..file.text.len());
        let text = || Expr::text(file.text.as_str(), whole.clone());
        let value = match function {
            "loadTextContent" => return Ok(text()),
            "loadFileAsBase64" => return Ok(Expr::call("base64", vec![text()], span.clone())),
            "loadYamlContent" => yaml_of(&file.text, Some(&file), &BICEP).map_err(|error| match error {
                YamlError::Wrong(why) => format!("{} is no YAML: {why}.", file.path),
                YamlError::TooMuch(why) => format!("{}: {why}", file.path),
            })?,
            _ => jsonc_of(&file.text, Some(&file)).ok_or_else(|| format!("{} is no JSON.", file.path))?,
        };
        let part = match arguments.get(1) {
            None => Some(&value),
            Some(path) => self.constant(path).and_then(|path| select(&value, &path)),
        };
        let part = part.ok_or_else(|| format!("The part of {} that `{function}` loads is not found.", file.path))?;
        let place = part.provenance.span.clone().unwrap_or(whole);
        Ok(Expr::new(ExprKind::Literal(part.value.clone()), place))
    }

    /// A text that is written out, or stands in a variable of the file.
    fn constant(&self, of: &Expr) -> Option<String> {
        if let Some(text) = of.as_str() {
            return Some(text.to_owned());
        }
        let ExprKind::Variable(wanted) = &of.kind else { return None };
        self.unit.syntax.declarations.iter().find_map(|declaration| match &declaration.what {
            DeclarationKind::Variable { name, value } if name == wanted => match &value.kind {
                SyntaxKind::Literal(Literal::Text(text)) => Some(text.clone()),
                _ => None,
            },
            _ => None,
        })
    }
}

/// What an unquoted scalar is to Bicep: null, true or false, a number, else a text.
fn scalar(value: &str, style: ScalarStyle, tag: Option<&Tag>) -> Result<Node, String> {
    let is_text = tag.is_some_and(|tag| tag.suffix == "str" || tag.suffix == "!");
    if style != ScalarStyle::Plain || is_text {
        return Ok(Node::text(value));
    }
    Ok(Node::new(match value {
        "" | "~" | "null" | "Null" | "NULL" => NodeValue::Null,
        "true" | "True" | "TRUE" => NodeValue::Bool(true),
        "false" | "False" | "FALSE" => NodeValue::Bool(false),
        _ => match value.parse::<i64>() {
            Ok(number) if !value.starts_with('+') => NodeValue::Number(number.into()),
            _ => match value.parse::<f64>().ok().filter(|_| value.contains(|c: char| c.is_ascii_digit())) {
                Some(number) => serde_json::Number::from_f64(number).map_or(NodeValue::Unknown, NodeValue::Number),
                None => NodeValue::String(value.to_owned()),
            },
        },
    }))
}

fn key(node: &Node) -> Option<String> {
    match &node.value {
        NodeValue::String(text) => Some(text.clone()),
        NodeValue::Bool(_) | NodeValue::Number(_) => Some(node.to_json()?.to_string()),
        _ => None,
    }
}
