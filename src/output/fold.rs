//! Unknown results of one registry for one reason, together: what one value leaves open, it leaves open for many
//! policies.

use crate::finding::{Finding, Kind, Location};

/// A reason, and the policies that could not tell for it.
#[derive(Debug)]
pub struct Doubt<'a> {
    /// The first finding that says so.
    pub first: &'a Finding,
    /// Why: a sentence or two.
    pub reason: String,
    /// The policies' ids, each once, in the order of the findings.
    pub policies: Vec<&'a str>,
}

/// The unknown results among some findings, by registry, reason and place; in the order of the first of each.
pub fn doubts<'a>(findings: impl IntoIterator<Item = &'a Finding>) -> Vec<Doubt<'a>> {
    let mut doubts: Vec<Doubt> = Vec::new();
    let mut known = std::collections::HashMap::new();
    for finding in findings.into_iter().filter(|finding| finding.kind == Kind::Unknown) {
        let reason = reason(&finding.message);
        let at = *known.entry((&finding.resource, reason.clone(), place(finding))).or_insert(doubts.len());
        match doubts.get_mut(at) {
            Some(doubt) if doubt.policies.contains(&finding.policy.as_str()) => {}
            Some(doubt) => doubt.policies.push(&finding.policy),
            None => doubts.push(Doubt { first: finding, reason, policies: vec![&finding.policy] }),
        }
    }
    doubts
}

/// Findings of one policy, severity and baseline state at one place in source code, together: the first, and how they
/// go on. A data source brings in ten addresses at once, and `for_each` ten registries.
pub fn alike<'a>(findings: impl IntoIterator<Item = &'a Finding>) -> Vec<Vec<&'a Finding>> {
    let mut groups: Vec<Vec<&Finding>> = Vec::new();
    let mut known = std::collections::HashMap::new();
    for finding in findings {
        let at = match &finding.location {
            Location::Source { file, region } => {
                let key = (&finding.policy, finding.severity, finding.kind, finding.baseline, &file.path, *region);
                *known.entry(key).or_insert(groups.len())
            }
            Location::Live | Location::File { .. } => groups.len(),
        };
        match groups.get_mut(at) {
            Some(group) => group.push(finding),
            None => groups.push(vec![finding]),
        }
    }
    groups
}

/// Path, line and column; in Azure the property.
pub fn place(finding: &Finding) -> String {
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

/// The built-in policies say `<why>, so whether … cannot be told. <note>`: without the middle, it is the same for all.
/// Any other message is a reason as it is.
fn reason(message: &str) -> String {
    let parts = message.split_once(", so ").and_then(|(why, rest)| {
        let (_, note) = rest.split_once("cannot be told.")?;
        Some(format!("{why}.{note}"))
    });
    parts.unwrap_or_else(|| message.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::sample;

    #[test]
    fn what_is_alike_at_one_place_of_source_code_is_together() {
        let fail = |policy: &str| sample::in_source(policy, Kind::Fail, "No.");
        let live = || sample::live("anonymous-pull", crate::finding::Severity::Low);
        let findings = [fail("a"), fail("b"), live(), live(), fail("a")];
        let groups = alike(&findings);
        assert_eq!(groups.iter().map(Vec::len).collect::<Vec<_>>(), [2, 1, 1, 1]);
    }

    #[test]
    fn one_reason_stands_once_with_its_policies() {
        let report = sample::report();
        let doubts = doubts(&report.findings);
        let shown: Vec<_> = doubts.iter().map(|doubt| (doubt.reason.as_str(), doubt.policies.as_slice())).collect();
        let reason = "Registry prod: the SKU was not read. The variable `sku` has no value.";
        let own = "Whatever a policy says, so be it.";
        assert_eq!(shown, [(reason, &["admin-user", "anonymous-pull"][..]), (own, &["firewall-quota"][..])]);
    }
}
