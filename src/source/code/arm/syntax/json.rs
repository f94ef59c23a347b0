//! JSON files with comments, as expressions with places.

use std::collections::HashMap;
use std::sync::Arc;

use jsonc_parser::ast::{ObjectProp, Value};
use jsonc_parser::common::Ranged;
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};

use super::super::expression::{Expr, ExprKind, For, Item, Member, copy_local};
use super::parser::{Origin, expression_text, parse, plain_text};
use crate::model::file_gap::FileGap;
use crate::model::json_text::STRICT;
use crate::model::limits;
use crate::model::text_file::TextFile;
use crate::source::code::declared::{NodeValue, Span};

/// What the strings of a file are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strings {
    /// Texts.
    Plain,
    /// Texts, or expressions in brackets.
    Expressions,
}

/// Reads a file. What is wrong within it is told in `gaps`, and is unknown.
///
/// # Errors
/// It is not JSON.
pub fn read(file: &Arc<TextFile>, strings: Strings, gaps: &mut Vec<FileGap>) -> Result<Expr, FileGap> {
    limits::ask_to_parse_json(&file.text).map_err(|why| FileGap::new(file.path.clone(), why))?;
    let options = ParseOptions { allow_comments: true, allow_trailing_commas: true, ..STRICT };
    let parsed = parse_to_ast(&file.text, &CollectOptions::default(), &options).map_err(|error| {
        let span = Span::new(file, error.range().start..error.range().end);
        FileGap::new(
            span.position(),
            format!("this is not JSON: {}; correct it", lower_first(&error.kind().to_string())),
        )
    })?;
    let Some(value) = parsed.value else { return Err(FileGap::new(file.file_position(0), "the file is empty")) };
    let mut reader = Reader { file, strings, gaps };
    let span = reader.span(value.start(), value.end());
    Ok(reader.value(value, span))
}

fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_lowercase().chain(chars).collect()).unwrap_or_default()
}

struct Reader<'a> {
    file: &'a Arc<TextFile>,
    strings: Strings,
    gaps: &'a mut Vec<FileGap>,
}

impl Reader<'_> {
    fn span(&self, start: usize, end: usize) -> Span {
        Span::new(self.file, start..end)
    }

    /// A value; `place` is that of a scalar: the pair that it is the value of, or its own.
    fn value(&mut self, value: Value<'_>, span: Span) -> Expr {
        let range = value.range();
        match value {
            Value::Object(object) => {
                let head = match span.start < range.start {
                    true => self.span(span.start, range.start + 1),
                    false => self.span(range.start, range.end),
                };
                Expr::new(self.object(object.properties), head)
            }
            Value::Array(array) => {
                let head = match span.start < range.start {
                    true => self.span(span.start, range.start + 1),
                    false => self.span(range.start, range.end),
                };
                let items = array.elements.into_iter().map(|item| {
                    let own = self.span(item.start(), item.end());
                    Item::One(self.value(item, own))
                });
                let items = items.collect();
                Expr::new(ExprKind::Array(items), head)
            }
            Value::StringLit(text) => self.string(&text.value, self.span(range.start, range.end), span),
            Value::NumberLit(number) => {
                let value = number.value.parse().map_or(NodeValue::Unknown, NodeValue::Number);
                Expr::new(ExprKind::Literal(value), span)
            }
            Value::BooleanLit(flag) => Expr::new(ExprKind::Literal(NodeValue::Bool(flag.value)), span),
            Value::NullKeyword(_) => Expr::new(ExprKind::Literal(NodeValue::Null), span),
        }
    }

    fn object(&mut self, properties: Vec<ObjectProp<'_>>) -> ExprKind {
        let mut members: Vec<Member> = Vec::new();
        let mut seen: HashMap<String, usize> = HashMap::new();
        for property in properties {
            let (pair, key) = (property.range, property.name.range());
            let span = self.span(pair.start, pair.end);
            let key_place = self.span(key.start, key.end);
            let name = property.name.as_str().to_owned();
            let key = self.string(&name, key_place.clone(), key_place.clone());
            let value = self.value(property.value, span.clone());
            let member = Member::Pair { key, value, span };
            match seen.entry(name.to_lowercase()) {
                std::collections::hash_map::Entry::Occupied(at) => {
                    let what = format!("the member {name:?} is there twice; remove one");
                    self.gaps.push(FileGap::new(key_place.position(), what));
                    // Which of them counts differs between tools: neither is taken for known.
                    let at: &usize = at.get();
                    if let Some(Member::Pair { value, .. }) = members.get_mut(*at) {
                        *value = Expr::new(ExprKind::Literal(NodeValue::Unknown), value.span.clone());
                    }
                }
                std::collections::hash_map::Entry::Vacant(free) => {
                    free.insert(members.len());
                    members.push(member);
                }
            }
        }
        if self.strings == Strings::Expressions {
            members = members.into_iter().flat_map(copies).collect();
        }
        ExprKind::Object(members)
    }

    /// A string; `token` is its own place, `place` that of the pair that it is the value of.
    fn string(&mut self, text: &str, token: Span, span: Span) -> Expr {
        let expression = match self.strings {
            Strings::Plain => return Expr::text(text, span),
            Strings::Expressions => expression_text(text),
        };
        let Some(inner) = expression else { return Expr::text(plain_text(text), span) };
        let raw = self.file.text.get(token.start + 1..token.end.saturating_sub(1));
        let start = (raw == Some(text)).then_some(token.start + 2);
        let origin = Origin { token, start };
        match parse(inner, &origin) {
            Ok(expr) => expr,
            Err((at, what)) => {
                self.gaps.push(FileGap::new(at.position(), format!("{what}; correct it")));
                Expr::new(ExprKind::Literal(NodeValue::Unknown), span)
            }
        }
    }
}

/// The loops of a member `copy` that is a list: each is a member of its own. Any other member stays what it is.
pub(super) fn copies(member: Member) -> Vec<Member> {
    let is_loop = |expr: &Expr| ["name", "count", "input"].iter().all(|name| expr.get(name).is_some());
    match &member {
        Member::Pair { key, value, .. }
            if key.as_str().is_some_and(|key| key.eq_ignore_ascii_case("copy"))
                && value.items().next().is_some()
                && value.items().all(is_loop) =>
        {
            value.items().filter_map(copy).collect()
        }
        _ => vec![member],
    }
}

fn copy(each: &Expr) -> Option<Member> {
    let (name, count, (input, pair)) = (each.get("name")?, each.get("count")?, each.pair("input")?);
    let zero = Expr::new(ExprKind::Literal(NodeValue::Number(0.into())), count.span.clone());
    let repeated = For {
        item: None,
        index: Some(copy_local(name.as_str()?)),
        over: Expr::call("range", vec![zero, count.clone()], count.span.clone()),
        filter: None,
        body: input.clone(),
    };
    let value = Expr::new(ExprKind::For(Box::new(repeated)), pair.clone());
    Some(Member::Pair { key: name.clone(), value, span: pair.clone() })
}
