//! Colours, links and lines of a width, for a terminal that takes them.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use textwrap::WordSplitter;

use crate::model::finding::Severity;

pub const BOLD: Style = Style::new().bold();
pub const DIM: Style = Style::new().dimmed();
pub const UNKNOWN: Style = Style::new().fg_color(Some(anstyle::Color::Ansi(AnsiColor::Magenta)));

/// The columns of a report that is not on a terminal, and the least and most of one that is.
pub const WIDTH: usize = 100;
const NARROWEST: usize = 60;
const WIDEST: usize = 120;

/// What the reader's terminal takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terminal {
    /// Whether it shows colours.
    pub colour: bool,
    /// Whether it opens links, as OSC 8 has them.
    pub links: bool,
    /// Its columns.
    pub width: usize,
}

impl Terminal {
    /// No terminal: a file or a pipe.
    pub const NONE: Terminal = Terminal { colour: false, links: false, width: WIDTH };

    /// A terminal of so many columns.
    pub fn new(colour: bool, links: bool, columns: Option<u16>) -> Terminal {
        let width = columns.map_or(WIDTH, |columns| usize::from(columns).clamp(NARROWEST, WIDEST));
        Terminal { colour, links, width }
    }

    /// Text in a style.
    pub fn paint(self, style: Style, text: &str) -> String {
        if self.colour { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }

    /// Text that leads somewhere. The address may hold anything.
    pub fn link(self, address: &str, text: &str) -> String {
        if !self.links {
            return text.to_owned();
        }
        let mut link = String::from("\u{1b}]8;;");
        for byte in address.bytes() {
            match byte {
                b'!' | b'#'..=b';' | b'=' | b'?'..=b'Z' | b'_' | b'a'..=b'z' | b'~' => link.push(char::from(byte)),
                _ => {
                    let _ = write!(link, "%{byte:02X}");
                }
            }
        }
        link + "\u{1b}\\" + text + "\u{1b}]8;;\u{1b}\\"
    }
}

pub fn severity_style(severity: Severity) -> Style {
    let colour = match severity {
        Severity::Critical | Severity::High => AnsiColor::Red,
        Severity::Medium => AnsiColor::Yellow,
        Severity::Low | Severity::Note => AnsiColor::Cyan,
    };
    Style::new().bold().fg_color(Some(colour.into()))
}

/// Words in lines of so many columns. A word that is longer keeps a line of its own: it may be copied.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let options = textwrap::Options::new(width).break_words(false).word_splitter(WordSplitter::NoHyphenation);
    textwrap::wrap(text, options).into_iter().map(std::borrow::Cow::into_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_holds_nothing_that_ends_it() {
        let terminal = Terminal::new(false, true, None);
        let link = terminal.link("file:///a b/é\u{1b}\\;x%", "here");
        assert_eq!(link, "\u{1b}]8;;file:///a%20b/%C3%A9%1B%5C;x%\u{1b}\\here\u{1b}]8;;\u{1b}\\");
        assert_eq!(Terminal::NONE.link("file:///a", "here"), "here");
    }

    #[test]
    fn the_width_is_the_terminals_within_reason() {
        let width = |columns| Terminal::new(true, true, columns).width;
        assert_eq!([width(None), width(Some(5)), width(Some(90)), width(Some(900))], [100, 60, 90, 120]);
    }
}
