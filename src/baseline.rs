//! An earlier SARIF of ours: what is new since, what was known, what is gone.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use crate::coverage::Coverage;
use crate::finding::{BaselineState, Finding, Kind, ScopeName};
use crate::json_text::JsonText;
use crate::report::AbsentResult;
use crate::text_file;

/// A larger file is not read.
const MOST_BYTES: u64 = 1024 * 1024 * 1024;

/// The name under which a result keeps our fingerprint.
const FINGERPRINT: &str = "acrscan/v1";

/// The results of an earlier scan, by policy and fingerprint.
#[derive(Debug, Default)]
pub struct Baseline {
    known: BTreeMap<(String, String), Known>,
    /// Whether it holds everything: a file for GitHub leaves out what is waived, and what source code left unknown.
    archive: bool,
}

/// What a result said.
#[derive(Debug)]
struct Known {
    resource: String,
    message: String,
    kind: String,
    severity: String,
    evidence: Value,
    waived: bool,
}

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
    #[error("{file}:{line}: {message}; a baseline is SARIF that acrscan wrote")]
    At {
        /// The file.
        file: String,
        /// From 1.
        line: u32,
        /// What is wrong.
        message: String,
    },
}

#[derive(Deserialize)]
struct Sarif {
    version: Option<Value>,
    runs: Option<Vec<Run>>,
}

#[derive(Deserialize)]
struct Run {
    tool: Option<Tool>,
    results: Option<Vec<SarifResult>>,
}

#[derive(Deserialize)]
struct Tool {
    driver: Option<Driver>,
}

#[derive(Deserialize)]
struct Driver {
    name: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SarifResult {
    rule_id: Option<String>,
    #[serde(default)]
    message: Message,
    #[serde(default)]
    partial_fingerprints: BTreeMap<String, String>,
    baseline_state: Option<String>,
    suppressions: Option<Vec<Suppression>>,
    #[serde(default)]
    properties: Properties,
}

#[derive(Deserialize, Default)]
struct Message {
    #[serde(default)]
    text: String,
}

#[derive(Deserialize)]
struct Suppression {
    status: Option<String>,
}

#[derive(Deserialize, Default)]
struct Properties {
    #[serde(rename = "acrscan/kind", default)]
    kind: String,
    #[serde(rename = "acrscan/severity", default)]
    severity: String,
    #[serde(rename = "acrscan/resourceId", default)]
    resource: String,
    #[serde(rename = "acrscan/evidence", default)]
    evidence: Value,
}

impl Baseline {
    /// Reads an earlier SARIF of ours, for GitHub or for the archive.
    ///
    /// # Errors
    /// It cannot be read, is no SARIF 2.1.0, or is not ours.
    pub fn read(path: &Path) -> Result<Baseline, BaselineError> {
        let file = text_file::shown(path);
        let unread = |error: String| BaselineError::Read { file: file.clone(), error };
        let length = fs::metadata(path).map_err(|error| unread(error.to_string()))?.len();
        if length > MOST_BYTES {
            return Err(unread(format!("it is larger than {} MB", MOST_BYTES / 1024 / 1024)));
        }
        let bytes = fs::read(path).map_err(|error| unread(error.to_string()))?;
        let text = text_file::decode(bytes).map_err(unread)?;
        let text = text.trim_start_matches('\u{feff}');
        Baseline::parse(text).map_err(|fault| {
            let (line, message) = match fault {
                Fault::Json(error) => (u32::try_from(error.line()).unwrap_or(u32::MAX).max(1), error.to_string()),
                // Parsed once more for its line: what is refused is read no further.
                Fault::At(pointer, message) => (JsonText::parse(text).region(&pointer).start_line, message),
            };
            BaselineError::At { file: file.clone(), line, message }
        })
    }

    fn parse(text: &str) -> Result<Baseline, Fault> {
        let at = |pointer: &str, message: &str| Err(Fault::At(pointer.to_owned(), message.to_owned()));
        let sarif: Sarif = serde_json::from_str(text).map_err(Fault::Json)?;
        let Some(runs) = sarif.runs else { return at("", "it has no \"runs\", so it is no SARIF") };
        if sarif.version.as_ref().and_then(Value::as_str) != Some("2.1.0") {
            return at("/version", "its version is not SARIF's 2.1.0");
        }
        if runs.is_empty() {
            return at("/runs", "it has no run, so nothing says that acrscan wrote it");
        }
        let mut baseline = Baseline::default();
        for (index, run) in runs.into_iter().enumerate() {
            let name = run.tool.and_then(|tool| tool.driver).and_then(|driver| driver.name).unwrap_or_default();
            if name != "acrscan" {
                let message = format!("run {} is of another tool, {name:?}", index + 1);
                return at(&format!("/runs/{index}/tool/driver/name"), &message);
            }
            let Some(results) = run.results else {
                return at(&format!("/runs/{index}"), "this run has no list of results");
            };
            for (number, result) in results.into_iter().enumerate() {
                let Err(message) = baseline.add(result) else { continue };
                return at(&format!("/runs/{index}/results/{number}"), message);
            }
        }
        Ok(baseline)
    }

    fn add(&mut self, mut result: SarifResult) -> Result<(), &'static str> {
        let Some(policy) = result.rule_id else { return Err("this result has no \"ruleId\"") };
        let Some(fingerprint) = result.partial_fingerprints.remove(FINGERPRINT) else {
            return Err("this result has no fingerprint \"acrscan/v1\"");
        };
        self.archive |= result.suppressions.is_some();
        // What was gone then is not there.
        if result.baseline_state.as_deref() == Some("absent") {
            return Ok(());
        }
        let accepted = |suppression: &Suppression| suppression.status.as_deref().is_none_or(|s| s == "accepted");
        let Properties { kind, severity, resource, evidence } = result.properties;
        let waived = result.suppressions.iter().flatten().any(accepted);
        let message = result.message.text;
        let known = Known { resource, message, kind, severity, evidence, waived };
        self.known.insert((policy, fingerprint), known);
        Ok(())
    }

    /// Tells each finding whether it was known, and returns what is gone; sorted.
    ///
    /// Of what a file for GitHub leaves out nothing can be told: it is neither new nor known.
    pub fn compare(mut self, findings: &mut [Finding], coverage: &Coverage<'_>) -> Vec<AbsentResult> {
        for finding in findings.iter_mut() {
            let known = self.known.remove(&(finding.policy.clone(), finding.fingerprint.clone()));
            finding.baseline = match known {
                Some(known) if known.says_the_same(finding) => Some(BaselineState::Unchanged),
                Some(_) => Some(BaselineState::Updated),
                None if finding.waived.is_some() => None,
                None if left_out(finding) && !self.archive => None,
                None => Some(BaselineState::New),
            };
        }
        // What is behind a result that could not tell is not gone.
        let unknown = findings.iter().filter(|finding| finding.kind == Kind::Unknown);
        let unknown: BTreeSet<(&str, String)> =
            unknown.map(|finding| (finding.policy.as_str(), finding.resource.to_lowercase())).collect();
        let gone = self.known.into_iter().filter(|((policy, _), known)| {
            coverage.ran(policy)
                && !unknown.contains(&(policy.as_str(), known.resource.to_lowercase()))
                && would_show(&known.resource, policy, coverage)
        });
        let mut absent: Vec<AbsentResult> = gone
            .map(|((policy, fingerprint), known)| AbsentResult {
                resource: known.resource,
                policy,
                message: plain(&known.message),
                fingerprint,
            })
            .collect();
        absent.sort();
        absent
    }
}

/// Why a text is no baseline.
enum Fault {
    /// It is no JSON, or not of SARIF's shape.
    Json(serde_json::Error),
    /// JSON pointer, and what is wrong there.
    At(String, String),
}

impl Known {
    fn says_the_same(&self, finding: &Finding) -> bool {
        let graded = self.kind == finding.kind.as_str() && self.severity == finding.severity.as_str();
        let counted = self.waived == finding.waived.is_some();
        graded && counted && self.evidence == finding.evidence && wording(&self.message) == wording(&finding.message)
    }
}

/// Whether SARIF for GitHub leaves it out.
fn left_out(finding: &Finding) -> bool {
    finding.kind == Kind::Unknown && finding.scope == ScopeName::Source
}

/// Whether this scan would have found it, were it still there.
fn would_show(resource: &str, policy: &str, coverage: &Coverage<'_>) -> bool {
    let lower = resource.to_lowercase();
    let read = match lower.strip_prefix("/subscriptions/").and_then(|rest| rest.split('/').next()) {
        Some(id) => coverage.whole(&ScopeName::Subscription(id.to_owned())),
        None => coverage.whole_source(resource),
    };
    read && !coverage.blind(policy, None, |id| id.eq_ignore_ascii_case(resource))
}

/// What SARIF escapes in a message, as it was.
fn plain(message: &str) -> String {
    message.replace("\\[", "[").replace("\\]", "]")
}

/// A message without what SARIF's writer escapes: brackets that would make a link, and characters that do not show.
fn wording(message: &str) -> String {
    let mut wording = String::with_capacity(message.len());
    let mut rest = message;
    while let Some(next) = rest.chars().next() {
        let escaped = rest.strip_prefix("\\u{").and_then(|inside| {
            let (code, after) = inside.split_once('}')?;
            (code.len() <= 6 && code.bytes().all(|byte| byte.is_ascii_hexdigit())).then_some(after)
        });
        if let Some(after) = escaped {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("old.sarif");
        fs::write(&file, text).expect("it can be written");
        let error = Baseline::read(&file).expect_err(text).to_string();
        error.rsplit_once("old.sarif").expect("it names the file").1.to_owned()
    }

    #[test]
    fn what_is_no_baseline_is_refused_with_its_line() {
        let run = |inside: &str| format!("{{\"version\": \"2.1.0\", \"runs\": [\n{inside}\n]}}");
        let ours = "{\"tool\": {\"driver\": {\"name\": \"acrscan\"}},\n\"results\": ";
        for (text, expected) in [
            (String::new(), ":1: EOF while parsing"),
            ("acrscan: nothing".to_owned(), ":1: expected value"),
            (format!("{}\n\"x", &run(ours)[..40]), ":"),
            ("[]".to_owned(), ":1: invalid"),
            ("{}".to_owned(), ":1: it has no \"runs\""),
            ("{\n\"version\": \"2.0.0\", \"runs\": []}".to_owned(), ":2: its version is not"),
            ("{\"runs\": []}".to_owned(), ":1: its version is not"),
            (run(""), ":1: it has no run"),
            (
                run("{\n\"tool\": {\"driver\": {\n\"name\": \"Trivy\"}}, \"results\": []}"),
                ":4: run 1 is of another tool, \"Trivy\"",
            ),
            (run("{\"results\": []}"), ":2: run 1 is of another tool, \"\""),
            (run(&format!("{ours} null}}")), ":2: this run has no list of results"),
            (run(&format!("{ours} [\n{{\"ruleId\": \"a\"}}]}}")), ":4: this result has no fingerprint"),
            (run(&format!("{ours} [{{}}]}}")), ":3: this result has no \"ruleId\""),
            (run(&format!("{ours} 3}}")), ":3: invalid type"),
        ] {
            let told = refused(&text);
            assert!(told.starts_with(expected), "{text}\n{told}");
            assert!(told.ends_with("; a baseline is SARIF that acrscan wrote"), "{told}");
        }
        let missing = Baseline::read(Path::new("/nowhere/old.sarif")).expect_err("missing").to_string();
        assert!(missing.starts_with("/nowhere/old.sarif: cannot read the baseline: "), "{missing}");
        assert!(Baseline::read(&std::env::temp_dir()).is_err());
    }

    #[test]
    fn escapes_are_no_difference() {
        assert_eq!(wording("a \\[b\\](c) \\u{1b}[3m"), wording("a [b](c) \u{1b}[3m"));
        assert_ne!(wording("missing are 1.2.3.4"), wording("missing are 1.2.34"));
        assert_eq!(wording("\\u{zz} \\u{"), "u{zz} u{");
        assert_eq!(plain("a \\[b\\](c)"), "a [b](c)");
    }
}
