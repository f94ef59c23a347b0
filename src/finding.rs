//! What a policy has to say of one registry, and what the scanner has to say of itself.

use serde_json::Value;
use sha2::{Digest, Sha256};

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

/// Whether the registry breaks the policy, or the policy could not tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// The registry breaks the policy.
    Fail,
    /// Something the policy needs was not read.
    Unknown,
}

impl Kind {
    /// The word used in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Fail => "fail",
            Kind::Unknown => "unknown",
        }
    }
}

/// A stretch of a text file. Lines and columns count from 1; columns are UTF-16 code units, as SARIF has them;
/// the end column is one past the last character.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs)]
pub struct Region {
    pub start_line: u32,
    pub start_column: u32,
    pub end_line: u32,
    pub end_column: u32,
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
}

/// One result of one policy on one registry.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// Policy id, such as `public-network-access`.
    pub policy: String,
    /// Fail or unknown.
    pub kind: Kind,
    /// From the policy's METADATA, or from the finding where the policy grades its own.
    pub severity: Severity,
    /// What is wrong, in a sentence or two.
    pub message: String,
    /// The subscription the registry is in.
    pub scope: String,
    /// ARM id of the registry, in ARM's own casing.
    pub resource: String,
    /// JSON pointer into the policy input document.
    pub field: String,
    /// Tells several findings of one policy on one registry apart.
    pub key: Option<String>,
    /// Where the finding points.
    pub location: Location,
    /// What the policy saw: a JSON object, or null.
    pub evidence: Value,
    /// `az` commands that mend it.
    pub fix: Vec<String>,
    /// See [`fingerprint`].
    pub fingerprint: String,
}

impl Finding {
    /// The registry's name: the last segment of its ARM id.
    pub fn registry_name(&self) -> &str {
        last_segment(&self.resource)
    }
}

/// The line of a report that names a registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistrySummary {
    /// Subscription id.
    pub scope: String,
    /// ARM id.
    pub resource: String,
    /// ARM location; empty where it was not read.
    pub location: String,
    /// SKU name; empty where it was not read.
    pub sku: String,
}

/// The last segment of an ARM id.
pub fn last_segment(id: &str) -> &str {
    id.rsplit('/').next().unwrap_or(id)
}

/// SHA-256, in hex, of policy id, NUL, lower-cased resource id, NUL, key or field: stable across runs, machines,
/// order and casing.
pub fn fingerprint(policy: &str, resource: &str, key_or_field: &str) -> String {
    let mut hasher = Sha256::new();
    for (index, part) in [policy, &resource.to_lowercase(), key_or_field].into_iter().enumerate() {
        if index > 0 {
            hasher.update([0]);
        }
        hasher.update(part.as_bytes());
    }
    hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
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
    /// Subscription, where the notification is about one.
    pub scope: Option<String>,
    /// ARM id, where it is about one resource.
    pub resource: Option<String>,
    /// Policy id, where it is about one policy.
    pub policy: Option<String>,
    /// Error or warning.
    pub level: Level,
    /// What happened and what to do.
    pub message: String,
}
