//! Files and blocks: attributes and nested blocks.

use std::collections::HashSet;

use super::parser::{Parsed, Parser};
use super::{Attribute, Block, Body};

impl<'t> Parser<'t> {
    /// What a file (`whole`) or a block consists of, up to its end.
    pub fn body(&mut self, whole: bool) -> Parsed<Body> {
        let mut body = Body::default();
        let mut set = HashSet::new();
        loop {
            self.skip_lines();
            if self.at_end() {
                return match whole {
                    true => Ok(body),
                    false => Err(self.error("a block is not closed; `}` is missing")),
                };
            }
            if !whole && self.eat("}") {
                return Ok(body);
            }
            self.item(&mut body, &mut set)?;
            self.end_of_item()?;
        }
    }

    /// `{ }` and `{ name = value }`, in one line.
    fn short_body(&mut self) -> Parsed<Body> {
        let mut body = Body::default();
        if self.eat("}") {
            return Ok(body);
        }
        self.item(&mut body, &mut HashSet::new())?;
        self.skip();
        match body.blocks.is_empty() && self.eat("}") {
            true => Ok(body),
            false => Err(self.error("a block in one line holds one attribute; begin a line for each")),
        }
    }

    fn item(&mut self, body: &mut Body, set: &mut HashSet<&'t str>) -> Parsed<()> {
        let start = self.pos;
        let Some(name) = self.name() else {
            return Err(self.error(format!("an attribute or a block was expected, not {}", self.found())));
        };
        self.skip();
        match self.peek() {
            Some(b'=') if !self.rest().starts_with("==") => {
                let attribute = self.attribute(name, start)?;
                if !set.insert(name) {
                    self.pos = start;
                    return Err(self.error(format!("`{name}` is set twice; keep one")));
                }
                body.attributes.push(attribute);
            }
            _ => body.blocks.push(self.block(name, start)?),
        }
        Ok(())
    }

    fn attribute(&mut self, name: &str, start: usize) -> Parsed<Attribute> {
        self.pos += 1;
        self.skip();
        let value = self.expression()?;
        let span = self.span(start, start).to(value.span);
        Ok(Attribute { name: name.to_owned(), span, value })
    }

    fn block(&mut self, kind: &str, start: usize) -> Parsed<Block> {
        let mut labels = Vec::new();
        let mut head_end = start + kind.len();
        loop {
            self.skip();
            match self.peek() {
                Some(b'{') => break,
                Some(b'"') => labels.push(self.plain_string()?),
                _ => match self.name() {
                    Some(label) => labels.push(label.to_owned()),
                    None => {
                        return Err(
                            self.error(format!("`=` or `{{` was expected after `{kind}`, not {}", self.found()))
                        );
                    }
                },
            }
            head_end = self.pos;
        }
        let head = self.span(start, head_end);
        self.pos += 1;
        let body = self.with_lines(false, |parser| {
            parser.skip();
            if parser.at_line_end() || parser.at_end() { parser.body(false) } else { parser.short_body() }
        })?;
        Ok(Block { kind: kind.to_owned(), labels, head, body })
    }

    /// After an attribute or block comes the end of the line.
    fn end_of_item(&mut self) -> Parsed<()> {
        self.skip();
        match self.at_line_end() || self.at_end() {
            true => Ok(()),
            false => Err(self.error(format!("the end of the line was expected, not {}", self.found()))),
        }
    }
}
