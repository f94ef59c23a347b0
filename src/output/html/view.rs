//! What the page shows, in the words that it shows.

use serde::Serialize;

use super::super::report::sentence::{sentence, whole};
use super::super::report::standing::{Standing, Totals, phrases, posture_words, worst_first};
use super::super::report::{Report, grouping};
use super::super::{Options, plural, visible};
use super::path_map::{PathMap, path_map};
use crate::model::exposure::Answer;
use crate::model::finding::{BaselineState, Finding, ResultKind, ScopeName, Severity};

/// So many registries are to be looked at first.
const MAX_FIRST: usize = 5;

#[derive(Serialize)]
pub struct Page {
    time: String,
    version: &'static str,
    scopes: String,
    outcome: String,
    registries_title: String,
    postures: Vec<Count>,
    tasks_title: String,
    tasks: Vec<Count>,
    tasks_note: Option<String>,
    findings_title: String,
    findings: Vec<Count>,
    history: Option<History>,
    first: Vec<First>,
    registries: Vec<Registry>,
    not_complete: Vec<String>,
    waived: Vec<String>,
    severities: Vec<&'static str>,
}

#[derive(Serialize)]
struct Count {
    number: usize,
    words: &'static str,
    class: &'static str,
}

#[derive(Serialize)]
struct History {
    new: usize,
    worse: usize,
    known: usize,
    gone: usize,
    lines: Vec<String>,
}

#[derive(Serialize)]
struct First {
    id: String,
    name: String,
    sentence: String,
    severity: &'static str,
    command: Option<String>,
}

#[derive(Serialize)]
struct Registry {
    id: String,
    name: String,
    resource: String,
    phrases: Vec<String>,
    posture: &'static str,
    posture_words: &'static str,
    reach: usize,
    refused: usize,
    untold: usize,
    counts: Vec<Count>,
    rank: usize,
    findings_count: usize,
    scope: String,
    location: String,
    search: String,
    command: Option<String>,
    map: PathMap,
    findings: Vec<Told>,
}

#[derive(Serialize)]
struct Told {
    severity: &'static str,
    news: Option<&'static str>,
    policy: String,
    title: String,
    page: Option<String>,
    sentence: String,
    place: String,
    evidence: Vec<(String, String)>,
    remediation: String,
    fix: Vec<String>,
}

pub fn page(report: &Report, options: &Options) -> Page {
    let totals = Totals::of(report);
    let standings = worst_first(report);
    let (word, why) = options.verdict.sentence(report);
    let count = |number, words, class| Count { number, words, class };
    let mut postures = vec![
        count(totals.open, "open to every network", "open"),
        count(totals.selected, "open to selected networks", "selected"),
        count(totals.closed, "closed to the public network", "closed"),
    ];
    if totals.unknown > 0 {
        postures.push(count(totals.unknown, "not known", "unknown"));
    }
    let without = totals.without_tasks;
    Page {
        time: time(options.time),
        version: env!("CARGO_PKG_VERSION"),
        scopes: scopes(report),
        outcome: format!("{word}. {}", visible(&why)),
        registries_title: plural(report.registries.len(), "registry", "registries"),
        postures,
        tasks_title: plural(totals.tasks(), "task", "tasks"),
        tasks: vec![
            count(totals.refused, "cannot reach their registry", "refused"),
            count(totals.reach, "reach it", "reach"),
            count(totals.untold, "cannot be told", "unknown"),
        ],
        tasks_note: (without > 0)
            .then(|| format!("Not all tasks of {} were read.", plural(without, "registry", "registries"))),
        findings_title: plural(report.open().filter(|f| f.kind == ResultKind::Fail).count(), "finding", "findings"),
        findings: severity_counts(&mut report.open()),
        history: history(report),
        first: standings
            .iter()
            .enumerate()
            .filter_map(|(at, standing)| first(at, standing, options))
            .take(MAX_FIRST)
            .collect(),
        registries: standings
            .iter()
            .enumerate()
            .map(|(at, standing)| registry(report, at, standing, options))
            .collect(),
        not_complete: report.notifications.iter().map(|note| visible(&note.text()).into_owned()).collect(),
        waived: report
            .waived()
            .map(|(finding, waived)| {
                let line = format!(
                    "{} of {}: {} ({}:{})",
                    finding.policy, finding.name, waived.reason, waived.path, waived.line
                );
                visible(&line).into_owned()
            })
            .collect(),
        severities: Severity::WORST_FIRST.map(Severity::as_str).to_vec(),
    }
}

fn time(milliseconds: i64) -> String {
    let time = chrono::DateTime::from_timestamp_millis(milliseconds).unwrap_or_default();
    time.format("%Y-%m-%d %H:%M UTC").to_string()
}

fn scopes(report: &Report) -> String {
    let mut names = report.scopes.iter().map(|scope| scope.name.to_string());
    match (names.next(), names.count()) {
        (None, _) => String::new(),
        (Some(first), 0) => visible(&first).into_owned(),
        (Some(first), more) => format!("{} and {more} more", visible(&first)),
    }
}

fn severity_counts(findings: &mut dyn Iterator<Item = &Finding>) -> Vec<Count> {
    let mut counts: Vec<Count> = Severity::WORST_FIRST
        .map(|severity| Count { number: 0, words: severity.as_str(), class: severity.as_str() })
        .into_iter()
        .chain([Count { number: 0, words: "not known", class: "unknown" }])
        .collect();
    for finding in findings {
        let class = if finding.kind == ResultKind::Unknown { "unknown" } else { finding.severity.as_str() };
        counts.iter_mut().filter(|count| count.class == class).for_each(|count| count.number += 1);
    }
    counts.retain(|count| count.number > 0);
    counts
}

fn history(report: &Report) -> Option<History> {
    let compared = report.compared()?;
    let gone = report.absent.iter().flatten().map(|gone| {
        let name = gone.resource.rsplit('/').next().unwrap_or_default();
        visible(&format!("{name}: {} ({})", gone.message, gone.policy)).into_owned()
    });
    Some(History {
        new: compared.new,
        worse: compared.worse,
        known: compared.known,
        gone: compared.gone,
        lines: gone.collect(),
    })
}

fn command(standing: &Standing, options: &Options) -> Option<String> {
    let has_commands = standing.fails().any(|finding| !finding.fix.is_empty());
    has_commands.then(|| visible(&options.text.fix_command(&standing.registry.name)).into_owned())
}

fn first(at: usize, standing: &Standing, options: &Options) -> Option<First> {
    // The verdict on a task says most.
    let worst = standing.fails().map(|finding| finding.severity).max()?;
    let of_worst = || standing.fails().filter(|finding| finding.severity == worst);
    let told =
        of_worst().find(|finding| finding.policy == "task-cannot-reach-registry").or_else(|| of_worst().next())?;
    Some(First {
        id: format!("r{at}"),
        name: visible(&standing.registry.name).into_owned(),
        sentence: visible(&sentence(told)).into_owned(),
        severity: worst.as_str(),
        command: command(standing, options),
    })
}

fn registry(report: &Report, at: usize, standing: &Standing, options: &Options) -> Registry {
    let summary = standing.registry;
    let exposure = &summary.exposure;
    let rank = standing.fails().map(|finding| finding.severity).max();
    let scope = match &summary.scope {
        ScopeName::Subscription(id) => id.clone(),
        ScopeName::Source => "source code".to_owned(),
    };
    let tasks = exposure.tasks.iter().flatten().map(|task| task.name.as_str());
    let policies = standing.findings.iter().map(|finding| finding.policy.as_str());
    let words =
        [summary.name.as_str(), &scope, &summary.location, &summary.sku].into_iter().chain(tasks).chain(policies);
    let search = words.collect::<Vec<_>>().join(" ").to_lowercase();
    Registry {
        id: format!("r{at}"),
        name: visible(&summary.name).into_owned(),
        resource: visible(&summary.resource).into_owned(),
        phrases: [visible(&summary.sku).into_owned()]
            .into_iter()
            .filter(|sku| !sku.is_empty())
            .chain(phrases(exposure))
            .collect(),
        posture: exposure.posture.as_str(),
        posture_words: posture_words(exposure.posture),
        reach: exposure.count_tasks(Answer::Yes),
        refused: exposure.count_tasks(Answer::No),
        untold: exposure.count_tasks(Answer::Unknown),
        counts: severity_counts(&mut standing.findings.iter().copied()),
        rank: rank.map_or(0, |worst| 1 + worst as usize),
        findings_count: standing.fails().count(),
        scope: visible(&scope).into_owned(),
        location: visible(&summary.location).into_owned(),
        search: visible(&search).into_owned(),
        command: command(standing, options),
        map: path_map(&summary.name, exposure),
        findings: standing.findings.iter().map(|finding| told(report, finding)).collect(),
    }
}

fn told(report: &Report, finding: &Finding) -> Told {
    let policy = report.policies.iter().find(|policy| policy.id == finding.policy);
    let owned = |text: &str| visible(text).into_owned();
    let text = |text: &str| owned(&text.split_whitespace().collect::<Vec<_>>().join(" "));
    let evidence = finding.evidence.as_object().into_iter().flatten();
    Told {
        severity: if finding.kind == ResultKind::Unknown { "unknown" } else { finding.severity.as_str() },
        news: finding.baseline.and_then(BaselineState::label),
        policy: owned(&finding.policy),
        title: policy.map(|policy| text(&policy.metadata.title)).unwrap_or_default(),
        // The user's own policies may name anything.
        page: policy
            .and_then(|policy| policy.metadata.related_resources.first())
            .filter(|page| page.url.starts_with("https://"))
            .map(|page| owned(&page.url)),
        sentence: owned(&whole(finding)),
        place: owned(&grouping::location(finding)),
        evidence: evidence.map(|(name, value)| (owned(name), owned(&value.to_string()))).collect(),
        remediation: policy.map(|policy| text(&policy.metadata.custom.remediation)).unwrap_or_default(),
        fix: finding.fix.iter().map(|command| owned(command)).collect(),
    }
}
