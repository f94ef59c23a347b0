//! Reads SARIF as acrscan writes it, and refuses any other with its line.

use std::collections::btree_map::Entry;
use std::fs;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::report;
use super::sarif::{ParseError, Sarif, SarifResult, Suppression};
use super::{Baseline, BaselineResult};
use crate::model::finding::ResultKind;
use crate::model::json_text::JsonText;
use crate::model::path::display_path;
use crate::model::{limits, open, text_file};

/// The names under which a result keeps our fingerprints.
const FINGERPRINT: &str = "acrscan/v1";
const REGISTRY_FINGERPRINT: &str = "acrscan/registry/v1";

/// A baseline that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BaselineError {
    /// The file itself.
    #[error("{file}: cannot read the baseline: {error}")]
    Read {
        /// The file.
        file: String,
        /// Why.
        error: String,
    },
    /// What it says.
    #[error("{file}:{line}: {message}; a baseline is SARIF or JSON that acrscan wrote")]
    At {
        /// The file.
        file: String,
        /// From 1.
        line: u32,
        /// What is wrong.
        message: String,
    },
}

impl Baseline {
    /// Reads an earlier SARIF of ours, for GitHub or for the archive.
    ///
    /// # Errors
    /// It cannot be read, is no SARIF 2.1.0, or is not ours.
    pub fn read(path: &Path) -> Result<Baseline, BaselineError> {
        match path.is_dir() {
            true => Baseline::read_folder(path),
            false => Baseline::read_file(path),
        }
    }

    /// The files of a folder, as `-o sarif=DIR/` writes them.
    fn read_folder(folder: &Path) -> Result<Baseline, BaselineError> {
        let unread = |error: String| BaselineError::Read { file: display_path(folder), error };
        let entries = fs::read_dir(folder).map_err(|error| unread(error.to_string()))?;
        let mut files: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
        files.retain(|file| file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("sarif")));
        files.sort();
        let mut whole = Baseline::default();
        let mut runs = Vec::new();
        for file in &files {
            let read = Baseline::read_file(file)?;
            let shift = runs.len();
            runs.extend(read.raw_runs().into_iter().map(str::to_owned));
            for (key, mut known) in read.known {
                known.place.0 += shift;
                whole.known.entry(key).or_insert(known);
            }
            whole.scopes.extend(read.scopes);
            whole.archive |= read.archive;
        }
        if files.is_empty() {
            return Err(unread("it holds no .sarif file".to_owned()));
        }
        whole.text = format!("{{\"version\":\"2.1.0\",\"runs\":[{}]}}", runs.join(","));
        Ok(whole)
    }

    fn read_file(path: &Path) -> Result<Baseline, BaselineError> {
        let file = display_path(path);
        let unread = |why: String| {
            let error = why.strip_prefix("cannot read it: ").unwrap_or(&why).to_owned();
            BaselineError::Read { file: file.clone(), error }
        };
        let bytes = open::named_bytes(path).map_err(unread)?;
        limits::ask_to_parse_json(&bytes).map_err(unread)?;
        let text = &text_file::text_of(bytes).map_err(unread)?;
        Baseline::parse(text).map_err(|error| {
            let (line, message) = match error {
                ParseError::Json(error) => (u32::try_from(error.line()).unwrap_or(u32::MAX).max(1), error.to_string()),
                // Parsed once more for its line: what is refused is read no further.
                ParseError::At(pointer, message) => (JsonText::parse(text).region(&pointer).start_line, message),
            };
            BaselineError::At { file: file.clone(), line, message }
        })
    }

    pub(super) fn parse(text: &str) -> Result<Baseline, ParseError> {
        if report::is_one(text) {
            return report::parse(text);
        }
        let at = |pointer: &str, message: &str| Err(ParseError::At(pointer.to_owned(), message.to_owned()));
        let sarif: Sarif = serde_json::from_str(text).map_err(ParseError::Json)?;
        let Some(runs) = sarif.runs else { return at("", "it has no \"runs\", so it is no SARIF") };
        if sarif.version.as_ref().and_then(Value::as_str) != Some("2.1.0") {
            return at("/version", "its version is not SARIF's 2.1.0");
        }
        if runs.is_empty() {
            return at("/runs", "it has no run, so nothing says that acrscan wrote it");
        }
        let mut baseline = Baseline { text: text.to_owned(), ..Baseline::default() };
        for (index, run) in runs.into_iter().enumerate() {
            let name = run.tool.and_then(|tool| tool.driver).and_then(|driver| driver.name).unwrap_or_default();
            if name != "acrscan" {
                let message = format!("run {} is of another tool, {name:?}", index + 1);
                return at(&format!("/runs/{index}/tool/driver/name"), &message);
            }
            let Some(results) = run.results else {
                return at(&format!("/runs/{index}"), "this run has no list of results");
            };
            let category = run.automation_details.map(|details| details.id).unwrap_or_default();
            // `<category>/<subscription>/`
            baseline.scopes.extend(category.rsplit('/').nth(1).map(str::to_lowercase));
            for (number, result) in results.into_iter().enumerate() {
                let Err(message) = baseline.add(result, (index, number)) else { continue };
                return at(&format!("/runs/{index}/results/{number}"), message);
            }
        }
        Ok(baseline)
    }

    fn add(&mut self, mut result: SarifResult, place: (usize, usize)) -> Result<(), &'static str> {
        let Some(rule) = result.rule_id.take().or_else(|| result.rule.as_ref()?.id.clone()) else {
            return Err("this result has no \"ruleId\"");
        };
        let Some(fingerprint) = result.partial_fingerprints.remove(FINGERPRINT) else {
            return Err("this result has no fingerprint \"acrscan/v1\"");
        };
        let registry_fingerprint = result.partial_fingerprints.remove(REGISTRY_FINGERPRINT);
        self.archive |= result.suppressions.is_some();
        // What was gone then is not there.
        if result.baseline_state.as_deref() == Some("absent") {
            return Ok(());
        }
        let accepted = |suppression: &Suppression| suppression.status.as_deref().is_none_or(|s| s == "accepted");
        let waived = result.suppressions.iter().flatten().any(accepted);
        let located = result.resource();
        let properties = result.properties;
        let (policy, kind) = properties.policy_and_kind(rule);
        let count = properties.fingerprints.len();
        if [properties.messages.len(), properties.resources.len(), properties.severities.len()] != [count; 3] {
            return Err("this result stands for several, and its lists of them are not of one length");
        }
        let known = BaselineResult {
            resource: if properties.resource.is_empty() { located } else { properties.resource },
            message: properties.message.unwrap_or_else(|| plain(&result.message.text)),
            kind,
            severity: properties.severity,
            evidence: Some(properties.evidence),
            registry_fingerprint,
            waived,
            not_seen_since: properties.not_seen_since,
            place,
            seen: false,
            seen_as_unknown: false,
        };
        if count == 0 {
            self.insert(policy, fingerprint, known);
            return Ok(());
        }
        let each = properties.messages.into_iter().zip(properties.resources).zip(properties.severities);
        // Earlier files lack these.
        let mut evidences = properties.evidences.into_iter().map(Some);
        let mut of_registries = properties.registry_fingerprints.into_iter();
        for (fingerprint, ((message, resource), severity)) in properties.fingerprints.into_iter().zip(each) {
            let evidence = evidences.next().flatten();
            let registry_fingerprint = of_registries.next().flatten();
            let known = BaselineResult { resource, message, severity, evidence, registry_fingerprint, ..known.clone() };
            self.insert(policy.clone(), fingerprint, known);
        }
        Ok(())
    }

    /// A failure that was carried stands beside what could not be told; it is the one to keep.
    pub(super) fn insert(&mut self, policy: String, fingerprint: String, known: BaselineResult) {
        let is_unknown = known.kind == ResultKind::Unknown.as_str();
        match self.known.entry((policy, fingerprint)) {
            Entry::Occupied(other) if is_unknown && other.get().kind != known.kind => {}
            Entry::Occupied(mut other) => drop(other.insert(known)),
            Entry::Vacant(place) => {
                place.insert(known);
            }
        }
    }

    /// The runs as they stand in its text.
    fn raw_runs(&self) -> Vec<&str> {
        #[derive(Deserialize)]
        struct Raw<'a> {
            #[serde(borrow)]
            runs: Vec<&'a RawValue>,
        }
        let raw = serde_json::from_str::<Raw<'_>>(&self.text).map(|raw| raw.runs).unwrap_or_default();
        raw.into_iter().map(RawValue::get).collect()
    }

    /// The text of results as the baseline has them, by their places in it.
    pub(super) fn raw_results(&self) -> Vec<Vec<&str>> {
        #[derive(Deserialize)]
        struct Raw<'a> {
            #[serde(borrow)]
            runs: Vec<RawRun<'a>>,
        }
        #[derive(Deserialize)]
        struct RawRun<'a> {
            #[serde(borrow)]
            results: Vec<&'a RawValue>,
        }
        if self.text.is_empty() {
            return vec![self.raw.iter().map(String::as_str).collect()];
        }
        let raw = serde_json::from_str::<Raw<'_>>(&self.text).map(|raw| raw.runs).unwrap_or_default();
        raw.into_iter().map(|run| run.results.into_iter().map(RawValue::get).collect()).collect()
    }
}

/// What SARIF escapes in a message, as it was.
pub(super) fn plain(message: &str) -> String {
    message.replace("\\[", "[").replace("\\]", "]")
}
