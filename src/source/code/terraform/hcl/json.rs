//! Terraform's JSON form (`.tf.json`, `.tfvars.json`) as the same tree.

use std::collections::HashSet;

use jsonc_parser::ast::{Object, ObjectProp, Value};
use jsonc_parser::common::Range;
use jsonc_parser::{CollectOptions, parse_to_ast};

use super::number::read_number;
use super::parser::{Parsed, Parser, SyntaxError};
use super::{Attribute, Block, Body, ByteSpan, Expr, ExprKind};
use crate::model::json_text::STRICT;
use crate::model::limits;

/// How many labels the blocks of a file have. The JSON form does not tell labels from attributes.
const LABELS: [(&str, usize); 9] = [
    ("resource", 2),
    ("data", 2),
    ("ephemeral", 2),
    ("variable", 1),
    ("output", 1),
    ("module", 1),
    ("provider", 1),
    ("check", 1),
    ("locals", 0),
];

/// Attributes of the resources concerned that are maps. The JSON form does not tell a map from a nested block either.
const MAPS: [&str; 10] = [
    "tags",
    "body",
    "values",
    "secret_values",
    "secrets",
    "arguments",
    "secret_arguments",
    "sensitive_body",
    "replace_triggers_external_values",
    "providers",
];

/// Parses the text of a `.tf.json` file.
///
/// # Errors
/// It is no JSON, or a text in it is no template.
pub fn parse_json(text: &str, file: u32) -> Result<Body, SyntaxError> {
    let mut reader = Reader { text, file, templates: true };
    let mut body = Body::default();
    let Some(root) = reader.root()? else { return Ok(body) };
    for property in &root.properties {
        let kind = property.name.as_str();
        if kind == "//" {
            continue;
        }
        let labels = LABELS.iter().find(|(known, _)| *known == kind).map_or(0, |(_, count)| *count);
        reader.blocks(kind, property, &property.value, labels, Vec::new(), &mut body.blocks)?;
    }
    Ok(body)
}

/// Parses the text of a `.tfvars.json` file: its texts are no templates.
///
/// # Errors
/// It is no JSON.
pub fn parse_json_values(text: &str, file: u32) -> Result<Body, SyntaxError> {
    let mut reader = Reader { text, file, templates: false };
    let mut body = Body::default();
    if let Some(root) = reader.root()? {
        for property in &root.properties {
            body.attributes.push(reader.attribute(property)?);
        }
    }
    Ok(body)
}

struct Reader<'t> {
    text: &'t str,
    file: u32,
    templates: bool,
}

impl<'t> Reader<'t> {
    fn root(&mut self) -> Parsed<Option<Object<'t>>> {
        limits::ask_to_parse_json(self.text).map_err(|message| SyntaxError { offset: 0, message })?;
        let parsed = parse_to_ast(self.text, &CollectOptions::default(), &STRICT)
            .map_err(|error| SyntaxError { offset: error.range().start, message: error.kind().to_string() })?;
        match parsed.value {
            Some(Value::Object(root)) => Ok(Some(root)),
            None => Ok(None),
            Some(_) => Err(SyntaxError { offset: 0, message: "an object was expected".to_owned() }),
        }
    }

    fn span(&self, range: Range) -> ByteSpan {
        let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        ByteSpan { file: self.file, start: offset(range.start), end: offset(range.end) }
    }

    /// Each level of labels is an object, and wherever an object stands a list of them may.
    fn blocks(
        &mut self,
        kind: &str,
        property: &ObjectProp<'t>,
        value: &Value<'t>,
        labels_left: usize,
        labels: Vec<String>,
        blocks: &mut Vec<Block>,
    ) -> Parsed<()> {
        match value {
            Value::Array(items) => {
                for item in &items.elements {
                    self.blocks(kind, property, item, labels_left, labels.clone(), blocks)?;
                }
            }
            Value::Object(object) if labels_left > 0 => {
                for member in object.properties.iter().filter(|member| member.name.as_str() != "//") {
                    let labels = labels.iter().cloned().chain([member.name.as_str().to_owned()]).collect();
                    self.blocks(kind, member, &member.value, labels_left - 1, labels, blocks)?;
                }
            }
            Value::Object(object) => {
                let nested = matches!(kind, "resource" | "data" | "ephemeral");
                let body = self.body(object, nested, kind == "variable")?;
                blocks.push(Block { kind: kind.to_owned(), labels, head: self.name_span(property), body });
            }
            _ => {}
        }
        Ok(())
    }

    fn name_span(&self, property: &ObjectProp<'t>) -> ByteSpan {
        use jsonc_parser::ast::ObjectPropName::{String, Word};
        match &property.name {
            String(name) => self.span(name.range),
            Word(name) => self.span(name.range),
        }
    }

    fn body(&mut self, object: &Object<'t>, nested: bool, variable: bool) -> Parsed<Body> {
        let mut body = Body::default();
        let mut seen = HashSet::new();
        for property in &object.properties {
            let name = property.name.as_str();
            if name == "//" {
                continue;
            }
            if !seen.insert(name) {
                let offset = property.range.start;
                return Err(SyntaxError { offset, message: format!("`{name}` is set twice; keep one") });
            }
            let objects = match &property.value {
                Value::Object(one) => vec![one],
                Value::Array(several) => several.elements.iter().filter_map(Value::as_object).collect(),
                _ => Vec::new(),
            };
            let all_objects = match &property.value {
                Value::Array(several) => !objects.is_empty() && objects.len() == several.elements.len(),
                _ => !objects.is_empty(),
            };
            if nested && name == "dynamic" {
                for kinds in objects {
                    self.dynamic(kinds, &mut body.blocks)?;
                }
            } else if all_objects && (nested && !MAPS.contains(&name) || variable && name == "validation") {
                for object in objects {
                    let inner = self.body(object, nested, false)?;
                    let head = self.name_span(property);
                    body.blocks.push(Block { kind: name.to_owned(), labels: Vec::new(), head, body: inner });
                }
            } else {
                body.attributes.push(self.attribute(property)?);
            }
        }
        Ok(body)
    }

    fn dynamic(&mut self, kinds: &Object<'t>, blocks: &mut Vec<Block>) -> Parsed<()> {
        for kind in &kinds.properties {
            let each = match &kind.value {
                Value::Object(one) => vec![one],
                Value::Array(several) => several.elements.iter().filter_map(Value::as_object).collect(),
                _ => Vec::new(),
            };
            for object in each {
                let mut body = Body::default();
                for property in &object.properties {
                    match (property.name.as_str(), &property.value) {
                        ("content", Value::Object(content)) => {
                            let (head, content) = (self.name_span(property), self.body(content, true, false)?);
                            body.blocks.push(Block {
                                kind: "content".to_owned(),
                                labels: Vec::new(),
                                head,
                                body: content,
                            });
                        }
                        // A name, not a template.
                        ("iterator", Value::StringLit(name)) => {
                            let span = self.span(name.range);
                            let value = self.expr(span, ExprKind::Name(name.value.to_string()))?;
                            body.attributes.push(Attribute { name: "iterator".to_owned(), span, value });
                        }
                        _ => body.attributes.push(self.attribute(property)?),
                    }
                }
                let labels = vec![kind.name.as_str().to_owned()];
                blocks.push(Block { kind: "dynamic".to_owned(), labels, head: self.name_span(kind), body });
            }
        }
        Ok(())
    }

    fn attribute(&mut self, property: &ObjectProp<'t>) -> Parsed<Attribute> {
        let value = self.value(&property.value)?;
        Ok(Attribute { name: property.name.as_str().to_owned(), span: self.span(property.range), value })
    }

    fn expr(&self, span: ByteSpan, kind: ExprKind) -> Parsed<Expr> {
        Parser::new("", self.file).expr(span, kind)
    }

    fn value(&mut self, value: &Value<'t>) -> Parsed<Expr> {
        let (range, kind) = match value {
            Value::NullKeyword(null) => (null.range, ExprKind::Null),
            Value::BooleanLit(flag) => (flag.range, ExprKind::Bool(flag.value)),
            Value::NumberLit(number) => {
                let read = read_number(number.value);
                let error = SyntaxError { offset: number.range.start, message: "the number is too large".to_owned() };
                (number.range, ExprKind::Number(read.ok_or(error)?))
            }
            Value::StringLit(text) => (text.range, self.template(&text.value, text.range)?),
            Value::Array(items) => {
                let read = items.elements.iter().map(|item| self.value(item)).collect::<Parsed<_>>()?;
                (items.range, ExprKind::List(read))
            }
            Value::Object(object) => {
                let mut members = Vec::new();
                for property in &object.properties {
                    let name = property.name.as_str();
                    let span = self.name_span(property);
                    let key = self.template(name, Range::new(span.start as usize, span.end as usize))?;
                    members.push((self.expr(span, key)?, self.value(&property.value)?));
                }
                (object.range, ExprKind::Object(members))
            }
        };
        self.expr(self.span(range), kind)
    }

    /// A text is a template. Offsets into it are offsets into the file where it has no escapes.
    fn template(&mut self, text: &str, range: Range) -> Parsed<ExprKind> {
        if !self.templates || !text.contains(['$', '%']) {
            return Ok(ExprKind::String(text.to_owned()));
        }
        let mut parser = Parser::new(text, self.file);
        match self.text.get(range.start + 1..range.end.saturating_sub(1)) == Some(text) {
            true => parser.base = range.start + 1,
            false => parser.fixed = Some(self.span(range)),
        }
        parser.whole_template()
    }
}
