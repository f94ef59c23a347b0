//! Names from Azure are other people's text: what would steer a terminal or fool a reader is made visible.

use std::borrow::Cow;

/// The text with control characters, and those that reorder or hide what follows, written as `\u{…}`.
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let escape = |character: char| match is_unsafe(character) {
        true => character.escape_unicode().to_string(),
        false => character.to_string(),
    };
    Cow::Owned(text.chars().map(escape).collect())
}

fn is_unsafe(character: char) -> bool {
    character.is_control()
        // Zero width, directional marks and overrides, line and paragraph separators, the byte-order mark.
        || matches!(character, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}')
}

#[cfg(test)]
mod tests {
    use super::visible;

    #[test]
    fn what_steers_a_terminal_is_shown() {
        assert_eq!(visible("plain ü name"), "plain ü name");
        assert_eq!(visible("a\u{1b}[31mb\nc\u{202e}d"), "a\\u{1b}[31mb\\u{a}c\\u{202e}d");
    }
}
