//! The lines of a file that a region lies in, fit to be shown: hostile characters visible, long lines cut.

use std::ops::Range;

use crate::model::finding::Region;
use crate::model::text_file::TextFile;
use crate::model::visible::push_visible_char;

/// A region of more lines than this is shown by its first.
const MAX_LINES: u32 = 6;

/// A line of more characters than this is cut around the region.
const MAX_CHARACTERS: usize = 120;

/// How many characters before the region stay.
const BEFORE: usize = 40;

/// Lines of a file, and the region in them.
#[derive(Debug, PartialEq, Eq)]
pub struct Excerpt {
    /// The number of the first line, from 1.
    pub first_line: u32,
    /// The number of the last line.
    pub last_line: u32,
    /// The lines without the last one's end. Tabs are as they are.
    pub text: String,
    /// The region, as bytes of `text`.
    pub span: Range<usize>,
    /// Whether the lines are in `text` whole, and the region is.
    pub whole: bool,
}

impl Excerpt {
    /// The lines that a region of a file lies in.
    pub fn of(file: &TextFile, region: Region) -> Excerpt {
        let first_line = region.start_line.max(1);
        let (mut last_line, mut end_column) = (region.end_line.max(first_line), Some(region.end_column));
        let mut whole = true;
        if last_line > first_line && region.end_column <= 1 {
            // It ends with the end of the line before.
            (last_line, end_column) = (last_line - 1, None);
        }
        if last_line - first_line >= MAX_LINES {
            (last_line, end_column, whole) = (first_line, None, false);
        }
        let mut text = String::new();
        let mut span = 0..0;
        for number in first_line..=last_line {
            let line = file.shown_line(number);
            let line = line.as_ref();
            // What is hidden of a line may make it shorter.
            let byte_of = |column: u32| line.floor_char_boundary(file.byte_of(number, column).min(line.len()));
            let start = if number == first_line { byte_of(region.start_column) } else { 0 };
            let end = match end_column {
                Some(column) if number == last_line => byte_of(column).max(start),
                _ => line.len(),
            };
            if number > first_line {
                text.push('\n');
            }
            let (shown, complete) = push_line(&mut text, line, start..end);
            whole &= complete;
            if number == first_line {
                span.start = shown.start;
            }
            span.end = shown.end;
        }
        Excerpt { first_line, last_line, text, span, whole }
    }

    /// What stands in the region.
    pub fn region_text(&self) -> &str {
        &self.text[self.span.clone()]
    }
}

/// Appends a line, or the part of it around a range of bytes; where the range is in the text, and whether all is there.
fn push_line(text: &mut String, line: &str, focus: Range<usize>) -> (Range<usize>, bool) {
    let is_short = line.len() <= MAX_CHARACTERS || line.chars().nth(MAX_CHARACTERS).is_none();
    let from = match is_short {
        true => 0,
        false => line[..focus.start].char_indices().rev().nth(BEFORE).map_or(0, |(byte, _)| byte),
    };
    let to = match is_short {
        true => line.len(),
        false => line[from..].char_indices().nth(MAX_CHARACTERS).map_or(line.len(), |(byte, _)| from + byte),
    };
    if from > 0 {
        text.push('…');
    }
    let mut shown = text.len()..text.len();
    for (byte, character) in line[from..to].char_indices() {
        if from + byte == focus.start {
            shown.start = text.len();
        }
        if from + byte == focus.end {
            shown.end = text.len();
        }
        match character {
            '\t' => text.push('\t'),
            _ => push_visible_char(text, character, &line[from + byte..]),
        }
    }
    if focus.start >= to {
        shown.start = text.len();
    }
    if focus.end >= to {
        shown.end = text.len();
    }
    if to < line.len() {
        text.push('…');
    }
    (shown, from == 0 && to == line.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn excerpt(text: &str, [start_line, start_column, end_line, end_column]: [u32; 4]) -> Excerpt {
        Excerpt::of(&TextFile::new("a.tf", text), Region { start_line, start_column, end_line, end_column })
    }

    #[test]
    fn columns_hold_whatever_is_before_them() {
        let line = excerpt("a\n\té😀\u{202e}\"true\" # x\n", [2, 6, 2, 10]);
        assert_eq!((line.text.as_str(), line.region_text()), ("\té😀\\u{202e}\"true\" # x", "\"tru"));
        assert_eq!((line.first_line, line.last_line, line.whole), (2, 2, true));
    }

    #[test]
    fn a_long_line_is_cut_around_the_region() {
        let text = format!("{}\"true\"{}", "é".repeat(100_000), "x".repeat(100_000));
        let line = excerpt(&text, [1, 100_001, 1, 100_007]);
        assert_eq!(line.region_text(), "\"true\"");
        assert!(line.text.starts_with("…é") && line.text.ends_with("x…") && line.text.chars().count() < 130);
        assert!(!line.whole);
        let long = excerpt(&text, [1, 100_001, 1, 200_007]);
        assert!(long.region_text().starts_with("\"true\"xx") && long.region_text().ends_with('x'));
        let start = excerpt(&text, [1, 1, 1, 2]);
        assert!(start.text.starts_with("éé") && start.region_text() == "é");
    }

    #[test]
    fn several_lines_are_shown_and_many_by_the_first() {
        let lines = excerpt("a {\r\n  b\r\n}\r\nc", [1, 1, 3, 2]);
        assert_eq!((lines.text.as_str(), lines.span), ("a {\n  b\n}", 0..9));
        let until_next = excerpt("a {\n}\nc", [1, 3, 3, 1]);
        assert_eq!((until_next.text.as_str(), until_next.region_text()), ("a {\n}", "{\n}"));
        let many = excerpt(&"  {\n".repeat(50), [1, 3, 40, 2]);
        assert_eq!((many.text.as_str(), many.region_text(), many.last_line), ("  {", "{", 1));
    }

    #[test]
    fn a_region_beyond_the_file_is_empty() {
        for region in [[9, 9, 9, 10], [1, 99, 1, 100], [0, 0, 0, 0], [1, 3, 1, 1]] {
            let excerpt = excerpt("ab", region);
            assert_eq!(excerpt.region_text(), "", "{region:?}");
        }
        assert_eq!(excerpt("", [1, 1, 1, 2]).text, "");
    }
}
