//! Lists, loops, objects, and the bodies of resources and modules.

use super::super::lexer::TokenKind;
use super::super::{Expression, For, Item, Key, Member, Object, SyntaxKind};
use super::{Parsed, Parser};

impl Parser<'_> {
    pub(super) fn list(&mut self) -> Parsed<Expression> {
        let start = self.token.start;
        self.expect("[")?;
        self.skip_lines()?;
        if self.at_word("for") {
            return self.each(start);
        }
        let mut items = Vec::new();
        let mut height = 0;
        loop {
            self.separators()?;
            if self.symbol("]")? {
                return self.node(start..self.taken, height, SyntaxKind::List(items));
            }
            let spread = self.symbol("...")?;
            let value = self.expression()?;
            height = height.max(value.height);
            items.push(if spread { Item::Spread(value) } else { Item::Value(value) });
            self.ends_item("]")?;
        }
    }

    /// `for item in list: body]`.
    fn each(&mut self, start: usize) -> Parsed<Expression> {
        self.advance()?;
        let (item, index) = if self.symbol("(")? {
            let item = self.identifier("the name of the item")?;
            self.expect(",")?;
            let index = self.identifier("the name of the index")?;
            self.expect(")")?;
            (item, Some(index))
        } else {
            (self.identifier("the name of the item")?, None)
        };
        if !self.at_word("in") {
            return Err(self.expected("'in'"));
        }
        self.advance()?;
        self.skip_lines()?;
        let list = self.expression()?;
        self.expect(":")?;
        self.skip_lines()?;
        let body = self.body()?;
        self.skip_lines()?;
        self.expect("]")?;
        let height = list.height.max(body.height);
        self.node(start..self.taken, height, SyntaxKind::For(Box::new(For { item, index, list, body })))
    }

    /// The body of a resource, module or loop: with `if` before it, perhaps.
    pub(super) fn body(&mut self) -> Parsed<Expression> {
        let start = self.token.start;
        if self.at_symbol("{") {
            return self.nested(|parser| {
                let object = parser.object(true)?;
                parser.suffixes(object)
            });
        }
        if !(self.at_word("if") && self.lexer.rest().trim_start().starts_with('(')) {
            return self.expression();
        }
        self.advance()?;
        self.expect("(")?;
        self.skip_lines()?;
        let condition = self.expression()?;
        self.skip_lines()?;
        self.expect(")")?;
        self.skip_lines()?;
        let body = self.nested(|parser| parser.object(true))?;
        let height = condition.height.max(body.height);
        self.node(start..self.taken, height, SyntaxKind::If(Box::new([condition, body])))
    }

    /// An object; in the body of a resource, others may be nested.
    pub(super) fn object(&mut self, resources: bool) -> Parsed<Expression> {
        let start = self.token.start;
        let mut object = Object::default();
        let mut height = 0;
        self.expect("{")?;
        loop {
            self.separators()?;
            if self.symbol("}")? {
                return self.node(start..self.taken, height, SyntaxKind::Object(object));
            }
            if resources && (self.at_symbol("@") || self.is_nested_resource()) {
                self.decorators()?;
                let resource = self.nested(Parser::resource)?;
                height = height.max(resource.body.height);
                object.resources.push(resource);
            } else if self.symbol("...")? {
                let value = self.expression()?;
                height = height.max(value.height);
                object.members.push(Member::Spread(value));
            } else {
                let start = self.token.start;
                let (key, value) = self.pair()?;
                height = height.max(value.height);
                if let Key::Template(template) = &key {
                    height = height.max(template.height);
                }
                let range = start..value.range.end;
                object.members.push(Member::Pair { key, value, range });
            }
            self.ends_item("}")?;
        }
    }

    fn pair(&mut self) -> Parsed<(Key, Expression)> {
        let key = match &self.token.kind {
            TokenKind::Word => Key::Known(self.identifier("a name")?),
            TokenKind::Text(_) => Key::Known(self.plain_text("a name")?),
            TokenKind::TextStart(_) => Key::Template(self.nested(Parser::template)?),
            _ => return Err(self.expected("the name of a property or '}'")),
        };
        self.expect(":")?;
        self.skip_lines()?;
        Ok((key, self.expression()?))
    }

    /// `resource symbol '…'`, not a property of the name `resource`.
    fn is_nested_resource(&self) -> bool {
        self.at_word("resource") && !self.lexer.rest().trim_start().starts_with(':')
    }

    /// Line ends and commas between items.
    pub(super) fn separators(&mut self) -> Parsed<()> {
        while self.token.kind == TokenKind::NewLine || self.at_symbol(",") {
            self.advance()?;
        }
        Ok(())
    }

    /// An item ends with its line, at a comma, or where what it is part of ends.
    pub(super) fn ends_item(&mut self, closing: &str) -> Parsed<()> {
        match self.token.kind {
            TokenKind::NewLine => Ok(()),
            TokenKind::Symbol(symbol) if symbol == "," || symbol == closing => Ok(()),
            _ => Err(self.expected(&format!("the end of the line, ',' or '{closing}'"))),
        }
    }
}
