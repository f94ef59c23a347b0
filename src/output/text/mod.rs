//! The report for people: one block a registry, worst first, then what many registries share, what is not known and what
//! was not read, then the numbers.

mod across;
mod entries;
mod excerpt;
mod options;
mod paint;
mod registry;

use std::fmt::Write as _;

use self::across::{not_complete, not_known, shared, totals};
pub use self::options::{TextOptions, Verbosity};
pub use self::paint::Terminal;
use self::paint::{BOLD, wrap};
use self::registry::Blocks;
use super::report::grouping;
use super::report::standing::worst_first;
use super::report::summary::summary;
use super::report::{MAX_SKIPPED, Report};
use super::visible;
use crate::model::finding::{Finding, ResultKind, ScopeName};
use crate::policy::SettingRemark;

/// Renders a report for a terminal, or for none.
pub fn render(report: &Report, options: &TextOptions, terminal: Terminal) -> String {
    let blocks = Blocks { report, options, terminal };
    let mut text = String::new();
    if options.verbosity != Verbosity::Quiet {
        registries(&mut text, blocks);
        sections(&mut text, blocks);
    }
    totals(&mut text, report);
    let _ = writeln!(text, "{}", summary(report));
    text
}

fn registries(text: &mut String, blocks: Blocks) {
    let is_verbose = blocks.options.verbosity == Verbosity::Verbose;
    let standings = worst_first(blocks.report);
    let shared = if is_verbose { Vec::new() } else { shared(&standings) };
    let is_shared = |finding: &Finding| {
        shared.iter().any(|group| group.iter().any(|(_, other)| other.fingerprint == finding.fingerprint))
    };
    for standing in &standings {
        let is_live = standing.registry.scope != ScopeName::Source;
        // What was not read is told once for all registries.
        let is_told =
            |finding: &&Finding| !is_shared(finding) && (is_verbose || !is_live || finding.kind == ResultKind::Fail);
        let findings: Vec<&Finding> = standing.findings.iter().copied().filter(is_told).collect();
        if !findings.is_empty() {
            blocks.registry(text, standing, &findings);
        }
    }
    across::render_shared(text, blocks, &shared);
    if !is_verbose {
        wrapped_section(text, blocks.terminal, "Not known", not_known(&standings));
    }
}

fn sections(text: &mut String, Blocks { report, terminal, .. }: Blocks) {
    section(text, terminal, "Waived", report.waived().map(|(finding, _)| waived(finding)));
    let tidy = report.waiver_remarks.iter().map(|r| format!("{}:{}: {}", r.path, r.line, r.message));
    section(text, terminal, "Waivers to tidy up", tidy);
    let carried = report.carried.iter().map(|c| {
        let name = c.resource.rsplit('/').next().unwrap_or_default();
        format!("{} of {name}, not seen since {}: {}", c.policy, c.not_seen_since, c.message)
    });
    section(text, terminal, "Kept from the baseline, for this scan could not see them", carried);
    let settings = report.settings.iter().map(SettingRemark::sentence);
    section(text, terminal, "Settings that take something from this scan", settings);
    let proposed = report.proposed.iter().map(|r| format!("{}:{}: {}", r.path, r.line, r.message));
    section(text, terminal, "Does not hold, for the trusted settings do not have it", proposed);
    section(text, terminal, "Skipped", skipped(report));
    section(text, terminal, "Not complete", not_complete(report));
}

/// A title and a line for each; nothing where there is none.
fn section(text: &mut String, terminal: Terminal, title: &str, lines: impl IntoIterator<Item = String>) {
    let mut lines = lines.into_iter().peekable();
    if lines.peek().is_none() {
        return;
    }
    let _ = writeln!(text, "{}", terminal.paint(BOLD, title));
    for line in lines {
        let _ = writeln!(text, "  - {}", visible(&line));
    }
    text.push('\n');
}

/// The same, wrapped to the width.
fn wrapped_section(text: &mut String, terminal: Terminal, title: &str, lines: Vec<String>) {
    if lines.is_empty() {
        return;
    }
    let _ = writeln!(text, "{}", terminal.paint(BOLD, title));
    for line in lines {
        for (index, line) in wrap(&visible(&line), terminal.width - 4).iter().enumerate() {
            let _ = writeln!(text, "{}{line}", if index == 0 { "  - " } else { "    " });
        }
    }
    text.push('\n');
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

#[cfg(test)]
mod tests {
    use snapbox::IntoData as _;

    use super::*;
    use crate::model::finding::Severity;
    use crate::output::report::sample;

    fn shown(options: &TextOptions) -> String {
        let mut report = sample::report();
        report.findings.retain(|finding| finding.scope != ScopeName::Source);
        report.registries.truncate(1);
        report.waiver_remarks.clear();
        report.notifications.clear();
        report.skipped.clear();
        report.snapshots.clear();
        render(&report, options, Terminal::NONE)
    }

    fn options() -> TextOptions {
        let inputs = ["snap shots", "--subscription", "5d1c"].map(str::to_owned).to_vec();
        TextOptions { inputs, ..TextOptions::default() }
    }

    #[test]
    fn a_finding_is_a_sentence_and_its_policy() {
        snapbox::assert_data_eq!(
            shown(&options()),
            snapbox::str![[r#"
contosolive  Premium · closed to the public network · private endpoint · bypass on · 1 of 3 tasks
  refused
/subscriptions/5d1c7a8e-4b0f-4f6e-9c3a-2e71b8d0a9f4/resourceGroups/rg/providers/Microsoft.ContainerRegistry/registries/contosolive
  MEDIUM   Lets anybody pull.                                                         anonymous-pull
  fix      acrscan fix 'snap shots' --subscription 5d1c --registry contosolive

1 registry      0 open to every network · 0 to selected networks · 1 closed
3 tasks         1 reach their registry · 1 do not · 1 cannot be told
1 registry in 1 subscription and the source code, 0 clean: 0 critical, 0 high, 1 medium, 0 low, 0 note; 0 unknown; 1 gap

"#]]
            .raw()
        );
    }

    #[test]
    fn quiet_leaves_the_numbers_and_verbose_tells_all() {
        let quiet = shown(&TextOptions { verbosity: Verbosity::Quiet, ..options() });
        assert_eq!(quiet.lines().count(), 3, "{quiet}");
        let verbose = shown(&TextOptions { verbosity: Verbosity::Verbose, ..options() });
        assert!(verbose.contains("publicNetworkAccess: \"Enabled\"") && verbose.contains("fix az acr update"));
        let fix = shown(&TextOptions { fix: true, ..options() });
        assert!(fix.contains("fix az acr update") && !fix.contains("acrscan fix"), "{fix}");
    }

    #[test]
    fn no_line_is_wider_than_the_terminal_and_no_name_makes_a_line() {
        let mut report = sample::compared();
        report.findings.iter_mut().for_each(|finding| finding.severity = Severity::Critical);
        for columns in [60, 80, 120] {
            let text = render(&report, &TextOptions::default(), Terminal::new(false, false, Some(columns)));
            let block = text.split("\n\n").find(|block| block.contains("CRITICAL")).expect("a live registry");
            // The id is one word.
            for line in block.lines().filter(|line| !line.starts_with("/subscriptions/") && !line.contains(" fix ")) {
                assert!(line.chars().count() <= usize::from(columns), "{columns}: {line}");
            }
        }
    }

    #[test]
    fn colours_and_links_add_nothing_to_read() {
        let report = sample::report();
        let plain = render(&report, &TextOptions::default(), Terminal::NONE);
        let coloured = render(&report, &TextOptions::default(), Terminal::new(true, false, None));
        assert!(!plain.contains('\u{1b}') && coloured.contains('\u{1b}'));
        assert_eq!(anstream::adapter::strip_str(&coloured).to_string(), plain);
        let linked = render(&report, &TextOptions::default(), Terminal::new(false, true, None));
        assert!(linked.contains("\u{1b}]8;;https://"));
        assert_eq!(anstream::adapter::strip_str(&linked).to_string(), plain);
    }
}
