//! The line of counts that every report ends or begins with.

use std::collections::HashSet;
use std::fmt::Write as _;

use super::verdict::plural;
use super::{Compared, Report};
use crate::model::finding::{ScopeName, Severity};

/// `3 registries in 2 subscriptions, 1 clean: 1 critical, …; 2 unknown; 1 gap`
pub fn summary(report: &Report) -> String {
    let with_results = report.open().map(|finding| finding.resource.as_str()).collect::<HashSet<_>>().len();
    let registries = report.registries.len();
    let clean = registries.saturating_sub(with_results);
    let severities = Severity::WORST_FIRST.map(|severity| format!("{} {}", report.count(severity), severity.as_str()));
    let mut more = plural(report.gaps, "gap", "gaps");
    let contradicted = report.count_contradicted();
    if contradicted > 0 {
        let _ = write!(
            more,
            "; {}",
            plural(contradicted, "verdict that a run contradicts", "verdicts that a run contradicts")
        );
    }
    let waived = report.waived().count();
    if waived > 0 {
        let _ = write!(more, "; {waived} waived");
        if let Some((ending, day)) = report.ending() {
            let _ = write!(more, ", {} on {day}", plural(ending, "waiver ends", "waivers end, the first"));
        }
    }
    if !report.proposed.is_empty() {
        let _ = write!(more, "; {} held back", report.proposed.len());
    }
    if !report.settings.is_empty() {
        let _ = write!(more, "; {}", plural(report.settings.len(), "setting weakens it", "settings weaken it"));
    }
    if let Some(Compared { new, worse, known, gone }) = report.compared() {
        let _ = write!(more, "; {new} new, {worse} worse, {known} known, {gone} gone");
    }
    format!(
        "{} in {}{}, {clean} clean: {}; {} unknown; {more}",
        plural(registries, "registry", "registries"),
        scopes(report),
        as_of(report),
        severities.join(", "),
        report.count_unknown(),
    )
}

/// ` as of 2026-11-20`: what is in a snapshot was so then.
fn as_of(report: &Report) -> String {
    let days = || report.snapshots.iter().map(|read| read.time.date_naive());
    match days().min().zip(days().max()) {
        None => String::new(),
        Some((first, last)) if first == last => format!(" as of {first}"),
        Some((first, last)) => format!(" as of {first} to {last}"),
    }
}

/// `2 subscriptions and the source code`
fn scopes(report: &Report) -> String {
    let source = report.scopes.iter().any(|scope| scope.name == ScopeName::Source);
    let subscriptions = report.scopes.len() - usize::from(source);
    let counted = format!("{subscriptions} {}", if subscriptions == 1 { "subscription" } else { "subscriptions" });
    match (subscriptions, source) {
        (0, true) => ScopeName::Source.to_string(),
        (_, true) => format!("{counted} and {}", ScopeName::Source),
        (_, false) => counted,
    }
}
