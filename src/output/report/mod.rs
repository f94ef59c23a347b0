//! Everything that the outputs print, and the exit code it comes to.

pub(crate) mod annotations;
pub(crate) mod evidence;
pub(crate) mod excerpt;
pub(crate) mod flat;
pub(crate) mod grouping;
pub(crate) mod links;
pub(crate) mod location;
#[cfg(test)]
pub(crate) mod sample;
pub(crate) mod sentence;
pub(crate) mod standing;
pub(crate) mod summary;
pub(crate) mod verdict;

use std::collections::BTreeSet;

use chrono::NaiveDate;

use crate::model::finding::{
    BaselineState, Finding, Notification, RegistrySummary, ResultKind, ScopeName, Severity, Waived,
};
pub use crate::model::inventory::{FileRead, SkippedFile, SnapshotRead};
use crate::policy::{Policy, SettingRemark};
use crate::triage::baseline::{AbsentResult, CarriedResult};
use crate::triage::waiver::WaiverRemark;

/// So many of the files that were skipped are listed where people read.
pub const MAX_SKIPPED: usize = 20;
/// A waiver that ends within so many days is told, so that no scan fails unannounced.
const SOON: i64 = 14;

/// The result of one scan.
#[derive(Debug)]
pub struct Report {
    /// The policies that ran, sorted by id, whether they found anything or not.
    pub policies: Vec<Policy>,
    /// The subscriptions asked for, sorted, and the source code where some was.
    pub scopes: Vec<ScopeReport>,
    /// Every registry that was read, sorted.
    pub registries: Vec<RegistrySummary>,
    /// Sorted by registry, then worst first.
    pub findings: Vec<Finding>,
    /// What was not read, and what failed; sorted.
    pub notifications: Vec<Notification>,
    /// How many of the notifications are gaps.
    pub gaps: usize,
    /// Waivers that do nothing; sorted.
    pub waiver_remarks: Vec<WaiverRemark>,
    /// Settings and waivers of the checkout that do not hold, for they are not among the trusted ones; sorted.
    pub proposed: Vec<WaiverRemark>,
    /// What the baseline holds and this scan does not; `None` where there is no baseline. Sorted.
    pub absent: Option<Vec<AbsentResult>>,
    /// What the baseline holds and this scan could not see; sorted.
    pub carried: Vec<CarriedResult>,
    /// The source code that was read; sorted by path.
    pub files_read: Vec<FileRead>,
    /// What looked like source code and was left, and why; sorted.
    pub skipped: Vec<SkippedFile>,
    /// The snapshots that were read; sorted.
    pub snapshots: Vec<SnapshotRead>,
    /// Settings by which less is found, or it counts for less; sorted.
    pub settings: Vec<SettingRemark>,
    /// The day of the scan.
    pub today: NaiveDate,
}

/// One subscription of a report, or the source code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScopeReport {
    /// Which.
    pub name: ScopeName,
    /// Whether its list of registries was read to the end.
    pub complete: bool,
    /// As in [`ScanScope::only`](crate::model::inventory::ScanScope::only).
    pub only: Vec<String>,
    /// Whether a part of it was refused or failed, and no baseline holds what earlier scans saw of it.
    pub lost_sight: bool,
}

impl ScopeReport {
    /// Whether code scanning may have its run: it takes for fixed what a run does not hold.
    pub fn is_for_github(&self) -> bool {
        self.complete && !self.lost_sight
    }
}

/// What a scan is held to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gate {
    /// The least severity that counts; `None` for never.
    pub fail_on: Option<Severity>,
    /// Whether a result that could not tell makes it incomplete.
    pub fail_on_unknown: bool,
    /// Whether only those findings count that the baseline does not hold, or that are worse than there.
    pub fail_on_new: bool,
}

impl Gate {
    /// Whether a finding fails the scan. What is waived does not.
    pub fn fails(self, finding: &Finding) -> bool {
        finding.waived.is_none()
            && finding.kind == ResultKind::Fail
            && self.fail_on.is_some_and(|threshold| finding.severity >= threshold)
            && (!self.fail_on_new || finding.baseline.is_some_and(BaselineState::is_news))
    }
}

/// What a scan comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Complete, and nothing at or above the threshold.
    Clean,
    /// Complete, and something at or above it.
    Findings,
    /// It could not tell. This beats findings.
    Incomplete,
}

impl Outcome {
    /// 0, 1 or 2. It never depends on the output format.
    pub fn exit_code(self) -> u8 {
        match self {
            Outcome::Clean => 0,
            Outcome::Findings => 1,
            Outcome::Incomplete => 2,
        }
    }
}

impl Report {
    /// What the report comes to. What is waived does not count.
    pub fn outcome(&self, gate: Gate) -> Outcome {
        let unknown = gate.fail_on_unknown && self.open().any(|finding| finding.kind == ResultKind::Unknown);
        let incomplete = self.scopes.iter().any(|scope| !scope.complete);
        if unknown || incomplete || !self.notifications.is_empty() {
            return Outcome::Incomplete;
        }
        if self.findings.iter().any(|finding| gate.fails(finding)) { Outcome::Findings } else { Outcome::Clean }
    }

    /// The findings that count, which nobody has waived.
    pub fn open(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.waived.is_none())
    }

    /// The others, each with its waiver.
    pub fn waived(&self) -> impl Iterator<Item = (&Finding, &Waived)> {
        self.findings.iter().filter_map(|finding| Some((finding, finding.waived.as_ref()?)))
    }

    /// How many waivers in force end within [`SOON`] days, and the first of their last days.
    pub fn ending(&self) -> Option<(usize, NaiveDate)> {
        let last = |waived: &Waived| waived.expires.as_deref()?.parse::<NaiveDate>().ok();
        let soon = |day: &NaiveDate| (*day - self.today).num_days() <= SOON;
        let ending: BTreeSet<(&str, u32, NaiveDate)> = self
            .waived()
            .filter_map(|(_, waived)| Some((waived.path.as_str(), waived.line, last(waived).filter(soon)?)))
            .collect();
        Some((ending.len(), ending.iter().map(|(.., day)| *day).min()?))
    }

    /// How many open findings of kind fail have this severity.
    pub fn count(&self, severity: Severity) -> usize {
        self.open().filter(|finding| finding.kind == ResultKind::Fail && finding.severity == severity).count()
    }

    /// How many open results are unknown.
    pub fn count_unknown(&self) -> usize {
        self.open().filter(|finding| finding.kind == ResultKind::Unknown).count()
    }

    /// Of how many tasks, and runs without one, a run that succeeded speaks against what was read: there the scan may be
    /// wrong, so it is counted.
    pub fn count_contradicted(&self) -> usize {
        self.open().filter(|finding| finding.evidence.get("contradicted_by_run").is_some()).count()
    }

    /// How the open findings of kind fail compare with the baseline; `None` where there is none.
    pub fn compared(&self) -> Option<Compared> {
        let absent = self.absent.as_ref()?;
        let fails = || self.open().filter(|finding| finding.kind == ResultKind::Fail);
        let count = |state| fails().filter(|finding| finding.baseline == Some(state)).count();
        let (new, worse) = (count(BaselineState::New), count(BaselineState::Worse));
        Some(Compared { new, worse, known: fails().count() - new - worse, gone: absent.len() })
    }
}

/// How many findings are new, and how many are not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Compared {
    /// Not in the baseline.
    pub new: usize,
    /// In the baseline, and less grave or with less to it.
    pub worse: usize,
    /// In the baseline, and still there.
    pub known: usize,
    /// In the baseline, and there no more.
    pub gone: usize,
}
