//! What SARIF is written for.

use std::path::PathBuf;

/// Who reads the SARIF.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum SarifTarget {
    /// GitHub code scanning: what it takes, and nothing that it would show wrongly
    #[default]
    Github,
    /// Azure DevOps: Advanced Security, and the Scans tab
    AzureDevops,
    /// Everything: failed scopes, unknown results as open, controls as taxonomies
    Archive,
}

/// What GitHub tells uploads apart by.
#[derive(Debug, Clone, Default)]
pub struct CategoryOptions {
    /// Replaces `acrscan/live` and `acrscan/iac` and all that would be added to them.
    pub prefix: Option<String>,
    /// What the set of policies is called, where it is not the one that runs by itself.
    pub policy_set: Option<String>,
    /// The source code that was named, and what else tells one scan of it from another, as in a variables file.
    pub source: Vec<PathBuf>,
}

/// What SARIF is written for.
#[derive(Debug, Clone, Default)]
pub struct SarifOptions {
    /// Who reads it.
    pub target: SarifTarget,
    /// What makes the runs' categories.
    pub category: CategoryOptions,
}
