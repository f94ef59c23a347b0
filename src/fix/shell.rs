//! Words of a command line, read and written as bash does.

use std::fmt::Write as _;

use crate::model::visible::visible;

/// What needs no quotes.
const BARE: &str = "._/:@%+=,-";

/// One word: its text, or a command whose output it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Word {
    /// Text, without its quotes.
    Text(String),
    /// What stands within `"$(…)"`.
    Output(String),
}

impl Word {
    /// The text, where it is one.
    pub fn text(&self) -> Option<&str> {
        match self {
            Word::Text(text) => Some(text),
            Word::Output(_) => None,
        }
    }
}

/// The words of a command; nothing where it holds more than words: a pipe, a variable, a quote that does not end.
pub fn words(command: &str) -> Option<Vec<Word>> {
    let mut words = Vec::new();
    let mut rest = command.trim_start();
    while !rest.is_empty() {
        let (word, after) = if let Some(inner) = rest.strip_prefix("\"$(") {
            let end = substitution_end(inner)?;
            (Word::Output(inner[..end].to_owned()), inner[end + 1..].strip_prefix('"')?)
        } else {
            let (text, after) = plain(rest)?;
            (Word::Text(text), after)
        };
        words.push(word);
        if !after.is_empty() && !after.starts_with([' ', '\t', '\n']) {
            return None;
        }
        rest = after.trim_start();
    }
    Some(words)
}

/// Where the parenthesis that closes a substitution is.
fn substitution_end(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let mut quoted = false;
    let mut escaped = false;
    for (at, character) in text.char_indices() {
        if std::mem::take(&mut escaped) {
            continue;
        }
        match character {
            '\\' if !quoted => escaped = true,
            '\'' => quoted = !quoted,
            '(' if !quoted => depth += 1,
            ')' if !quoted && depth == 0 => return Some(at),
            ')' if !quoted => depth -= 1,
            _ => {}
        }
    }
    None
}

fn plain(text: &str) -> Option<(String, &str)> {
    let mut word = String::new();
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            ' ' | '\t' | '\n' => return Some((word, &text[at..])),
            '\'' => {
                let inner = &text[at + 1..];
                let end = inner.find('\'')?;
                word.push_str(&inner[..end]);
                characters = text.char_indices();
                let past = at + 1 + end;
                characters.by_ref().take_while(|(index, _)| *index < past).for_each(drop);
            }
            '\\' => word.push(characters.next()?.1),
            '"' | '$' | '`' | '|' | '&' | ';' | '<' | '>' | '(' | ')' | '#' => return None,
            _ => word.push(character),
        }
    }
    Some((word, ""))
}

/// A value as one word of bash.
pub fn quote(value: &str) -> String {
    let bare = |character: char| character.is_ascii_alphanumeric() || BARE.contains(character);
    if !value.is_empty() && value.chars().all(bare) {
        return value.to_owned();
    }
    // What would steer a terminal, or hide from a reader, is written as bash's escapes.
    if visible(value) != value || value.contains(['\n', '\t']) {
        let mut quoted = String::from("$'");
        for character in value.chars() {
            match character {
                '\'' | '\\' => quoted.extend(['\\', character]),
                character
                    if visible(character.encode_utf8(&mut [0; 4])) == character.to_string()
                        && character != '\n'
                        && character != '\t' =>
                {
                    quoted.push(character);
                }
                character => {
                    let _ = write!(quoted, "\\U{:08x}", u32::from(character));
                }
            }
        }
        return quoted + "'";
    }
    format!("'{}'", value.replace('\'', r"'\''"))
}

/// An option with its value. One that begins with a dash would be taken for an option unless it is joined to its own.
pub fn option(key: &str, value: &str) -> String {
    let joint = if value.starts_with('-') { '=' } else { ' ' };
    format!("{key}{joint}{}", quote(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_quoted_is_read_as_it_was() {
        for value in ["plain", "", "two words", "it's", "$(rm -rf ~)", "-x", "`id`", "a\\b", "\"q\"", "é;&|"] {
            let read = words(&format!("az x {}", option("--name", value))).expect("words");
            let text: Vec<&str> = read.iter().filter_map(Word::text).collect();
            match value.starts_with('-') {
                true => assert_eq!(text, ["az", "x", &format!("--name={value}")]),
                false => assert_eq!(text, ["az", "x", "--name", value]),
            }
        }
    }

    #[test]
    fn the_output_of_a_command_is_a_word() {
        let read = words("az a --id \"$(az b --name 'x)'\\''y' --query id)\" --c d").expect("words");
        assert_eq!(read[3], Word::Output("az b --name 'x)'\\''y' --query id".to_owned()));
        assert_eq!(read.len(), 6);
        for more in ["az a | b", "az a; b", "az $X", "az 'a", "az \"a\"", "az \"$(a"] {
            assert_eq!(words(more), None, "{more}");
        }
    }
}
