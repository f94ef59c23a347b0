//! The `pull` command: a snapshot, and nothing evaluated.

use std::path::PathBuf;

use anyhow::bail;
use chrono::Utc;
use clap::Args;

use super::super::args::LiveArgs;
use super::super::collect::{choose_service_tags, collect_live, warn_if_old};
use super::super::console;
use crate::model::inventory::{Inventory, Needs};
use crate::output::report::Outcome;
use crate::source::{azure, snapshot};

/// `acrscan pull`
#[derive(Debug, Args)]
pub struct PullArgs {
    /// The folder to write; an earlier snapshot there is replaced
    #[arg(short, long = "output", value_name = "DIR")]
    pub output: PathBuf,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub live: LiveArgs,
}

/// `acrscan pull`: a snapshot, and nothing evaluated.
///
/// # Errors
/// No subscription was named, no credential works, or the folder cannot be written.
pub fn run(args: &PullArgs) -> anyhow::Result<Outcome> {
    if !args.live.is_named() {
        bail!("nothing to pull: name a subscription with --subscription");
    }
    snapshot::check_target(&args.output)?;
    let LiveArgs { task_credentials, preview, runs, network, .. } = args.live;
    let collected =
        collect_live(&args.live, Needs { task_credentials, preview, runs, network, ..Needs::ALL_PLAIN }, &[], None)?;
    let tags = choose_service_tags(None, args.live.cloud, std::slice::from_ref(&collected))?;
    warn_if_old(&tags);
    snapshot::write(&args.output, &collected.inventory, &tags, &azure::API_VERSIONS, Utc::now())?;
    let Inventory { scopes, registries, gaps, .. } = &collected.inventory;
    console::notify(&gaps.iter().map(|gap| gap.notification()).collect::<Vec<_>>());
    console::info(&format!(
        "wrote {}: {} registries of {} subscriptions, {} gaps",
        args.output.display(),
        registries.len(),
        scopes.len(),
        gaps.len()
    ));
    Ok(if gaps.is_empty() { Outcome::Clean } else { Outcome::Incomplete })
}
