//! Unknown results of one registry for one reason, together: what one value leaves open, it leaves open for many
//! policies.

use std::borrow::Cow;
use std::collections::HashMap;
use std::hash::Hash;

use crate::model::finding::{Finding, Location, ResultKind};

/// What was not known of a registry, and the policies that could not tell for it.
#[derive(Debug)]
pub struct UnknownReason<'a> {
    /// The first finding that says so.
    pub first: &'a Finding,
    /// Why: a sentence or two.
    pub reason: Cow<'a, str>,
    /// The policies' ids, each once, in the order of the findings.
    pub policies: Vec<&'a str>,
}

/// The unknown results among some findings, by registry, reason and place; in the order of the first of each.
pub fn unknown_reasons<'a>(findings: impl IntoIterator<Item = &'a Finding>) -> Vec<UnknownReason<'a>> {
    let mut reasons: Vec<UnknownReason> = Vec::new();
    let mut known = HashMap::new();
    for finding in findings.into_iter().filter(|finding| finding.kind == ResultKind::Unknown) {
        let reason = reason(finding);
        let at = *known.entry((&finding.resource, reason.clone(), location(finding))).or_insert(reasons.len());
        match reasons.get_mut(at) {
            Some(group) if group.policies.contains(&finding.policy.as_str()) => {}
            Some(group) => group.policies.push(&finding.policy),
            None => reasons.push(UnknownReason { first: finding, reason, policies: vec![&finding.policy] }),
        }
    }
    reasons
}

/// Of findings that are alike, so many messages are shown besides the first.
const MAX_OTHERS: usize = 3;

/// Findings of one policy, severity and baseline state at one place in source code, together: the first, and how they
/// go on. A data source brings in ten addresses at once, and `for_each` ten registries.
pub fn alike<'a>(findings: impl IntoIterator<Item = &'a Finding>) -> Vec<Vec<&'a Finding>> {
    grouped(findings, |finding| match &finding.location {
        Location::Source { file, region } => {
            Some((&finding.policy, finding.severity, finding.kind, finding.baseline, &file.path, *region))
        }
        Location::Live | Location::File { .. } => None,
    })
}

/// Groups of findings whose firsts are at one place in source code, together; all others each alone.
pub fn at_one_place(groups: Vec<Vec<&Finding>>) -> Vec<Vec<Vec<&Finding>>> {
    let mut places: Vec<Vec<Vec<&Finding>>> = Vec::new();
    let mut known = HashMap::new();
    for group in groups {
        let next = places.len();
        let place = match group.first().map(|first| &first.location) {
            Some(Location::Source { file, region }) => *known.entry((file.path.clone(), *region)).or_insert(next),
            _ => next,
        };
        match places.get_mut(place) {
            Some(groups) => groups.push(group),
            None => places.push(vec![group]),
        }
    }
    places
}

/// Findings of one key together, in the order of the first of each; those without a key each alone.
pub fn grouped<'a, K: Eq + Hash>(
    findings: impl IntoIterator<Item = &'a Finding>,
    key: impl Fn(&'a Finding) -> Option<K>,
) -> Vec<Vec<&'a Finding>> {
    let mut groups: Vec<Vec<&Finding>> = Vec::new();
    let mut known = HashMap::new();
    for finding in findings {
        let next = groups.len();
        let at = key(finding).map_or(next, |key| *known.entry(key).or_insert(next));
        match groups.get_mut(at) {
            Some(group) => group.push(finding),
            None => groups.push(vec![finding]),
        }
    }
    groups
}

/// What findings that are like a first one say: the messages of a few, and how many more there are.
pub fn others<'a>(alike: &[&'a Finding]) -> impl Iterator<Item = Cow<'a, str>> {
    let more = alike.len().saturating_sub(MAX_OTHERS);
    let rest = (more > 0).then(|| format!("{more} more of this policy {} here.", if more == 1 { "is" } else { "are" }));
    let shown: Vec<&str> = alike.iter().take(MAX_OTHERS).map(|finding| finding.message.as_str()).collect();
    shown.into_iter().map(Cow::Borrowed).chain(rest.map(Cow::Owned))
}

/// Path, line and column; in Azure the property.
pub fn location(finding: &Finding) -> String {
    match &finding.location {
        Location::File { path, region } => format!("{path}:{}:{}", region.start_line, region.start_column),
        Location::Source { file, region } => format!("{}:{}:{}", file.path, region.start_line, region.start_column),
        Location::Live => property(finding),
    }
}

/// `registry.properties.publicNetworkAccess`
pub fn property(finding: &Finding) -> String {
    finding.field.trim_start_matches('/').replace('/', ".")
}

/// Of a policy that gives no reason, the message stands for it.
fn reason(finding: &Finding) -> Cow<'_, str> {
    match &finding.reason {
        Some(reason) => Cow::Owned(format!("Registry {}: {reason}", finding.name)),
        None => Cow::Borrowed(&finding.message),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::report::sample;

    #[test]
    fn what_is_alike_at_one_place_of_source_code_is_together() {
        let fail = |policy: &str| sample::in_source(policy, ResultKind::Fail, "No.");
        let live = || sample::live("anonymous-pull", crate::model::finding::Severity::Low);
        let findings = [fail("a"), fail("b"), live(), live(), fail("a")];
        let groups = alike(&findings);
        assert_eq!(groups.iter().map(Vec::len).collect::<Vec<_>>(), [2, 1, 1, 1]);
    }

    #[test]
    fn policies_that_point_at_one_place_are_together() {
        let fail = |policy: &str| sample::in_source(policy, ResultKind::Fail, "No.");
        let live = || sample::live("anonymous-pull", crate::model::finding::Severity::Low);
        let findings = [fail("a"), fail("b"), live(), live(), fail("a")];
        let places = at_one_place(alike(&findings));
        assert_eq!(places.iter().map(Vec::len).collect::<Vec<_>>(), [2, 1, 1]);
    }

    #[test]
    fn one_reason_stands_once_with_its_policies() {
        let report = sample::report();
        let reasons = unknown_reasons(&report.findings);
        let shown: Vec<_> = reasons.iter().map(|group| (group.reason.as_ref(), group.policies.as_slice())).collect();
        let reason = "Registry prod: the SKU was not read. The variable `sku` has no value.";
        let own = "Whatever a policy says, so be it.";
        assert_eq!(shown, [(reason, &["admin-user", "anonymous-pull"][..]), (own, &["firewall-quota"][..])]);
    }
}
