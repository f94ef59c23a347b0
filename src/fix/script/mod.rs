//! Plans as scripts, in a language that a person reads before running them.

mod bash;
mod powershell;

pub use self::bash::Totals;

use super::plan::RegistryPlan;

/// The language of a script.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum ScriptFormat {
    /// For bash, with `az`
    #[default]
    Bash,
    /// For PowerShell 7.4 or newer, with `az`
    Powershell,
}

/// The script.
pub fn script(plans: &[RegistryPlan], format: ScriptFormat) -> String {
    match format {
        ScriptFormat::Bash => bash::script(plans),
        ScriptFormat::Powershell => powershell::script(plans),
    }
}
