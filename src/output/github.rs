//! Workflow commands: GitHub Actions shows each beside the line it names, in the log and on the pull request.
//!
//! It takes ten of a kind from a step and drops the others without a word. The worst of each kind are given, and what
//! is left is counted in a line of the log, which is none of the ten.

use std::fmt::Write as _;

use super::ScanVerdict;
use super::escape::{cut, workflow_message, workflow_property};
use super::report::Report;
use super::report::grouping;
use super::report::location::Repository;
use super::report::summary::summary;
use super::{plural, visible};
use crate::model::file_gap::FilePosition;
use crate::model::finding::{BaselineState, Finding, ResultKind, Severity};

/// Of each kind, in one step.
const MAX_ANNOTATIONS: usize = 10;

/// GitHub refuses annotations of more than 64 KB.
const MAX_MESSAGE: usize = 4000;

const KINDS: [(&str, &str, &str); 3] =
    [("error", "error", "errors"), ("warning", "warning", "warnings"), ("notice", "notice", "notices")];

/// Renders the commands, and a line that counts.
pub fn render(report: &Report, verdict: &ScanVerdict) -> String {
    let repository = Repository::find();
    let mut by_kind: [Vec<String>; 3] = Default::default();
    for note in &report.notifications {
        let place = note.location.as_ref().and_then(|location| in_file(location, &repository)).unwrap_or_default();
        by_kind[0].push(command("error", &format!("{place}title=acrscan could not tell"), &note.text()));
    }
    let mut findings: Vec<&Finding> = report.open().filter(|finding| is_shown(finding, verdict)).collect();
    findings.sort_by_key(|finding| (is_known(finding), finding.kind, std::cmp::Reverse(finding.severity)));
    for group in grouping::alike(findings) {
        let Some((finding, alike)) = group.split_first() else { continue };
        let kind = if is_known(finding) && verdict.gate.fail_on_new { NOTICE } else { kind(finding) };
        by_kind[kind].push(annotation(KINDS[kind].0, finding, alike.len(), &repository));
    }
    for remark in &report.waiver_remarks {
        let place = repository
            .relative(&remark.path)
            .map(|path| format!("file={},line={},", workflow_property(&visible(&path)), remark.line));
        let properties = format!("{}title=acrscan waiver", place.unwrap_or_default());
        by_kind[2].push(command("notice", &properties, &remark.message));
    }
    for setting in &report.settings {
        let place = repository
            .relative(&setting.path)
            .map(|path| format!("file={},line={},", workflow_property(&visible(&path)), setting.line));
        let properties = format!("{}title=acrscan setting", place.unwrap_or_default());
        by_kind[1].push(command("warning", &properties, &setting.sentence()));
    }
    let mut commands = String::new();
    let mut more = Vec::new();
    for (all, (_, one, many)) in by_kind.iter().zip(KINDS) {
        all.iter().take(MAX_ANNOTATIONS).for_each(|command| commands.push_str(command));
        if all.len() > MAX_ANNOTATIONS {
            more.push(plural(all.len() - MAX_ANNOTATIONS, &format!("more {one}"), &format!("more {many}")));
        }
    }
    let unknown =
        report.open().filter(|finding| finding.kind == ResultKind::Unknown && !is_shown(finding, verdict)).count();
    if unknown > 0 {
        more.push(plural(unknown, "unknown result", "unknown results"));
    }
    let _ = writeln!(commands, "acrscan: {}", summary(report));
    if !more.is_empty() {
        let _ = writeln!(commands, "acrscan: not shown as annotations: {}", more.join(", "));
    }
    commands
}

/// Unknown results are many, and fix nothing on a line; where one fails the scan it is shown.
fn is_shown(finding: &Finding, verdict: &ScanVerdict) -> bool {
    finding.kind == ResultKind::Fail || verdict.gate.fail_on_unknown
}

/// What fails nothing is no more than a notice, where only what is new fails.
const NOTICE: usize = 2;

fn is_known(finding: &Finding) -> bool {
    finding.kind == ResultKind::Fail && finding.baseline.is_some_and(|state| !state.is_news())
}

fn kind(finding: &Finding) -> usize {
    match (finding.kind, finding.severity) {
        (ResultKind::Unknown, _) | (_, Severity::Critical | Severity::High) => 0,
        (_, Severity::Medium) => 1,
        (_, Severity::Low | Severity::Note) => 2,
    }
}

fn annotation(kind: &str, finding: &Finding, alike: usize, repository: &Repository) -> String {
    let grade = match finding.kind {
        ResultKind::Fail => finding.severity.as_str(),
        ResultKind::Unknown => "unknown",
    };
    let new = finding.baseline.and_then(BaselineState::label).map(|new| format!("{new}, ")).unwrap_or_default();
    let title = workflow_property(&visible(&format!("{}: {new}{grade}", finding.policy)));
    let mut message = finding.message.clone();
    if alike > 0 {
        let _ = write!(message, " And {alike} more of this policy here.");
    }
    let Some(place) = repository.locate(finding) else {
        // What is in no file of the repository says in words where it is.
        let message = format!("{message} ({})", grouping::location(finding));
        return command(kind, &format!("title={title}"), &message);
    };
    let (path, region) = (workflow_property(&visible(&place.path)), place.region);
    let mut properties = format!("file={path},line={},endLine={},", region.start_line, region.end_line);
    if region.end_line == region.start_line {
        // GitHub has columns within one line only.
        let _ = write!(properties, "col={},endColumn={},", region.start_column, region.end_column);
    }
    command(kind, &format!("{properties}title={title}"), &message)
}

/// A line, whatever is in it: what would end it is escaped, and other control characters are visible.
/// The properties that lead to a place, with a comma at the end; `None` where it is in no file of the repository.
fn in_file(FilePosition { path, start }: &FilePosition, repository: &Repository) -> Option<String> {
    let path = repository.relative(path)?;
    let start = start.map(|(line, column)| format!("line={line},col={column},")).unwrap_or_default();
    Some(format!("file={},{start}", workflow_property(&visible(&path))))
}

fn command(kind: &str, properties: &str, message: &str) -> String {
    format!("::{kind} {properties}::{}\n", workflow_message(&visible(&cut(message, MAX_MESSAGE))))
}

#[cfg(test)]
mod tests {
    use snapbox::IntoData as _;

    use super::*;
    use crate::output::report::sample;

    #[test]
    fn each_finding_stands_at_its_line() {
        snapbox::assert_data_eq!(render(&sample::compared(), &sample::VERDICT), snapbox::str![[r#"
::error file=infra/broken.tf,line=3,col=1,title=acrscan could not tell::not read: infra/broken.tf:3:1: an unclosed block
::error file=infra/variables.tf,line=2,endLine=2,col=13,endColumn=17,title=public-network-access%3A new%2C high::Registry prod accepts connections from every network: `a|b` <b>@contoso/all</b>.
::warning title=anonymous-pull%3A medium::Registry contosolive lets anybody pull. (registry.properties.publicNetworkAccess)
::notice file=acrscan.toml,line=20,title=acrscan waiver::This waiver matches nothing.
acrscan: 2 registries in 1 subscription and the source code, 0 clean: 0 critical, 1 high, 1 medium, 0 low, 0 note; 3 unknown; 1 gap; 1 waived; 1 new, 0 worse, 1 known, 1 gone; as of the snapshot of 2025-11-20
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
