//! Expressions: operators by precedence, literals, collections, paths, calls, `for`.

use super::parser::{Parsed, Parser, SyntaxError};
use super::{Expr, ExprKind, For, Operator, Step};

/// Longest first, each with how tightly it binds.
pub(super) const OPERATORS: [(&str, Operator, u8); 13] = [
    ("||", Operator::Or, 1),
    ("&&", Operator::And, 2),
    ("==", Operator::Equal, 3),
    ("!=", Operator::NotEqual, 3),
    ("<=", Operator::LessEqual, 4),
    (">=", Operator::GreaterEqual, 4),
    ("<", Operator::Less, 4),
    (">", Operator::Greater, 4),
    ("+", Operator::Add, 5),
    ("-", Operator::Subtract, 5),
    ("*", Operator::Multiply, 6),
    ("/", Operator::Divide, 6),
    ("%", Operator::Modulo, 6),
];

impl Parser<'_> {
    pub fn expression(&mut self) -> Parsed<Expr> {
        self.nested(|parser| {
            let condition = parser.binary(0)?;
            let before = parser.pos;
            parser.skip();
            if !parser.eat("?") {
                parser.pos = before;
                return Ok(condition);
            }
            parser.skip();
            let yes = parser.expression()?;
            parser.skip();
            parser.expect(":", "between the two values of a conditional")?;
            parser.skip();
            let no = parser.expression()?;
            parser.expr(condition.span.to(no.span), ExprKind::Conditional(Box::new((condition, yes, no))))
        })
    }

    fn binary(&mut self, tighter_than: u8) -> Parsed<Expr> {
        let mut left = self.unary()?;
        loop {
            let before = self.pos;
            self.skip();
            let rest = self.rest();
            let operator =
                OPERATORS.iter().find(|(symbol, _, binding)| *binding > tighter_than && rest.starts_with(symbol));
            let operator = operator.filter(|_| !rest.starts_with("/*"));
            let Some((symbol, operator, binding)) = operator else {
                self.pos = before;
                return Ok(left);
            };
            self.pos += symbol.len();
            self.skip();
            let right = self.binary(*binding)?;
            left = self.expr(left.span.to(right.span), ExprKind::Binary(*operator, Box::new((left, right))))?;
        }
    }

    fn unary(&mut self) -> Parsed<Expr> {
        let start = self.pos;
        let kind: fn(Box<Expr>) -> ExprKind = match self.peek() {
            Some(b'!') if !self.rest().starts_with("!=") => ExprKind::Not,
            Some(b'-') => ExprKind::Minus,
            _ => return self.postfix(),
        };
        self.pos += 1;
        self.skip();
        let inner = self.nested(Self::unary)?;
        self.expr(self.since(start).to(inner.span), kind(Box::new(inner)))
    }

    fn postfix(&mut self) -> Parsed<Expr> {
        let of = self.primary()?;
        let mut steps = Vec::new();
        loop {
            let before = self.pos;
            self.skip();
            match self.peek() {
                Some(b'.') if !self.rest().starts_with("...") => {
                    self.pos += 1;
                    self.skip();
                    steps.push(self.dotted()?);
                }
                Some(b'[') => {
                    self.pos += 1;
                    steps.push(self.with_lines(true, Self::bracketed)?);
                }
                _ => {
                    self.pos = before;
                    break;
                }
            }
        }
        match steps.is_empty() {
            true => Ok(of),
            false => self.expr(of.span.to(self.since(self.pos)), ExprKind::Path(Box::new(of), steps)),
        }
    }

    fn dotted(&mut self) -> Parsed<Step> {
        if self.eat("*") {
            return Ok(Step::Splat(false));
        }
        if let Some(name) = self.name() {
            return Ok(Step::Attribute(name.to_owned()));
        }
        let digits = self.rest().len() - self.rest().trim_start_matches(|digit: char| digit.is_ascii_digit()).len();
        match self.rest()[..digits].parse::<u64>() {
            Ok(index) => {
                let start = self.pos;
                self.pos += digits;
                Ok(Step::Index(self.expr(self.since(start), ExprKind::Number(index.into()))?))
            }
            Err(_) => Err(self.error(format!("a name was expected after `.`, not {}", self.found()))),
        }
    }

    fn bracketed(&mut self) -> Parsed<Step> {
        self.skip();
        let before = self.pos;
        if self.eat("*") {
            self.skip();
            if self.eat("]") {
                return Ok(Step::Splat(true));
            }
            self.pos = before;
        }
        let index = self.expression()?;
        self.skip();
        self.expect("]", "after an index")?;
        Ok(Step::Index(index))
    }

    fn primary(&mut self) -> Parsed<Expr> {
        let start = self.pos;
        match self.peek() {
            Some(b'"') => self.quoted(),
            Some(b'<') if self.rest().starts_with("<<") => self.heredoc(),
            Some(b'(') => {
                self.pos += 1;
                self.with_lines(true, |parser| {
                    parser.skip();
                    let mut inner = parser.expression()?;
                    parser.skip();
                    parser.expect(")", "to close the bracket")?;
                    inner.span = parser.since(start);
                    Ok(inner)
                })
            }
            Some(b'[') => self.list(),
            Some(b'{') => self.object(),
            Some(b'0'..=b'9') => self.number(),
            _ => match self.name() {
                Some("null") => self.expr(self.since(start), ExprKind::Null),
                Some("true") => self.expr(self.since(start), ExprKind::Bool(true)),
                Some("false") => self.expr(self.since(start), ExprKind::Bool(false)),
                Some(_) => self.name_or_call(start),
                None => Err(self.error(format!("a value was expected, not {}", self.found()))),
            },
        }
    }

    fn name_or_call(&mut self, start: usize) -> Parsed<Expr> {
        // Provider-defined functions: `provider::azurerm::normalise_resource_id(…)`.
        while self.eat("::") {
            if self.name().is_none() {
                return Err(self.error("a function's name was expected after `::`"));
            }
        }
        let after_name = self.pos;
        let name = &self.text[start..after_name];
        self.skip();
        if !self.eat("(") {
            self.pos = after_name;
            return self.expr(self.since(start), ExprKind::Name(name.to_owned()));
        }
        let (arguments, expanded) = self.with_lines(true, |parser| {
            let (mut arguments, mut expanded) = (Vec::new(), false);
            loop {
                parser.skip();
                if parser.eat(")") {
                    return Ok((arguments, expanded));
                }
                arguments.push(parser.expression()?);
                parser.skip();
                expanded = parser.eat("...");
                parser.skip();
                if expanded || !parser.eat(",") {
                    parser.eat(",");
                    parser.skip();
                    parser.expect(")", "after the arguments of a function")?;
                    return Ok((arguments, expanded));
                }
            }
        })?;
        self.expr(self.since(start), ExprKind::Call(name.to_owned(), arguments, expanded))
    }

    fn list(&mut self) -> Parsed<Expr> {
        let start = self.pos;
        self.pos += 1;
        let kind = self.with_lines(true, |parser| {
            parser.skip();
            if parser.peek_name() == Some("for") {
                return parser.for_expression("]");
            }
            let mut items = Vec::new();
            loop {
                parser.skip();
                if parser.eat("]") {
                    return Ok(ExprKind::List(items));
                }
                items.push(parser.expression()?);
                parser.skip();
                if !parser.eat(",") {
                    parser.expect("]", "after the items of a list")?;
                    return Ok(ExprKind::List(items));
                }
            }
        })?;
        self.expr(self.since(start), kind)
    }

    fn object(&mut self) -> Parsed<Expr> {
        let start = self.pos;
        self.pos += 1;
        let kind = self.with_lines(false, |parser| {
            parser.skip_lines();
            // An attribute may be called `for`.
            if parser.peek_name() == Some("for") && !parser.rest()[3..].trim_start().starts_with(['=', ':']) {
                parser.across_lines = true;
                return parser.for_expression("}");
            }
            let mut members = Vec::new();
            loop {
                parser.skip_lines();
                if parser.eat("}") {
                    return Ok(ExprKind::Object(members));
                }
                let key = parser.key()?;
                parser.skip();
                if !parser.eat("=") && !parser.eat(":") {
                    return Err(parser.error(format!("`=` was expected after a key, not {}", parser.found())));
                }
                parser.skip_lines();
                members.push((key, parser.expression()?));
                parser.skip();
                let separated = parser.eat(",") || parser.at_line_end() || parser.peek() == Some(b'}');
                if !separated {
                    return Err(parser.error(format!("a line's end or `,` was expected, not {}", parser.found())));
                }
            }
        })?;
        self.expr(self.since(start), kind)
    }

    /// A bare name is a text, not a reference.
    fn key(&mut self) -> Parsed<Expr> {
        let start = self.pos;
        if let Some(name) = self.name() {
            let after = self.pos;
            self.skip();
            let bare = matches!(self.peek(), Some(b'=' | b':')) && !self.rest().starts_with("==");
            self.pos = after;
            if bare {
                return self.expr(self.span(start, after), ExprKind::String(name.to_owned()));
            }
            self.pos = start;
        }
        self.expression()
    }

    /// `key, value in over`, of an expression or a template: the key where there is one.
    pub(super) fn for_head(
        &mut self,
        no_name: impl Fn(&Self) -> SyntaxError,
        no_in: impl Fn(&Self) -> SyntaxError,
    ) -> Parsed<(Option<String>, String, Expr)> {
        let mut value = self.name().ok_or_else(|| no_name(self))?.to_owned();
        self.skip();
        let mut key = None;
        if self.eat(",") {
            self.skip();
            key = Some(std::mem::replace(&mut value, self.name().ok_or_else(|| no_name(self))?.to_owned()));
            self.skip();
        }
        if self.name() != Some("in") {
            return Err(no_in(self));
        }
        self.skip();
        Ok((key, value, self.expression()?))
    }

    fn for_expression(&mut self, close: &str) -> Parsed<ExprKind> {
        let expected = |parser: &Self| parser.error(format!("a name was expected in `for`, not {}", parser.found()));
        self.name();
        self.skip();
        let (key, value, over) = self.for_head(expected, |parser| parser.error("`in` was expected in `for`"))?;
        self.skip();
        self.expect(":", "in `for`")?;
        self.skip();
        let mut result = self.expression()?;
        let (mut name, mut grouped) = (None, false);
        self.skip();
        if close == "}" {
            self.expect("=>", "between key and value")?;
            self.skip();
            name = Some(std::mem::replace(&mut result, self.expression()?));
            self.skip();
            grouped = self.eat("...");
            self.skip();
        }
        let mut condition = None;
        if self.peek_name() == Some("if") {
            self.name();
            self.skip();
            condition = Some(self.expression()?);
            self.skip();
        }
        self.expect(close, "after `for`")?;
        Ok(ExprKind::For(Box::new(For { key, value, over, name, result, grouped, condition })))
    }
}
