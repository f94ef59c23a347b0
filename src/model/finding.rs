//! What a policy has to say of one registry, and what the scanner has to say of itself.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use super::digest::sha256;
use super::exposure::Exposure;
use super::file_gap::FilePosition;
pub use super::text_file::Region;
use super::text_file::TextFile;
use serde_json::Value;

/// How bad a finding is, as the policy's METADATA says. Ordered from least to worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, clap::ValueEnum)]
#[allow(missing_docs)]
pub enum Severity {
    Note,
    Low,
    Medium,
    High,
    Critical,
}

impl Severity {
    /// All of them, worst first.
    pub const WORST_FIRST: [Severity; 5] =
        [Severity::Critical, Severity::High, Severity::Medium, Severity::Low, Severity::Note];

    /// The lower-case word used in METADATA, on the command line and in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Note => "note",
            Severity::Low => "low",
            Severity::Medium => "medium",
            Severity::High => "high",
            Severity::Critical => "critical",
        }
    }

    /// Reads the lower-case word; `None` for any other text.
    pub fn parse(word: &str) -> Option<Severity> {
        Severity::WORST_FIRST.into_iter().find(|severity| severity.as_str() == word)
    }
}

/// What the id of SARIF's rule for a policy's results that could not tell begins with; no policy's own does.
pub const UNKNOWN_PREFIX: &str = "unknown-";

/// Whether the registry breaks the policy, or the policy could not tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ResultKind {
    /// The registry breaks the policy.
    Fail,
    /// Something the policy needs was not read.
    Unknown,
}

impl ResultKind {
    /// The word used in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            ResultKind::Fail => "fail",
            ResultKind::Unknown => "unknown",
        }
    }
}

/// What is scanned as a whole: each scope is a run of its own in SARIF.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(from = "String", into = "String")]
pub enum ScopeName {
    /// A subscription's id, lower case.
    Subscription(String),
    /// All source code of the scan: Terraform, ARM templates, Bicep.
    Source,
}

impl ScopeName {
    /// A subscription's id in lower case, or the word `source`.
    pub fn as_str(&self) -> &str {
        match self {
            ScopeName::Subscription(id) => id,
            ScopeName::Source => "source",
        }
    }
}

impl fmt::Display for ScopeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ScopeName::Subscription(id) => write!(f, "subscription {id}"),
            ScopeName::Source => f.write_str("the source code"),
        }
    }
}

impl From<String> for ScopeName {
    fn from(id: String) -> ScopeName {
        ScopeName::Subscription(id)
    }
}

impl From<ScopeName> for String {
    fn from(name: ScopeName) -> String {
        name.as_str().to_owned()
    }
}

/// Where a finding points.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Location {
    /// A resource that exists in Azure and in no file.
    Live,
    /// A property in a file.
    File {
        /// Path as a user would open it, with `/` between segments; relative to the working directory where it can be.
        path: String,
        /// The property in that file.
        region: Region,
    },
    /// A property in source code that was read.
    Source {
        /// The file.
        file: Arc<TextFile>,
        /// The property in that file.
        region: Region,
    },
}

/// A place besides a finding's own: where the value is used, the call of the module.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Related {
    /// What is there, in a few words.
    pub message: String,
    /// The file.
    pub file: Arc<TextFile>,
    /// The place in that file.
    pub region: Region,
}

/// One result of one policy on one registry.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// Policy id, such as `public-network-access`.
    pub policy: String,
    /// Fail or unknown.
    pub kind: ResultKind,
    /// From the policy's METADATA, or from the finding where the policy grades its own.
    pub severity: Severity,
    /// What is wrong, in a sentence or two.
    pub message: String,
    /// Of a result that could not tell: what it lacks, in a sentence or two, the same for every policy that lacks it.
    pub reason: Option<String>,
    /// What the registry is part of.
    pub scope: ScopeName,
    /// ARM id of the registry, in ARM's own casing; in source code the address, after the folder or file it is relative to.
    pub resource: String,
    /// What a reader calls the registry: its name, or its address in source code.
    pub name: String,
    /// What SARIF calls the logical location: the ARM id; a Terraform address, JSON pointer or Bicep symbol.
    pub logical: String,
    /// JSON pointer into the policy input document.
    pub field: String,
    /// Tells several findings of one policy on one registry apart.
    pub key: Option<String>,
    /// Where the finding points.
    pub location: Location,
    /// Other places that have to do with it, the nearest first.
    pub related: Vec<Related>,
    /// What the policy saw: a JSON object, or null.
    pub evidence: Value,
    /// `az` commands that fix it.
    pub fix: Vec<String>,
    /// See [`fingerprint`].
    pub fingerprint: String,
    /// See [`registry_fingerprint`]; of source code that tells the registry's name.
    pub registry_fingerprint: Option<String>,
    /// Why it does not count, where somebody said so.
    pub waived: Option<Waived>,
    /// How it compares with the baseline, where there is one.
    pub baseline: Option<BaselineState>,
}

impl Finding {
    /// Whether it is a failure that the baseline has as well.
    pub fn is_known_failure(&self) -> bool {
        self.kind == ResultKind::Fail && self.baseline.is_some_and(|state| !state.is_news())
    }
}

/// A waiver that is in force and matches a finding.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Waived {
    /// Why the finding is accepted: whoever waives must say.
    pub reason: String,
    /// The last day on which it holds, as in `2027-03-31`.
    pub expires: Option<String>,
    /// Who agreed.
    pub approved_by: Option<String>,
    /// Whether it stands in the source code itself, as a comment, or in the configuration.
    pub in_source: bool,
    /// The file it stands in.
    pub path: String,
    /// The line it stands in, from 1.
    pub line: u32,
}

/// How a finding compares with an earlier scan. What is gone since is no finding; the report lists it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BaselineState {
    /// It was not there.
    New,
    /// It was there, and says the same.
    Unchanged,
    /// It was there, and says something else now.
    Updated,
    /// It was there, and was less grave or had less to it.
    Worse,
}

impl BaselineState {
    /// Whether it is news: what a gate on what is new counts.
    pub fn is_news(self) -> bool {
        matches!(self, BaselineState::New | BaselineState::Worse)
    }

    /// What a report puts beside the severity, of what is news.
    pub fn label(self) -> Option<&'static str> {
        match self {
            BaselineState::New => Some("new"),
            BaselineState::Worse => Some("worse"),
            BaselineState::Unchanged | BaselineState::Updated => None,
        }
    }

    /// SARIF's word.
    pub fn as_str(self) -> &'static str {
        match self {
            BaselineState::New => "new",
            BaselineState::Unchanged => "unchanged",
            BaselineState::Updated | BaselineState::Worse => "updated",
        }
    }
}

/// The line of a report that names a registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistrySummary {
    /// What it is part of.
    pub scope: ScopeName,
    /// As in [`Finding::resource`].
    pub resource: String,
    /// As in [`Finding::name`].
    pub name: String,
    /// ARM location; empty where it was not read.
    pub location: String,
    /// SKU name; empty where it was not read.
    pub sku: String,
    /// SHA-256 of the document that policies saw, as `--save-inputs` writes it; where a report asks for it, and the
    /// document holds no secret.
    pub document: Option<String>,
    /// How it stands on the network.
    pub exposure: Exposure,
}

/// SHA-256, in hex, of policy id, NUL, resource id, NUL, key or field: stable across runs, machines and order. ARM's ids
/// are in lower case there; addresses of source code are told apart by case.
pub fn fingerprint(policy: &str, resource: &str, key_or_field: &str) -> String {
    let is_of_arm =
        resource.get(.."/subscriptions/".len()).is_some_and(|start| start.eq_ignore_ascii_case("/subscriptions/"));
    hash(policy, &if is_of_arm { resource.to_lowercase() } else { resource.to_owned() }, key_or_field)
}

/// As acrscan 0.1 had it for source code as well, whatever the case of letters.
pub fn folded_fingerprint(policy: &str, resource: &str, key_or_field: &str) -> String {
    hash(policy, &resource.to_lowercase(), key_or_field)
}

/// The same without an address: of the name that the registry has in Azure, and its resource group where that is known.
/// It is the same where the code is moved, renamed or put into a module.
pub fn registry_fingerprint(policy: &str, name: &str, resource_group: Option<&str>, key_or_field: &str) -> String {
    let group = resource_group.unwrap_or_default();
    hash(policy, &format!("{group}/{name}").to_lowercase(), key_or_field)
}

fn hash(policy: &str, resource: &str, key_or_field: &str) -> String {
    sha256([policy, resource, key_or_field].join("\0"))
}

/// How serious a notification is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Something was not done: the answer is not complete.
    Error,
    /// The answer is complete as far as it goes, but the reader should know this.
    Warning,
}

/// What the scanner has to say of its own work: a part not read, a policy that failed to evaluate.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Notification {
    /// The scope, where the notification is about one.
    pub scope: Option<ScopeName>,
    /// ARM id, where it is about one resource.
    pub resource: Option<String>,
    /// Policy id, where it is about one policy.
    pub policy: Option<String>,
    /// Error or warning.
    pub level: Level,
    /// The place in source code that was not read.
    pub location: Option<FilePosition>,
    /// What happened and what to do; of a place that was not read, why it was not.
    pub message: String,
}

impl Notification {
    /// What is said before the location.
    pub const NOT_READ: &str = "not read: ";

    /// All that it says: of a place, `not read: path:line:column: why`.
    pub fn text(&self) -> Cow<'_, str> {
        match &self.location {
            Some(location) => Cow::Owned(format!("{}{location}: {}", Self::NOT_READ, self.message)),
            None => Cow::Borrowed(&self.message),
        }
    }
}
