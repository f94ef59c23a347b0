//! Text that is safe to print. Names, files and answers are other people's text: what would steer a terminal, fool a
//! reader or command a CI agent is written out. This is the one list of what is unsafe, for every output and error.
//!
//! Agents read commands from the log: Azure Pipelines `##vso[…]` and `##[…]` anywhere in a line, GitHub Actions `::…` where
//! a line begins, after blanks.

use std::borrow::Cow;
use std::fmt::Write as _;

/// A piece of a line, with control characters, those that reorder or hide what follows or show nothing, and what would
/// be an agent's command written as `\u{…}`.
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.contains(is_unsafe) && !text.contains("##") {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    push_visible(&mut shown, text);
    Cow::Owned(shown)
}

/// Appends a piece of a line, as [`visible`] has it.
pub fn push_visible(shown: &mut String, text: &str) {
    for (at, character) in text.char_indices() {
        push_visible_char(shown, character, &text[at..]);
    }
}

/// Appends one character, as [`visible`] has it; `rest` is the text from it on.
pub fn push_visible_char(shown: &mut String, character: char, rest: &str) {
    if is_unsafe(character) || is_command(rest) {
        let _ = write!(shown, "{}", character.escape_unicode());
    } else {
        shown.push(character);
    }
}

/// Lines that were put together of visible pieces, as they are printed: none of them is an agent's command.
pub fn visible_lines(text: &str) -> Cow<'_, str> {
    guarded(text, "\\u{3a}", "\\u{23}")
}

/// The same for XML and HTML, where what a reader sees does not change.
pub fn visible_lines_xml(text: &str) -> Cow<'_, str> {
    guarded(text, "&#58;", "&#35;")
}

/// A JSON text that means the same, and holds nothing unsafe as it stands. JSON has such characters in strings alone.
pub fn visible_json(json: &str) -> Cow<'_, str> {
    let is_unsafe = |character: char| character != '\n' && is_unsafe(character);
    if !json.contains(is_unsafe) && !json.contains("##") {
        return Cow::Borrowed(json);
    }
    let mut shown = String::with_capacity(json.len());
    for (at, character) in json.char_indices() {
        if is_unsafe(character) || is_command(&json[at..]) {
            for unit in character.encode_utf16(&mut [0; 2]) {
                let _ = write!(shown, "\\u{unit:04x}");
            }
        } else {
            shown.push(character);
        }
    }
    Cow::Owned(shown)
}

/// Lines with something in the place of the first character of what would be a command.
fn guarded<'a>(text: &'a str, colon: &str, hash: &str) -> Cow<'a, str> {
    let begins = |line: &str| line.trim_start().starts_with("::");
    if !text.lines().any(begins) && !text.contains("##") {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let blanks = line.len() - line.trim_start().len();
        for (at, character) in line.char_indices() {
            match character {
                ':' if at == blanks && begins(line) => shown.push_str(colon),
                '#' if is_command(&line[at..]) => shown.push_str(hash),
                _ => shown.push(character),
            }
        }
    }
    Cow::Owned(shown)
}

/// Whether a command to an Azure Pipelines agent begins here.
fn is_command(rest: &str) -> bool {
    let Some(rest) = rest.strip_prefix("##") else { return false };
    rest.starts_with('[') || rest.get(..4).is_some_and(|word| word.eq_ignore_ascii_case("vso["))
}

/// Controls, and what Unicode has shown as nothing by default, whether it is assigned or not.
fn is_unsafe(character: char) -> bool {
    if character.is_ascii() {
        return character.is_ascii_control();
    }
    character.is_control()
        // The soft hyphen, joiners and fillers: Latin, Arabic, Hangul, Khmer, Mongolian.
        || matches!(character, '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}')
        || matches!(character, '\u{180B}'..='\u{180F}' | '\u{3164}' | '\u{FFA0}')
        // Zero width, directional marks, overrides and isolates, line and paragraph separators, the byte-order mark.
        || matches!(character, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}')
        // The Braille pattern without a dot, variation selectors, annotations, no characters, shorthand and music controls.
        || matches!(character, '\u{2800}' | '\u{FE00}'..='\u{FE0F}' | '\u{FFF0}'..='\u{FFFB}' | '\u{FFFE}' | '\u{FFFF}')
        || matches!(character, '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D173}'..='\u{1D17A}')
        // Tags and more variation selectors.
        || matches!(character, '\u{E0000}'..='\u{E0FFF}')
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
        assert_eq!(visible("plain ü name #[1] ## [2]"), "plain ü name #[1] ## [2]");
        assert_eq!(visible("a\u{1b}[31mb\nc\u{202e}d"), "a\\u{1b}[31mb\\u{a}c\\u{202e}d");
        assert_eq!(visible("\u{61c}\u{e0041}\u{ad}"), "\\u{61c}\\u{e0041}\\u{ad}");
    }

    #[test]
    fn what_shows_nothing_is_shown() {
        for character in "\u{115f}\u{3164}\u{34f}\u{180b}\u{fe0f}\u{e0100}\u{2800}\u{2028}\u{85}\u{7f}".chars() {
            let text = format!("a{character}b");
            assert_eq!(visible(&text), format!("a{}b", character.escape_unicode()));
            assert!(visible_json(&format!("\"{text}\"")).is_ascii());
        }
    }

    #[test]
    fn a_command_to_an_agent_is_none() {
        assert_eq!(visible("x ##vso[task.x]y"), "x \\u{23}#vso[task.x]y");
        assert_eq!(visible("####[error]##VSO["), "##\\u{23}#[error]\\u{23}#VSO[");
        assert_eq!(visible("#\u{200b}#["), "#\\u{200b}#[");
        assert_eq!(
            visible_lines("a ::x\n \t::error::y\n::z\n##[x"),
            "a ::x\n \t\\u{3a}:error::y\n\\u{3a}:z\n\\u{23}#[x"
        );
        assert_eq!(visible_lines_xml(" ::x\n##[y"), " &#58;:x\n&#35;#[y");
    }

    #[test]
    fn json_means_the_same() {
        let value = serde_json::json!({ "##[a]": "\u{202e}\u{1f600}\u{e0041}\u{1b}##vso[b]::\n::", "plain": "ü # ##" });
        let text = serde_json::to_string_pretty(&value).expect("JSON");
        let shown = visible_json(&text);
        assert_eq!(serde_json::from_str::<serde_json::Value>(&shown).expect("JSON"), value);
        assert!(!shown.contains("##[") && !shown.contains("##vso[") && !shown.contains('\u{202e}'));
        assert!(shown.contains("\\u202e\u{1f600}\\udb40\\udc41"));
    }

    #[test]
    fn a_cut_counts_characters() {
        assert_eq!(cut("äöü", 3), "äöü");
        assert_eq!(cut("äöüß", 3), "äöü…");
    }
}
