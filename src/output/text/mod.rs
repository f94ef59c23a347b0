//! The report for people: one block a registry, worst first, then what was not read, then one line of counts.

mod excerpt;

use std::collections::HashMap;
use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

use super::report::grouping;
use super::report::grouping::unknown_reasons;
use super::report::summary::summary;
use super::report::{MAX_SKIPPED, Report};
use super::visible;
use crate::model::finding::{BaselineState, Finding, RegistrySummary, ResultKind, ScopeName, Severity};
use crate::policy::SettingRemark;

/// Renders a report, with terminal colours or without.
pub fn render(report: &Report, colour: bool) -> String {
    let paint = Paint { colour };
    let mut by_registry: HashMap<&str, Vec<&Finding>> = HashMap::new();
    for finding in report.open() {
        by_registry.entry(&finding.resource).or_default().push(finding);
    }
    let mut text = String::new();
    for registry in &report.registries {
        let Some(findings) = by_registry.get(registry.resource.as_str()) else { continue };
        render_head(&mut text, registry, paint);
        match registry.scope {
            ScopeName::Subscription(_) => findings.iter().for_each(|finding| render_finding(&mut text, finding, paint)),
            ScopeName::Source => render_source(&mut text, report, findings, paint),
        }
        text.push('\n');
    }
    section(&mut text, paint, "Waived", report.waived().map(|(finding, _)| waived(finding)));
    let tidy = report.waiver_remarks.iter().map(|r| format!("{}:{}: {}", r.path, r.line, r.message));
    section(&mut text, paint, "Waivers to tidy up", tidy);
    let carried = report.carried.iter().map(|c| {
        let name = c.resource.rsplit('/').next().unwrap_or_default();
        format!("{} of {name}, not seen since {}: {}", c.policy, c.not_seen_since, c.message)
    });
    section(&mut text, paint, "Kept from the baseline, for this scan could not see them", carried);
    section(
        &mut text,
        paint,
        "Settings that take something from this scan",
        report.settings.iter().map(SettingRemark::sentence),
    );
    let proposed = report.proposed.iter().map(|r| format!("{}:{}: {}", r.path, r.line, r.message));
    section(&mut text, paint, "Does not hold, for the trusted settings do not have it", proposed);
    section(&mut text, paint, "Skipped", skipped(report));
    section(&mut text, paint, "Not complete", report.notifications.iter().map(|note| note.text().into_owned()));
    let _ = writeln!(text, "{}", summary(report));
    text
}

fn render_head(text: &mut String, registry: &RegistrySummary, paint: Paint) {
    let name = paint.with(BOLD, &visible(&registry.name));
    let known: Vec<_> = [&registry.sku, &registry.location].into_iter().filter(|fact| !fact.is_empty()).collect();
    let facts = known.iter().map(|fact| visible(fact)).collect::<Vec<_>>().join(", ");
    let facts = if facts.is_empty() && registry.scope == ScopeName::Source { facts } else { format!(" ({facts})") };
    let _ = writeln!(text, "{name}{facts}\n{}", paint.with(DIM, &visible(&registry.resource)));
}

/// A title and a line for each; nothing where there is none.
fn section(text: &mut String, paint: Paint, title: &str, lines: impl IntoIterator<Item = String>) {
    let mut lines = lines.into_iter().peekable();
    if lines.peek().is_none() {
        return;
    }
    let _ = writeln!(text, "{}", paint.with(BOLD, title));
    for line in lines {
        let _ = writeln!(text, "  - {}", visible(&line));
    }
    text.push('\n');
}

/// Source code shows what it says; what a value leaves open takes one line, for it leaves it open for many policies.
fn render_source(text: &mut String, report: &Report, findings: &[&Finding], paint: Paint) {
    let fails = findings.iter().copied().filter(|finding| finding.kind == ResultKind::Fail);
    for group in grouping::alike(fails) {
        let Some((finding, alike)) = group.split_first() else { continue };
        let policy = report.policies.iter().find(|policy| policy.id == finding.policy);
        let remediation = policy.map(|policy| policy.metadata.custom.remediation.as_str()).unwrap_or_default();
        let _ = writeln!(text, "\n{}", excerpt::render(finding, alike, remediation, paint.colour));
    }
    let reasons = unknown_reasons(findings.iter().copied());
    if !reasons.is_empty() {
        text.push('\n');
    }
    for group in reasons {
        let label = paint.with(UNKNOWN, "unknown");
        let (place, policies) = (grouping::location(group.first), group.policies.join(", "));
        let line = format!("{place}: {} ({policies})", group.reason);
        let _ = writeln!(text, "{label}: {}", visible(&line));
    }
}

/// What was skipped of source code and why; the first of many.
fn skipped(report: &Report) -> Vec<String> {
    let mut lines: Vec<String> =
        report.skipped.iter().take(MAX_SKIPPED).map(|file| format!("{}: {}", file.location, file.reason)).collect();
    if report.skipped.len() > MAX_SKIPPED {
        lines.push(format!("{} more", report.skipped.len() - MAX_SKIPPED));
    }
    lines
}

/// Policy, place, reason, and when the waiver ends.
fn waived(finding: &Finding) -> String {
    let Some(waived) = &finding.waived else { return String::new() };
    let until = waived.expires.as_ref().map(|day| format!("until {day}, "));
    let by = waived.approved_by.as_ref().map(|who| format!("approved by {who}, "));
    format!(
        "{} of {} at {}: {} ({}{}{}:{})",
        finding.policy,
        finding.name,
        grouping::location(finding),
        waived.reason,
        until.unwrap_or_default(),
        by.unwrap_or_default(),
        waived.path,
        waived.line
    )
}

fn render_finding(text: &mut String, finding: &Finding, paint: Paint) {
    let (label, style) = match finding.kind {
        ResultKind::Fail => (finding.severity.as_str(), severity_style(finding.severity)),
        ResultKind::Unknown => ("unknown", UNKNOWN),
    };
    let label = paint.with(style, &format!("{label:<8}"));
    let new = finding.baseline.and_then(BaselineState::label).map(|new| format!("  {new}")).unwrap_or_default();
    let _ = writeln!(text, "\n  {label}  {}{new}", paint.with(BOLD, &finding.policy));
    let _ = writeln!(text, "    {} {}", paint.with(DIM, "at"), visible(&grouping::location(finding)));
    let _ = writeln!(text, "    {}", visible(&finding.message));
    for (index, command) in finding.fix.iter().enumerate() {
        let label = if index == 0 { "fix" } else { "   " };
        let _ = writeln!(text, "    {} {}", paint.with(DIM, label), visible(command));
    }
}

const BOLD: Style = Style::new().bold();
const UNKNOWN: Style = Style::new().fg_color(Some(anstyle::Color::Ansi(AnsiColor::Magenta)));
const DIM: Style = Style::new().dimmed();

fn severity_style(severity: Severity) -> Style {
    let colour = match severity {
        Severity::Critical | Severity::High => AnsiColor::Red,
        Severity::Medium => AnsiColor::Yellow,
        Severity::Low | Severity::Note => AnsiColor::Cyan,
    };
    Style::new().bold().fg_color(Some(colour.into()))
}

#[derive(Clone, Copy)]
struct Paint {
    colour: bool,
}

impl Paint {
    fn with(self, style: Style, text: &str) -> String {
        if self.colour { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }
}
