//! Parses a Bicep file. What is wrong in one declaration is said, and the next is read.

mod collection;
mod declaration;
mod expression;
mod types;

use super::lexer::{Lexer, Token, TokenKind, error};
use super::{Syntax, SyntaxError};
use crate::model::limits;

/// What is nested deeper is refused: nobody writes it, and a stack has an end.
pub const MAX_NESTING: u16 = 512;

/// More errors than these are not told of one file.
const MAX_ERRORS: usize = 20;

type Parsed<T> = Result<T, Box<SyntaxError>>;

struct Parser<'a> {
    text: &'a str,
    lexer: Lexer<'a>,
    /// The next token, not yet taken.
    token: Token,
    /// The end of the token that was taken last.
    taken: usize,
    depth: u16,
    /// Where the declaration that is being read begins: its keyword, once that is reached.
    declared: usize,
}

/// Parses a text.
pub fn parse(text: &str) -> Syntax {
    let mut syntax = Syntax::default();
    if let Err(message) = limits::ask_to_parse(text) {
        syntax.errors.push(SyntaxError { at: 0, message });
        return syntax;
    }
    let mut at = 0;
    // Each turn begins behind the start of the last, at a line that looks like a declaration.
    loop {
        let declarations = &mut syntax.declarations;
        let Err((reached, error)) = Parser::starting(text, at).and_then(|parser| parser.declarations(declarations))
        else {
            return syntax;
        };
        syntax.errors.push(*error);
        let Some(next) = next_declaration(text, reached) else { return syntax };
        if syntax.errors.len() == MAX_ERRORS {
            syntax.errors.push(SyntaxError { at: next, message: "too many errors: the rest is not read".to_owned() });
            return syntax;
        }
        at = next;
    }
}

/// The next line, behind the one of this byte, that begins as a declaration does.
fn next_declaration(text: &str, at: usize) -> Option<usize> {
    const WORDS: [&str; 16] = [
        "param",
        "var",
        "resource",
        "module",
        "output",
        "type",
        "func",
        "targetScope",
        "import",
        "metadata",
        "using",
        "extension",
        "provider",
        "assert",
        "extends",
        "test",
    ];
    let begins = |line: &str| {
        let word = line.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(line.len());
        line.starts_with('@') || (WORDS.contains(&&line[..word]) && line[word..].starts_with([' ', '\t']))
    };
    let mut from = at;
    loop {
        from += text[from..].find('\n')? + 1;
        if begins(&text[from..]) {
            return Some(from);
        }
    }
}

impl<'a> Parser<'a> {
    fn starting(text: &'a str, at: usize) -> Result<Parser<'a>, (usize, Box<SyntaxError>)> {
        let start = Token { kind: TokenKind::NewLine, start: at, end: at };
        let mut parser = Parser { text, lexer: Lexer::new(text, at), token: start, taken: at, depth: 0, declared: at };
        match parser.advance() {
            Ok(_) => Ok(parser),
            Err(error) => Err((at, error)),
        }
    }

    /// Takes the next token.
    fn advance(&mut self) -> Parsed<Token> {
        let next = self.lexer.next()?;
        if self.token.kind != TokenKind::NewLine {
            self.taken = self.token.end;
        }
        Ok(std::mem::replace(&mut self.token, next))
    }

    fn at_symbol(&self, symbol: &str) -> bool {
        matches!(self.token.kind, TokenKind::Symbol(own) if own == symbol)
    }

    fn at_word(&self, word: &str) -> bool {
        self.word() == Some(word)
    }

    /// The word that is next.
    fn word(&self) -> Option<&'a str> {
        (self.token.kind == TokenKind::Word).then(|| &self.text[self.token.start..self.token.end])
    }

    /// Takes a symbol, if it is next.
    fn symbol(&mut self, symbol: &str) -> Parsed<bool> {
        let found = self.at_symbol(symbol);
        if found {
            self.advance()?;
        }
        Ok(found)
    }

    fn expect(&mut self, symbol: &str) -> Parsed<()> {
        if self.symbol(symbol)? { Ok(()) } else { Err(self.expected(&format!("'{symbol}'"))) }
    }

    fn identifier(&mut self, what: &str) -> Parsed<String> {
        let word = self.word().ok_or_else(|| self.expected(what))?.to_owned();
        self.advance()?;
        Ok(word)
    }

    /// A text without holes.
    fn plain_text(&mut self, what: &str) -> Parsed<String> {
        if !matches!(self.token.kind, TokenKind::Text(_)) {
            return Err(self.expected(what));
        }
        match self.advance()?.kind {
            TokenKind::Text(text) => Ok(text),
            _ => Err(self.expected(what)),
        }
    }

    fn skip_lines(&mut self) -> Parsed<()> {
        while self.token.kind == TokenKind::NewLine {
            self.advance()?;
        }
        Ok(())
    }

    /// Parses something that is nested one level deeper.
    fn nested<T>(&mut self, parse: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.depth == MAX_NESTING {
            return Err(self.too_deep());
        }
        self.depth += 1;
        let parsed = parse(self);
        self.depth -= 1;
        parsed
    }

    fn too_deep(&self) -> Box<SyntaxError> {
        error(self.token.start, format!("nested deeper than {MAX_NESTING} levels: simplify it"))
    }

    fn expected(&self, what: &str) -> Box<SyntaxError> {
        let found = match &self.token.kind {
            TokenKind::End => "the end of the file".to_owned(),
            TokenKind::NewLine => "the end of the line".to_owned(),
            TokenKind::Symbol(symbol) => format!("'{symbol}'"),
            TokenKind::Word => format!("'{}'", self.word().unwrap_or_default()),
            TokenKind::Number(number) => number.to_string(),
            _ => "a text".to_owned(),
        };
        // The end of a line is told where the line ends, not where the next token is.
        let at = if self.token.kind == TokenKind::NewLine { self.taken } else { self.token.start };
        error(at, format!("expected {what}, found {found}"))
    }
}

#[cfg(test)]
mod tests;
