//! Characters that are unsafe to print. Names, files and answers are other people's text: what would steer a terminal or
//! fool a reader is written out. This is the one list of them.

use std::borrow::Cow;
use std::fmt::Write as _;

/// The text with control characters, and those that reorder or hide what follows, written as `\u{…}`.
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    text.chars().for_each(|character| push_visible(&mut shown, character));
    Cow::Owned(shown)
}

/// One character, as [`visible`] has it.
pub fn push_visible(shown: &mut String, character: char) {
    if is_unsafe(character) {
        let _ = write!(shown, "{}", character.escape_unicode());
    } else {
        shown.push(character);
    }
}

fn is_unsafe(character: char) -> bool {
    character.is_control()
        // Zero width, directional marks and overrides, line and paragraph separators, the byte-order mark.
        || matches!(character, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}')
        // The soft hyphen, the Arabic letter mark, the Mongolian vowel separator, annotations, no characters, tags.
        || matches!(character, '\u{AD}' | '\u{61C}' | '\u{180E}' | '\u{FFF9}'..='\u{FFFB}' | '\u{FFFE}' | '\u{FFFF}')
        || matches!(character, '\u{E0000}'..='\u{E007F}')
}

/// At most so many characters, and an ellipsis for the rest.
pub fn cut(text: &str, most: usize) -> Cow<'_, str> {
    match text.char_indices().nth(most) {
        Some((end, _)) => Cow::Owned(format!("{}…", &text[..end])),
        None => Cow::Borrowed(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_steers_a_terminal_is_shown() {
        assert_eq!(visible("plain ü name"), "plain ü name");
        assert_eq!(visible("a\u{1b}[31mb\nc\u{202e}d"), "a\\u{1b}[31mb\\u{a}c\\u{202e}d");
        assert_eq!(visible("\u{61c}\u{e0041}\u{ad}"), "\\u{61c}\\u{e0041}\\u{ad}");
    }

    #[test]
    fn a_cut_counts_characters() {
        assert_eq!(cut("äöü", 3), "äöü");
        assert_eq!(cut("äöüß", 3), "äöü…");
    }
}
