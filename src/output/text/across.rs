//! What is told once for many registries: what they share, what is not known, what was not read, the numbers.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::super::report::Report;
use super::super::report::sentence::sentence;
use super::super::report::standing::{Standing, Totals};
use super::super::{plural, visible};
use super::entries::line_of;
use super::paint::{BOLD, severity_style, wrap};
use super::registry::{Blocks, INDENT, Tail};
use crate::model::finding::{BaselineState, Finding, Notification, ScopeName, Severity};

/// A finding and what its registry is called.
pub type Named<'a> = (&'a str, &'a Finding);

/// From so many registries on, a finding of little weight is told once for all of them.
const SHARED_BY: usize = 3;

/// So many registries that share a finding are listed.
const MAX_PLACES: usize = 6;

/// So many names are listed.
const MAX_NAMES: usize = 3;

/// Findings of low severity and notes that many registries have in Azure, by policy.
pub fn shared<'a>(standings: &[Standing<'a>]) -> Vec<Vec<Named<'a>>> {
    let mut by_policy: BTreeMap<(std::cmp::Reverse<Severity>, &str), Vec<Named>> = BTreeMap::new();
    for standing in standings.iter().filter(|standing| standing.registry.scope != ScopeName::Source) {
        let light = standing.fails().filter(|finding| {
            finding.severity <= Severity::Low && !finding.baseline.is_some_and(BaselineState::is_news)
        });
        for finding in light {
            let key = (std::cmp::Reverse(finding.severity), finding.policy.as_str());
            by_policy.entry(key).or_default().push((&standing.registry.name, finding));
        }
    }
    let mut groups: Vec<Vec<Named>> = by_policy.into_values().collect();
    groups.retain(|group| {
        let mut resources: Vec<&str> = group.iter().map(|(_, finding)| finding.resource.as_str()).collect();
        resources.dedup();
        resources.len() >= SHARED_BY
    });
    groups
}

/// A sentence for each, and the registries that it is about.
pub fn render_shared(text: &mut String, blocks: Blocks, groups: &[Vec<Named>]) {
    if groups.is_empty() {
        return;
    }
    let _ = writeln!(text, "{}", blocks.terminal.paint(BOLD, "On several registries"));
    for group in groups {
        let Some((_, first)) = group.first() else { continue };
        let said = sentence(first);
        let title = blocks.report.policies.iter().find(|policy| policy.id == first.policy);
        let said = match group.iter().all(|(_, finding)| sentence(finding) == said) {
            true => said,
            false => title.map_or(said, |policy| format!("{}.", policy.metadata.title)),
        };
        let label = (first.severity.as_str(), severity_style(first.severity));
        let places = group.iter().take(MAX_PLACES).map(|(name, finding)| match line_of(finding) {
            Some(line) => format!("{} :{line}", visible(name)),
            None => visible(name).into_owned(),
        });
        // A name and its line stay together.
        let mut places = places.map(|place| place.replace(' ', "\u{a0}")).collect::<Vec<_>>().join(", ");
        if group.len() > MAX_PLACES {
            let _ = write!(places, " and {} more", group.len() - MAX_PLACES);
        }
        let room = blocks.terminal.width - INDENT;
        let mut lines = wrap(&visible(&said), room);
        lines.extend(wrap(&places, room).iter().map(|line| line.replace('\u{a0}', " ")));
        blocks.lines(text, label, lines, Tail { before: "", policy: &first.policy, after: "" });
    }
    text.push('\n');
}

/// What was not known of registries in Azure, a line for each reason.
pub fn not_known(standings: &[Standing]) -> Vec<String> {
    let mut reasons: Vec<(Cow<'_, str>, Vec<String>, Vec<&str>)> = Vec::new();
    for standing in standings.iter().filter(|standing| standing.registry.scope != ScopeName::Source) {
        for finding in standing.unknowns() {
            let reason = match &finding.reason {
                Some(reason) => Cow::Borrowed(reason.trim_end_matches('.')),
                None => Cow::Owned(sentence(finding).trim_end_matches('.').to_owned()),
            };
            let registry = &standing.registry.name;
            let name = finding.key.as_ref().map_or_else(|| registry.clone(), |key| format!("{registry} ({key})"));
            let at = reasons.iter().position(|(known, ..)| *known == reason).unwrap_or(reasons.len());
            if at == reasons.len() {
                reasons.push((reason, Vec::new(), Vec::new()));
            }
            let (_, names, policies) = &mut reasons[at];
            if !names.contains(&name) && !names.contains(registry) {
                names.push(name);
            }
            if !policies.contains(&finding.policy.as_str()) {
                policies.push(&finding.policy);
            }
        }
    }
    reasons
        .into_iter()
        .map(|(reason, names, policies)| {
            let policies = plural(policies.len(), "policy", "policies");
            format!("{reason}: {policies} cannot judge {}", listed(&names, "registry", "registries"))
        })
        .collect()
}

/// A few names, or how many there are.
fn listed(names: &[String], one: &str, many: &str) -> String {
    if names.len() <= MAX_NAMES { names.join(", ") } else { plural(names.len(), one, many) }
}

/// What was not read and what failed, a line for each cause.
pub fn not_complete(report: &Report) -> Vec<String> {
    let mut causes: Vec<(String, Vec<&Notification>)> = Vec::new();
    for note in &report.notifications {
        let cause = match &note.resource {
            Some(resource) if !resource.is_empty() => note.text().replace(resource.as_str(), "\u{0}"),
            _ => note.text().into_owned(),
        };
        match causes.iter_mut().find(|(known, _)| *known == cause) {
            Some((_, notes)) => notes.push(note),
            None => causes.push((cause, vec![note])),
        }
    }
    let line = |(cause, notes): (String, Vec<&Notification>)| match &notes[..] {
        [only] => only.text().into_owned(),
        several => cause.replace('\u{0}', &plural(several.len(), "registry", "registries")),
    };
    causes.into_iter().map(line).collect()
}

/// Registries by posture, tasks by verdict.
pub fn totals(text: &mut String, report: &Report) {
    if report.registries.is_empty() {
        return;
    }
    let totals = Totals::of(report);
    let registries = plural(report.registries.len(), "registry", "registries");
    let _ = writeln!(text, "{registries:<15} {}", totals.postures());
    if totals.tasks() > 0 {
        let _ = writeln!(text, "{:<15} {}", plural(totals.tasks(), "task", "tasks"), totals.verdicts());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::finding::Level;
    use crate::output::report::sample;

    #[test]
    fn one_cause_is_told_once() {
        let mut report = sample::report();
        let note = |resource: &str| Notification {
            scope: Some(ScopeName::Subscription(sample::SUBSCRIPTION.to_owned())),
            resource: Some(resource.to_owned()),
            policy: None,
            level: Level::Warning,
            location: None,
            message: format!("not read: the tasks of {resource}: 403: grant Reader"),
        };
        report.notifications = vec![note("/a"), note("/b"), note("/c")];
        report.notifications[2].message = "not read: the runs of /c: 403".to_owned();
        let lines = not_complete(&report);
        assert_eq!(lines, ["not read: the tasks of 2 registries: 403: grant Reader", "not read: the runs of /c: 403"]);
    }
}
