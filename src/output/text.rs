//! The report for people: one block a registry, worst first, then what was not read, then one line of counts.

use std::collections::HashMap;
use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

use super::visible;
use crate::finding::{Finding, Kind, Location, ScopeName, Severity};
use crate::report::Report;

/// Renders a report, with terminal colours or without.
pub fn render(report: &Report, colour: bool) -> String {
    let paint = Paint { colour };
    let mut by_registry: HashMap<&str, Vec<&Finding>> = HashMap::new();
    for finding in &report.findings {
        by_registry.entry(&finding.resource).or_default().push(finding);
    }
    let mut text = String::new();
    for registry in &report.registries {
        let Some(findings) = by_registry.get(registry.resource.as_str()) else { continue };
        let name = paint.with(BOLD, &visible(&registry.name));
        let known: Vec<_> = [&registry.sku, &registry.location].into_iter().filter(|fact| !fact.is_empty()).collect();
        let facts = known.iter().map(|fact| visible(fact)).collect::<Vec<_>>().join(", ");
        let _ = writeln!(text, "{name} ({facts})\n{}", paint.with(DIM, &visible(&registry.resource)));
        for finding in findings {
            render_finding(&mut text, finding, paint);
        }
        text.push('\n');
    }
    if !report.notifications.is_empty() {
        let _ = writeln!(text, "{}", paint.with(BOLD, "Not complete"));
        for notification in &report.notifications {
            let _ = writeln!(text, "  - {}", visible(&notification.message));
        }
        text.push('\n');
    }
    let _ = writeln!(text, "{}", summary(report, by_registry.len()));
    text
}

fn render_finding(text: &mut String, finding: &Finding, paint: Paint) {
    let (label, style) = match finding.kind {
        Kind::Fail => (finding.severity.as_str(), severity_style(finding.severity)),
        Kind::Unknown => ("unknown", Style::new().fg_color(Some(AnsiColor::Magenta.into()))),
    };
    let label = paint.with(style, &format!("{label:<8}"));
    let _ = writeln!(text, "\n  {label}  {}", paint.with(BOLD, &finding.policy));
    let place = match &finding.location {
        Location::File { path, region } => format!("{path}:{}:{}", region.start_line, region.start_column),
        Location::Source { file, region } => format!("{}:{}:{}", file.path, region.start_line, region.start_column),
        Location::Live => finding.field.trim_start_matches('/').replace('/', "."),
    };
    let _ = writeln!(text, "    {} {}", paint.with(DIM, "at"), visible(&place));
    let _ = writeln!(text, "    {}", visible(&finding.message));
    for (index, command) in finding.fix.iter().enumerate() {
        let label = if index == 0 { "fix" } else { "   " };
        let _ = writeln!(text, "    {} {}", paint.with(DIM, label), visible(command));
    }
}

fn summary(report: &Report, with_results: usize) -> String {
    let plural = |count: usize, one: &str, many: &str| format!("{count} {}", if count == 1 { one } else { many });
    let registries = report.registries.len();
    let clean = registries.saturating_sub(with_results);
    let severities = Severity::WORST_FIRST.map(|severity| format!("{} {}", report.count(severity), severity.as_str()));
    let gaps = plural(report.gaps, "gap", "gaps");
    format!(
        "{} in {}, {clean} clean: {}; {} unknown; {gaps}",
        plural(registries, "registry", "registries"),
        scopes(report),
        severities.join(", "),
        report.count_unknown(),
    )
}

/// `2 subscriptions and the source code`
fn scopes(report: &Report) -> String {
    let source = report.scopes.iter().any(|scope| scope.name == ScopeName::Source);
    let subscriptions = report.scopes.len() - usize::from(source);
    let counted = format!("{subscriptions} {}", if subscriptions == 1 { "subscription" } else { "subscriptions" });
    match (subscriptions, source) {
        (0, true) => ScopeName::Source.to_string(),
        (_, true) => format!("{counted} and {}", ScopeName::Source),
        (_, false) => counted,
    }
}

const BOLD: Style = Style::new().bold();
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
