//! What a CI system shows beside a line. GitHub and Azure Pipelines take ten of a kind from a step and drop the others
//! without a word: the worst of each kind are given, and what is left is counted.

use std::cmp::Reverse;
use std::fmt::Write as _;

use super::Report;
use super::grouping;
use super::location::Repository;
use super::verdict::{ScanVerdict, plural};
use crate::model::file_gap::FilePosition;
use crate::model::finding::{BaselineState, Finding, Notification, ResultKind, Severity};
use crate::model::visible::visible;
use crate::policy::SettingRemark;
use crate::triage::waiver::WaiverRemark;

/// Of each kind, in one step.
const MAX_ANNOTATIONS: usize = 10;

/// How much it asks of whoever reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnnotationKind {
    Error,
    Warning,
    Notice,
}

impl AnnotationKind {
    const ALL: [AnnotationKind; 3] = [AnnotationKind::Error, AnnotationKind::Warning, AnnotationKind::Notice];

    pub fn as_str(self) -> &'static str {
        match self {
            AnnotationKind::Error => "error",
            AnnotationKind::Warning => "warning",
            AnnotationKind::Notice => "notice",
        }
    }
}

/// One remark. Its texts are visible, and not yet escaped for any format.
#[derive(Debug)]
pub struct Annotation {
    pub kind: AnnotationKind,
    /// The policy's id, where it is one's finding.
    pub policy: Option<String>,
    pub title: String,
    pub message: String,
    /// `None` where it is in no file of the repository.
    pub place: Option<AnnotationPlace>,
}

/// A place in a file of the repository, as far as it is known.
#[derive(Debug, Default)]
pub struct AnnotationPlace {
    pub path: String,
    pub line: Option<u32>,
    pub end_line: Option<u32>,
    pub column: Option<u32>,
    pub end_column: Option<u32>,
}

/// Those that are shown, by kind and the worst first, and in words how many of what are not.
#[derive(Debug)]
pub struct Annotations {
    pub shown: Vec<Annotation>,
    pub left: Vec<String>,
}

/// The remarks of a report.
pub fn annotations(report: &Report, verdict: &ScanVerdict) -> Annotations {
    let repository = Repository::find();
    let mut all = not_read(report, &repository);
    all.extend(findings(report, verdict, &repository));
    all.extend(waivers(report, &repository));
    all.extend(settings(report, &repository));
    all.extend(held_back(report, &repository));
    let (mut shown, mut left) = (Vec::new(), Vec::new());
    for kind in AnnotationKind::ALL {
        let (of_kind, others): (Vec<Annotation>, _) = all.into_iter().partition(|annotation| annotation.kind == kind);
        all = others;
        let (word, more) = (kind.as_str(), of_kind.len().saturating_sub(MAX_ANNOTATIONS));
        if more > 0 {
            left.push(plural(more, &format!("more {word}"), &format!("more {word}s")));
        }
        shown.extend(of_kind.into_iter().take(MAX_ANNOTATIONS));
    }
    let is_left = |finding: &&Finding| finding.kind == ResultKind::Unknown && !is_shown(finding, verdict);
    let unknown = report.open().filter(is_left).count();
    if unknown > 0 {
        left.push(plural(unknown, "unknown result", "unknown results"));
    }
    Annotations { shown, left }
}

fn not_read(report: &Report, repository: &Repository) -> Vec<Annotation> {
    let remark = |note: &Notification| Annotation {
        kind: AnnotationKind::Error,
        policy: None,
        title: "acrscan could not tell".to_owned(),
        message: visible(&note.text()).into_owned(),
        place: note.location.as_ref().and_then(|location| in_file(location, repository)),
    };
    report.notifications.iter().map(remark).collect()
}

/// New before known, what fails before what is unknown, the worst first.
fn findings(report: &Report, verdict: &ScanVerdict, repository: &Repository) -> Vec<Annotation> {
    let mut findings: Vec<&Finding> = report.open().filter(|finding| is_shown(finding, verdict)).collect();
    findings.sort_by_key(|finding| (finding.is_known_failure(), finding.kind, Reverse(finding.severity)));
    let groups = grouping::alike(findings);
    let groups = groups.iter().filter_map(|group| group.split_first());
    groups.map(|(finding, alike)| of_finding(finding, alike.len(), verdict, repository)).collect()
}

/// Unknown results are many, and fix nothing on a line; where one fails the scan it is shown.
fn is_shown(finding: &Finding, verdict: &ScanVerdict) -> bool {
    finding.kind == ResultKind::Fail || verdict.gate.fail_on_unknown
}

fn kind(finding: &Finding, verdict: &ScanVerdict) -> AnnotationKind {
    match (finding.kind, finding.severity) {
        // What fails nothing is no more than a notice, where only what is new fails.
        _ if finding.is_known_failure() && verdict.gate.fail_on_new => AnnotationKind::Notice,
        (ResultKind::Unknown, _) | (_, Severity::Critical | Severity::High) => AnnotationKind::Error,
        (_, Severity::Medium) => AnnotationKind::Warning,
        (_, Severity::Low | Severity::Note) => AnnotationKind::Notice,
    }
}

fn of_finding(finding: &Finding, alike: usize, verdict: &ScanVerdict, repository: &Repository) -> Annotation {
    let grade = match finding.kind {
        ResultKind::Fail => finding.severity.as_str(),
        ResultKind::Unknown => "unknown",
    };
    let new = finding.baseline.and_then(BaselineState::label).map(|new| format!("{new}, ")).unwrap_or_default();
    let mut message = finding.message.clone();
    if alike > 0 {
        let _ = write!(message, " And {alike} more of this policy here.");
    }
    let place = repository.locate(finding).map(|place| {
        let region = place.region;
        let mut shown = at_line(&place.path, region.start_line);
        shown.end_line = Some(region.end_line);
        if region.end_line == region.start_line {
            // GitHub has columns within one line only.
            (shown.column, shown.end_column) = (Some(region.start_column), Some(region.end_column));
        }
        shown
    });
    if place.is_none() {
        // What is in no file of the repository says in words where it is.
        let _ = write!(message, " ({})", grouping::location(finding));
    }
    Annotation {
        kind: kind(finding, verdict),
        policy: Some(visible(&finding.policy).into_owned()),
        title: visible(&format!("{}: {new}{grade}", finding.policy)).into_owned(),
        message: visible(&message).into_owned(),
        place,
    }
}

fn waivers(report: &Report, repository: &Repository) -> Vec<Annotation> {
    let remark = |remark: &WaiverRemark| Annotation {
        kind: AnnotationKind::Notice,
        policy: None,
        title: "acrscan waiver".to_owned(),
        message: visible(&remark.message).into_owned(),
        place: repository.relative(&remark.path).map(|path| at_line(&path, remark.line)),
    };
    report.waiver_remarks.iter().map(remark).collect()
}

fn settings(report: &Report, repository: &Repository) -> Vec<Annotation> {
    let remark = |setting: &SettingRemark| Annotation {
        kind: AnnotationKind::Warning,
        policy: None,
        title: "acrscan setting".to_owned(),
        message: visible(&setting.sentence()).into_owned(),
        place: repository
            .relative(&setting.path)
            .map(|path| at_line(&path, u32::try_from(setting.line).unwrap_or_default())),
    };
    report.settings.iter().map(remark).collect()
}

fn held_back(report: &Report, repository: &Repository) -> Vec<Annotation> {
    let remark = |held: &WaiverRemark| Annotation {
        kind: AnnotationKind::Warning,
        policy: None,
        title: "acrscan held back".to_owned(),
        message: visible(&format!("does not hold, for the trusted settings do not have it: {}", held.message))
            .into_owned(),
        place: repository.relative(&held.path).map(|path| at_line(&path, held.line)),
    };
    report.proposed.iter().map(remark).collect()
}

fn at_line(path: &str, line: u32) -> AnnotationPlace {
    AnnotationPlace { path: visible(path).into_owned(), line: Some(line), ..AnnotationPlace::default() }
}

/// `None` where it is in no file of the repository.
fn in_file(FilePosition { path, start }: &FilePosition, repository: &Repository) -> Option<AnnotationPlace> {
    let path = visible(&repository.relative(path)?).into_owned();
    let (line, column) = start.unzip();
    Some(AnnotationPlace { path, line, column, ..AnnotationPlace::default() })
}
