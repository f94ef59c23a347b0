//! A text file: where its bytes are in lines and columns, and how GitHub recognises a line of it.

mod line_hash;
mod lines;

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::path::Path;
use std::sync::{Mutex, OnceLock};

use self::line_hash::{LineHash, line_hashes};
pub use self::lines::{Lines, Region};
use super::file_gap::{FileGap, FilePosition};
use super::open;
use super::path::display_path;

/// Each line's hash takes its place for as long as the scan runs.
const MAX_HASHED_LINES: usize = 4_000_000;

/// A longer line with something hidden in it is not shown.
const MAX_MASKED: usize = 64 * 1024;

/// A text file that was read.
pub struct TextFile {
    /// Path as a user would open it, with `/` between segments; relative to the working directory where it can be.
    pub path: String,
    /// The text, without a byte-order mark.
    pub text: String,
    /// Whether git ignores it and nobody named it: nothing of it is shown.
    pub is_private: bool,
    /// Whether it was downloaded, or comes with a plan: it is not the scanned repository's.
    pub is_foreign: bool,
    /// Stretches that are never shown.
    hidden: Mutex<Vec<Range<usize>>>,
    lines: Lines,
    /// One for each line, once somebody asks.
    hashes: OnceLock<Vec<LineHash>>,
}

impl TextFile {
    /// A file of this path and text; a byte-order mark is dropped.
    pub fn new(path: impl Into<String>, text: impl Into<String>) -> TextFile {
        let mut text: String = text.into();
        if text.starts_with('\u{feff}') {
            text.drain(..'\u{feff}'.len_utf8());
        }
        let lines = Lines::new(&text);
        TextFile {
            path: path.into(),
            text,
            is_private: false,
            is_foreign: false,
            hidden: Mutex::default(),
            lines,
            hashes: OnceLock::new(),
        }
    }

    /// Reads a file as UTF-8 or, with a byte-order mark, UTF-16.
    ///
    /// # Errors
    /// The file cannot be read, is too large, or is no text.
    pub fn read(path: &Path) -> Result<TextFile, FileGap> {
        TextFile::of_bytes(path, open::bytes(path))
    }

    /// Reads a file that another one leads to.
    ///
    /// # Errors
    /// As for [`TextFile::read`], and where it lies outside the bounds of the other.
    pub fn read_led_to(by: &Path, path: &Path) -> Result<TextFile, FileGap> {
        TextFile::of_bytes(path, open::bytes_led_to(by, path))
    }

    fn of_bytes(path: &Path, bytes: Result<Vec<u8>, String>) -> Result<TextFile, FileGap> {
        let name = display_path(path);
        match bytes.and_then(decode) {
            Ok(text) => Ok(TextFile::new(name, text)),
            Err(why) => Err(FileGap::new(name, why)),
        }
    }

    /// The region of a range of bytes; a range that is out of bounds or within a character is brought in.
    pub fn region(&self, range: Range<usize>) -> Region {
        self.lines.region(&self.text, range)
    }

    /// Line and column of a byte, both from 1.
    pub fn position(&self, offset: usize) -> (u32, u32) {
        self.lines.position(&self.text, offset)
    }

    /// The file with line and column of a byte.
    pub fn file_position(&self, offset: usize) -> FilePosition {
        FilePosition { path: self.path.clone(), start: Some(self.position(offset)) }
    }

    /// The text of a line, from 1, without its line end; empty beyond the last.
    pub fn line(&self, number: u32) -> &str {
        self.lines.line(&self.text, number)
    }

    /// The byte, within its line, of a column in UTF-16 code units, both from 1.
    pub fn byte_of(&self, line: u32, column: u32) -> usize {
        self.lines.byte_of(&self.text, line, column)
    }

    /// From now on, this range of bytes is not shown.
    pub fn hide(&self, range: Range<usize>) {
        if let Ok(mut hidden) = self.hidden.lock()
            && !hidden.contains(&range)
        {
            hidden.push(range);
        }
    }

    /// The text of a line as it may be shown: what is hidden in it is stars.
    pub fn shown_line(&self, number: u32) -> Cow<'_, str> {
        let line = self.line(number);
        if self.is_private {
            return if line.len() > MAX_MASKED { Cow::Borrowed("*") } else { Cow::Owned(stars(line)) };
        }
        let hidden = self.hidden.lock().map(|hidden| hidden.clone()).unwrap_or_default();
        let start = (line.as_ptr() as usize).saturating_sub(self.text.as_ptr() as usize);
        let is_hidden = |at: usize| hidden.iter().any(|range| range.contains(&(start + at)));
        if hidden.iter().all(|range| range.end <= start || range.start >= start + line.len()) {
            return Cow::Borrowed(line);
        }
        // Of a file in one line nothing is told then.
        if line.len() > MAX_MASKED {
            return Cow::Borrowed("*");
        }
        Cow::Owned(line.char_indices().map(|(at, letter)| if is_hidden(at) { '*' } else { letter }).collect())
    }

    /// GitHub's `primaryLocationLineHash` of a line, from 1: `<hex>:<count>`. None of a file with lines beyond number.
    pub fn line_hash(&self, line: u32) -> Option<String> {
        if self.lines.count() > MAX_HASHED_LINES {
            return None;
        }
        let hashes = self.hashes.get_or_init(|| line_hashes(&self.text));
        hashes.get((line as usize).checked_sub(1)?).map(ToString::to_string)
    }
}

impl fmt::Debug for TextFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TextFile({})", self.path)
    }
}

/// Two files of one path are one file: a scan reads each once.
impl PartialEq for TextFile {
    fn eq(&self, other: &TextFile) -> bool {
        self.path == other.path
    }
}

impl Eq for TextFile {}

impl PartialOrd for TextFile {
    fn partial_cmp(&self, other: &TextFile) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for TextFile {
    fn cmp(&self, other: &TextFile) -> std::cmp::Ordering {
        self.path.cmp(&other.path)
    }
}

/// As long, and says nothing.
fn stars(line: &str) -> String {
    line.chars().map(|letter| if letter.is_whitespace() { letter } else { '*' }).collect()
}

/// Reads a text that somebody wrote: settings, policies, data, service tags. It is without a byte-order mark then.
///
/// # Errors
/// It cannot be read, is too large, or is no text: why, without its name.
pub fn read_text(path: &Path) -> Result<String, String> {
    open::bytes(path).and_then(text_of)
}

/// The same of what the user named, be it a pipe.
///
/// # Errors
/// As for [`read_text`].
pub fn read_named_text(path: &Path) -> Result<String, String> {
    open::named_bytes(path).and_then(text_of)
}

/// The text of bytes, without a byte-order mark.
///
/// # Errors
/// As for [`decode`].
pub fn text_of(bytes: Vec<u8>) -> Result<String, String> {
    let mut text = decode(bytes)?;
    if text.starts_with('\u{feff}') {
        text.drain(..'\u{feff}'.len_utf8());
    }
    Ok(text)
}

/// The text of a file's bytes: UTF-8, or UTF-16 where a byte-order mark or the zeros of its first letters say so.
///
/// # Errors
/// It is neither; the message names the byte.
pub fn decode(bytes: Vec<u8>) -> Result<String, String> {
    let wide = |skip: usize, of: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = bytes[skip..].chunks(2).map(|pair| of([pair[0], *pair.get(1).unwrap_or(&0)])).collect();
        String::from_utf16(&units).map_err(|_| "it begins as UTF-16 and is not; save it as UTF-8".to_owned())
    };
    match bytes.as_slice() {
        [0xFF, 0xFE, ..] => wide(2, u16::from_le_bytes),
        [0xFE, 0xFF, ..] => wide(2, u16::from_be_bytes),
        [1..=255, 0, 1..=255, 0, ..] => wide(0, u16::from_le_bytes),
        [0, 1..=255, 0, 1..=255, ..] => wide(0, u16::from_be_bytes),
        _ => String::from_utf8(bytes).map_err(|error| {
            format!("not UTF-8 text, from byte {} on; save it as UTF-8", error.utf8_error().valid_up_to() + 1)
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_utf16_and_ranges_are_brought_in() {
        let file = TextFile::new("a", "\u{feff}a\né😀b\r\nc");
        assert_eq!(file.position(0), (1, 1));
        let b = file.text.find('b').expect("b");
        assert_eq!(file.position(b), (2, 4), "two units for the emoji");
        assert_eq!(file.line(2), "é😀b");
        assert_eq!(file.line(9), "");
        let region = file.region(b..b + 1);
        assert_eq!((region.start_line, region.start_column, region.end_line, region.end_column), (2, 4, 2, 5));
        let wild = file.region(3..9000);
        assert_eq!((wild.start_line, wild.end_line), (2, 3));
    }

    #[test]
    fn columns_of_long_lines_are_counted_the_same() {
        let file = TextFile::new("a", format!("x\n{}", "aé😀".repeat(5_000)));
        for offset in [2, 4096, 4097, 4098, 8191, 20_000, 35_001, 35_002, 90_000] {
            let offset = file.text.floor_char_boundary(offset);
            let column = file.text[2..offset.max(2)].encode_utf16().count() as u32 + 1;
            assert_eq!(file.position(offset), (2, column), "{offset}");
        }
    }

    #[test]
    fn utf16_is_read_where_it_says_so() {
        let bytes = [0xFF, 0xFE, b'a', 0, 0x3D, 0xD8, 0x00, 0xDE].to_vec();
        assert_eq!(decode(bytes).expect("UTF-16"), "a😀");
        assert_eq!(decode(b"a\0b\0".to_vec()).expect("without a mark"), "ab");
        assert_eq!(decode(b"\0a\0b".to_vec()).expect("without a mark"), "ab");
        assert!(decode(vec![0xFF, 0xFE, 0x00, 0xD8]).is_err());
        assert!(decode(vec![b'a', 0xC0]).expect_err("no UTF-8").contains("from byte 2 on"));
    }

    /// The values are those of the upload action of GitHub's own, and of a second implementation of it.
    #[test]
    fn line_hashes_are_githubs() {
        let cases: [(&str, &str, &[&str]); 8] = [
            (
                "ASCII",
                "resource \"a\" \"b\" {\n  sku = \"Premium\"\n}\n",
                &["904c3ddfdb3dba13:1", "bce88b6d669d354b:1", "32dce9ccfdbc9d3e:1", "c129715d7a2bc9a3:1"],
            ),
            (
                "CRLF",
                "a = 1\r\nb = 2\r\na = 1\r\n",
                &["6987e02f1c598238:1", "7cf1ee30a53d5e37:1", "2fb41b19264fc464:1", "c129715d7a2bc9a3:1"],
            ),
            ("a lone CR", "a\rb\ra", &["a156082dac5a038f:1", "bd79146a1aabfe18:1", "53b5d4aabe50d64:1"]),
            ("an emoji", "name = \"😀é\"\n\tx\n", &["558ea443cac3f75b:1", "828973aa50c68d6d:1", "c129715d7a2bc9a3:1"]),
            (
                "blank lines",
                "\n\n \n\t\nx\n\n",
                &[
                    "f894be1581c28bcb:1",
                    "f55f5315c1fda1ed:1",
                    "7ea6dc1f0a87d4d7:1",
                    "55fdaa76868130a9:1",
                    "75897d1b718b7603:1",
                    "3c5bef55b72b93c9:1",
                    "c129715d7a2bc9a3:1",
                ],
            ),
            ("nothing", "", &["c129715d7a2bc9a3:1"]),
            ("no final newline", "one\ntwo", &["7380e4cc9846ad91:1", "7926ff05c299dd0d:1"]),
            (
                "CR, blank, LF",
                "a\r \nb\r\t\nc",
                &[
                    "c52f781a43dbc195:1",
                    "73409ca04f7d2c2e:1",
                    "b0367d257df6d03c:1",
                    "1c206f60a702cfe8:1",
                    "188ff2f224477a1e:1",
                ],
            ),
        ];
        let hashes = |text: &str| -> Vec<String> {
            let file = TextFile::new("a", text);
            (1..).map_while(|line| file.line_hash(line)).collect()
        };
        for (what, text, expected) in cases {
            assert_eq!(hashes(text), expected, "{what}");
        }
        let long = format!("{}\n{}\n{}\nend\n", "x".repeat(250), "y".repeat(99), "z".repeat(100));
        assert_eq!(
            hashes(&long),
            [
                "52b56201ffb58620:1",
                "cadd4b5b9d92c4ad:1",
                "430534b53b700418:1",
                "fe2be582c6296f40:1",
                "c129715d7a2bc9a3:1"
            ]
        );
        let same = format!("{}\n", "ab".repeat(60)).repeat(3);
        assert_eq!(
            hashes(&same),
            ["7ccfa04147831bc6:1", "7ccfa04147831bc6:2", "7ccfa04147831bc6:3", "c129715d7a2bc9a3:1"],
            "equal ones are counted"
        );
    }
}
