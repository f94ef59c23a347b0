//! An earlier scan of ours, as SARIF or JSON: what is new since, what is worse, what was known, what is gone.

mod read;
mod report;
mod sarif;
#[cfg(test)]
mod tests;
mod worse;

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use serde_json::Value;

pub use self::read::BaselineError;
use super::coverage::Coverage;
use crate::model::finding::{BaselineState, Finding, ResultKind, ScopeName, folded_fingerprint};
use crate::model::registry_id::RegistryId;

/// Policy id and fingerprint.
type ResultKey = (String, String);

/// What the message of a finding that is worse ends with, before what is.
const WORSE: &str = " Worse than the baseline: ";

/// The results of an earlier scan, by policy and fingerprint.
#[derive(Debug, Default)]
pub struct Baseline {
    known: BTreeMap<ResultKey, BaselineResult>,
    /// The subscriptions that it has a run of, in lower case.
    scopes: BTreeSet<String>,
    /// The whole, for results that are carried as they are.
    text: String,
    /// Results as SARIF, where the whole is none.
    raw: Vec<String>,
    /// Whether it holds everything: a file for GitHub leaves out what is waived, and what source code left unknown.
    archive: bool,
}

/// A result of the baseline that is gone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct AbsentResult {
    /// As in [`Finding::resource`].
    pub resource: String,
    /// Policy id.
    pub policy: String,
    /// What it said.
    pub message: String,
    /// As in [`Finding::fingerprint`].
    pub fingerprint: String,
}

/// A result of the baseline that this scan could not see, for what it rests on was refused or failed. It is kept, so that
/// nobody takes it for fixed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct CarriedResult {
    /// ARM id of the registry.
    pub resource: String,
    /// Policy id.
    pub policy: String,
    /// As in [`ResultKind::as_str`].
    pub kind: String,
    /// As in [`Severity::as_str`](crate::model::finding::Severity::as_str); empty where the baseline does not say.
    pub severity: String,
    /// What it said.
    pub message: String,
    /// As in [`Finding::fingerprint`].
    pub fingerprint: String,
    /// The first day, as in `2026-11-27`, on which a scan could not see it.
    pub not_seen_since: String,
    /// The SARIF result.
    pub sarif: String,
}

/// What a result said.
#[derive(Debug, Clone)]
struct BaselineResult {
    resource: String,
    message: String,
    kind: String,
    severity: String,
    /// Not kept of results that were one alert.
    evidence: Option<Value>,
    /// As in [`Finding::registry_fingerprint`].
    registry_fingerprint: Option<String>,
    waived: bool,
    /// Since when no scan saw it, where it was carried already.
    not_seen_since: Option<String>,
    /// Its run, and its place there.
    place: (usize, usize),
    /// Whether a finding of this scan is it.
    seen: bool,
    /// Whether that finding could not tell: then nobody knows whether what failed still does.
    seen_as_unknown: bool,
}

impl Baseline {
    /// What a scan found, for another to be compared with.
    pub fn of_findings(findings: &[Finding]) -> Baseline {
        let mut baseline = Baseline { archive: true, ..Baseline::default() };
        for finding in findings {
            let known = BaselineResult {
                resource: finding.resource.clone(),
                message: finding.message.clone(),
                kind: finding.kind.as_str().to_owned(),
                severity: finding.severity.as_str().to_owned(),
                evidence: Some(finding.evidence.clone()),
                registry_fingerprint: finding.registry_fingerprint.clone(),
                waived: finding.waived.is_some(),
                not_seen_since: None,
                place: (0, 0),
                seen: false,
                seen_as_unknown: false,
            };
            baseline.insert(finding.policy.clone(), finding.fingerprint.clone(), known);
        }
        baseline
    }

    /// Tells each finding whether it was known, and returns what is gone; sorted.
    ///
    /// Of what a file for GitHub leaves out nothing can be told: it is neither new nor known.
    pub fn compare(&mut self, findings: &mut [Finding], coverage: &Coverage<'_>) -> Vec<AbsentResult> {
        let (folded, archive) = (folded(findings), self.archive);
        let moved = self.moved(findings, &folded);
        for (index, finding) in findings.iter_mut().enumerate() {
            let key = self.find(finding, &folded).or_else(|| moved.get(&index).cloned());
            let known = key.and_then(|key| self.known.get_mut(&key));
            let (state, worse) = match known.map(|known| known.mark_seen(finding.kind)) {
                // What nobody could tell then was no failure yet.
                Some(known) if finding.kind == ResultKind::Fail && known.kind == ResultKind::Unknown.as_str() => {
                    (Some(BaselineState::New), None)
                }
                // Nor did what was waived count: a waiver that is gone is not to pass for an old failure.
                Some(known) if known.waived && finding.waived.is_none() => (Some(BaselineState::New), None),
                Some(known) => known.compare(finding),
                // It does not count, so it is not new.
                None if finding.waived.is_some() => (None, None),
                None if left_out(finding) && !archive => (None, None),
                None => (Some(BaselineState::New), None),
            };
            finding.baseline = state;
            if let Some(worse) = worse {
                finding.message += &format!("{WORSE}{worse}.");
            }
        }
        self.settle_other_words(findings);
        // What is behind a result that could not tell is not gone.
        let unknown = findings.iter().filter(|finding| finding.kind == ResultKind::Unknown);
        let unknown: BTreeSet<(&str, String)> =
            unknown.map(|finding| (finding.policy.as_str(), finding.resource.to_lowercase())).collect();
        let gone = self.known.iter().filter(|((policy, _), known)| {
            !known.seen
                && coverage.ran(policy)
                && !unknown.contains(&(policy.as_str(), known.resource.to_lowercase()))
                && would_show(&known.resource, policy, coverage)
        });
        let mut absent: Vec<AbsentResult> = gone
            .map(|((policy, fingerprint), known)| AbsentResult {
                resource: known.resource.clone(),
                policy: policy.clone(),
                message: known.message.clone(),
                fingerprint: fingerprint.clone(),
            })
            .collect();
        absent.sort();
        absent
    }

    /// The registries that it has results of, by subscription, all in lower case.
    pub fn registries(&self) -> BTreeMap<String, BTreeSet<String>> {
        let mut registries: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for known in self.known.values() {
            if let Some(id) = RegistryId::parse(&known.resource) {
                registries.entry(id.subscription.clone()).or_default().insert(known.resource.to_lowercase());
            }
        }
        registries
    }

    /// Whether it has a run of a subscription: only then it holds all the alerts there are.
    pub fn holds(&self, scope: &ScopeName) -> bool {
        self.scopes.contains(scope.as_str())
    }

    /// After [`Baseline::compare`]: the results in Azure that this scan could not see; sorted. What is waived was no alert.
    pub fn carried(&self, coverage: &Coverage<'_>, today: NaiveDate) -> Vec<CarriedResult> {
        let lost = self.known.iter().filter(|((policy, _), known)| {
            known.is_lost() && !known.waived && coverage.ran(policy) && could_not_see(&known.resource, policy, coverage)
        });
        let mut lost = lost.peekable();
        if lost.peek().is_none() {
            return Vec::new();
        }
        let raw = self.raw_results();
        let mut carried: Vec<CarriedResult> = lost
            .filter_map(|((policy, fingerprint), known)| {
                let (run, number) = known.place;
                Some(CarriedResult {
                    resource: known.resource.clone(),
                    policy: policy.clone(),
                    kind: known.kind.clone(),
                    severity: known.severity.clone(),
                    message: known.message.clone(),
                    fingerprint: fingerprint.clone(),
                    not_seen_since: known.not_seen_since.clone().unwrap_or_else(|| today.to_string()),
                    sarif: (*raw.get(run)?.get(number)?).to_owned(),
                })
            })
            .collect();
        carried.sort();
        carried
    }
}

/// Whether something that it rests on in Azure was refused or failed. A subscription whose list was not read to its end
/// keeps its alerts by having no run.
fn could_not_see(resource: &str, policy: &str, coverage: &Coverage<'_>) -> bool {
    let Some(id) = RegistryId::parse(resource) else { return false };
    let scope = ScopeName::Subscription(id.subscription.to_lowercase());
    coverage.saw(&scope, resource) && coverage.blind(policy, Some(&scope), |id| id.eq_ignore_ascii_case(resource))
}

impl Baseline {
    /// The result that a finding is. An older baseline does not tell addresses of source code apart by case: such a
    /// result is one of the same address, or, where it names none, the only one that it may be.
    fn find(&self, finding: &Finding, folded: &BTreeMap<ResultKey, usize>) -> Option<ResultKey> {
        let is_same = |known: &BaselineResult| {
            finding.scope != ScopeName::Source || known.resource.is_empty() || known.resource == finding.resource
        };
        let own = (finding.policy.clone(), finding.fingerprint.clone());
        match self.known.get(&own) {
            Some(known) if is_same(known) => Some(own),
            // Of everything else the old fingerprint is the same.
            _ if finding.scope != ScopeName::Source || finding.resource == finding.resource.to_lowercase() => None,
            _ => {
                let old = old_key(finding);
                let known = self.known.get(&old)?;
                let is_only = folded.get(&old) == Some(&1);
                (is_same(known) && (!known.resource.is_empty() || is_only)).then_some(old)
            }
        }
    }

    /// The results that findings are whose code has moved: by the registry's name, where one result and one finding are
    /// left over that have it.
    fn moved(&self, findings: &[Finding], folded: &BTreeMap<ResultKey, usize>) -> BTreeMap<usize, ResultKey> {
        let found: Vec<Option<ResultKey>> = findings.iter().map(|finding| self.find(finding, folded)).collect();
        let taken: BTreeSet<&ResultKey> = found.iter().flatten().collect();
        // Registry fingerprint of a policy -> what is left over of it, or nothing where that is not one.
        let mut results: BTreeMap<(&str, &str), Option<&ResultKey>> = BTreeMap::new();
        for (key, known) in self.known.iter().filter(|(key, _)| !taken.contains(key)) {
            let Some(of_registry) = &known.registry_fingerprint else { continue };
            results.entry((&key.0, of_registry)).and_modify(|only| *only = None).or_insert(Some(key));
        }
        let mut left: BTreeMap<(&str, &str), Option<usize>> = BTreeMap::new();
        for (index, finding) in findings.iter().enumerate().filter(|(index, _)| found[*index].is_none()) {
            let Some(of_registry) = &finding.registry_fingerprint else { continue };
            left.entry((&finding.policy, of_registry)).and_modify(|only| *only = None).or_insert(Some(index));
        }
        left.into_iter()
            .filter_map(|(name, index)| Some((index?, results.get(&name).copied().flatten()?.clone())))
            .collect()
    }

    /// That a task has no way to its registry an earlier version of the policies said in the finding on what its way lacks,
    /// and a later one says of the task as well: that is no news, as long as it is no graver, and the other finding is
    /// still there and no worse.
    fn settle_other_words(&self, findings: &mut [Finding]) {
        let is_known = |finding: &Finding, other: &Finding| {
            other.kind == ResultKind::Fail
                && matches!(other.baseline, Some(BaselineState::Unchanged | BaselineState::Updated))
                && other.resource == finding.resource
                && other.severity >= finding.severity
                && finding.policy != other.policy
                && self.find(other, &BTreeMap::new()).and_then(|key| self.known.get(&key)).is_some_and(|known| {
                    let tasks = known.evidence.as_ref().and_then(|evidence| evidence["tasks"].as_array());
                    let task = finding.key.as_deref().filter(|key| finding.evidence["task"] == *key);
                    task.is_some_and(|task| tasks.into_iter().flatten().any(|known| known == task))
                })
        };
        let settled: Vec<usize> = (0..findings.len())
            .filter(|&index| {
                let finding = &findings[index];
                finding.baseline == Some(BaselineState::New)
                    && finding.kind == ResultKind::Fail
                    && finding.evidence["broken_link"] == "way"
                    && !self.known.contains_key(&(finding.policy.clone(), finding.fingerprint.clone()))
                    && findings.iter().any(|other| is_known(finding, other))
            })
            .collect();
        for index in settled {
            findings[index].baseline = Some(BaselineState::Updated);
        }
    }
}

/// How many findings of source code each old fingerprint may be.
fn folded(findings: &[Finding]) -> BTreeMap<ResultKey, usize> {
    let mut counts = BTreeMap::new();
    for finding in findings.iter().filter(|finding| finding.scope == ScopeName::Source) {
        *counts.entry(old_key(finding)).or_default() += 1;
    }
    counts
}

fn old_key(finding: &Finding) -> ResultKey {
    let key = finding.key.as_deref().unwrap_or(&finding.field);
    (finding.policy.clone(), folded_fingerprint(&finding.policy, &finding.resource, key))
}

impl BaselineResult {
    fn mark_seen(&mut self, kind: ResultKind) -> &BaselineResult {
        self.seen = true;
        self.seen_as_unknown = kind == ResultKind::Unknown;
        self
    }

    /// Whether this scan does not tell that it still is so. A failure and what could not be told are two alerts.
    fn is_lost(&self) -> bool {
        !self.seen || (self.seen_as_unknown && self.kind == ResultKind::Fail.as_str())
    }

    /// How a finding that is this result compares with it.
    fn compare(&self, finding: &Finding) -> (Option<BaselineState>, Option<String>) {
        if finding.kind == ResultKind::Fail
            && let Some(worse) = worse::worse(finding, &self.severity, self.evidence.as_ref())
        {
            return (Some(BaselineState::Worse), Some(worse));
        }
        let same = self.says_the_same(finding);
        (Some(if same { BaselineState::Unchanged } else { BaselineState::Updated }), None)
    }

    fn says_the_same(&self, finding: &Finding) -> bool {
        // An analysis that GitHub gave back may lack it.
        let severity = self.severity.is_empty() || self.severity == finding.severity.as_str();
        let graded = self.kind == finding.kind.as_str() && severity;
        let counted = self.waived == finding.waived.is_some();
        let seen = self.evidence.as_ref().is_none_or(|evidence| *evidence == finding.evidence);
        graded && counted && seen && wording(first_words(&self.message)) == wording(&finding.message)
    }
}

/// Whether SARIF for GitHub leaves it out.
fn left_out(finding: &Finding) -> bool {
    finding.kind == ResultKind::Unknown && finding.scope == ScopeName::Source
}

/// Whether this scan would have found it, were it still there.
fn would_show(resource: &str, policy: &str, coverage: &Coverage<'_>) -> bool {
    let lower = resource.to_lowercase();
    let read = match lower.strip_prefix("/subscriptions/").and_then(|rest| rest.split('/').next()) {
        Some(id) => coverage.saw(&ScopeName::Subscription(id.to_owned()), resource),
        None => coverage.whole_source(resource),
    };
    read && !coverage.blind(policy, None, |id| id.eq_ignore_ascii_case(resource))
}

/// A message without what it said of an earlier baseline.
fn first_words(message: &str) -> &str {
    message.split(WORSE).next().unwrap_or(message)
}

/// A message without what SARIF's writer escapes: brackets that would make a link, and characters that do not show.
fn wording(message: &str) -> String {
    let mut wording = String::with_capacity(message.len());
    let mut rest = message;
    while let Some(next) = rest.chars().next() {
        let escaped = rest.strip_prefix("\\u{").and_then(|inside| {
            let (code, after) = inside.split_once('}')?;
            Some((char::from_u32(u32::from_str_radix(code, 16).ok()?)?, after))
        });
        if let Some((character, after)) = escaped {
            // Of what was made visible, some shows by itself, as the first of `##[`.
            wording.extend(Some(character).filter(char::is_ascii_graphic));
            rest = after;
            continue;
        }
        if next.is_alphanumeric() || next == ' ' || (next.is_ascii_graphic() && next != '\\') {
            wording.push(next);
        }
        rest = &rest[next.len_utf8()..];
    }
    wording
}
