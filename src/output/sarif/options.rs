//! What SARIF is written for.

/// Who reads the SARIF.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum SarifTarget {
    /// GitHub code scanning: what it takes, and nothing that it would show wrongly
    #[default]
    Github,
    /// Everything: failed scopes, unknown results as open, controls as taxonomies
    Archive,
}

/// What SARIF is written for.
#[derive(Debug, Clone, Default)]
pub struct SarifOptions {
    /// Who reads it.
    pub target: SarifTarget,
    /// Replaces `acrscan/live` in `automationDetails.id`.
    pub category: Option<String>,
}
