//! Where bytes of a text are in lines and columns.

use std::ops::Range;
use std::sync::OnceLock;

/// A stretch of a text file. Lines and columns count from 1; columns are UTF-16 code units, as SARIF has them;
/// the end column is one past the last character.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)]
pub struct Region {
    pub start_line: u32,
    pub start_column: u32,
    pub end_line: u32,
    pub end_column: u32,
}

/// A whole plan may stand in one line: columns in lines that are longer than this are counted from the nearest multiple.
const STRIDE: usize = 4096;

/// No text that is read comes near the end of these numbers.
fn offset(byte: usize) -> u32 {
    u32::try_from(byte).unwrap_or(u32::MAX)
}

/// Where the lines of a text begin. Every method takes that same text.
pub struct Lines {
    /// Byte offset of each line's start.
    starts: Vec<u32>,
    /// How many UTF-16 units there are before each [`STRIDE`] bytes, once somebody asks within a long line.
    units: OnceLock<Vec<usize>>,
}

impl Lines {
    /// Of a text.
    pub fn new(text: &str) -> Lines {
        let starts =
            std::iter::once(0).chain(text.match_indices('\n').map(|(newline, _)| offset(newline + 1))).collect();
        Lines { starts, units: OnceLock::new() }
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.starts.len()
    }

    /// The region of a range of bytes; a range that is out of bounds or within a character is brought in.
    pub fn region(&self, text: &str, range: Range<usize>) -> Region {
        let start = text.floor_char_boundary(range.start);
        let end = text.floor_char_boundary(range.end.max(start));
        let (start_line, start_column) = self.position(text, start);
        let (end_line, end_column) = self.position(text, end);
        let end_column = if end_line == start_line { end_column.max(start_column + 1) } else { end_column };
        Region { start_line, start_column, end_line, end_column }
    }

    /// Line and column of a byte, both from 1.
    pub fn position(&self, text: &str, offset: usize) -> (u32, u32) {
        let offset = text.floor_char_boundary(offset);
        let line = self.starts.partition_point(|&start| start as usize <= offset) - 1;
        let start = self.starts[line] as usize;
        let column = match offset - start > STRIDE {
            true => self.units_before(text, offset) - self.units_before(text, start),
            false => utf16_units(&text[start..offset]),
        };
        (line as u32 + 1, column as u32 + 1)
    }

    /// How many UTF-16 units the text has before a byte, which is a character's first.
    fn units_before(&self, text: &str, offset: usize) -> usize {
        let units = self.units.get_or_init(|| {
            let mut units = vec![0];
            for end in (STRIDE..=text.len()).step_by(STRIDE) {
                let (start, end) = (text.floor_char_boundary(end - STRIDE), text.floor_char_boundary(end));
                let before = units.last().copied().unwrap_or_default();
                units.push(before + utf16_units(&text[start..end]));
            }
            units
        });
        let at = offset / STRIDE;
        let start = text.floor_char_boundary(at * STRIDE);
        units.get(at).copied().unwrap_or_default() + utf16_units(&text[start..offset])
    }

    /// The byte, within its line, of a column in UTF-16 code units, both from 1; the line's end where it is beyond.
    pub fn byte_of(&self, text: &str, number: u32, column: u32) -> usize {
        let line = self.line(text, number);
        let wanted = column.saturating_sub(1) as usize;
        let start = (line.as_ptr() as usize).saturating_sub(text.as_ptr() as usize);
        let (mut byte, mut units) = (start, 0);
        if line.len() > STRIDE {
            let before = self.units_before(text, start);
            let strides = self.units.get().map(Vec::as_slice).unwrap_or_default();
            let at = strides.partition_point(|units| *units <= before + wanted).saturating_sub(1);
            let nearest = text.floor_char_boundary(at * STRIDE);
            if nearest > start {
                (byte, units) = (nearest, strides.get(at).copied().unwrap_or_default() - before);
            }
        }
        for character in text[byte..start + line.len()].chars() {
            if units >= wanted {
                break;
            }
            units += character.len_utf16();
            byte += character.len_utf8();
        }
        byte - start
    }

    /// A line, from 1, without its line end; empty beyond the last.
    pub fn line<'t>(&self, text: &'t str, number: u32) -> &'t str {
        let start = (number as usize).checked_sub(1).and_then(|index| self.starts.get(index));
        let Some(start) = start.map(|&start| start as usize) else { return "" };
        let end = self.starts.get(number as usize).map_or(text.len(), |&end| end as usize);
        text[start..end].trim_end_matches(['\n', '\r'])
    }
}

/// How many UTF-16 units a text has.
fn utf16_units(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.encode_utf16().count() }
}
