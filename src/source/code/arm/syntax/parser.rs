//! Expressions in the strings of a template: `[concat(parameters('a'), '-b')]`.

use super::super::expression::{Expr, ExprKind};
use crate::source::code::declared::{NodeValue, Span};

/// How deep an expression may nest.
const MAX_DEPTH: usize = 256;

/// The text between the brackets, where a string is an expression. `[[` begins a plain text.
pub fn expression_text(text: &str) -> Option<&str> {
    text.strip_prefix('[')?.strip_suffix(']').filter(|inner| !inner.starts_with('['))
}

/// The plain text of a string that is no expression.
pub fn plain_text(text: &str) -> &str {
    // Only where it would else be an expression is a bracket doubled.
    if text.starts_with("[[") && text.ends_with(']') { &text[1..] } else { text }
}

/// Where the characters of an expression stand in the file.
pub struct Origin {
    /// The JSON string, quotes included.
    pub token: Span,
    /// The byte of the file at which the expression's text begins; `None` where escapes shift what follows.
    pub start: Option<usize>,
}

impl Origin {
    fn span(&self, start: usize, end: usize) -> Span {
        match self.start {
            Some(at) => Span::new(&self.token.file, at + start..at + end),
            None => self.token.clone(),
        }
    }
}

/// Reads an expression.
///
/// # Errors
/// Where it is wrong, and what is.
pub fn parse(text: &str, origin: &Origin) -> Result<Expr, (Span, String)> {
    let mut parser = Parser { text, at: 0, origin };
    let expr = parser.expression(0)?;
    parser.blanks();
    if parser.at < text.len() {
        return parser.error("it should end here");
    }
    Ok(expr)
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    origin: &'a Origin,
}

type Parsed = Result<Expr, (Span, String)>;

impl Parser<'_> {
    fn error<T>(&self, what: &str) -> Result<T, (Span, String)> {
        let end = self.text[self.at..].chars().next().map_or(self.at, |c| self.at + c.len_utf8());
        Err((self.origin.span(self.at, end), format!("this is no expression: {what}")))
    }

    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn blanks(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    fn eat(&mut self, what: &str) -> bool {
        self.blanks();
        let there = self.rest().starts_with(what);
        if there {
            self.at += what.len();
        }
        there
    }

    fn want(&mut self, what: &str) -> Result<(), (Span, String)> {
        if self.eat(what) { Ok(()) } else { self.error(&format!("`{what}` is expected here")) }
    }

    fn word(&mut self) -> Option<String> {
        self.blanks();
        let rest = self.rest();
        let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        let starts = rest.chars().next().is_some_and(|c| c.is_alphabetic() || c == '_');
        let word = rest[..end].to_owned();
        starts.then(|| {
            self.at += end;
            word
        })
    }

    fn expression(&mut self, depth: usize) -> Parsed {
        if depth > MAX_DEPTH {
            return self.error("it nests too deep");
        }
        self.blanks();
        let start = self.at;
        let mut expr = match self.rest().chars().next() {
            Some('\'') => self.string()?,
            Some(c) if c.is_ascii_digit() || c == '-' || c == '+' => self.number()?,
            Some(_) => self.call(start, depth)?,
            None => return self.error("it ends too early"),
        };
        let mut postfixes = 0;
        loop {
            self.blanks();
            let safe = self.rest().starts_with(".?");
            if safe || self.rest().starts_with('.') {
                self.at += if safe { 2 } else { 1 };
                let Some(name) = self.word() else { return self.error("a name is expected after the dot") };
                let span = self.origin.span(start, self.at);
                expr = Expr::new(ExprKind::Property { base: Box::new(expr), name, safe }, span);
            } else if self.eat("[") {
                let safe = self.eat("?");
                let index = self.expression(depth + 1)?;
                self.want("]")?;
                let span = self.origin.span(start, self.at);
                expr = Expr::new(ExprKind::Index { base: Box::new(expr), index: Box::new(index), safe }, span);
            } else {
                return Ok(expr);
            }
            postfixes += 1;
            if postfixes + depth > MAX_DEPTH {
                return self.error("it nests too deep");
            }
        }
    }

    fn string(&mut self) -> Parsed {
        let start = self.at;
        let mut value = String::new();
        self.at += 1;
        loop {
            let Some(quote) = self.rest().find('\'') else { return self.error("a quote is not closed") };
            value.push_str(&self.text[self.at..self.at + quote]);
            self.at += quote + 1;
            if !self.rest().starts_with('\'') {
                return Ok(Expr::text(value, self.origin.span(start, self.at)));
            }
            value.push('\'');
            self.at += 1;
        }
    }

    fn number(&mut self) -> Parsed {
        let start = self.at;
        let rest = self.rest();
        let length = rest[1..].find(|c: char| !c.is_ascii_digit() && c != '.').map_or(rest.len(), |end| end + 1);
        let digits = rest[..length].trim_start_matches('+').to_owned();
        match digits.parse::<serde_json::Number>() {
            Ok(number) => {
                self.at += length;
                Ok(Expr::new(ExprKind::Literal(NodeValue::Number(number)), self.origin.span(start, self.at)))
            }
            Err(_) => self.error("this is no number"),
        }
    }

    fn call(&mut self, start: usize, depth: usize) -> Parsed {
        let Some(mut name) = self.word() else { return self.error("a function is expected here") };
        // A user's own function: `namespace.name(…)`.
        let before = self.at;
        if self.eat(".") {
            match self.word() {
                Some(own) if self.eat("(") => {
                    self.at -= 1;
                    name = format!("{name}.{own}");
                }
                _ => self.at = before,
            }
        }
        if !self.eat("(") {
            return self.error(&format!("`(` is expected after `{name}`"));
        }
        let mut args = Vec::new();
        if !self.eat(")") {
            loop {
                args.push(self.expression(depth + 1)?);
                if self.eat(")") {
                    break;
                }
                self.want(",")?;
            }
        }
        let span = self.origin.span(start, self.at);
        Ok(Expr::new(called(name, args), span))
    }
}

/// A call; where it names something, that name.
fn called(name: String, mut args: Vec<Expr>) -> ExprKind {
    let only = |args: &[Expr]| match args {
        [one] => one.as_str().map(str::to_owned),
        _ => None,
    };
    let is = |known: &str| name.eq_ignore_ascii_case(known);
    match only(&args) {
        Some(text) if is("parameters") => ExprKind::Parameter(text),
        Some(text) if is("variables") => ExprKind::Variable(text),
        Some(text) if is("lambdaVariables") => ExprKind::Local(text),
        _ if is("lambda") => {
            let names: Option<Vec<String>> =
                args.iter().rev().skip(1).rev().map(|arg| arg.as_str().map(str::to_owned)).collect();
            match (names, args.pop()) {
                (Some(names), Some(body)) => ExprKind::Lambda { names, body: Box::new(body) },
                (_, body) => {
                    args.extend(body);
                    ExprKind::Call { name, args }
                }
            }
        }
        _ => ExprKind::Call { name, args },
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::model::text_file::TextFile;

    fn read(text: &str) -> Result<Expr, String> {
        let file = Arc::new(TextFile::new("t.json", text));
        let origin = Origin { token: Span::new(&file, 0..text.len()), start: Some(0) };
        parse(text, &origin).map_err(|(span, what)| format!("{} {what}", span.position()))
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        for (text, error) in [
            ("", "t.json:1:1 this is no expression: it ends too early"),
            ("system", "t.json:1:7 this is no expression: `(` is expected after `system`"),
            ("f('a", "t.json:1:4 this is no expression: a quote is not closed"),
            ("f(1 2)", "t.json:1:5 this is no expression: `,` is expected here"),
            ("f()x", "t.json:1:4 this is no expression: it should end here"),
            ("f().", "t.json:1:5 this is no expression: a name is expected after the dot"),
            ("f(-)", "t.json:1:3 this is no expression: this is no number"),
        ] {
            assert_eq!(read(text).expect_err(text), error, "{text}");
        }
        assert!(read(&format!("{}1{}", "f(".repeat(100_000), ")".repeat(100_000))).is_err());
        assert!(read(&format!("f(){}", ".a".repeat(100_000))).is_err());
    }

    #[test]
    fn places_are_those_of_the_parts() {
        let expr = read("if(ns.fn(1), 'it''s', a().b[0].?c)").expect("an expression");
        let ExprKind::Call { args, .. } = &expr.kind else { panic!("a call") };
        let texts: Vec<String> = args.iter().map(Expr::source).collect();
        assert_eq!(texts, ["ns.fn(1)", "'it''s'", "a().b[0].?c"]);
        assert_eq!(args[1].as_str(), Some("it's"));
        assert!(matches!(&args[0].kind, ExprKind::Call { name, .. } if name == "ns.fn"));
    }

    #[test]
    fn a_doubled_bracket_is_a_plain_text() {
        assert_eq!(expression_text("[f()]"), Some("f()"));
        for (text, plain) in [("[[system]", "[system]"), ("[a", "[a"), ("a]", "a]"), ("[[a", "[[a")] {
            assert_eq!(expression_text(text), None);
            assert_eq!(plain_text(text), plain);
        }
    }
}
