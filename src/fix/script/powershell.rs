//! The same for PowerShell, whose words are quoted in its own way.

use std::fmt::Write as _;

use super::super::plan::RegistryPlan;
use super::super::shell::{Word, words};
use super::bash::{LEAST_AZ, Totals, blocks, comment, head, left};

/// The script.
pub fn script(plans: &[RegistryPlan]) -> String {
    let totals = Totals::of(plans);
    let mut script = String::from("#Requires -Version 7.4\n");
    head(&mut script, &totals);
    if totals.commands > 0 {
        script.push_str("$ErrorActionPreference = 'Stop'\n$PSNativeCommandUseErrorActionPreference = $true\n\n");
        comment(&mut script, &format!("Needs az {LEAST_AZ} or newer."));
        let _ = write!(
            script,
            "if ([version](az version --output json | ConvertFrom-Json).'azure-cli' -lt [version]'{LEAST_AZ}') {{\n    \
             throw 'az is too old: this script needs {LEAST_AZ} or newer'\n}}\n"
        );
    }
    blocks(&mut script, plans, dialect);
    left(&mut script, plans);
    script
}

/// A command of bash for PowerShell; as a comment where a word cannot be written there.
fn dialect(command: &str) -> String {
    match words(command).and_then(|words| words.iter().map(word).collect::<Option<Vec<String>>>()) {
        Some(words) => words.join(" "),
        None => "throw 'use the script for bash: a name in this command holds what cannot be written here'".to_owned(),
    }
}

fn word(word: &Word) -> Option<String> {
    match word {
        Word::Text(text) => {
            let bare = |character: char| character.is_ascii_alphanumeric() || "._/:+=-".contains(character);
            let plain = !text.is_empty() && text.chars().all(bare);
            Some(if plain { text.clone() } else { format!("'{}'", text.replace('\'', "''")) })
        }
        Word::Output(inner) => {
            let words = words(inner)?.iter().map(self::word).collect::<Option<Vec<String>>>()?;
            Some(format!("({})", words.join(" ")))
        }
    }
}
