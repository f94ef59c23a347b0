//! How registries stand, in words and in numbers.

use std::cmp::Reverse;
use std::collections::HashMap;

use super::Report;
use super::verdict::plural;
use crate::model::exposure::{Answer, Exposure, Posture};
use crate::model::finding::{Finding, RegistrySummary, ResultKind};

/// A registry with its open findings.
pub struct Standing<'a> {
    /// The registry.
    pub registry: &'a RegistrySummary,
    /// In the report's order, which is worst first, and what could not be told last.
    pub findings: Vec<&'a Finding>,
}

impl<'a> Standing<'a> {
    /// What breaks a policy.
    pub fn fails(&self) -> impl Iterator<Item = &'a Finding> {
        self.findings.iter().copied().filter(|finding| finding.kind == ResultKind::Fail)
    }

    /// What could not be told.
    pub fn unknowns(&self) -> impl Iterator<Item = &'a Finding> {
        self.findings.iter().copied().filter(|finding| finding.kind == ResultKind::Unknown)
    }
}

/// Every registry, the worst first: by its worst finding, then by how many tasks are refused, then by how many findings
/// are as bad.
pub fn worst_first(report: &Report) -> Vec<Standing<'_>> {
    let mut by_registry: HashMap<&str, Vec<&Finding>> = HashMap::new();
    for finding in report.open() {
        by_registry.entry(&finding.resource).or_default().push(finding);
    }
    let mut all: Vec<Standing> = report
        .registries
        .iter()
        .map(|registry| Standing {
            registry,
            findings: by_registry.remove(registry.resource.as_str()).unwrap_or_default(),
        })
        .collect();
    all.sort_by_cached_key(|standing| {
        let worst = standing.fails().map(|finding| finding.severity).max();
        let as_bad = standing.fails().filter(|finding| Some(finding.severity) == worst).count();
        let refused = standing.registry.exposure.count_tasks(Answer::No);
        (Reverse(worst), Reverse(refused), Reverse(as_bad), Reverse(standing.findings.len()))
    });
    all
}

/// Which networks may connect, in a few words.
pub fn posture_words(posture: Posture) -> &'static str {
    match posture {
        Posture::Open => "open to every network",
        Posture::Selected => "open to selected networks",
        Posture::Closed => "closed to the public network",
        Posture::Unknown => "who may connect is not known",
    }
}

/// Posture, private endpoints, bypass, tasks: a few words each.
pub fn phrases(exposure: &Exposure) -> Vec<String> {
    let mut phrases = vec![posture_words(exposure.posture).to_owned()];
    let approved = exposure.endpoints.iter().flatten().filter(|endpoint| endpoint.approved == Answer::Yes).count();
    match approved {
        0 => {}
        1 => phrases.push("private endpoint".to_owned()),
        several => phrases.push(format!("{several} private endpoints")),
    }
    if exposure.tasks_bypass == Answer::Yes {
        phrases.push("bypass on".to_owned());
    }
    let (refused, tasks) = (exposure.count_tasks(Answer::No), exposure.tasks.iter().flatten().count());
    if refused > 0 {
        phrases.push(format!("{refused} of {} refused", plural(tasks, "task", "tasks")));
    }
    phrases
}

/// How many registries have each posture, and how many tasks each verdict.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Totals {
    /// Open to every network.
    pub open: usize,
    /// Open to selected networks.
    pub selected: usize,
    /// Closed to the public network.
    pub closed: usize,
    /// Which of these was not read.
    pub unknown: usize,
    /// Tasks that reach their registry.
    pub reach: usize,
    /// Tasks that do not.
    pub refused: usize,
    /// Tasks of which it cannot be told.
    pub untold: usize,
    /// Registries whose tasks were not read, or not all of them.
    pub without_tasks: usize,
}

impl Totals {
    /// Counts a report's.
    pub fn of(report: &Report) -> Totals {
        let mut totals = Totals::default();
        for RegistrySummary { exposure, .. } in &report.registries {
            let counter = match exposure.posture {
                Posture::Open => &mut totals.open,
                Posture::Selected => &mut totals.selected,
                Posture::Closed => &mut totals.closed,
                Posture::Unknown => &mut totals.unknown,
            };
            *counter += 1;
            totals.reach += exposure.count_tasks(Answer::Yes);
            totals.refused += exposure.count_tasks(Answer::No);
            totals.untold += exposure.count_tasks(Answer::Unknown);
            totals.without_tasks += usize::from(exposure.tasks.is_none() || !exposure.tasks_complete);
        }
        totals
    }

    /// How many tasks there are.
    pub fn tasks(&self) -> usize {
        self.reach + self.refused + self.untold
    }

    /// `3 open to every network · 8 to selected networks · 5 closed`
    pub fn postures(&self) -> String {
        let mut parts = vec![
            format!("{} open to every network", self.open),
            format!("{} to selected networks", self.selected),
            format!("{} closed", self.closed),
        ];
        if self.unknown > 0 {
            parts.push(format!("{} not known", self.unknown));
        }
        parts.join(" · ")
    }

    /// `13 reach their registry · 6 do not · 2 cannot be told`
    pub fn verdicts(&self) -> String {
        let mut parts = vec![format!("{} reach their registry", self.reach), format!("{} do not", self.refused)];
        if self.untold > 0 {
            parts.push(format!("{} cannot be told", self.untold));
        }
        if self.without_tasks > 0 {
            let registries = plural(self.without_tasks, "registry", "registries");
            parts.push(format!("{registries} may have more, which were not read"));
        }
        parts.join(" · ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::finding::Severity;
    use crate::output::report::sample;

    #[test]
    fn the_worst_registry_is_first_and_every_one_is_there() {
        let mut report = sample::report();
        let names = |report: &Report| {
            worst_first(report).iter().map(|standing| standing.registry.name.clone()).collect::<Vec<_>>()
        };
        assert_eq!(names(&report), ["prod", "contosolive"]);
        report.findings[0].severity = Severity::Critical;
        assert_eq!(names(&report), ["contosolive", "prod"]);
        report.findings.clear();
        assert_eq!(names(&report).len(), 2);
    }

    #[test]
    fn totals_count_registries_and_tasks() {
        let mut report = sample::report();
        report.registries[0].exposure = Exposure::default();
        let totals = Totals::of(&report);
        assert_eq!(totals.postures(), "0 open to every network · 0 to selected networks · 1 closed · 1 not known");
        assert_eq!(
            totals.verdicts(),
            "1 reach their registry · 1 do not · 1 cannot be told · 1 registry may have more, which were not read"
        );
        let phrases = phrases(&report.registries[1].exposure).join(" · ");
        assert_eq!(phrases, "closed to the public network · private endpoint · bypass on · 1 of 3 tasks refused");
    }
}
