//! Makes text that came over the wire fit to be shown: bounded, without control characters, without our secrets.

use std::fmt;

use crate::model::masked::{masked, remember};
use crate::model::visible::{cut, visible};

/// How much of somebody else's message a gap or an error quotes.
const MAX_QUOTED: usize = 300;

/// A token, a client secret, a header that proves who asks: nothing prints it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    pub fn new(text: impl Into<String>) -> Secret {
        let text = text.into();
        remember(&text);
        Secret(text)
    }

    /// The text itself, to put on the wire and nowhere else.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("***")
    }
}

/// Quotes a message: secrets masked first, so that cutting cannot leave half of one; control characters escaped, for
/// the text goes to terminals and CI logs; white space folded; at most [`MAX_QUOTED`] characters.
pub fn quote(text: &str, secrets: &[&Secret]) -> String {
    let mut text = masked(text).into_owned();
    for secret in secrets.iter().filter(|secret| !secret.expose().is_empty()) {
        text = text.replace(secret.expose(), "***");
        // A form body that is echoed has its secret percent-encoded.
        let encoded = reqwest::Url::parse_with_params("x:", [("", secret.expose())]).map(String::from);
        if let Some((_, encoded)) = encoded.as_deref().unwrap_or_default().split_once('=') {
            text = text.replace(encoded, "***");
        }
    }
    let text = mask_tokens(&text);
    let folded = text.split_whitespace().collect::<Vec<_>>().join(" ");
    visible(&cut(&folded, MAX_QUOTED)).into_owned()
}

/// What any token of Microsoft Entra ID begins with: `{"` in the letters that it is encoded in.
const TOKEN_START: &str = "eyJ";

/// Masks what has the shape of a token, whoever it is for: a program that is asked for one may print others.
fn mask_tokens(text: &str) -> String {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    let (mut masked, mut left) = (String::with_capacity(text.len()), text);
    while let Some(start) = left.find(TOKEN_START) {
        let length = left[start..].bytes().take_while(|&byte| is_part(byte)).count();
        masked.push_str(&left[..start]);
        masked.push_str(if length >= 20 { "***" } else { &left[start..start + length] });
        left = &left[start + length..];
    }
    masked + left
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_are_masked_folded_escaped_and_cut() {
        let secret = Secret::new("p&ss w+rd");
        let echoed = "bad secret p&ss w+rd in\r\n client_secret=p%26ss+w%2Brd\u{1b}[31m\u{202e}";
        assert_eq!(
            quote(echoed, &[&secret, &Secret::new("")]),
            "bad secret *** in client_secret=***\\u{1b}[31m\\u{202e}"
        );
        assert_eq!(
            quote("for eyJ0eXAiOiJKV1QiLCJhbGciOi.x-y_z: no; eyJ", &[]),
            "for *** no; eyJ".replace("*** ", "***: ")
        );
        let long = "é".repeat(400);
        assert_eq!(quote(&long, &[]), format!("{}…", "é".repeat(300)));
        assert_eq!(format!("{secret:?}"), "***");
    }
}
