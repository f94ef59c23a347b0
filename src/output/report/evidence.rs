//! What was judged right: a policy that ran on a registry, could tell, and found nothing. That is evidence, too.

use std::collections::HashSet;

use super::Report;
use crate::model::finding::RegistrySummary;
use crate::policy::Policy;

/// The policies and registries that something was said of, for [`Judged::passed`].
pub struct Judged<'a> {
    report: &'a Report,
    /// Policy and registry: a finding, whatever its kind and whether waived or not.
    found: HashSet<(&'a str, &'a str)>,
}

impl<'a> Judged<'a> {
    pub fn new(report: &'a Report) -> Judged<'a> {
        let found = report.findings.iter().map(|finding| (finding.policy.as_str(), finding.resource.as_str()));
        let carried = report.carried.iter().map(|carried| (carried.policy.as_str(), carried.resource.as_str()));
        Judged { report, found: found.chain(carried).collect() }
    }

    /// The policies that a registry passed, sorted by id. One that failed to evaluate passed nothing.
    pub fn passed(&self, registry: &RegistrySummary) -> impl Iterator<Item = &'a Policy> {
        let failed = |policy: &Policy| {
            self.report.notifications.iter().any(|note| {
                note.policy.as_ref() == Some(&policy.id)
                    && match (&note.resource, &note.scope) {
                        (Some(resource), _) => *resource == registry.resource,
                        (None, Some(scope)) => *scope == registry.scope,
                        (None, None) => true,
                    }
            })
        };
        self.report
            .policies
            .iter()
            .filter(move |policy| !self.found.contains(&(policy.id.as_str(), registry.resource.as_str())))
            .filter(move |policy| !failed(policy))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::report::sample;

    #[test]
    fn what_was_found_unknown_waived_or_failed_is_not_passed() {
        let mut report = sample::report();
        let passed = |report: &Report, index: usize| -> Vec<String> {
            Judged::new(report).passed(&report.registries[index]).map(|policy| policy.id.clone()).collect()
        };
        assert_eq!(passed(&report, 0), ["admin-user", "firewall-quota", "public-network-access", "quarantine"]);
        assert_eq!(passed(&report, 1), Vec::<String>::new());
        let mut note = report.notifications[0].clone();
        note.policy = Some("admin-user".to_owned());
        note.resource = Some(report.registries[0].resource.clone());
        report.notifications.push(note.clone());
        assert_eq!(passed(&report, 0), ["firewall-quota", "public-network-access", "quarantine"]);
        (note.policy, note.resource) = (Some("firewall-quota".to_owned()), None);
        note.scope = Some(report.registries[0].scope.clone());
        report.notifications.push(note);
        assert_eq!(passed(&report, 0), ["public-network-access", "quarantine"]);
    }
}
