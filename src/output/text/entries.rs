//! The findings of a registry as its reader meets them: those that differ in a name alone are told together, and what
//! keeps a task from its registry is told with the verdict on it.

use serde_json::Value;

use super::super::report::sentence::{MAX_SENTENCE, pattern, sentence_within};
use crate::model::finding::{Finding, Location, ResultKind};

/// The policy of the verdict on each task. What others say of the same task at the same severity is a part of why.
const VERDICT: &str = "task-cannot-reach-registry";

/// So many names are listed.
const MAX_NAMES: usize = 3;

/// Findings that are told in one sentence.
pub struct Entry<'a> {
    /// Whose sentence it is, and those that differ in a name alone.
    pub findings: Vec<&'a Finding>,
    /// What other policies say of the same tasks.
    pub causes: Vec<&'a Finding>,
}

/// Puts together what is told together, in the order of the firsts.
pub fn entries<'a>(findings: &[&'a Finding]) -> Vec<Entry<'a>> {
    let mut entries: Vec<Entry> = Vec::new();
    for &finding in findings {
        let is_alike = |entry: &&mut Entry| {
            let first = entry.findings[0];
            first.policy == finding.policy
                && (first.kind, first.severity, first.baseline) == (finding.kind, finding.severity, finding.baseline)
                && finding.key.is_some()
                && pattern(first) == pattern(finding)
        };
        match entries.iter_mut().find(is_alike) {
            Some(entry) => entry.findings.push(finding),
            None => entries.push(Entry { findings: vec![finding], causes: Vec::new() }),
        }
    }
    fold_causes(entries)
}

fn fold_causes(entries: Vec<Entry<'_>>) -> Vec<Entry<'_>> {
    let is_verdict = |entry: &Entry| entry.findings[0].policy == VERDICT && entry.findings[0].kind == ResultKind::Fail;
    let (mut verdicts, others): (Vec<_>, Vec<_>) = entries.into_iter().enumerate().partition(|(_, e)| is_verdict(e));
    let mut kept = Vec::new();
    for (at, entry) in others {
        let first = entry.findings[0];
        let is_part = |verdict: &&mut (usize, Entry)| {
            let of = &verdict.1.findings;
            let is_refused = |task: &str| of.iter().any(|verdict| verdict.key.as_deref() == Some(task));
            let names = |finding: &Finding| tasks_of(finding).is_some_and(|tasks| tasks.into_iter().all(is_refused));
            (of[0].kind, of[0].severity, of[0].baseline) == (first.kind, first.severity, first.baseline)
                && entry.findings.iter().all(|finding| names(finding))
        };
        match verdicts.iter_mut().find(is_part) {
            Some((_, verdict)) => verdict.causes.extend(entry.findings),
            None => kept.push((at, entry)),
        }
    }
    kept.extend(verdicts);
    kept.sort_by_key(|(at, _)| *at);
    kept.into_iter().map(|(_, entry)| entry).collect()
}

/// The tasks that a finding is about: those that it lists as evidence, else its key, which may be a task's name.
fn tasks_of(finding: &Finding) -> Option<Vec<&str>> {
    match finding.evidence["tasks"].as_array() {
        Some(tasks) if !tasks.is_empty() => tasks.iter().map(Value::as_str).collect(),
        _ => finding.key.as_deref().map(|key| vec![key]),
    }
}

impl Entry<'_> {
    /// The first's sentence, and whom it is true of besides.
    pub fn sentence(&self) -> String {
        let others: Vec<&str> = self.findings[1..].iter().filter_map(|finding| finding.key.as_deref()).collect();
        let likewise = match others.len() {
            0 => String::new(),
            count if count <= MAX_NAMES => format!(" Likewise {}.", others.join(", ")),
            count => format!(" Likewise {} and {} more.", others[..MAX_NAMES - 1].join(", "), count + 1 - MAX_NAMES),
        };
        let room = MAX_SENTENCE.saturating_sub(likewise.chars().count()).max(MAX_SENTENCE / 2);
        sentence_within(self.findings[0], room) + &likewise
    }

    /// The lines of the findings, and the other policies with theirs.
    pub fn after(&self) -> String {
        let mut after = lines(&self.findings);
        let mut policies: Vec<&str> = self.causes.iter().map(|finding| finding.policy.as_str()).collect();
        policies.dedup();
        for policy in policies {
            let of: Vec<&Finding> = self.causes.iter().copied().filter(|finding| finding.policy == policy).collect();
            after.push_str(&format!(", {policy}{}", lines(&of)));
        }
        after
    }
}

/// The line of a finding in the registry's file.
pub fn line_of(finding: &Finding) -> Option<u32> {
    match &finding.location {
        Location::File { region, .. } | Location::Source { region, .. } => Some(region.start_line),
        Location::Live => None,
    }
}

/// ` :12 :40`
fn lines(findings: &[&Finding]) -> String {
    findings.iter().filter_map(|finding| line_of(finding)).map(|line| format!(" :{line}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::finding::Severity;
    use crate::output::report::sample;

    fn finding(policy: &str, key: &str, message: &str) -> Finding {
        Finding { key: Some(key.to_owned()), message: message.to_owned(), ..sample::live(policy, Severity::High) }
    }

    #[test]
    fn what_differs_in_a_name_is_one_entry() {
        let rule =
            |name: &str| finding("ipv6-firewall-rule", name, &format!("Registry contosolive: rule {name} is IPv6."));
        let all = [rule("a1"), rule("b2"), finding("ipv6-firewall-rule", "c3", "Rule c3 is another matter.")];
        let entries = entries(&all.iter().collect::<Vec<_>>());
        let told: Vec<String> = entries.iter().map(Entry::sentence).collect();
        assert_eq!(told, ["Rule a1 is IPv6. Likewise b2.", "Rule c3 is another matter."]);
        let many: Vec<Finding> = "abcdef".chars().map(|name| rule(&format!("rule-{name}"))).collect();
        let all = super::entries(&many.iter().collect::<Vec<_>>());
        assert_eq!(all[0].sentence(), "Rule rule-a is IPv6. Likewise rule-b, rule-c and 3 more.");
    }

    #[test]
    fn why_a_task_is_refused_is_told_with_the_verdict() {
        let all = [
            finding("bypass-task-without-role", "build", "Task build has no role."),
            finding(VERDICT, "build", "Task build is refused."),
            finding("bypass-task-without-role", "purge", "Task purge lacks a role."),
        ];
        let entries = entries(&all.iter().collect::<Vec<_>>());
        let told: Vec<(String, String)> = entries.iter().map(|entry| (entry.sentence(), entry.after())).collect();
        assert_eq!(told.len(), 2);
        assert!(
            told.iter().any(|(said, after)| said == "Task build is refused." && after == ", bypass-task-without-role")
        );
        assert!(told.iter().any(|(said, after)| said == "Task purge lacks a role." && after.is_empty()));
    }

    #[test]
    fn what_all_its_tasks_are_refused_for_is_told_with_the_verdict() {
        let of = |tasks: serde_json::Value| Finding {
            evidence: serde_json::json!({ "tasks": tasks }),
            ..finding("missing-service-tag-ips", "AzureContainerRegistry.EastUS", "It lacks ranges.")
        };
        let refused = finding(VERDICT, "build", "Task build is refused.");
        let count = |finding: &Finding| entries(&[finding, &refused]).len();
        assert_eq!(count(&of(serde_json::json!(["build"]))), 1);
        assert_eq!(count(&of(serde_json::json!(["build", "purge"]))), 2);
        assert_eq!(count(&of(serde_json::json!([]))), 2);
    }

    #[test]
    fn a_lighter_matter_of_the_same_task_stands_by_itself() {
        let light = Finding { severity: Severity::Low, ..finding("unused", "build", "Task build is unused.") };
        let all = [finding(VERDICT, "build", "Task build is refused."), light];
        assert_eq!(entries(&all.iter().collect::<Vec<_>>()).len(), 2);
    }
}
