//! The parser's state: where it is in the text, what it skips, how deep it is.

use super::{Body, ByteSpan, Expr, ExprKind, MAX_HEIGHT, MAX_NESTING, Part, Step};
use crate::model::limits;

/// Why a text is not Terraform's language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    /// The byte where it was noticed.
    pub offset: usize,
    /// What is wrong, and what to do.
    pub message: String,
}

/// Parses the text of a `.tf` or `.tfvars` file. `file` goes into every span.
///
/// # Errors
/// It is no such text, or nested too deep.
pub fn parse(text: &str, file: u32) -> Result<Body, SyntaxError> {
    limits::ask_to_parse(text).map_err(|message| SyntaxError { offset: 0, message })?;
    let mut parser = Parser::new(text, file);
    let body = parser.body(true)?;
    Ok(body)
}

/// Parses one expression, such as a type that JSON gives as a text.
///
/// # Errors
/// It is none.
pub fn parse_expression(text: &str, at: ByteSpan) -> Result<Expr, SyntaxError> {
    let mut parser = Parser::new(text, at.file);
    parser.fixed = Some(at);
    parser.across_lines = true;
    let expression = parser.expression()?;
    parser.skip();
    match parser.at_end() {
        true => Ok(expression),
        false => Err(parser.error("one expression was expected, and something follows it")),
    }
}

/// Parses a text that is one template, as a file of `templatefile` is.
///
/// # Errors
/// It is none.
pub fn parse_template(text: &str, at: ByteSpan) -> Result<Expr, SyntaxError> {
    let mut parser = Parser::new(text, at.file);
    parser.fixed = Some(at);
    let kind = parser.whole_template()?;
    parser.expr(at, kind)
}

pub(super) type Parsed<T> = Result<T, SyntaxError>;

/// How many expressions may be within one another, brackets or not.
const MAX_DEPTH: usize = 3 * MAX_NESTING;

pub(super) struct Parser<'t> {
    pub text: &'t str,
    pub pos: usize,
    /// One past the last byte to read: a heredoc or a JSON string ends before the text does.
    pub end: usize,
    file: u32,
    /// What to add to an offset for the place in the file.
    pub base: usize,
    /// The place of everything, where offsets into the text say nothing: a JSON string with escapes.
    pub fixed: Option<ByteSpan>,
    /// Whether a line's end is a blank, as it is within brackets.
    pub across_lines: bool,
    brackets: usize,
    depth: usize,
}

impl<'t> Parser<'t> {
    pub fn new(text: &'t str, file: u32) -> Parser<'t> {
        Parser { text, pos: 0, end: text.len(), file, base: 0, fixed: None, across_lines: false, brackets: 0, depth: 0 }
    }

    pub fn error(&self, message: impl Into<String>) -> SyntaxError {
        let offset = self.fixed.map_or(self.base + self.pos, |span| span.start as usize);
        SyntaxError { offset, message: message.into() }
    }

    pub fn span(&self, start: usize, end: usize) -> ByteSpan {
        let offset = |at: usize| u32::try_from(self.base + at).unwrap_or(u32::MAX);
        self.fixed.unwrap_or(ByteSpan { file: self.file, start: offset(start), end: offset(end) })
    }

    /// From `start` to where the parser is.
    pub fn since(&self, start: usize) -> ByteSpan {
        self.span(start, self.pos)
    }

    pub fn rest(&self) -> &'t str {
        self.text.get(self.pos..self.end).unwrap_or("")
    }

    pub fn at_end(&self) -> bool {
        self.pos >= self.end
    }

    pub fn peek(&self) -> Option<u8> {
        self.text.as_bytes()[..self.end].get(self.pos).copied()
    }

    /// Takes a symbol, where it comes next.
    pub fn eat(&mut self, symbol: &str) -> bool {
        let found = self.rest().starts_with(symbol);
        if found {
            self.pos += symbol.len();
        }
        found
    }

    pub fn expect(&mut self, symbol: &str, wherefore: &str) -> Parsed<()> {
        match self.eat(symbol) {
            true => Ok(()),
            false => Err(self.error(format!("`{symbol}` was expected {wherefore}, not {}", self.found()))),
        }
    }

    /// What comes next, for a message.
    pub fn found(&self) -> String {
        match self.rest().chars().next() {
            None => "the end of the text".to_owned(),
            Some('/') if self.rest().starts_with("/*") => "a comment without its `*/`".to_owned(),
            Some('\n' | '\r') => "the end of the line".to_owned(),
            Some(other) => format!("`{}`", other.escape_debug()),
        }
    }

    /// Whether the line ends here, whichever way lines end.
    pub fn at_line_end(&self) -> bool {
        matches!(self.peek(), Some(b'\r' | b'\n'))
    }

    /// One call of the parser within another, as far as that is allowed.
    pub fn nested<T>(&mut self, parse: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.depth >= MAX_DEPTH {
            return Err(self.error("the expression is too long; split it with locals"));
        }
        self.depth += 1;
        let parsed = parse(self);
        self.depth -= 1;
        parsed
    }

    /// What stands in brackets, where a line's end is a blank; or in braces, where it is none.
    pub fn with_lines<T>(&mut self, across: bool, parse: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.brackets >= MAX_NESTING {
            return Err(self.error(format!("it is nested deeper than {MAX_NESTING} levels; write it flatter")));
        }
        self.brackets += 1;
        let before = std::mem::replace(&mut self.across_lines, across);
        let parsed = parse(self);
        self.across_lines = before;
        self.brackets -= 1;
        parsed
    }

    /// Skips blanks and comments; line ends too, where they are blanks.
    pub fn skip(&mut self) {
        let lines = self.across_lines;
        self.skip_blanks(lines);
    }

    /// Skips blanks, comments and line ends.
    pub fn skip_lines(&mut self) {
        self.skip_blanks(true);
    }

    fn skip_blanks(&mut self, lines: bool) {
        while let Some(byte) = self.peek() {
            match byte {
                b' ' | b'\t' => self.pos += 1,
                b'\r' | b'\n' if lines => self.pos += 1,
                b'#' => self.skip_to_line_end(),
                b'/' if self.rest().starts_with("//") => self.skip_to_line_end(),
                b'/' if self.rest().starts_with("/*") => match self.rest().find("*/") {
                    Some(length) => self.pos += length + 2,
                    // It is not closed: what comes next is an error.
                    None => return,
                },
                _ => return,
            }
        }
    }

    fn skip_to_line_end(&mut self) {
        self.pos = self.rest().find('\n').map_or(self.end, |length| self.pos + length);
    }

    /// A name, where one comes next.
    pub fn name(&mut self) -> Option<&'t str> {
        let rest = self.rest();
        if !rest.starts_with(|first: char| first.is_alphabetic() || first == '_') {
            return None;
        }
        let inner = |other: char| other.is_alphanumeric() || other == '_' || other == '-';
        let name = &rest[..rest.find(|other| !inner(other)).unwrap_or(rest.len())];
        self.pos += name.len();
        Some(name)
    }

    /// The name that comes next, without taking it.
    pub fn peek_name(&mut self) -> Option<&'t str> {
        let before = self.pos;
        let name = self.name();
        self.pos = before;
        name
    }

    /// An expression, unless its tree is too high.
    pub fn expr(&self, span: ByteSpan, kind: ExprKind) -> Parsed<Expr> {
        let height = 1 + height(&kind);
        match height > MAX_HEIGHT {
            true => Err(self.error("the expression is too long; split it with locals")),
            false => Ok(Expr { span, kind, height }),
        }
    }
}

fn height(kind: &ExprKind) -> u16 {
    let of = |expressions: &mut dyn Iterator<Item = &Expr>| expressions.map(|inner| inner.height).max().unwrap_or(0);
    match kind {
        ExprKind::Null | ExprKind::Bool(_) | ExprKind::Number(_) | ExprKind::String(_) | ExprKind::Name(_) => 0,
        ExprKind::Template(parts) => of_parts(parts),
        ExprKind::List(items) | ExprKind::Call(_, items, _) => of(&mut items.iter()),
        ExprKind::Object(members) => of(&mut members.iter().flat_map(|(key, value)| [key, value])),
        ExprKind::Path(of, steps) => {
            let index = |step: &Step| match step {
                Step::Index(index) => index.height,
                _ => 0,
            };
            steps.iter().map(index).max().unwrap_or(0).max(of.height)
        }
        ExprKind::Not(inner) | ExprKind::Minus(inner) => inner.height,
        ExprKind::Binary(_, sides) => sides.0.height.max(sides.1.height),
        ExprKind::Conditional(three) => of(&mut [&three.0, &three.1, &three.2].into_iter()),
        ExprKind::For(inner) => {
            let optional = inner.name.iter().chain(&inner.condition);
            of(&mut [&inner.over, &inner.result].into_iter().chain(optional))
        }
    }
}

/// Directives within one another are nested, so the parser's own limit holds here.
fn of_parts(parts: &[Part]) -> u16 {
    let one = |part: &Part| match part {
        Part::Text(_) => 0,
        Part::Value(value) => value.height,
        Part::If(condition, yes, no) => 1 + condition.height.max(of_parts(yes)).max(of_parts(no)),
        Part::For(_, _, over, each) => 1 + over.height.max(of_parts(each)),
    };
    parts.iter().map(one).max().unwrap_or(0)
}
