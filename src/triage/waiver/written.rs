//! What stands in a comment that waives: `acrscan:ignore <policy> [expires=DAY] [by=WHO] [key=KEY] <reason>`.

use chrono::NaiveDate;

use super::nearest;

/// What a comment begins with.
pub const MARK: &str = "acrscan:";

/// A longer reason is cut where it is shown.
const MAX_REASON: usize = 500;

/// What a comment says.
#[derive(Debug, PartialEq, Eq)]
pub struct Written<'a> {
    /// Policy ids, as written.
    pub policies: Vec<&'a str>,
    /// Why.
    pub reason: String,
    /// The last day on which it holds.
    pub expires: Option<NaiveDate>,
    /// Who agreed.
    pub approved_by: Option<String>,
    /// The finding's key, where only that one is accepted.
    pub key: Option<String>,
}

const USAGE: &str = "write `acrscan:ignore <policy> <reason>`";

/// What comes before a reason besides the ids.
const NAMES: [&str; 4] = ["approved_by", "by", "expires", "key"];

/// Reads what follows the comment's own marks, where it is meant for acrscan; what is nearly so is an error.
pub fn read(text: &str) -> Option<Result<Written<'_>, String>> {
    let Some(rest) = text.strip_prefix(MARK) else {
        let head: String = text.chars().take(24).collect::<String>().to_lowercase();
        let rest = head.strip_prefix("acrscan")?.strip_prefix([':', '-', '_', '='])?.trim_start();
        let verbs = ["ignore", "skip", "disable", "suppress", "waive"];
        let meant = verbs.iter().any(|verb| rest.starts_with(verb));
        return meant.then(|| Err(format!("not understood, so nothing is ignored; {USAGE}")));
    };
    Some(parse(rest))
}

/// What follows the mark: the ids, joined by commas, what is `name=value`, and the reason.
fn parse(rest: &str) -> Result<Written<'_>, String> {
    let after = rest.strip_prefix("ignore").filter(|after| after.is_empty() || after.starts_with([' ', '\t']));
    let Some(mut rest) = after.map(str::trim) else {
        return Err(format!("not understood, so nothing is ignored; {USAGE}"));
    };
    let mut policies = Vec::new();
    loop {
        let (word, others) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        policies.extend(word.split(',').filter(|id| !id.is_empty()));
        rest = others.trim_start();
        if !word.ends_with(',') && !rest.starts_with(',') {
            break;
        }
    }
    let mut written = Written { policies, reason: String::new(), expires: None, approved_by: None, key: None };
    let mut reason: Vec<&str> = Vec::new();
    while !rest.is_empty() {
        let (word, value, after) = word(rest);
        match value {
            Some((name, value)) => written.set(name, value)?,
            None => reason.push(word),
        }
        rest = after;
    }
    written.reason = reason.join(" ");
    if written.reason.chars().count() > MAX_REASON {
        written.reason = written.reason.chars().take(MAX_REASON).collect::<String>() + "…";
    }
    match (written.policies.is_empty(), written.reason.contains(char::is_alphanumeric)) {
        (true, _) => Err(format!("names no policy, so nothing is ignored; {USAGE}")),
        (_, false) => Err(format!("needs a reason, and counts as none without; {USAGE}")),
        _ => Ok(written),
    }
}

/// A word, the name and the value where it is such a pair, and what follows. A value may be in quotes.
fn word(text: &str) -> (&str, Option<(&str, &str)>, &str) {
    let end = text.find(char::is_whitespace).unwrap_or(text.len());
    let pair = text[..end].split_once('=').filter(|(name, _)| is_name(name));
    let Some((name, _)) = pair else { return (&text[..end], None, text[end..].trim_start()) };
    let from = name.len() + 1;
    if let Some(quote) = text[from..].chars().next().filter(|first| matches!(first, '"' | '\''))
        && let Some(length) = text[from + 1..].find(quote)
    {
        let value = &text[from + 1..from + 1 + length];
        return (name, Some((name, value)), text[from + length + 2..].trim_start());
    }
    (&text[..end], Some((name, &text[from..end])), text[end..].trim_start())
}

/// Whether a word is one of our names, or nearly so. A reason may hold `sku=Premium`.
fn is_name(word: &str) -> bool {
    let lower = word.to_lowercase();
    let is_word = !lower.is_empty()
        && lower.len() <= 24
        && lower.chars().all(|c| c.is_ascii_alphabetic() || c == '_' || c == '-');
    let others = ["until", "expire", "expiry", "expiration", "expires_on", "approved", "approver", "approvedby"];
    is_word
        && (others.contains(&lower.as_str())
            || NAMES.iter().any(|name| *name == lower || (name.len() > 3 && strsim::jaro_winkler(name, &lower) > 0.88)))
}

impl Written<'_> {
    fn set(&mut self, name: &str, value: &str) -> Result<(), String> {
        let text = || match value.trim() {
            "" => Err(format!("`{name}=` has no value, so nothing is ignored")),
            text => Ok(Some(text.to_owned())),
        };
        match name {
            "expires" => {
                let day =
                    Some(value).filter(|text| text.len() == "2027-03-31".len()).and_then(|text| text.parse().ok());
                self.expires = Some(day.ok_or_else(|| {
                    format!("`expires={value}` is not a day, such as 2027-03-31, so nothing is ignored")
                })?);
            }
            "by" | "approved_by" => self.approved_by = text()?,
            "key" => self.key = text()?,
            _ => {
                let names = NAMES.map(str::to_owned);
                let nearest = nearest(name, &names);
                let meant = if name == "until" { "expires" } else { nearest.first().copied().unwrap_or("expires") };
                return Err(format!("`{name}=` is not known, so nothing is ignored; did you mean `{meant}=`?"));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_taken_wherever_they_stand() {
        fn written(text: &str) -> Result<Written<'_>, String> {
            read(text).expect("ours")
        }
        let day = NaiveDate::from_ymd_opt(2027, 3, 31);
        for text in [
            "acrscan:ignore a expires=2027-03-31 by=\"the platform team\" key=::1 sku=Basic is meant",
            "acrscan:ignore a sku=Basic is meant key='::1' approved_by='the platform team' expires=2027-03-31",
        ] {
            let read = written(text).expect("good");
            assert_eq!((read.reason.as_str(), read.expires), ("sku=Basic is meant", day), "{text}");
            assert_eq!((read.approved_by.as_deref(), read.key.as_deref()), (Some("the platform team"), Some("::1")));
        }
        for (text, told) in [
            ("acrscan:ignore a expires=31.3.2027 x", "is not a day"),
            ("acrscan:ignore a expires=2027-02-30 x", "is not a day"),
            ("acrscan:ignore a expires= x", "is not a day"),
            ("acrscan:ignore a expire=2027-03-31 x", "did you mean `expires=`"),
            ("acrscan:ignore a until=2027-03-31 x", "did you mean `expires=`"),
            ("acrscan:ignore a by= x", "has no value"),
            ("acrscan:ignore a expires=2027-03-31", "needs a reason"),
            ("acrscan-ignore a x", "not understood"),
            ("ACRSCAN:ignore a x", "not understood"),
            ("acrscan: ignore a x", "not understood"),
        ] {
            assert!(written(text).expect_err(text).contains(told), "{text}");
        }
        for prose in ["acrscan ignores this", "acrscan", "acrscanignore x", "see acrscan:ignore a x"] {
            assert!(read(prose).is_none(), "{prose}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read(text in ".{0,80}") {
            read(&format!("acrscan:ignore {text}"));
            read(&text);
        }
    }
}
