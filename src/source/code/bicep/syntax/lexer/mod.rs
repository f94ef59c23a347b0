//! Tokens of a Bicep text, one at a time.

use super::SyntaxError;

/// A token and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

/// What a token is.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)]
pub enum TokenKind {
    Word,
    Number(i64),
    /// A text without holes.
    Text(String),
    /// The text up to the first hole.
    TextStart(String),
    /// The text between two holes.
    TextMiddle(String),
    /// The text after the last hole.
    TextEnd(String),
    Symbol(&'static str),
    /// One line end or more, with what blanks and comments are between and after them.
    NewLine,
    End,
}

/// Longest first.
const SYMBOLS: [&str; 36] = [
    "...", "=>", "==", "=~", "!=", "!~", "<=", ">=", "&&", "||", "??", ".?", "[?", "::", "(", ")", "[", "]", "{", "}",
    ",", ".", ":", "?", "=", "!", "<", ">", "+", "-", "*", "/", "%", "|", "@", "^",
];

/// How a text is written, which says where it ends.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Quotes {
    /// `'…'`.
    One,
    /// `'''…'''`, with so many `$` before it.
    Three { dollars: usize },
}

/// What a closing brace closes.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Open {
    Brace,
    Hole(Quotes),
}

/// Reads tokens from a text.
#[derive(Debug, Clone)]
pub struct Lexer<'a> {
    text: &'a str,
    /// The next byte to read.
    pub at: usize,
    open: Vec<Open>,
}

impl<'a> Lexer<'a> {
    /// From a byte of a text on, as if a declaration began there.
    pub fn new(text: &'a str, at: usize) -> Lexer<'a> {
        Lexer { text, at, open: Vec::new() }
    }

    /// What is not yet read.
    pub fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    /// The next token; after the last one, [`TokenKind::End`] again and again.
    ///
    /// # Errors
    /// There is none that Bicep knows.
    pub fn next(&mut self) -> Result<Token, Box<SyntaxError>> {
        let before = self.at;
        if self.skip_blanks()? {
            return Ok(Token { kind: TokenKind::NewLine, start: before, end: self.at });
        }
        let start = self.at;
        let kind = self.read(start)?;
        Ok(Token { kind, start, end: self.at })
    }

    fn read(&mut self, start: usize) -> Result<TokenKind, Box<SyntaxError>> {
        let rest = self.rest();
        let Some(first) = rest.chars().next() else { return Ok(TokenKind::End) };
        if first.is_ascii_alphabetic() || first == '_' {
            let length = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len());
            self.at += length;
            return Ok(TokenKind::Word);
        }
        if first.is_ascii_digit() {
            let length = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
            self.at += length;
            let number = rest[..length].parse().map_err(|_| error(start, "this number is too large"))?;
            return Ok(TokenKind::Number(number));
        }
        let dollars = rest.find(|c| c != '$').unwrap_or(rest.len());
        if rest[dollars..].starts_with("'''") {
            self.at += dollars + 3;
            // The line end right after the opening quotes is not part of the text.
            let line_end = ["\r\n", "\n"].iter().find(|end| self.rest().starts_with(**end));
            self.at += line_end.map_or(0, |end| end.len());
            return self.text_from(start, Quotes::Three { dollars }, true);
        }
        if first == '\'' {
            self.at += 1;
            return self.text_from(start, Quotes::One, true);
        }
        let Some(symbol) = SYMBOLS.into_iter().find(|symbol| rest.starts_with(symbol)) else {
            return Err(error(start, format!("'{}' has no meaning here", first.escape_debug())));
        };
        self.at += symbol.len();
        match symbol {
            "{" => self.open.push(Open::Brace),
            "}" => {
                if let Some(Open::Hole(quotes)) = self.open.pop() {
                    return self.text_from(start, quotes, false);
                }
            }
            _ => {}
        }
        Ok(TokenKind::Symbol(symbol))
    }

    /// Skips blanks and comments, and says whether a line ended among them.
    fn skip_blanks(&mut self) -> Result<bool, Box<SyntaxError>> {
        let mut line_ended = false;
        loop {
            let rest = self.rest();
            let Some(first) = rest.chars().next() else { return Ok(line_ended) };
            let line = || rest.find('\n').unwrap_or(rest.len());
            match first {
                '\n' => {
                    line_ended = true;
                    self.at += 1;
                }
                _ if first.is_whitespace() || first == '\u{feff}' => self.at += first.len_utf8(),
                // A directive such as #disable-next-line.
                '#' => self.at += line(),
                '/' if rest.starts_with("//") => self.at += line(),
                '/' if rest.starts_with("/*") => {
                    let end = rest[2..].find("*/");
                    let end = end.ok_or_else(|| error(self.at, "this comment has no end: close it with */"))?;
                    self.at += 2 + end + 2;
                }
                _ => return Ok(line_ended),
            }
        }
    }

    /// Reads a text from behind its opening quote, or from behind a hole, to its end or the next hole.
    fn text_from(&mut self, start: usize, quotes: Quotes, first: bool) -> Result<TokenKind, Box<SyntaxError>> {
        let mut text = String::new();
        let opens = self.at;
        loop {
            let rest = self.rest();
            let Some(next) = rest.chars().next() else {
                return Err(error(start, "this text has no end: close its quotes"));
            };
            match (quotes, next) {
                (Quotes::One, '\'') => {
                    self.at += 1;
                    break;
                }
                (Quotes::One, '\n' | '\r') => {
                    return Err(error(start, "this text has no end on its line: close its quote, or use '''"));
                }
                (Quotes::One, '\\') => self.escape(&mut text)?,
                (Quotes::One, '$') if rest.starts_with("${") => return Ok(self.hole(2, text, quotes, first)),
                (Quotes::Three { dollars }, '$') if dollars > 0 => {
                    let run = rest.find(|c| c != '$').unwrap_or(rest.len());
                    if run >= dollars && rest[run..].starts_with('{') {
                        text.push_str(&rest[..run - dollars]);
                        return Ok(self.hole(run + 1, text, quotes, first));
                    }
                    text.push_str(&rest[..run]);
                    self.at += run;
                }
                (Quotes::Three { .. }, '\'') if rest.starts_with("'''") => {
                    // The last three of a run of quotes are the end.
                    let run = rest.find(|c| c != '\'').unwrap_or(rest.len());
                    text.push_str(&rest[..run - 3]);
                    self.at += run;
                    break;
                }
                (_, other) => {
                    text.push(other);
                    self.at += other.len_utf8();
                }
            }
        }
        debug_assert!(self.at >= opens, "a text is read forwards");
        Ok(if first { TokenKind::Text(text) } else { TokenKind::TextEnd(text) })
    }

    fn hole(&mut self, length: usize, text: String, quotes: Quotes, first: bool) -> TokenKind {
        self.at += length;
        self.open.push(Open::Hole(quotes));
        if first { TokenKind::TextStart(text) } else { TokenKind::TextMiddle(text) }
    }

    fn escape(&mut self, text: &mut String) -> Result<(), Box<SyntaxError>> {
        let at = self.at;
        let wrong = || error(at, r"\ begins one of \\, \', \n, \r, \t, \$ and \u{…}; write \\ for a backslash");
        let mut rest = self.rest().chars();
        rest.next();
        let (character, length) = match rest.next().ok_or_else(wrong)? {
            'n' => ('\n', 2),
            'r' => ('\r', 2),
            't' => ('\t', 2),
            same @ ('\\' | '\'' | '$') => (same, 2),
            'u' => {
                let (code, length) = code_point(rest.as_str()).ok_or_else(wrong)?;
                match char::from_u32(code) {
                    Some(character) => (character, 2 + length),
                    // Half of a character: the other half follows.
                    None => {
                        let low = rest.as_str()[length..].strip_prefix("\\u").and_then(code_point);
                        let (low, more) = low.filter(|(low, _)| (0xDC00..0xE000).contains(low)).ok_or_else(wrong)?;
                        let whole = (0xD800..0xDC00).contains(&code).then(|| (code - 0xD800) << 10 | (low - 0xDC00));
                        let whole = whole.and_then(|whole| char::from_u32(0x10000 + whole)).ok_or_else(wrong)?;
                        (whole, 2 + length + 2 + more)
                    }
                }
            }
            _ => return Err(wrong()),
        };
        text.push(character);
        self.at += length;
        Ok(())
    }
}

/// `{1F600}`: the number, and the length of the whole.
fn code_point(text: &str) -> Option<(u32, usize)> {
    let digits = text.strip_prefix('{')?.split_once('}')?.0;
    Some((u32::from_str_radix(digits, 16).ok()?, digits.len() + 2))
}

/// An error at a byte.
pub fn error(at: usize, message: impl Into<String>) -> Box<SyntaxError> {
    Box::new(SyntaxError { at, message: message.into() })
}

#[cfg(test)]
mod tests;
