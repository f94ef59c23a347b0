//! What a scan came to, in a sentence.

use super::{Gate, Outcome, Report};
use crate::model::finding::Severity;

/// What a scan came to, and what it was held to.
#[derive(Debug, Clone, Copy)]
pub struct ScanVerdict {
    /// What it came to: the exit code.
    pub outcome: Outcome,
    /// What it was held to.
    pub gate: Gate,
}

impl ScanVerdict {
    /// `2 new findings are medium or worse`
    fn found(&self, report: &Report) -> String {
        let new = if self.gate.fail_on_new { "new " } else { "" };
        let level = match self.gate.fail_on {
            None => return "--fail-on never: no finding fails this scan".to_owned(),
            Some(Severity::Critical) => "critical".to_owned(),
            Some(threshold) => format!("{} or worse", threshold.as_str()),
        };
        match report.findings.iter().filter(|finding| self.gate.fails(finding)).count() {
            0 => format!("no {new}finding is {level}"),
            1 => format!("1 {new}finding is {level}"),
            count => format!("{count} {new}findings are {level}"),
        }
    }

    /// A word or two for the outcome, and a sentence that says why.
    pub fn sentence(&self, report: &Report) -> (&'static str, String) {
        let mut found = self.found(report);
        if !report.settings.is_empty() {
            let settings = plural(report.settings.len(), "setting takes", "settings take");
            found.push_str(&format!("; {settings} something from this scan"));
        }
        match self.outcome {
            Outcome::Clean => ("Passes", format!("{}.", capital(&found))),
            Outcome::Findings => ("Fails", format!("{}.", capital(&found))),
            Outcome::Incomplete => {
                let mut why = Vec::new();
                let scopes = report.scopes.iter().filter(|scope| !scope.complete).count();
                if !report.notifications.is_empty() || scopes > 0 {
                    why.push("not everything was read or evaluated".to_owned());
                }
                if self.gate.fail_on_unknown && report.count_unknown() > 0 {
                    why.push(format!("{} unknown", plural(report.count_unknown(), "result is", "results are")));
                }
                ("Could not tell", format!("{}. Of what was read, {found}.", capital(&why.join(", and "))))
            }
        }
    }
}

/// `1 gap`, `2 gaps`
pub fn plural(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

fn capital(sentence: &str) -> String {
    let mut characters = sentence.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}
