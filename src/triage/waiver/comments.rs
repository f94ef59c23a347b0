//! Finds the comments of a source file, line by line, and tells them from what only looks like one in a string.

use crate::model::text_file::TextFile;

/// What a line holds, but for blanks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Holds {
    /// Nothing.
    #[default]
    Nothing,
    /// A comment, or the inside of one.
    Comment,
    /// Something else, whether a comment follows or not.
    Code,
}

/// The comments of a file.
#[derive(Debug, Default, PartialEq)]
pub struct Comments<'a> {
    /// Line, from 1, and text without the comment's marks; a comment of several lines is here line by line.
    pub lines: Vec<(u32, &'a str)>,
    /// What each line holds, from line 1.
    pub holds: Vec<Holds>,
    /// Blocks and lists that stand on more than one line: where each opens and closes, the inner before the outer.
    pub blocks: Vec<(u32, u32)>,
}

impl Comments<'_> {
    /// The lines on which the blocks and lists open that a line stands in, the innermost first.
    pub fn openers(&self, line: u32) -> impl Iterator<Item = u32> {
        self.blocks.iter().filter(move |(open, close)| *open < line && line <= *close).map(|(open, _)| *open)
    }
}

/// How a language writes comments and strings.
#[derive(Clone, Copy)]
struct Syntax {
    /// `#` begins a comment.
    hash: bool,
    /// What a string stands in.
    quote: u8,
    /// A string ends at the end of its line at the latest.
    short_strings: bool,
    /// Strings hold expressions in `${…}`.
    templates: bool,
    /// `<<EOT`
    heredocs: bool,
    /// `'''…'''`
    triple: bool,
}

const HCL: Syntax =
    Syntax { hash: true, quote: b'"', short_strings: true, templates: true, heredocs: true, triple: false };
const BICEP: Syntax =
    Syntax { hash: false, quote: b'\'', short_strings: true, templates: true, heredocs: false, triple: true };
/// ARM's JSON: strings may run over several lines.
const JSON: Syntax =
    Syntax { hash: false, quote: b'"', short_strings: false, templates: false, heredocs: false, triple: false };

/// Whether a file is JSON, whose members can be comments.
pub fn is_json(path: &str) -> bool {
    path.to_lowercase().ends_with(".json")
}

/// The comments of a file, by the language that its name tells.
pub fn comments(file: &TextFile) -> Comments<'_> {
    let name = file.path.to_lowercase();
    let ends = |endings: &[&str]| endings.iter().any(|ending| name.ends_with(ending));
    let syntax = match () {
        () if ends(&[".tf", ".tfvars", ".hcl", ".tofu"]) => HCL,
        () if ends(&[".bicep", ".bicepparam"]) => BICEP,
        () => JSON,
    };
    let mut scanner = Scanner {
        text: &file.text,
        bytes: file.text.as_bytes(),
        at: 0,
        found: Comments::default(),
        open: Vec::new(),
        syntax,
    };
    scanner.found.holds.push(Holds::Nothing);
    scanner.run();
    scanner.found
}

/// Where the scanner is.
enum Inside {
    /// An expression within a string, and how many braces are open in it.
    Expression(usize),
    /// A string in quotes.
    Quotes,
}

struct Scanner<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    found: Comments<'a>,
    /// The lines of the brackets that are open.
    open: Vec<u32>,
    syntax: Syntax,
}

impl Scanner<'_> {
    fn run(&mut self) {
        let mut stack: Vec<Inside> = Vec::new();
        while self.at < self.bytes.len() {
            match stack.last_mut() {
                Some(Inside::Quotes) => self.quoted(&mut stack),
                Some(Inside::Expression(open)) => match self.bytes[self.at] {
                    b'}' if *open == 0 => {
                        stack.pop();
                        self.code(1);
                    }
                    b'}' => {
                        *open -= 1;
                        self.code(1);
                    }
                    b'{' => {
                        *open += 1;
                        self.code(1);
                    }
                    _ => self.plain(&mut stack),
                },
                None => self.plain(&mut stack),
            }
        }
    }

    /// One step outside strings.
    fn plain(&mut self, stack: &mut Vec<Inside>) {
        let syntax = self.syntax;
        match self.bytes[self.at] {
            b'/' if self.starts("//") => self.line_comment(2),
            b'/' if self.starts("/*") => self.block_comment(),
            b'#' if syntax.hash => self.line_comment(1),
            b'\'' if syntax.triple && self.starts("'''") => self.triple(),
            byte if byte == syntax.quote => {
                self.code(1);
                stack.push(Inside::Quotes);
            }
            b'<' if syntax.heredocs && self.starts("<<") => self.heredoc(),
            b'{' | b'[' | b'(' if stack.is_empty() => {
                self.open.push(self.line());
                self.code(1);
            }
            b'}' | b']' | b')' if stack.is_empty() => {
                let line = self.line();
                if let Some(open) = self.open.pop().filter(|open| *open < line) {
                    self.found.blocks.push((open, line));
                }
                self.code(1);
            }
            _ => self.code(1),
        }
    }

    fn line(&self) -> u32 {
        u32::try_from(self.found.holds.len()).unwrap_or(u32::MAX)
    }

    /// One step within a string.
    fn quoted(&mut self, stack: &mut Vec<Inside>) {
        let syntax = self.syntax;
        match self.bytes[self.at] {
            b'\\' => {
                // A line break is not escaped: the line has to be counted.
                let escaped = self.bytes.get(self.at + 1).is_some_and(|byte| *byte != b'\n');
                self.code(1 + usize::from(escaped));
            }
            byte if byte == syntax.quote => {
                stack.pop();
                self.code(1);
            }
            b'\n' if syntax.short_strings => {
                // It was not ended. What follows is read as if it had been.
                stack.clear();
                self.code(1);
            }
            b'$' | b'%' if syntax.heredocs && (self.starts("$${") || self.starts("%%{")) => self.code(3),
            b'$' if syntax.templates && self.starts("${") => {
                self.code(2);
                stack.push(Inside::Expression(0));
            }
            b'%' if syntax.heredocs && self.starts("%{") => {
                self.code(2);
                stack.push(Inside::Expression(0));
            }
            _ => self.code(1),
        }
    }

    fn starts(&self, word: &str) -> bool {
        self.bytes[self.at..].starts_with(word.as_bytes())
    }

    /// Takes this many bytes that are no comment.
    fn code(&mut self, count: usize) {
        let end = (self.at + count).min(self.bytes.len());
        for index in self.at..end {
            match self.bytes[index] {
                b'\n' => self.found.holds.push(Holds::Nothing),
                byte if byte.is_ascii_whitespace() => {}
                _ => self.hold(Holds::Code),
            }
        }
        self.at = end;
    }

    fn hold(&mut self, what: Holds) {
        if let Some(line) = self.found.holds.last_mut().filter(|line| **line != Holds::Code) {
            *line = what;
        }
    }

    /// The rest of this line, from an offset on, as a comment of at most this end.
    fn comment(&mut self, start: usize, end: usize) {
        self.hold(Holds::Comment);
        let line = self.line();
        self.found.lines.push((line, self.text[start..end].trim()));
        self.at = end;
    }

    fn line_end(&self, from: usize) -> usize {
        self.text[from..].find('\n').map_or(self.text.len(), |length| from + length)
    }

    fn line_comment(&mut self, mark: usize) {
        let end = self.line_end(self.at);
        self.comment(self.at + mark, end);
    }

    fn block_comment(&mut self) {
        let mut start = self.at + 2;
        let (end, next) = match self.text[start..].find("*/") {
            Some(length) => (start + length, start + length + 2),
            None => (self.text.len(), self.text.len()),
        };
        loop {
            let stop = self.line_end(start).min(end);
            self.comment(start, stop);
            if stop == end {
                break;
            }
            self.found.holds.push(Holds::Nothing);
            start = stop + 1;
        }
        self.at = next;
    }

    /// `'''` up to the last of the quotes that end it: what is before those belongs to the string.
    fn triple(&mut self) {
        let start = self.at + 3;
        let end = self.text[start..].find("'''").map_or(self.text.len(), |length| start + length + 3);
        let quotes = self.bytes[end..].iter().take_while(|byte| **byte == b'\'').count();
        self.code(end + quotes - self.at);
    }

    /// From `<<EOT` or `<<-EOT` to the line that says `EOT` and no more.
    fn heredoc(&mut self) {
        let end = self.line_end(self.at);
        let label = self.text[self.at + 2..end].trim_start_matches('-').trim();
        let is_label = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
        if label.is_empty() || !label.chars().all(is_label) {
            return self.code(2);
        }
        let mut line = end + 1;
        while line < self.text.len() {
            let stop = self.line_end(line);
            if self.text[line..stop].trim() == label {
                return self.code(stop - self.at);
            }
            line = stop + 1;
        }
        self.code(self.bytes.len() - self.at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> Vec<(u32, String)> {
        let file = TextFile::new(path, text);
        comments(&file).lines.into_iter().map(|(line, text)| (line, text.to_owned())).collect()
    }

    fn lines(path: &str, text: &str) -> Vec<u32> {
        found(path, text).into_iter().map(|(line, _)| line).collect()
    }

    #[test]
    fn comments_are_found_and_strings_are_not() {
        let hcl = "# one\na = \"# no\" // two\nb = \"${c == \"//\" ? \"#\" : \"}\"} # no\" /* three\n\nfour */ c = 1 # five\n";
        assert_eq!(
            found("main.tf", hcl),
            [(1, "one"), (2, "two"), (3, "three"), (4, ""), (5, "four"), (5, "five")].map(|(l, t)| (l, t.to_owned()))
        );
        assert_eq!(lines("main.tf", "a = <<-EOT\n  # no\n  /* no\n  EOT\n# yes\n"), [5]);
        assert_eq!(
            lines("main.tf", "a = 1 << 2 # yes\nb = \"$${ # no\" # yes\nc = \"%{ if x }#no%{ endif }\"\n"),
            [1, 2]
        );
        assert_eq!(lines("main.tf", "a = \"never ended # no\n# yes\n"), [2]);
        let bicep = "var a = '// no ${b ? '//' : '''no'''} // no' // yes\nvar c = '''\n// no\n''''\n/* yes */\n# no\n";
        assert_eq!(lines("main.bicep", bicep), [1, 5]);
        let json = "{ // yes\n  \"a\": \"// no \\\" // no\n// no\", /* yes */\n  # no\n  \"b\": \"${\" // yes\n}";
        assert_eq!(lines("main.json", json), [1, 3, 5]);
    }

    #[test]
    fn each_line_holds_something() {
        let file = TextFile::new("a.bicep", "// x\r\n\r\nvar a = 1 // y\n/*\n\n*/ var b = 2\n");
        use Holds::{Code, Comment, Nothing};
        assert_eq!(comments(&file).holds, [Comment, Nothing, Code, Comment, Comment, Code, Nothing]);
    }

    #[test]
    fn what_is_broken_ends() {
        for text in [
            "/*",
            "'''",
            "\"",
            "\"${",
            "\"${\"${\"${",
            "<<",
            "<<EOT",
            "<<EOT\n",
            "\"\\",
            "//",
            "#",
            "/*\n*",
            "''''''",
            "é# ü",
            "\"\\é",
        ] {
            for path in ["a.tf", "a.bicep", "a.json"] {
                let file = TextFile::new(path, text);
                assert_eq!(comments(&file).holds.len(), text.split('\n').count(), "{path}: {text}");
            }
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_has_a_word_for_each_line(text in "[#/*'\"${}<EOT\\\\é \n%]{0,60}") {
            for path in ["a.tf", "a.bicep", "a.json"] {
                let file = TextFile::new(path, text.as_str());
                let found = comments(&file);
                proptest::prop_assert_eq!(found.holds.len(), text.split('\n').count());
                proptest::prop_assert!(found.lines.iter().all(|(line, _)| *line as usize <= found.holds.len()));
            }
        }
    }
}
