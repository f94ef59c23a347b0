//! Workflow commands: GitHub Actions shows each beside the line it names, in the log and on the pull request. What is left
//! out is counted in a line of the log, which is no annotation.

use std::fmt::Write as _;

use super::ScanVerdict;
use super::escape::{cut, workflow_message, workflow_property};
use super::report::annotations::{Annotation, annotations};
use super::report::summary::summary;
use super::report::{MAX_SKIPPED, Report};
use super::visible;

/// GitHub refuses annotations of more than 64 KB.
const MAX_MESSAGE: usize = 4000;

/// Renders the commands, and a line that counts.
pub fn render(report: &Report, verdict: &ScanVerdict) -> String {
    let annotations = annotations(report, verdict);
    let mut commands: String = annotations.shown.iter().map(command).collect();
    let _ = writeln!(commands, "acrscan: {}", summary(report));
    for file in report.skipped.iter().take(MAX_SKIPPED) {
        let _ = writeln!(commands, "acrscan: skipped {}", visible(&format!("{}: {}", file.location, file.reason)));
    }
    if !annotations.left.is_empty() {
        let _ = writeln!(commands, "acrscan: not shown as annotations: {}", annotations.left.join(", "));
    }
    commands
}

/// A line, whatever is in it: what would end it or a property is escaped.
fn command(annotation: &Annotation) -> String {
    let mut properties = String::new();
    if let Some(place) = &annotation.place {
        let _ = write!(properties, "file={},", workflow_property(&place.path));
        let numbers =
            [("line", place.line), ("endLine", place.end_line), ("col", place.column), ("endColumn", place.end_column)];
        for (name, number) in numbers.into_iter().filter_map(|(name, number)| Some((name, number?))) {
            let _ = write!(properties, "{name}={number},");
        }
    }
    let message = workflow_message(&cut(&annotation.message, MAX_MESSAGE));
    format!("::{} {properties}title={}::{message}\n", annotation.kind.as_str(), workflow_property(&annotation.title))
}

#[cfg(test)]
mod tests {
    use snapbox::IntoData as _;

    use super::*;
    use crate::model::finding::{BaselineState, ResultKind, Severity};
    use crate::output::report::sample;

    #[test]
    fn each_finding_stands_at_its_line() {
        snapbox::assert_data_eq!(render(&sample::compared(), &sample::VERDICT), snapbox::str![[r#"
::error file=infra/broken.tf,line=3,col=1,title=acrscan could not tell::not read: infra/broken.tf:3:1: an unclosed block
::error file=infra/variables.tf,line=2,endLine=2,col=13,endColumn=17,title=public-network-access%3A new%2C high::Registry prod accepts connections from every network: `a|b` <b>@contoso/all</b>.
::warning title=anonymous-pull%3A medium::Registry contosolive lets anybody pull. (registry.properties.publicNetworkAccess)
::notice file=acrscan.toml,line=20,title=acrscan waiver::This waiver matches nothing.
acrscan: 2 registries in 1 subscription and the source code as of 2025-11-20, 0 clean: 0 critical, 1 high, 1 medium, 0 low, 0 note; 3 unknown; 1 gap; 1 waived; 1 new, 0 worse, 1 known, 1 gone
acrscan: skipped infra/values.json: JSON, and neither a template nor a plan
acrscan: not shown as annotations: 3 unknown results

"#]].raw());
    }

    #[test]
    fn what_is_known_is_a_notice_where_only_what_is_new_fails() {
        let gate = crate::output::report::Gate { fail_on_new: true, ..sample::VERDICT.gate };
        let shown = render(&sample::compared(), &ScanVerdict { gate, ..sample::VERDICT });
        assert!(shown.contains("::notice title=anonymous-pull%3A medium::"), "{shown}");
        assert!(
            shown.contains("title=public-network-access%3A new%2C high::") && !shown.contains("::warning"),
            "{shown}"
        );
    }

    #[test]
    fn the_worst_ten_of_a_kind_are_shown_and_the_others_counted() {
        let mut report = sample::report();
        let fail =
            |index: usize| sample::in_source(&format!("policy-{index}"), ResultKind::Fail, &format!("number {index}"));
        report.findings = (0..13).map(fail).collect();
        report.findings[12].severity = Severity::Critical;
        report.findings[11].baseline = Some(BaselineState::Unchanged);
        report.findings.extend((0..11).map(|_| sample::live("anonymous-pull", Severity::Low)));
        let shown = render(&report, &sample::VERDICT);
        let count = |kind: &str| shown.lines().filter(|line| line.starts_with(&format!("::{kind} "))).count();
        assert_eq!((count("error"), count("warning"), count("notice")), (10, 0, 10));
        let lines: Vec<&str> = shown.lines().collect();
        assert!(lines[0].ends_with("::not read: infra/broken.tf:3:1: an unclosed block"), "{}", lines[0]);
        assert!(lines[1].ends_with("::number 12") && lines[2].ends_with("::number 0"), "{shown}");
        assert!(!shown.contains("number 11\n"), "what is known comes last");
        assert_eq!(lines.last(), Some(&"acrscan: not shown as annotations: 4 more errors, 2 more notices"));
    }

    #[test]
    fn what_is_alike_takes_one_of_the_ten() {
        let mut report = sample::report();
        let fail =
            |index: usize| sample::in_source("public-network-access", ResultKind::Fail, &format!("number {index}."));
        report.findings = (0..13).map(fail).collect();
        let shown = render(&report, &sample::VERDICT);
        assert_eq!(shown.matches("title=public-network-access").count(), 1, "{shown}");
        assert!(shown.contains("::number 0. And 12 more of this policy here.\n"), "{shown}");
    }

    #[test]
    fn a_message_cannot_begin_a_command_of_its_own() {
        let mut report = sample::report();
        let message = "a\n::add-mask::b\r\n::stop-commands::c % d\u{1b}[31m";
        report.findings = vec![sample::in_source("a,b:c", ResultKind::Fail, message)];
        report.notifications[0].message = message.to_owned();
        let shown = render(&report, &sample::VERDICT);
        let escaped = "a\\u{a}::add-mask::b\\u{d}\\u{a}::stop-commands::c %25 d\\u{1b}[31m";
        assert_eq!(shown.lines().filter(|line| line.starts_with("::")).count(), 3);
        assert_eq!(shown.lines().filter(|line| line.ends_with(escaped)).count(), 2);
        assert!(shown.contains("title=a%2Cb%3Ac%3A high::"), "{shown}");
    }
}
