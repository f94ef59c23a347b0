//! The `policies` command: list them, explain one, start a new one.

mod new;
mod reference;

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::super::policy_sources::{resolve, write_builtin};
use super::super::{console, stdout};
use crate::output::report::Outcome;
use crate::policy::lint;
use crate::policy::{PolicyError, PolicySet, Selection};

/// `acrscan policies`
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct PoliciesArgs {
    #[command(subcommand)]
    #[allow(missing_docs)]
    pub command: Option<PoliciesCommand>,
    /// The policy to explain
    pub id: Option<String>,
    /// How to print it
    #[arg(long, value_enum, default_value_t)]
    pub format: PoliciesFormat,
    /// Policies of your own, to list beside the built-in ones: a folder, a bundle, or an artifact
    #[arg(long = "policies", value_name = "SOURCE")]
    pub folders: Vec<PathBuf>,
}

/// What to do with policies.
#[derive(Debug, Subcommand)]
pub enum PoliciesCommand {
    /// Start a policy: a folder with a policy, its test and its examples, all of which pass
    New {
        /// The policy's id, such as `owner-tag`
        #[arg(value_parser = parse_policy_id)]
        id: String,
        /// The folder to make the policy's folder in
        #[arg(short, long = "output", value_name = "DIR", default_value = ".")]
        output: PathBuf,
    },
    /// Write the built-in policies as a bundle, for `--policies`, `opa` and a registry
    Bundle {
        /// The file
        #[arg(short, long = "output", value_name = "FILE", default_value = "acrscan-policies.tar.gz")]
        output: PathBuf,
    },
    /// Print the JSON Schema of the document that policies see, for editors and `opa check --schema`
    Schema,
}

/// How policies are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum PoliciesFormat {
    /// For the terminal
    #[default]
    Text,
    /// A reference page
    Markdown,
    /// Everything METADATA says
    Json,
}

fn parse_policy_id(text: &str) -> Result<String, String> {
    let words = text.split('-');
    let plain = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    let starts = text.starts_with(|first: char| first.is_ascii_lowercase());
    if starts && words.into_iter().all(plain) {
        Ok(text.to_owned())
    } else {
        Err("an id is lower-case words joined by hyphens, such as `owner-tag`".to_owned())
    }
}

/// Lists the policies, explains one, or starts a new one.
///
/// # Errors
/// The policies cannot be loaded, or none has that id.
pub fn run(args: &PoliciesArgs) -> anyhow::Result<Outcome> {
    if let Some(PoliciesCommand::New { id, output }) = &args.command {
        let folder = new::create(id, output)?;
        console::info(&format!("wrote {folder}; `acrscan test {}` runs its tests", output.display()));
        return Ok(Outcome::Clean);
    }
    if let Some(PoliciesCommand::Bundle { output }) = &args.command {
        write_builtin(output)?;
        console::info(&format!("wrote {}; --policies takes it, and `oras push` and `opa` do", output.display()));
        return Ok(Outcome::Clean);
    }
    if let Some(PoliciesCommand::Schema) = &args.command {
        stdout::print(lint::SCHEMA)?;
        return Ok(Outcome::Clean);
    }
    let folders = resolve(&args.folders)?.folders;
    let set = PolicySet::load(&Selection { folders, ..Selection::default() })?;
    let policies = match &args.id {
        None => set.policies,
        Some(id) => {
            let known = set.policies.iter().map(|policy| policy.id.as_str()).collect::<Vec<_>>().join(", ");
            let one = set.policies.iter().find(|policy| policy.id == *id);
            vec![one.cloned().ok_or_else(|| PolicyError::UnknownId { id: id.clone(), known })?]
        }
    };
    let text = match (args.format, &args.id) {
        (PoliciesFormat::Text, None) => reference::list(&policies),
        (PoliciesFormat::Text, Some(_)) => policies.iter().map(reference::explain).collect(),
        (PoliciesFormat::Markdown, None) => reference::markdown(&policies)?,
        (PoliciesFormat::Markdown, Some(_)) => policies.iter().map(reference::page).collect::<anyhow::Result<_>>()?,
        (PoliciesFormat::Json, _) => reference::as_json(&policies),
    };
    stdout::print(&text)?;
    Ok(Outcome::Clean)
}
