//! A finding in one sentence, for a reader who has the registry's name before him.

use std::sync::LazyLock;

use regex::{Captures, Regex};

use crate::model::finding::Finding;

/// A sentence of more characters is cut.
pub const MAX_SENTENCE: usize = 160;

/// A clause that ends before so many characters says too little.
const MIN_CLAUSE: usize = 60;

/// Four ranges and more.
static RANGES: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let range = r"[0-9A-Fa-f.:]+/[0-9]{1,3}";
    Regex::new(&format!("{range}(?:, {range}){{3,}}")).ok()
});

/// What is so and what follows, without the registry's name, in at most [`MAX_SENTENCE`] characters. The message says
/// the rest.
pub fn sentence(finding: &Finding) -> String {
    sentence_within(finding, MAX_SENTENCE)
}

/// The same, in at most so many characters.
pub fn sentence_within(finding: &Finding, most: usize) -> String {
    fit(&shorten_ranges(&whole(finding)), most)
}

/// What findings of one kind have in common: the message with a blank for what tells them apart.
pub fn pattern(finding: &Finding) -> String {
    let message = whole(finding);
    match finding.key.as_deref() {
        Some(key) if !key.is_empty() => message.replace(key, "\u{0}"),
        _ => message,
    }
}

/// The message without the registry's name.
pub fn whole(finding: &Finding) -> String {
    without_name(&finding.message, &finding.name)
}

/// `Registry prod: the rule …` is `The rule …` under a heading that names prod.
fn without_name(message: &str, name: &str) -> String {
    let rest = message.strip_prefix("Registry ").and_then(|rest| rest.strip_prefix(name));
    match rest.and_then(|rest| rest.strip_prefix(": ").or_else(|| rest.strip_prefix(' '))) {
        Some(rest) => capital(rest),
        None => message.to_owned(),
    }
}

/// A setting's name stays as it is spelt.
fn capital(text: &str) -> String {
    let word = text.split([' ', ',', ':', '.']).next().unwrap_or_default();
    match text.chars().next() {
        Some(first) if word.chars().all(char::is_lowercase) => {
            first.to_uppercase().chain(text.chars().skip(1)).collect()
        }
        _ => text.to_owned(),
    }
}

fn shorten_ranges(text: &str) -> String {
    let Some(ranges) = RANGES.as_ref() else { return text.to_owned() };
    let shortened = ranges.replace_all(text, |found: &Captures<'_>| {
        let all: Vec<&str> = found[0].split(", ").collect();
        format!("{}, {} and {} more", all[0], all[1], all.len() - 2)
    });
    shortened.into_owned()
}

/// The sentences that fit; of one that does not fit the clauses that do.
fn fit(text: &str, most: usize) -> String {
    let length = |text: &str| text.chars().count();
    if length(text) <= most {
        return text.to_owned();
    }
    let ends = text.match_indices(". ").map(|(at, _)| at + 1);
    if let Some(end) = ends.take_while(|end| length(&text[..*end]) <= most).last() {
        return text[..end].to_owned();
    }
    let limit = text.char_indices().nth(most.saturating_sub(1)).map_or(text.len(), |(at, _)| at);
    let head = &text[..limit];
    let clauses = ["; ", ", and ", ", so ", ", which ", ": "].iter().filter_map(|separator| head.rfind(separator));
    let clause = clauses.filter(|at| *at >= MIN_CLAUSE).max();
    let end = clause.or_else(|| head.rfind(' ')).unwrap_or(limit);
    format!("{}…", text[..end].trim_end_matches([',', ';', ':']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_heading_names_the_registry() {
        let cases = [
            ("Registry prod: the rule is wide.", "The rule is wide."),
            ("Registry prod accepts all.", "Accepts all."),
            ("Registry production is open.", "Registry production is open."),
            ("Registry prod: networkRuleSet was not read.", "networkRuleSet was not read."),
            ("Whatever a policy says.", "Whatever a policy says."),
        ];
        for (message, expected) in cases {
            assert_eq!(without_name(message, "prod"), expected);
        }
    }

    #[test]
    fn a_list_of_ranges_is_its_beginning() {
        let text = "missing are 10.0.0.0/8, 13.69.64.88/29, 2603::/64, 20.0.0.0/9, 1.2.3.4/32; tasks a, b, c, d";
        assert_eq!(shorten_ranges(text), "missing are 10.0.0.0/8, 13.69.64.88/29 and 3 more; tasks a, b, c, d");
        assert_eq!(shorten_ranges("1.0.0.0/8, 2.0.0.0/8, 3.0.0.0/8"), "1.0.0.0/8, 2.0.0.0/8, 3.0.0.0/8");
    }

    #[test]
    fn what_is_too_long_is_cut_where_a_thought_ends() {
        let words = |count: usize| vec!["word"; count].join(" ");
        assert_eq!(fit(&words(32), 160), words(32));
        assert_eq!(fit(&format!("{}. {}.", words(20), words(20)), 160), format!("{}.", words(20)));
        assert_eq!(fit(&format!("{}, and {}.", words(20), words(20)), 160), format!("{}…", words(20)));
        assert_eq!(fit(&words(40), 160), format!("{}…", words(31)));
        assert_eq!(fit(&"é".repeat(300), 160).chars().count(), MAX_SENTENCE);
    }

    proptest::proptest! {
        #[test]
        fn it_is_never_too_long(text in "(\\PC|, and |[.;:] |1\\.2\\.3\\.0/24, ){0,300}") {
            proptest::prop_assert!(fit(&shorten_ranges(&text), 160).chars().count() <= MAX_SENTENCE);
        }
    }
}
