//! What a report for people tells, and how it names what was scanned.

use crate::model::path::shell_word;

/// How much is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Verbosity {
    /// The numbers.
    Quiet,
    /// A sentence a finding.
    #[default]
    Normal,
    /// Whole messages, evidence and commands, each result by itself.
    Verbose,
}

/// What a report for people tells.
#[derive(Debug, Clone, Default)]
pub struct TextOptions {
    /// How much.
    pub verbosity: Verbosity,
    /// Whether the commands that mend a finding are below it.
    pub fix: bool,
    /// The words of the command line that name what was scanned.
    pub inputs: Vec<String>,
}

impl TextOptions {
    /// `acrscan fix infra --registry prod`
    pub fn fix_command(&self, registry: &str) -> String {
        let words = ["acrscan", "fix"].into_iter().chain(self.inputs.iter().map(String::as_str));
        let words = words.chain(["--registry", registry]).map(shell_word);
        words.collect::<Vec<_>>().join(" ")
    }
}
