//! Tokens and secrets of this run, and text without them: whatever an answer echoes, and in whichever part of it, is masked
//! before anybody sees it.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

/// A shorter one is a word that names and sentences hold as well.
const MIN_LENGTH: usize = 8;

const MASK: &str = "***";

/// In lower case, in each spelling that a text may have it in.
static SECRETS: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
static ANY: AtomicBool = AtomicBool::new(false);

/// From now on, this is masked.
pub fn remember(secret: &str) {
    if secret.len() < MIN_LENGTH {
        return;
    }
    let json = serde_json::Value::from(secret).to_string();
    let Ok(mut secrets) = SECRETS.lock() else { return };
    for spelling in [secret, json.trim_matches('"'), &percent_encoded(secret, true), &percent_encoded(secret, false)] {
        secrets.insert(spelling.to_ascii_lowercase());
    }
    ANY.store(true, Ordering::Release);
}

/// The text with `***` for each secret, whatever the case of its letters.
pub fn masked(text: &str) -> Cow<'_, str> {
    if !ANY.load(Ordering::Acquire) {
        return Cow::Borrowed(text);
    }
    let secrets = match SECRETS.lock() {
        Ok(secrets) => secrets.clone(),
        Err(poisoned) => poisoned.into_inner().clone(),
    };
    let mut masked = Cow::Borrowed(text);
    // A longer one may hold a shorter one.
    let mut by_length: Vec<&String> = secrets.iter().collect();
    by_length.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    for secret in by_length {
        let lower = masked.to_ascii_lowercase();
        if !lower.contains(secret.as_str()) {
            continue;
        }
        let (mut left, mut kept) = (0, String::with_capacity(masked.len()));
        for (start, found) in lower.match_indices(secret.as_str()) {
            kept.push_str(&masked[left..start]);
            kept.push_str(MASK);
            left = start + found.len();
        }
        kept.push_str(&masked[left..]);
        masked = Cow::Owned(kept);
    }
    masked
}

/// As forms and URLs write a text.
fn percent_encoded(text: &str, is_form: bool) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        match byte {
            b' ' if is_form => encoded.push('+'),
            byte if byte.is_ascii_alphanumeric() || b"-._".contains(&byte) => encoded.push(char::from(byte)),
            // A URL leaves it as it is, a form does not.
            b'~' if !is_form => encoded.push('~'),
            byte => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_is_masked() {
        remember("Q~w7 \"zz\"/kk+long-one");
        remember("Q~w7 \"zz");
        remember("short");
        for (text, expected) in [
            ("a Q~w7 \"zz\"/kk+long-one b", "a *** b"),
            ("q~W7 \"ZZ\"/KK+LONG-ONE", "***"),
            (r#"{"a": "Q~w7 \"zz\"/kk+long-one"}"#, r#"{"a": "***"}"#),
            ("secret=Q%7Ew7+%22zz%22%2Fkk%2Blong-one&x", "secret=***&x"),
            ("https://Q~w7%20%22zz%22%2fkk%2blong-one.example", "https://***.example"),
            ("the short one is a word", "the short one is a word"),
            ("é Q~w7 \"zz é", "é *** é"),
        ] {
            assert_eq!(masked(text), expected);
        }
    }
}
