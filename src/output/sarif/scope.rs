//! The run of a scope: which results are its.

use sha2::{Digest as _, Sha256};

use super::super::report::ScopeReport;
use super::super::report::location::Repository;
use super::category::category;
use super::options::CategoryOptions;
use crate::model::digest;
use crate::model::finding::ScopeName;
use crate::model::registry_id::{RegistryId, file_name};

/// Whether a result of the baseline is of a scope, by its resource's id.
pub fn is_of(resource: &str, scope: &ScopeName) -> bool {
    match (RegistryId::parse(resource), scope) {
        (Some(id), ScopeName::Subscription(subscription)) => id.subscription.eq_ignore_ascii_case(subscription),
        (None, ScopeName::Source) => true,
        _ => false,
    }
}

/// A scope's run, or a part of its results where one run cannot hold them all.
pub struct Slice<'a> {
    pub scope: &'a ScopeReport,
    /// From 0.
    pub index: usize,
    /// A power of two: when the number of results grows, a part falls in two, and no result moves elsewhere.
    pub parts: usize,
}

impl<'a> Slice<'a> {
    /// All of it.
    pub fn whole(scope: &'a ScopeReport) -> Slice<'a> {
        Slice { scope, index: 0, parts: 1 }
    }

    /// Whether a result is in this part, by its fingerprint: the same night after night.
    pub fn holds(&self, fingerprint: &str) -> bool {
        let hash = Sha256::digest(fingerprint).iter().take(4).fold(0, |hash, byte| hash << 8 | usize::from(*byte));
        self.parts == 1 || hash % self.parts == self.index
    }

    /// What is before the last slash is the category by which GitHub tells uploads apart: an upload replaces the one of
    /// its category before. So a part has one of its own, and so has a subscription that was not read as a whole.
    pub fn category(&self, options: &CategoryOptions, repository: &Repository) -> String {
        let whole = category(&self.scope.name, options, repository);
        let scope = match &self.scope.name {
            ScopeName::Subscription(id) => format!("{id}/"),
            ScopeName::Source => String::new(),
        };
        let prefix = whole.strip_suffix(&scope).unwrap_or(&whole);
        let selection = match &self.scope.only[..] {
            [] => String::new(),
            only => format!("selection-{}/", digest::short(&only.join("\n"))),
        };
        let part = if self.parts == 1 { String::new() } else { format!("part-{}-of-{}/", self.index + 1, self.parts) };
        format!("{prefix}{selection}{part}{scope}")
    }

    /// The name of its file, where each has one.
    pub fn file_name(&self) -> String {
        let name = match &self.scope.name {
            ScopeName::Subscription(id) => file_name(id),
            ScopeName::Source => SOURCE.to_owned(),
        };
        match self.parts {
            1 => format!("{name}.sarif"),
            parts => format!("{name}.part-{}-of-{parts}.sarif", self.index + 1),
        }
    }
}

const SOURCE: &str = "source-code";

/// Whether a file has a name that [`Slice::file_name`] gives.
pub fn is_file_name(name: &str) -> bool {
    let Some(stem) = name.strip_suffix(".sarif") else { return false };
    let scope = match stem.split_once(".part-") {
        None => stem,
        Some((scope, part)) => match part.split_once("-of-") {
            Some((index, parts)) if [index, parts].iter().all(|text| text.parse::<usize>().is_ok()) => scope,
            _ => return false,
        },
    };
    let is_id = scope.len() == 36 && scope.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    is_id || scope == SOURCE
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope(only: &[&str]) -> ScopeReport {
        let only = only.iter().map(|id| (*id).to_owned()).collect();
        ScopeReport { name: ScopeName::Subscription("s".into()), complete: true, only, lost_sight: false }
    }

    #[test]
    fn each_part_and_each_selection_has_a_category_of_its_own() {
        let repository = Repository::find();
        let category = |scope: &ScopeReport, index, parts| {
            Slice { scope, index, parts }.category(&CategoryOptions::default(), &repository)
        };
        assert_eq!(category(&scope(&[]), 0, 1), "acrscan/live/s/");
        assert_eq!(category(&scope(&[]), 1, 4), "acrscan/live/part-2-of-4/s/");
        let narrow = category(&scope(&["/a"]), 0, 1);
        assert!(narrow.starts_with("acrscan/live/selection-") && narrow.ends_with("/s/"), "{narrow}");
        assert_ne!(narrow, category(&scope(&["/b"]), 0, 1));
    }

    #[test]
    fn each_result_is_in_one_part_and_stays_there_when_parts_fall_in_two() {
        let scope = scope(&[]);
        let part = |text: &str, parts: usize| {
            let holding: Vec<usize> =
                (0..parts).filter(|&index| Slice { scope: &scope, index, parts }.holds(text)).collect();
            assert_eq!(holding.len(), 1, "{text}");
            holding[0]
        };
        for text in ["", "a", "b", "c", "d", "e"] {
            assert_eq!(part(text, 8) % 4, part(text, 4));
        }
    }

    #[test]
    fn names_of_files_are_known_again() {
        let id = "5d1c7a8e-4b0f-4f6e-9c3a-2e71b8d0a9f4";
        for ours in [format!("{id}.sarif"), format!("{id}.part-1-of-2.sarif"), "source-code.sarif".to_owned()] {
            assert!(is_file_name(&ours), "{ours}");
        }
        for other in ["findings.sarif", "source-code.json", &format!("{id}.part-x-of-2.sarif"), "", ".sarif"] {
            assert!(!is_file_name(other), "{other}");
        }
    }
}
