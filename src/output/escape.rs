//! Names and files are other people's text: what would steer a terminal or fool a reader is made visible, and what a
//! format reads as its own is escaped.

use std::fmt::Write as _;

pub use crate::model::visible::{cut, visible};

/// What keeps `@name`, `#1` and an address from becoming a mention or a link: GitHub makes them of the text that it
/// has rendered, so that no escape in the Markdown holds them back.
const APART: &str = "&#8203;";

/// A sentence in Markdown as GitHub renders it, in a table as elsewhere: it says what it says and does nothing.
pub fn prose(text: &str) -> String {
    let shown: Vec<char> = visible(text).chars().collect();
    let mut markdown = String::with_capacity(shown.len());
    let is_word = |at: Option<usize>| at.and_then(|at| shown.get(at)).is_some_and(|c| c.is_alphanumeric());
    let digits = shown.iter().take_while(|character| character.is_ascii_digit()).count();
    for (at, &character) in shown.iter().enumerate() {
        let ends_with = |word: &str| {
            markdown.len() >= word.len()
                && markdown.is_char_boundary(markdown.len() - word.len())
                && markdown[markdown.len() - word.len()..].eq_ignore_ascii_case(word)
        };
        match character {
            '&' => markdown.push_str("&amp;"),
            '<' => markdown.push_str("&lt;"),
            '>' => markdown.push_str("&gt;"),
            '|' => markdown.push_str("&#124;"),
            '$' => markdown.push_str("<span>$</span>"),
            '\\' | '`' | '*' | '[' | ']' | '~' => markdown.extend(['\\', character]),
            '_' if !(is_word(at.checked_sub(1)) && is_word(Some(at + 1))) => markdown.push_str("\\_"),
            '@' | '#' if is_word(Some(at + 1)) || shown.get(at + 1).is_some_and(|next| "-_".contains(*next)) => {
                markdown.push(character);
                markdown.push_str(APART);
            }
            ':' if shown[at..].starts_with(&[':', '/', '/']) => {
                markdown.push(':');
                markdown.push_str(APART);
            }
            '.' if ends_with("www") => {
                markdown.push_str(APART);
                markdown.push('.');
            }
            '-' if ends_with("gh") && is_word(Some(at + 1)) => {
                markdown.push('-');
                markdown.push_str(APART);
            }
            // A list or a heading, at the start alone.
            '-' | '+' | '=' | '#' if at == 0 => markdown.extend(['\\', character]),
            '.' | ')' if at > 0 && at == digits => markdown.extend(['\\', character]),
            _ => markdown.push(character),
        }
    }
    markdown
}

/// Code within a line of Markdown as GitHub renders it, in a table as elsewhere.
pub fn code(text: &str) -> String {
    let shown = visible(text);
    if !shown.is_empty() && !shown.contains(['`', '|', '\\']) {
        return format!("`{shown}`");
    }
    // A span cannot hold a back-quote everywhere, nor a table's cell a bar behind a backslash: HTML can.
    let mut html = String::from("<code>");
    for character in shown.chars() {
        match character {
            ' ' => html.push(' '),
            '@' | ':' => {
                let _ = write!(html, "&#{};{APART}", u32::from(character));
            }
            _ if character.is_ascii() && !character.is_ascii_alphanumeric() => {
                let _ = write!(html, "&#{};", u32::from(character));
            }
            _ => html.push(character),
        }
    }
    html + "</code>"
}

/// What follows `::` in a workflow command.
pub fn workflow_message(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A property of a workflow command.
pub fn workflow_property(text: &str) -> String {
    workflow_message(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_prose_is_text() {
        let cases = [
            ("a|b", "a&#124;b"),
            ("`x` *b* _i_ ~~s~~", "\\`x\\` \\*b\\* \\_i\\_ \\~\\~s\\~\\~"),
            ("azurerm_container_registry.a_b", "azurerm_container_registry.a_b"),
            ("<img src=x onerror=alert(1)>", "&lt;img src=x onerror=alert(1)&gt;"),
            ("![i](https://evil.example/p.png)", "!\\[i\\](https:&#8203;//evil.example/p.png)"),
            ("[click](javascript:alert(1))", "\\[click\\](javascript:alert(1))"),
            ("see www.evil.example", "see www&#8203;.evil.example"),
            ("ask @org/team and a@b.c", "ask @&#8203;org/team and a@&#8203;b.c"),
            ("closes #12, GH-12, o/r#3", "closes #&#8203;12, GH-&#8203;12, o/r#&#8203;3"),
            ("a\n# b", "a\\\\u{a}# b"),
            ("- a", "\\- a"),
            ("12. a", "12\\. a"),
            ("1.2.3.0/24", "1\\.2.3.0/24"),
            ("$\\sqrt{x}$", "<span>$</span>\\\\sqrt{x}<span>$</span>"),
            ("&lt;b&gt;", "&amp;lt;b&amp;gt;"),
            ("\u{202e}x", "\\\\u{202e}x"),
        ];
        for (hostile, expected) in cases {
            assert_eq!(prose(hostile), expected, "{hostile:?}");
        }
    }

    #[test]
    fn hostile_code_is_code() {
        assert_eq!(code("infra/main.tf:3"), "`infra/main.tf:3`");
        assert_eq!(code("@team <b> [x](y)"), "`@team <b> [x](y)`");
        assert_eq!(code("a`b"), "<code>a&#96;b</code>");
        assert_eq!(code("r[\"a|b\"]"), "<code>r&#91;&#34;a&#124;b&#34;&#93;</code>");
        assert_eq!(code("|@x"), "<code>&#124;&#64;&#8203;x</code>");
        assert_eq!(code("a\nb"), "<code>a&#92;u&#123;a&#125;b</code>");
        assert_eq!(code(""), "<code></code>");
    }

    #[test]
    fn workflow_commands_end_where_they_should() {
        assert_eq!(workflow_message("100%\r\n::error::x"), "100%25%0D%0A::error::x");
        assert_eq!(workflow_property("a,b:c%\n"), "a%2Cb%3Ac%25%0A");
    }
}
