//! Types: only what tells which values there may be is kept.

use super::super::lexer::TokenKind;
use super::super::{Literal, Type};
use super::{Parsed, Parser};

impl Parser<'_> {
    /// `a | b`, on one line or several.
    pub(super) fn type_of(&mut self) -> Parsed<Type> {
        self.nested(Parser::union)
    }

    fn union(&mut self) -> Parsed<Type> {
        if self.token.kind == TokenKind::NewLine && self.lexer.rest().starts_with('|') {
            self.advance()?;
        }
        self.symbol("|")?;
        let mut types = vec![self.one_type()?];
        loop {
            if self.token.kind == TokenKind::NewLine && self.lexer.rest().starts_with('|') {
                self.advance()?;
            }
            if !self.symbol("|")? {
                break;
            }
            self.skip_lines()?;
            types.push(self.one_type()?);
        }
        Ok(if types.len() == 1 { types.remove(0) } else { Type::Union(types) })
    }

    fn one_type(&mut self) -> Parsed<Type> {
        let mut found = self.first_type()?;
        loop {
            if self.symbol("?")? {
                // Twice nullable is nullable, however often it is said.
                found = if matches!(found, Type::Nullable(_)) { found } else { Type::Nullable(Box::new(found)) };
            } else if self.symbol("!")? {
                found = match found {
                    Type::Nullable(inner) => *inner,
                    other => other,
                };
            } else if self.symbol("[")? {
                // `type[]`, `tuple[0]`, `array[*]`.
                while !self.at_symbol("]") {
                    if !matches!(self.token.kind, TokenKind::Number(_) | TokenKind::Symbol("*")) {
                        return Err(self.expected("']'"));
                    }
                    self.advance()?;
                }
                self.expect("]")?;
                found = Type::Other;
            } else if self.symbol(".")? {
                let member = match self.word() {
                    Some(word) => Some(word.to_owned()),
                    None if self.at_symbol("*") => None,
                    None => return Err(self.expected("a name")),
                };
                self.advance()?;
                match (&mut found, member) {
                    (Type::Named(path), Some(member)) => path.push(member),
                    _ => found = Type::Other,
                }
                // `sys.resourceInput<'type@version'>`
                if self.at_symbol("<") {
                    found = self.type_arguments()?;
                }
            } else {
                return Ok(found);
            }
        }
    }

    fn first_type(&mut self) -> Parsed<Type> {
        match &self.token.kind {
            TokenKind::Text(_) => Ok(Type::Literal(Literal::Text(self.plain_text("a text")?))),
            TokenKind::TextStart(_) => {
                self.expression()?;
                Ok(Type::Other)
            }
            TokenKind::Number(number) => {
                let number = *number;
                self.advance()?;
                Ok(Type::Literal(Literal::Number(number)))
            }
            TokenKind::Symbol("-") => {
                self.advance()?;
                let TokenKind::Number(number) = self.token.kind else { return Err(self.expected("a number")) };
                self.advance()?;
                Ok(Type::Literal(Literal::Number(-number)))
            }
            TokenKind::Symbol("!") => {
                self.advance()?;
                match self.nested(Parser::first_type)? {
                    Type::Literal(Literal::Bool(flag)) => Ok(Type::Literal(Literal::Bool(!flag))),
                    _ => Ok(Type::Other),
                }
            }
            TokenKind::Symbol("(") => {
                self.advance()?;
                self.skip_lines()?;
                let inner = self.type_of()?;
                self.skip_lines()?;
                self.expect(")")?;
                Ok(inner)
            }
            TokenKind::Symbol("{") => self.object_type(),
            TokenKind::Symbol("[") => self.tuple_type(),
            TokenKind::Word => self.named_type(),
            _ => Err(self.expected("a type")),
        }
    }

    fn named_type(&mut self) -> Parsed<Type> {
        let name = self.identifier("a type")?;
        // `resource 'type@version'` and `resourceInput<'type@version'>`.
        if name == "resource" && matches!(self.token.kind, TokenKind::Text(_)) {
            self.advance()?;
            return Ok(Type::Other);
        }
        if self.at_symbol("<") {
            return self.type_arguments();
        }
        Ok(match name.as_str() {
            "true" => Type::Literal(Literal::Bool(true)),
            "false" => Type::Literal(Literal::Bool(false)),
            "null" => Type::Literal(Literal::Null),
            _ => Type::Named(vec![name]),
        })
    }

    /// `<'type@version'>`
    fn type_arguments(&mut self) -> Parsed<Type> {
        self.expect("<")?;
        loop {
            self.skip_lines()?;
            self.type_of()?;
            if !self.symbol(",")? {
                break;
            }
        }
        self.skip_lines()?;
        self.expect(">")?;
        Ok(Type::Other)
    }

    fn object_type(&mut self) -> Parsed<Type> {
        let mut members = Vec::new();
        self.expect("{")?;
        loop {
            self.separators()?;
            if self.symbol("}")? {
                return Ok(Type::Object(members));
            }
            self.decorators()?;
            let name = match &self.token.kind {
                TokenKind::Symbol("*") => {
                    self.advance()?;
                    None
                }
                TokenKind::Text(_) => Some(self.plain_text("a name")?),
                _ => Some(self.identifier("the name of a property or '}'")?),
            };
            self.expect(":")?;
            let kind = self.type_of()?;
            members.extend(name.map(|name| (name, kind)));
            self.ends_item("}")?;
        }
    }

    fn tuple_type(&mut self) -> Parsed<Type> {
        self.expect("[")?;
        loop {
            self.separators()?;
            if self.symbol("]")? {
                return Ok(Type::Other);
            }
            self.decorators()?;
            self.type_of()?;
            self.ends_item("]")?;
        }
    }
}
