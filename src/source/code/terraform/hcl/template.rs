//! Texts: quoted strings, heredocs, and the interpolations and directives within them.

use super::parser::{Parsed, Parser};
use super::{Expr, ExprKind, Part};

/// Where a template ends, and what its text is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum TemplateKind {
    /// At the closing quote; with escapes.
    Quoted,
    /// At the end of the parser's text; as written, but for this many blanks at each line's start.
    Raw { indent: usize },
}

/// How a list of parts ended.
#[derive(PartialEq, Eq)]
enum PartsEnd {
    Text,
    Else,
    EndIf,
    EndFor,
}

impl Parser<'_> {
    /// `"…"`.
    pub fn quoted(&mut self) -> Parsed<Expr> {
        let start = self.pos;
        self.pos += 1;
        let parts = self.template(TemplateKind::Quoted)?;
        self.expect("\"", "to close the text")?;
        let span = self.since(start);
        self.expr(span, folded(parts))
    }

    /// A label: a text without interpolation.
    pub fn plain_string(&mut self) -> Parsed<String> {
        match self.quoted()?.kind {
            ExprKind::String(text) => Ok(text),
            _ => Err(self.error("a label must be a plain text")),
        }
    }

    /// All of the parser's text is one template.
    pub fn whole_template(&mut self) -> Parsed<ExprKind> {
        Ok(folded(self.template(TemplateKind::Raw { indent: 0 })?))
    }

    /// `<<NAME … NAME`.
    pub fn heredoc(&mut self) -> Parsed<Expr> {
        let start = self.pos;
        self.pos += 2;
        let flush = self.eat("-");
        let Some(mark) = self.name() else { return Err(self.error("a name was expected after `<<`")) };
        let line_end = self.rest().find('\n').map(|length| self.pos + length + 1);
        let Some(body) = line_end.filter(|end| self.text[self.pos..*end].trim().is_empty()) else {
            return Err(self.error("a line's end was expected after the heredoc's name"));
        };
        let mut close = body;
        let after = loop {
            let Some(line) = self.text[close..self.end].split_inclusive('\n').next() else {
                self.pos = start;
                return Err(self.error(format!("the heredoc is not closed; a line with only `{mark}` is missing")));
            };
            if line.trim() == mark {
                break close + line.trim_end().len();
            }
            close += line.len();
        };
        let indent = if flush { indent_of(&self.text[body..close]) } else { 0 };
        let whole_end = std::mem::replace(&mut self.end, close);
        self.pos = body;
        let parts = self.template(TemplateKind::Raw { indent });
        self.end = whole_end;
        let parts = parts?;
        self.pos = after;
        let span = self.since(start);
        self.expr(span, folded(parts))
    }

    fn template(&mut self, kind: TemplateKind) -> Parsed<Vec<Part>> {
        let (parts, ended) = self.parts(kind)?;
        match ended {
            PartsEnd::Text => Ok(parts),
            _ => Err(self.error("a template directive ends here that does not begin")),
        }
    }

    fn parts(&mut self, kind: TemplateKind) -> Parsed<(Vec<Part>, PartsEnd)> {
        let mut parts: Vec<Part> = Vec::new();
        let mut text = String::new();
        let mut trim = false;
        loop {
            self.text_of_template(kind, &mut text, std::mem::take(&mut trim))?;
            let directive = match self.rest().as_bytes() {
                [b'$', b'{', ..] => false,
                [b'%', b'{', ..] => true,
                _ => {
                    parts.push(Part::Text(text));
                    return Ok((parts, PartsEnd::Text));
                }
            };
            self.pos += 2;
            if self.eat("~") {
                let line = match kind {
                    TemplateKind::Raw { .. } => last_line(&text),
                    TemplateKind::Quoted => 0,
                };
                text.truncate(line + text[line..].trim_end().len());
            }
            if !text.is_empty() {
                parts.push(Part::Text(std::mem::take(&mut text)));
            }
            if !directive {
                let value = self.with_lines(true, |parser| {
                    parser.skip();
                    let value = parser.expression()?;
                    parser.skip();
                    Ok(value)
                })?;
                trim = self.close()?;
                parts.push(Part::Value(value));
                continue;
            }
            match self.with_lines(true, |parser| parser.directive(kind))? {
                Directive::Part(part) => parts.push(part),
                Directive::PartsEnd(ended) => return Ok((parts, ended)),
            }
        }
    }

    /// `~}` or `}`, and whether blanks after it go.
    fn close(&mut self) -> Parsed<bool> {
        let trim = self.eat("~");
        self.expect("}", "to close the interpolation")?;
        Ok(trim)
    }

    fn directive(&mut self, kind: TemplateKind) -> Parsed<Directive> {
        self.skip();
        let word = self.name();
        self.skip();
        let ended = match word {
            Some("if") => return self.if_directive(kind),
            Some("for") => return self.for_directive(kind),
            Some("else") => PartsEnd::Else,
            Some("endif") => PartsEnd::EndIf,
            Some("endfor") => PartsEnd::EndFor,
            _ => return Err(self.error("`if`, `else`, `endif`, `for` or `endfor` was expected after `%{`")),
        };
        self.close_directive(kind)?;
        Ok(Directive::PartsEnd(ended))
    }

    fn close_directive(&mut self, kind: TemplateKind) -> Parsed<()> {
        self.skip();
        if self.close()? {
            let rest = self.rest();
            let blanks = &rest[..rest.len() - rest.trim_start().len()];
            self.pos += match (kind, blanks.find('\n')) {
                (TemplateKind::Raw { .. }, Some(end)) => end + 1,
                _ => blanks.len(),
            };
        }
        Ok(())
    }

    fn if_directive(&mut self, kind: TemplateKind) -> Parsed<Directive> {
        let condition = self.expression()?;
        self.close_directive(kind)?;
        let (yes, ended) = self.parts(kind)?;
        let (no, ended) = if ended == PartsEnd::Else { self.parts(kind)? } else { (Vec::new(), ended) };
        match ended {
            PartsEnd::EndIf => Ok(Directive::Part(Part::If(condition, yes, no))),
            _ => Err(self.error("`%{ endif }` is missing")),
        }
    }

    fn for_directive(&mut self, kind: TemplateKind) -> Parsed<Directive> {
        let expected = |parser: &Self| parser.error("a name was expected in `%{ for … in … }`");
        let (key, value, over) = self.for_head(expected, expected)?;
        self.close_directive(kind)?;
        let (each, ended) = self.parts(kind)?;
        match ended {
            PartsEnd::EndFor => Ok(Directive::Part(Part::For(key, value, over, each))),
            _ => Err(self.error("`%{ endfor }` is missing")),
        }
    }

    /// Takes text up to an interpolation, a directive or the end.
    fn text_of_template(&mut self, kind: TemplateKind, text: &mut String, mut trim: bool) -> Parsed<()> {
        loop {
            let Some(next) = self.rest().chars().next() else { return Ok(()) };
            if trim && next.is_whitespace() {
                self.pos += next.len_utf8();
                // Of a text of lines, no more than the line's end goes.
                trim = next != '\n' || kind == TemplateKind::Quoted;
                continue;
            }
            let trims = std::mem::take(&mut trim);
            if let TemplateKind::Raw { indent: indent @ 1.. } = kind
                && (self.pos == 0 || self.text.as_bytes()[self.pos - 1] == b'\n')
            {
                let line = self.rest().split('\n').next().unwrap_or_default();
                let blanks = line.len() - line.trim_start_matches([' ', '\t']).len();
                if blanks > 0 {
                    self.pos += blanks.min(indent);
                    text.push_str(&line[blanks.min(indent)..blanks]);
                    self.pos += blanks - blanks.min(indent);
                    continue;
                }
            }
            match next {
                '$' | '%' => {
                    let doubled = [next, next, '{'].iter().collect::<String>();
                    if self.eat(&doubled) {
                        text.extend([next, '{']);
                    } else if self.rest()[1..].starts_with('{') {
                        return Ok(());
                    } else {
                        self.pos += 1;
                        text.push(next);
                    }
                }
                '"' if kind == TemplateKind::Quoted => return Ok(()),
                '\n' if kind == TemplateKind::Quoted => {
                    return Err(self.error("the text is not closed; `\"` is missing"));
                }
                '\\' if kind == TemplateKind::Quoted => match self.escape()? {
                    blank if trims && blank.is_whitespace() => trim = true,
                    other => text.push(other),
                },
                // The lines of a text do not depend on how the file ends its own.
                '\r' if self.rest().starts_with("\r\n") => self.pos += 1,
                other => {
                    self.pos += other.len_utf8();
                    text.push(other);
                }
            }
        }
    }

    fn escape(&mut self) -> Parsed<char> {
        let rest = self.rest();
        let (character, length) = match rest.as_bytes().get(1) {
            Some(b'n') => (Some('\n'), 2),
            Some(b'r') => (Some('\r'), 2),
            Some(b't') => (Some('\t'), 2),
            Some(b'"') => (Some('"'), 2),
            Some(b'\\') => (Some('\\'), 2),
            Some(b'u') => (code_point(rest.get(2..6)), 6),
            Some(b'U') => (code_point(rest.get(2..10)), 10),
            _ => (None, 0),
        };
        let character = character.ok_or_else(|| self.error("it is no escape; write `\\\\` for a backslash"))?;
        self.pos += length;
        Ok(character)
    }
}

/// Where the last line of a text begins, its end being its own: what a mark before an interpolation takes blanks from.
fn last_line(text: &str) -> usize {
    text.strip_suffix('\n').unwrap_or(text).rfind('\n').map_or(0, |end| end + 1)
}

enum Directive {
    Part(Part),
    PartsEnd(PartsEnd),
}

fn code_point(digits: Option<&str>) -> Option<char> {
    char::from_u32(u32::from_str_radix(digits?, 16).ok()?)
}

/// The blanks that every line of a heredoc begins with. A line that begins within an interpolation is no line of its.
fn indent_of(body: &str) -> usize {
    let (mut least, mut open) = (None, Vec::new());
    for line in body.lines() {
        if open.is_empty() && !line.trim().is_empty() {
            let own = line.len() - line.trim_start_matches([' ', '\t']).len();
            least = Some(least.map_or(own, |least: usize| least.min(own)));
        }
        follow(line, &mut open);
    }
    least.unwrap_or(0)
}

/// Follows what opens and closes in a line of a heredoc: interpolations, the braces within, and the texts within these.
fn follow(line: &str, open: &mut Vec<u8>) {
    let bytes = line.as_bytes();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let text = matches!(open.last(), None | Some(b'"'));
        match (&bytes[at..], byte) {
            ([b'$', b'$', b'{', ..] | [b'%', b'%', b'{', ..], _) if text => at += 2,
            ([b'$' | b'%', b'{', ..], _) if text => {
                open.push(b'{');
                at += 1;
            }
            (_, b'\\') if !open.is_empty() && text => at += 1,
            (_, b'"') if open.last() == Some(&b'"') => drop(open.pop()),
            (_, b'"' | b'{') if !text => open.push(byte),
            (_, b'}') if !text => drop(open.pop()),
            ([b'/', b'/', ..], _) | (_, b'#') if !text => return,
            _ => {}
        }
        at += 1;
    }
}

/// A template of only text is a text.
fn folded(mut parts: Vec<Part>) -> ExprKind {
    parts.retain(|part| !matches!(part, Part::Text(text) if text.is_empty()));
    match parts.as_mut_slice() {
        [] => ExprKind::String(String::new()),
        [Part::Text(text)] => ExprKind::String(std::mem::take(text)),
        _ => ExprKind::Template(parts),
    }
}
