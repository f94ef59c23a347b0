//! Logging commands of Azure Pipelines: an issue at its line, and in the end what the task came to. The agent obeys a
//! command anywhere in a line, so that nobody else's text may hold one.

use std::fmt::Write as _;

use super::escape::cut;
use super::report::annotations::{Annotation, AnnotationKind, annotations};
use super::report::summary::summary;
use super::report::{Outcome, Report};
use super::{ScanVerdict, visible};

/// A longer line is cut by the agent.
const MAX_MESSAGE: usize = 4000;

/// Renders the commands, and lines that count.
pub fn render(report: &Report, verdict: &ScanVerdict) -> String {
    let annotations = annotations(report, verdict);
    let mut lines: String = annotations.shown.iter().map(line).collect();
    let _ = writeln!(lines, "acrscan: {}", summary(report));
    if !annotations.left.is_empty() {
        let _ = writeln!(lines, "acrscan: not shown as issues: {}", annotations.left.join(", "));
    }
    let (word, why) = verdict.sentence(report);
    let result = match verdict.outcome {
        Outcome::Clean => "Succeeded",
        Outcome::Findings | Outcome::Incomplete => "Failed",
    };
    let _ = writeln!(lines, "##vso[task.complete result={result};]{}", data(&format!("acrscan: {word}. {why}")));
    lines
}

/// An issue; what the agent knows no kind for is a line of the log.
fn line(annotation: &Annotation) -> String {
    let message = cut(&annotation.message, MAX_MESSAGE);
    let place = annotation.place.as_ref();
    if annotation.kind == AnnotationKind::Notice {
        let at = place.map(|place| format!("{}:{}: ", place.path, place.line.unwrap_or(1))).unwrap_or_default();
        return format!("acrscan: {}\n", visible(&format!("{at}{}: {message}", annotation.title)));
    }
    let mut properties = format!("type={};", annotation.kind.as_str());
    if let Some(place) = place {
        let _ = write!(properties, "sourcepath={};", property(&place.path));
        for (name, number) in [("linenumber", place.line), ("columnnumber", place.column)] {
            let _ = number.map(|number| write!(properties, "{name}={number};"));
        }
    }
    if let Some(policy) = &annotation.policy {
        let _ = write!(properties, "code={};", property(policy));
    }
    format!("##vso[task.logissue {properties}]{}\n", data(&format!("{}: {message}", annotation.title)))
}

/// What follows a command, as the agent reads it back.
fn data(text: &str) -> String {
    visible(text).replace('%', "%AZP25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A property of a command.
fn property(text: &str) -> String {
    data(text).replace(']', "%5D").replace(';', "%3B")
}

#[cfg(test)]
mod tests {
    use snapbox::IntoData as _;

    use super::*;
    use crate::model::finding::ResultKind;
    use crate::output::report::sample;

    #[test]
    fn each_issue_stands_at_its_line_and_the_task_ends() {
        snapbox::assert_data_eq!(render(&sample::compared(), &sample::VERDICT), snapbox::str![[r#"
##vso[task.logissue type=error;sourcepath=infra/broken.tf;linenumber=3;columnnumber=1;]acrscan could not tell: not read: infra/broken.tf:3:1: an unclosed block
##vso[task.logissue type=error;sourcepath=infra/variables.tf;linenumber=2;columnnumber=13;code=public-network-access;]public-network-access: new, high: Registry prod accepts connections from every network: `a|b` <b>@contoso/all</b>.
##vso[task.logissue type=warning;code=anonymous-pull;]anonymous-pull: medium: Registry contosolive lets anybody pull. (registry.properties.publicNetworkAccess)
acrscan: acrscan.toml:20: acrscan waiver: This waiver matches nothing.
acrscan: 2 registries in 1 subscription and the source code as of 2025-11-20, 0 clean: 0 critical, 1 high, 1 medium, 0 low, 0 note; 3 unknown; 1 gap; 1 waived; 1 new, 0 worse, 1 known, 1 gone
acrscan: not shown as issues: 3 unknown results
##vso[task.complete result=Failed;]acrscan: Could not tell. Not everything was read or evaluated. Of what was read, 2 findings are medium or worse.

"#]].raw());
    }

    #[test]
    fn no_text_ends_a_property_or_begins_a_command() {
        let mut report = sample::report();
        let message = "50% a\n##vso[task.setvariable variable=x]b ##[error]c";
        report.findings = vec![sample::in_source("a];b", ResultKind::Fail, message)];
        let shown = render(&report, &sample::VERDICT);
        let issue = shown.lines().nth(1).expect("an issue");
        assert!(issue.contains(";code=a%5D%3Bb;]a];b: high: 50%AZP25 a"), "{issue}");
        assert_eq!(shown.matches("##").count(), shown.lines().filter(|line| line.starts_with("##vso[task.")).count());
    }
}
