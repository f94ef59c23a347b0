//! The `pull` command: a snapshot, and nothing evaluated.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use chrono::Utc;
use clap::Args;

use super::super::args::{LiveArgs, RegistryChoice};
use super::super::collect::{LiveRequest, choose_service_tags, collect_live, warn_if_old};
use super::super::console;
use crate::model::finding::ScopeName;
use crate::model::inventory::{Inventory, Needs};
use crate::model::registry_id::RegistryId;
use crate::model::told;
use crate::output::report::Outcome;
use crate::source::{Collected, azure, snapshot};

/// `acrscan pull`
#[derive(Debug, Args)]
pub struct PullArgs {
    /// The folder to write; an earlier snapshot there is replaced
    #[arg(short, long = "output", value_name = "DIR", required_unless_present = "resume")]
    pub output: Option<PathBuf>,
    /// Go on with a snapshot that was not finished: what it lacks is read, and nothing else
    ///
    /// Its subscriptions are read where none is named. Give the other options that it was begun with.
    #[arg(long, value_name = "DIR", conflicts_with = "output")]
    pub resume: Option<PathBuf>,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub live: LiveArgs,
}

/// `acrscan pull`: a snapshot, and nothing evaluated.
///
/// # Errors
/// No subscription was named, no credential works, or the folder cannot be written.
pub fn run(args: &PullArgs) -> anyhow::Result<Outcome> {
    let LiveArgs { task_credentials, preview, runs, network, .. } = args.live;
    let needs = Needs { task_credentials, preview, runs, network, ..Needs::ALL_PLAIN };
    let (folder, collected) = match (&args.resume, &args.output) {
        (Some(folder), _) => (folder, resume(folder, &args.live, needs)?),
        (None, Some(folder)) => (folder, begin(folder, &args.live, needs)?),
        (None, None) => bail!("nothing to write: name a folder with -o"),
    };
    let tags = choose_service_tags(None, args.live.cloud, std::slice::from_ref(&collected))?;
    warn_if_old(&tags);
    snapshot::write(folder, &collected.inventory, &tags, &azure::API_VERSIONS, Utc::now())?;
    let Inventory { scopes, registries, gaps, .. } = &collected.inventory;
    console::notify(&told::notifications(gaps));
    console::info(&format!(
        "wrote {}: {} registries of {} subscriptions, {} gaps",
        folder.display(),
        registries.len(),
        scopes.len(),
        gaps.len()
    ));
    if !gaps.is_empty() {
        console::info(&format!("`acrscan pull --resume {}` reads what is missing", folder.display()));
    }
    Ok(if gaps.is_empty() { Outcome::Clean } else { Outcome::Incomplete })
}

fn begin(folder: &Path, live: &LiveArgs, needs: Needs) -> anyhow::Result<Collected> {
    if !live.is_named() {
        bail!("nothing to pull: name a subscription with --subscription");
    }
    snapshot::check_target(folder)?;
    collect_live(live, LiveRequest { needs, scanned: &[], limit: None, known: BTreeSet::new() })
}

/// Reads what a snapshot lacks: subscriptions that are not whole, and of those the registries that are not.
fn resume(folder: &Path, live: &LiveArgs, needs: Needs) -> anyhow::Result<Collected> {
    if !snapshot::is_snapshot(folder) {
        bail!("{}: there is no snapshot to go on with; begin one with -o", folder.display());
    }
    snapshot::check_target(folder)?;
    let mut before = snapshot::read(folder)?;
    let without: Vec<&str> = live.without.iter().map(|part| part.as_str()).collect();
    let lacking = snapshot::missing_parts(&before.inventory, needs, &without);
    before.inventory.gaps.extend(lacking);
    let Inventory { scopes, registries, gaps, .. } = &before.inventory;
    let is_whole = |name: &ScopeName| !gaps.iter().any(|gap| gap.scope == *name);
    let (whole, open): (Vec<_>, Vec<_>) = scopes.iter().partition(|scope| scope.complete && is_whole(&scope.name));
    let mut rest = live.clone();
    if !live.is_named() {
        for scope in &open {
            name(scope.name.as_str(), &scope.only, &mut rest).context("the snapshot's manifest")?;
        }
    }
    rest.subscriptions.retain(|id| !whole.iter().any(|scope| scope.only.is_empty() && scope.name.as_str() == id));
    let whole: BTreeSet<ScopeName> = whole.iter().map(|scope| scope.name.clone()).collect();
    if !rest.is_named() {
        console::info("the snapshot lacks nothing");
        return Ok(before);
    }
    let is_read =
        |id: &str| !gaps.iter().any(|gap| gap.resource.as_ref().is_some_and(|it| it.eq_ignore_ascii_case(id)));
    let known = registries.iter().filter(|record| is_read(&record.id)).map(|record| record.id.to_lowercase()).collect();
    let mut collected = collect_live(&rest, LiveRequest { needs, scanned: &[], limit: None, known })?;
    let reread: BTreeSet<ScopeName> = collected.inventory.scopes.iter().map(|scope| scope.name.clone()).collect();
    let stays = |scope: &ScopeName| whole.contains(scope) && !reread.contains(scope);
    let kept = std::mem::take(&mut collected.kept);
    let Inventory { scopes, registries, .. } = before.inventory;
    collected.inventory.scopes.extend(scopes.into_iter().filter(|scope| stays(&scope.name)));
    let records =
        registries.into_iter().filter(|record| stays(&record.scope) || kept.contains(&record.id.to_lowercase()));
    collected.inventory.registries.extend(records);
    collected.inventory.sort();
    collected.service_tags = collected.service_tags.or(before.service_tags);
    Ok(collected)
}

/// Names a subscription of a snapshot, or what was read of it.
fn name(subscription: &str, only: &[String], live: &mut LiveArgs) -> anyhow::Result<()> {
    let registries: Vec<RegistryId> = only.iter().filter_map(|id| RegistryId::parse(id)).collect();
    let groups: BTreeSet<String> = only
        .iter()
        .filter(|id| RegistryId::parse(id).is_none())
        .filter_map(|id| Some(id.rsplit_once('/')?.1.to_owned()))
        .chain(std::mem::take(&mut live.resource_groups))
        .collect();
    live.resource_groups = groups.into_iter().collect();
    if registries.len() < only.len() || only.is_empty() {
        live.subscriptions.push(subscription.to_owned());
    }
    live.registries.extend(registries.into_iter().map(RegistryChoice::Id));
    Ok(())
}
