//! Expressions. What nests takes three frames a level, so that 512 levels fit a small stack.

use std::ops::Range;

use super::super::lexer::TokenKind;
use super::super::{Expression, Literal, Operator, Piece, SyntaxKind};
use super::{MAX_NESTING, Parsed, Parser};

/// What may stand at the start of a line and continue the expression of the line before.
const CONTINUES: [&str; 8] = ["?", "&&", "||", "==", "!=", "=~", "!~", "."];

impl Parser<'_> {
    /// Any expression.
    pub(super) fn expression(&mut self) -> Parsed<Expression> {
        self.nested(Parser::operation)
    }

    /// Operators by their precedence, and the choice, which binds least.
    fn operation(&mut self) -> Parsed<Expression> {
        let mut pending: Vec<(Expression, Operator)> = Vec::new();
        let mut last = self.operand()?;
        loop {
            self.continue_line()?;
            let next = match self.token.kind {
                TokenKind::Symbol(symbol) => Operator::from_symbol(symbol),
                _ => None,
            };
            let tightness = next.map_or(0, Operator::precedence);
            while let Some((left, operator)) = pending.pop_if(|(_, operator)| operator.precedence() >= tightness) {
                let height = left.height.max(last.height);
                let range = left.range.start..last.range.end;
                last = self.node(range, height, SyntaxKind::Binary(operator, Box::new(left), Box::new(last)))?;
            }
            let Some(operator) = next else { break };
            self.advance()?;
            self.skip_lines()?;
            pending.push((last, operator));
            last = self.operand()?;
        }
        if self.symbol("?")? {
            return self.choice(last);
        }
        Ok(last)
    }

    fn choice(&mut self, condition: Expression) -> Parsed<Expression> {
        self.skip_lines()?;
        let one = self.expression()?;
        self.skip_lines()?;
        self.expect(":")?;
        self.skip_lines()?;
        let other = self.expression()?;
        let height = condition.height.max(one.height).max(other.height);
        let range = condition.range.start..other.range.end;
        self.node(range, height, SyntaxKind::Choice(Box::new([condition, one, other])))
    }

    /// Goes on to the next line where that continues the expression.
    fn continue_line(&mut self) -> Parsed<()> {
        let rest = self.lexer.rest();
        let continues = CONTINUES.iter().any(|symbol| rest.starts_with(symbol)) && !rest.starts_with("..");
        if self.token.kind == TokenKind::NewLine && continues {
            self.advance()?;
        }
        Ok(())
    }

    pub(super) fn node(&self, range: Range<usize>, height: u16, kind: SyntaxKind) -> Parsed<Expression> {
        if height >= MAX_NESTING {
            return Err(self.too_deep());
        }
        Ok(Expression { range, height: height + 1, kind })
    }

    /// A value with what stands before and behind it.
    fn operand(&mut self) -> Parsed<Expression> {
        let mut signs = Vec::new();
        while self.at_symbol("!") || self.at_symbol("-") || self.at_symbol("+") {
            if signs.len() >= usize::from(MAX_NESTING) {
                return Err(self.too_deep());
            }
            signs.push(self.advance()?);
        }
        let value = self.primary()?;
        let mut value = self.suffixes(value)?;
        while let Some(sign) = signs.pop() {
            let range = sign.start..value.range.end;
            let height = value.height;
            let kind = match sign.kind {
                TokenKind::Symbol("!") => SyntaxKind::Not(Box::new(value)),
                TokenKind::Symbol("-") => SyntaxKind::Minus(Box::new(value)),
                _ => continue,
            };
            value = self.node(range, height, kind)?;
        }
        Ok(value)
    }

    pub(super) fn suffixes(&mut self, mut value: Expression) -> Parsed<Expression> {
        loop {
            self.continue_at_dot()?;
            let TokenKind::Symbol(symbol) = self.token.kind else { return Ok(value) };
            let start = value.range.start;
            let height = value.height;
            match symbol {
                "." | ".?" => {
                    self.advance()?;
                    let name = self.identifier("the name of a property")?;
                    if symbol == "." && self.at_symbol("(") {
                        let (arguments, deepest) = self.arguments()?;
                        let kind = SyntaxKind::Call { on: Some(Box::new(value)), name, arguments };
                        value = self.node(start..self.taken, height.max(deepest), kind)?;
                    } else {
                        let kind = SyntaxKind::Member { of: Box::new(value), name, safe: symbol == ".?" };
                        value = self.node(start..self.taken, height, kind)?;
                    }
                }
                "::" => {
                    self.advance()?;
                    let name = self.identifier("the symbol of a nested resource")?;
                    value = self.node(start..self.taken, height, SyntaxKind::Nested { of: Box::new(value), name })?;
                }
                "[" | "[?" => {
                    self.advance()?;
                    self.skip_lines()?;
                    let from_end = self.symbol("^")?;
                    let index = self.expression()?;
                    self.skip_lines()?;
                    self.expect("]")?;
                    let height = height.max(index.height);
                    let (of, index) = (Box::new(value), Box::new(index));
                    let kind = SyntaxKind::Index { of, index, safe: symbol == "[?", from_end };
                    value = self.node(start..self.taken, height, kind)?;
                }
                // It says only that this is not null.
                "!" => drop(self.advance()?),
                _ => return Ok(value),
            }
        }
    }

    fn continue_at_dot(&mut self) -> Parsed<()> {
        let rest = self.lexer.rest();
        if self.token.kind == TokenKind::NewLine && rest.starts_with('.') && !rest.starts_with("..") {
            self.advance()?;
        }
        Ok(())
    }

    fn primary(&mut self) -> Parsed<Expression> {
        let start = self.token.start;
        match &self.token.kind {
            TokenKind::Number(number) => {
                let literal = Literal::Number(*number);
                self.advance()?;
                self.node(start..self.taken, 0, SyntaxKind::Literal(literal))
            }
            TokenKind::Text(_) => {
                let text = self.plain_text("a text")?;
                self.node(start..self.taken, 0, SyntaxKind::Literal(Literal::Text(text)))
            }
            TokenKind::TextStart(_) => self.template(),
            TokenKind::Word => self.named(),
            TokenKind::Symbol("(") if self.is_lambda() => self.lambda(),
            TokenKind::Symbol("(") => {
                self.advance()?;
                self.skip_lines()?;
                let inner = self.expression()?;
                self.skip_lines()?;
                self.expect(")")?;
                let Expression { height, kind, .. } = inner;
                Ok(Expression { range: start..self.taken, height, kind })
            }
            TokenKind::Symbol("[") => self.list(),
            TokenKind::Symbol("{") => self.object(false),
            _ => Err(self.expected("an expression")),
        }
    }

    fn named(&mut self) -> Parsed<Expression> {
        let start = self.token.start;
        let name = self.identifier("a name")?;
        let kind = match name.as_str() {
            "true" => SyntaxKind::Literal(Literal::Bool(true)),
            "false" => SyntaxKind::Literal(Literal::Bool(false)),
            "null" => SyntaxKind::Literal(Literal::Null),
            _ if self.at_symbol("(") => {
                let (arguments, height) = self.arguments()?;
                let range = start..self.taken;
                return self.node(range, height, SyntaxKind::Call { on: None, name, arguments });
            }
            _ if self.at_symbol("=>") => return self.lambda_body(start, vec![name]),
            _ => SyntaxKind::Name(name),
        };
        self.node(start..self.taken, 0, kind)
    }

    fn arguments(&mut self) -> Parsed<(Vec<Expression>, u16)> {
        let mut arguments = Vec::new();
        let mut height = 0;
        self.expect("(")?;
        self.skip_lines()?;
        while !self.symbol(")")? {
            let argument = self.expression()?;
            height = height.max(argument.height);
            arguments.push(argument);
            self.skip_lines()?;
            if !self.symbol(",")? && !self.at_symbol(")") {
                return Err(self.expected("',' or ')'"));
            }
            self.skip_lines()?;
        }
        Ok((arguments, height))
    }

    /// Whether the parenthesis that is next holds the parameters of a lambda.
    fn is_lambda(&self) -> bool {
        let mut ahead = self.lexer.clone();
        let mut next = || ahead.next().map(|token| token.kind).unwrap_or(TokenKind::End);
        loop {
            match next() {
                TokenKind::Word | TokenKind::Symbol(",") | TokenKind::NewLine => {}
                TokenKind::Symbol(")") => return next() == TokenKind::Symbol("=>"),
                _ => return false,
            }
        }
    }

    fn lambda(&mut self) -> Parsed<Expression> {
        let start = self.token.start;
        let mut parameters = Vec::new();
        self.expect("(")?;
        self.skip_lines()?;
        while !self.symbol(")")? {
            parameters.push(self.identifier("the name of a parameter")?);
            self.symbol(",")?;
            self.skip_lines()?;
        }
        self.lambda_body(start, parameters)
    }

    fn lambda_body(&mut self, start: usize, parameters: Vec<String>) -> Parsed<Expression> {
        self.expect("=>")?;
        self.skip_lines()?;
        let body = self.expression()?;
        let range = start..body.range.end;
        let height = body.height;
        self.node(range, height, SyntaxKind::Lambda { parameters, body: Box::new(body) })
    }

    pub(super) fn template(&mut self) -> Parsed<Expression> {
        let start = self.token.start;
        let mut pieces = Vec::new();
        let mut height = 0;
        loop {
            match self.advance()?.kind {
                TokenKind::TextStart(text) | TokenKind::TextMiddle(text) => pieces.push(Piece::Text(text)),
                TokenKind::TextEnd(text) => {
                    pieces.push(Piece::Text(text));
                    return self.node(start..self.taken, height, SyntaxKind::Template(pieces));
                }
                _ => return Err(self.expected("'}'")),
            }
            self.skip_lines()?;
            let hole = self.expression()?;
            height = height.max(hole.height);
            pieces.push(Piece::Hole(hole));
            self.skip_lines()?;
            if !matches!(self.token.kind, TokenKind::TextMiddle(_) | TokenKind::TextEnd(_)) {
                return Err(self.expected("'}'"));
            }
        }
    }
}
