//! Whatever names, files and policies hold: no output steers a terminal, fools a reader or commands a CI agent.

use std::sync::Arc;

use proptest::prelude::*;
use serde_json::json;

use super::report::{Report, sample};
use super::text::Terminal;
use super::{CategoryOptions, Format, Links, Options, SarifOptions, SarifTarget, ScanVerdict, TextOptions, render};
use crate::model::finding::{Location, Region, Related};
use crate::model::text_file::TextFile;

/// The report with one of everything, in which every text is this one.
fn report(text: &str) -> Report {
    let mut report = sample::compared();
    let own = || text.to_owned();
    for policy in &mut report.policies {
        policy.metadata.title = own();
        policy.metadata.description = own();
        policy.metadata.custom.remediation = own();
    }
    for registry in &mut report.registries {
        (registry.name, registry.location, registry.sku) = (own(), own(), own());
        let exposure = &mut registry.exposure;
        exposure.tasks.iter_mut().flatten().for_each(|task| task.name = own());
        exposure.rules.iter_mut().flatten().for_each(|rule| (rule.value, rule.tag) = (own(), Some(own())));
        exposure.endpoints.iter_mut().flatten().for_each(|endpoint| {
            (endpoint.name, endpoint.state) = (own(), own());
        });
    }
    for finding in &mut report.findings {
        (finding.message, finding.name, finding.logical, finding.field) = (own(), own(), own(), own());
        (finding.key, finding.reason, finding.fix) = (Some(own()), finding.reason.take().map(|_| own()), vec![own()]);
        finding.evidence = json!({ text: text });
        let file = Arc::new(TextFile::new(text, format!("{text}\n{text}\n\t{text}\n")));
        let region = Region { start_line: 1, start_column: 1, end_line: 3, end_column: 3 };
        match &mut finding.location {
            Location::Live => {}
            Location::File { path, .. } => *path = own(),
            Location::Source { .. } => finding.location = Location::Source { file: Arc::clone(&file), region },
        }
        for related in &mut finding.related {
            *related = Related { message: own(), file: Arc::clone(&file), region };
        }
        if let Some(waived) = &mut finding.waived {
            (waived.reason, waived.path) = (own(), own());
            (waived.expires, waived.approved_by) = (Some(own()), Some(own()));
        }
    }
    for note in &mut report.notifications {
        (note.message, note.resource) = (own(), Some(own()));
        if let Some(location) = &mut note.location {
            location.path = own();
        }
    }
    for remark in &mut report.waiver_remarks {
        (remark.path, remark.message) = (own(), own());
    }
    for gone in report.absent.iter_mut().flatten() {
        (gone.resource, gone.message) = (own(), own());
    }
    for carried in &mut report.carried {
        (carried.resource, carried.message, carried.not_seen_since) = (own(), own(), own());
        carried.sarif = json!({ "message": { "text": text }, "properties": { text: text } }).to_string();
    }
    for read in &mut report.files_read {
        read.path = own();
    }
    for skipped in &mut report.skipped {
        (skipped.location.path, skipped.reason) = (own(), own());
    }
    report
}

/// What no output may hold as it stands, written down once more and not taken from the code under test.
fn is_hidden(character: char) -> bool {
    let code = u32::from(character);
    let ranges: &[(u32, u32)] = &[
        (0x00, 0x09),
        (0x0b, 0x1f),
        (0x7f, 0x9f),
        (0xad, 0xad),
        (0x34f, 0x34f),
        (0x61c, 0x61c),
        (0x115f, 0x1160),
        (0x17b4, 0x17b5),
        (0x180b, 0x180f),
        (0x200b, 0x200f),
        (0x2028, 0x202e),
        (0x2060, 0x206f),
        (0x2800, 0x2800),
        (0x3164, 0x3164),
        (0xfe00, 0xfe0f),
        (0xfeff, 0xfeff),
        (0xffa0, 0xffa0),
        (0xfff0, 0xfffb),
        (0x1bca0, 0x1bca3),
        (0x1d173, 0x1d17a),
        (0xe0000, 0xe0fff),
    ];
    ranges.iter().any(|(first, last)| (*first..=*last).contains(&code))
}

fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("::error file=a::b".to_owned()),
        Just("::".to_owned()),
        Just("\n".to_owned()),
        Just(" ".to_owned()),
        Just("##vso[task.setvariable variable=x]y".to_owned()),
        Just("##VSO[".to_owned()),
        Just("##[command]".to_owned()),
        Just("#".to_owned()),
        Just("[".to_owned()),
        any::<char>().prop_map(String::from),
        "[\u{1b}\u{9b}\r\t\u{202a}-\u{202e}\u{2066}-\u{2069}\u{2028}\u{2029}\u{85}]",
        "[\u{115f}\u{3164}\u{34f}\u{180b}\u{fe00}-\u{fe0f}\u{2800}\u{200b}\u{e0041}\u{ad}\u{feff}]",
        "[a-z<>&\"'`|*_~$@.:/\\\\-]{1,4}",
    ];
    proptest::collection::vec(piece, 1..12).prop_map(|pieces| pieces.concat())
}

fn check(format: Format, shown: &str) -> Result<(), TestCaseError> {
    // Its lines end as those of a spreadsheet do.
    let shown = if format == Format::Csv { &shown.replace("\r\n", "\n") } else { shown };
    let hidden = shown.chars().find(|character| is_hidden(*character));
    prop_assert_eq!(hidden, None, "{:?}: {}", format, shown.escape_debug());
    prop_assert!(!shown.contains("##["), "{:?}: {}", format, shown);
    let orders = shown.to_ascii_lowercase().matches("##vso[").count();
    let meant = |line: &&str| {
        ["##vso[task.logissue type=", "##vso[task.complete result="].iter().any(|word| line.starts_with(word))
    };
    let meant = if format == Format::AzureDevops { shown.lines().filter(meant).count() } else { 0 };
    prop_assert_eq!(orders, meant, "{:?}: {}", format, shown);
    let mut commands = shown.lines().filter(|line| line.trim_start().starts_with("::"));
    match format {
        Format::Github => {
            let meant = ["::error ", "::warning ", "::notice "];
            prop_assert!(commands.all(|line| meant.iter().any(|word| line.starts_with(word))), "{}", shown);
        }
        _ => prop_assert_eq!(commands.next(), None, "{:?}", format),
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn no_output_holds_a_command_or_a_hidden_character(text in hostile()) {
        let report = report(&text);
        let verdict = ScanVerdict { outcome: sample::VERDICT.outcome, gate: sample::VERDICT.gate };
        let mut lines = 0;
        for format in <Format as clap::ValueEnum>::value_variants() {
            for target in [SarifTarget::Github, SarifTarget::Archive] {
                let text = TextOptions { inputs: vec![text.clone()], ..TextOptions::default() };
                let sarif = SarifOptions { target, category: CategoryOptions::default() };
                let options = Options { sarif, text, verdict, links: Links::default(), time: 0 };
                let shown = render(&report, *format, &options, Terminal::NONE).expect("an output");
                check(*format, &shown)?;
                if *format == Format::Github {
                    lines = shown.lines().count();
                }
            }
        }
        // One a notification, a group of findings, a remark, and two that count: no text makes a line of its own.
        prop_assert!(lines <= 2 + report.notifications.len() + report.findings.len() + report.waiver_remarks.len());
    }
}
