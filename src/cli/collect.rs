//! What `scan` and `pull` share: reading every source that was named, and choosing the service tags.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, bail};
use chrono::Utc;

use super::args::{LiveArgs, TerraformArgs};
use super::console;
use super::console::ProgressLine;
use crate::config::Config;
use crate::model::cloud::Cloud;
use crate::model::file_gap::FileGap;
use crate::model::finding::ScopeName;
use crate::model::inventory::{Gap, Inventory, Needs, Part};
use crate::model::masked::masked;
use crate::model::program;
use crate::net::service_tags::{OLD_AFTER_DAYS, ServiceTags, TagSource, read_file};
use crate::source::azure::ScopeSelection;
use crate::source::code::{SourceFiles, VariableValues};
use crate::source::{Collected, azure, code, snapshot};

/// GitHub takes at most this many runs in one SARIF file, and each subscription is a run.
const MAX_RUNS: usize = 20;
const TOO_MANY_RUNS: &str = "GitHub refuses a SARIF file with more runs; give a folder, as in -o sarif=findings/, for a file of each subscription";

/// A snapshot that lies among source code is of no more subscriptions.
const MAX_CLAIMED: usize = 20;

/// What bounds the number of subscriptions, where all of them go into one SARIF file for GitHub.
pub fn subscription_limit(in_one_file: bool) -> Option<(usize, &'static str)> {
    in_one_file.then_some((MAX_RUNS, TOO_MANY_RUNS))
}

/// More subscriptions than there is room for are refused before anything is asked of Azure, where that is known.
pub fn check_subscriptions(live: &LiveArgs, limit: Option<(usize, &'static str)>) -> anyhow::Result<()> {
    live.check_registries()?;
    let distinct: BTreeSet<&String> = live.subscriptions.iter().collect();
    match limit.filter(|(limit, _)| distinct.len() > *limit && live.exclude.is_empty()) {
        Some((limit, advice)) => bail!("{} subscriptions, and {limit} are the most: {advice}", distinct.len()),
        None => Ok(()),
    }
}

/// Reads every source that was named. Source code comes last: data sources in it read the service tags.
pub fn collect(
    paths: &[PathBuf],
    live: &LiveArgs,
    service_tags: Option<&Path>,
    needs: Needs,
    variables: VariableValues,
    limit: Option<(usize, &'static str)>,
) -> anyhow::Result<(Inventory, ServiceTags, LiveRemarks)> {
    if paths.is_empty() && !live.is_named() {
        bail!("nothing to scan: name a file or folder, or a subscription with --subscription");
    }
    let named = classify(paths)?;
    let code = if named.code.is_empty() { None } else { Some(code::find(&named.code)?) };
    let mut sources = Vec::new();
    let without: Vec<&str> = live.without.iter().map(|part| part.as_str()).collect();
    for folder in &named.snapshots {
        let mut collected = snapshot::read(folder)?;
        let missing = snapshot::missing_parts(&collected.inventory, needs, &without);
        collected.inventory.gaps.extend(missing);
        sources.push(collected);
    }
    if live.is_named() {
        let service_tag = needs.service_tag && service_tags.is_none();
        let request =
            LiveRequest { needs: Needs { service_tag, ..needs }, scanned: paths, limit, known: BTreeSet::new() };
        sources.push(collect_live(live, request)?);
    }
    let tags = choose_service_tags(service_tags, live.cloud, &sources)?;
    // The age of the table in this binary is told with the results, where they rest on it.
    if needs.service_tag && tags.source != TagSource::Embedded {
        warn_if_old(&tags);
    }
    let mut whole = Inventory::default();
    let mut remarks = LiveRemarks::default();
    for Collected { inventory, left_out, clock_skew, .. } in sources {
        remarks.left_out.extend(left_out.into_keys());
        remarks.clock_skew += clock_skew;
        whole.add(inventory).map_err(|scope| anyhow!("{scope} is in two of the sources: scan them one at a time"))?;
    }
    for folder in &named.claimed {
        add_claimed(folder, &mut whole);
    }
    if let Some(found) = code {
        let found = SourceFiles { variable_values: variables, ..found };
        whole.add(code::read(found, &tags)).map_err(|scope| anyhow!("{scope} was read twice"))?;
    }
    whole.sort();
    Ok((whole, tags, remarks))
}

/// Reads source code and snapshots once more, as they were; nothing where nothing is recognised.
pub fn collect_paths(paths: &[PathBuf], tags: &ServiceTags, variables: VariableValues) -> anyhow::Result<Inventory> {
    let named = classify(paths)?;
    let mut whole = Inventory::default();
    for folder in &named.snapshots {
        whole.add(snapshot::read(folder)?.inventory).map_err(|scope| anyhow!("{scope} is in two of the sources"))?;
    }
    if !named.code.is_empty()
        && let Ok(found) = code::find(&named.code)
    {
        let found = SourceFiles { variable_values: variables, ..found };
        whole.add(code::read(found, tags)).map_err(|scope| anyhow!("{scope} was read twice"))?;
    }
    whole.sort();
    Ok(whole)
}

/// The values of Terraform's variables that are given on the command line, in acrscan.toml, and, where that is asked for,
/// in the environment.
///
/// # Errors
/// A variable is given twice, or a file that is named is not there.
pub fn variable_values(args: &TerraformArgs, config: &Config) -> anyhow::Result<VariableValues> {
    let mut names = BTreeSet::new();
    if let Some((name, _)) = args.vars.iter().find(|(name, _)| !names.insert(name)) {
        bail!("--var {name} is given twice: keep one");
    }
    let mut roots = Vec::new();
    for table in &config.terraform {
        for file in &table.var_files {
            // A configuration that is not in this checkout is told to read nothing.
            if table.root.is_dir() && !file.is_file() {
                return Err(table.place.refuses(format!("{}: there is no such variables file", file.display())).into());
            }
        }
        roots.push((table.root.clone(), table.var_files.clone()));
    }
    if let Some(file) = args.var_files.iter().find(|file| !file.is_file()) {
        bail!("{}: there is no such variables file", file.display());
    }
    let environment = match args.terraform_env {
        true => std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .filter_map(|(name, value)| Some((name.strip_prefix("TF_VAR_")?.to_owned(), value)))
            .collect(),
        false => Vec::new(),
    };
    Ok(VariableValues { files: args.var_files.clone(), values: args.vars.clone(), roots, environment })
}

/// What was named, told apart.
#[derive(Default)]
struct NamedSources {
    snapshots: Vec<PathBuf>,
    /// Folders of source code that say of themselves that they are a snapshot.
    claimed: Vec<PathBuf>,
    code: Vec<PathBuf>,
}

/// Adds a snapshot that lies among source code, which whoever wrote that may have made up: it hides nothing, says nothing
/// of the addresses that tasks come from, and what is wrong with it costs nothing else.
fn add_claimed(folder: &Path, whole: &mut Inventory) {
    let read = snapshot::read(folder).map_err(|error| error.to_string());
    let at_folder = |why: String| Gap::from(FileGap::new(folder.display().to_string(), why));
    let refused = match read {
        Err(why) => Some(Gap::of_source(why)),
        Ok(read) if read.inventory.scopes.len() > MAX_CLAIMED => {
            Some(at_folder("the snapshot is of too many subscriptions; scan it by itself".to_owned()))
        }
        Ok(read) => whole
            .add(read.inventory)
            .err()
            .map(|scope| at_folder(format!("the snapshot is of {scope}, which is in another of the sources"))),
    };
    whole.gaps.extend(refused);
}

/// The snapshots' folders among some paths, and the rest, which must be source code. A folder of source code is one
/// whatever its manifest says.
fn classify(paths: &[PathBuf]) -> anyhow::Result<NamedSources> {
    let mut named = NamedSources::default();
    for path in paths {
        let metadata = path.metadata().with_context(|| format!("cannot read {}", path.display()))?;
        let folder = match path.file_name() {
            Some(name) if metadata.is_file() && name == snapshot::MANIFEST => path.parent().unwrap_or(path),
            _ => path,
        };
        if snapshot::is_snapshot(folder) {
            let is_alone = metadata.is_file() || code::search(std::slice::from_ref(path)).is_nothing();
            match is_alone {
                true => named.snapshots.push(folder.to_owned()),
                false => {
                    named.claimed.push(folder.to_owned());
                    named.code.push(path.clone());
                }
            }
        } else if metadata.is_dir() && path.read_dir().is_ok_and(|mut entries| entries.next().is_none()) {
            bail!("{}: the folder is empty; `acrscan pull -o DIR --subscription ID` fills one", path.display());
        } else {
            named.code.push(path.clone());
        }
    }
    Ok(named)
}

/// Of what was named, the source code.
///
/// # Errors
/// A path is not there.
pub fn source_paths(paths: &[PathBuf]) -> anyhow::Result<Vec<PathBuf>> {
    Ok(classify(paths)?.code)
}

/// What reading from Azure told beside what it read.
#[derive(Debug, Default)]
pub struct LiveRemarks {
    /// What was not read for a reason that was asked for, by id.
    pub left_out: BTreeSet<String>,
    /// How far Azure's clock is ahead of this machine's, in seconds.
    pub clock_skew: i64,
}

/// What is read from Azure, beside what the arguments say.
pub struct LiveRequest<'a> {
    /// What the policies need.
    pub needs: Needs,
    /// The folders beside the subscriptions.
    pub scanned: &'a [PathBuf],
    /// As [`subscription_limit`] gives it.
    pub limit: Option<(usize, &'static str)>,
    /// Registries that were read before.
    pub known: BTreeSet<String>,
}

/// A clock that is off by more is told, in seconds: tokens are refused soon after.
const MAX_CLOCK_SKEW: i64 = 5 * 60;

/// Reads what the arguments name.
///
/// # Errors
/// Nothing could start; see [`azure::collect`].
pub fn collect_live(live: &LiveArgs, request: LiveRequest<'_>) -> anyhow::Result<Collected> {
    let LiveRequest { needs, scanned, limit, known } = request;
    let subscriptions: BTreeSet<String> = live.subscriptions.iter().cloned().collect();
    let options = azure::Options {
        subscriptions: subscriptions.into_iter().collect(),
        selection: ScopeSelection { limit, ..live.selection() },
        cloud: live.cloud,
        arm_endpoint: live.arm_endpoint.clone(),
        authority_host: live.authority_host.clone(),
        credential: live.credential,
        oidc_audience: live.oidc_audience.clone(),
        concurrency: usize::from(live.concurrency),
        request_timeout: live.request_timeout,
        timeout: live.timeout,
        known,
        discovery: live.discovery(),
        needs,
        without: live.without.iter().copied().collect::<BTreeSet<_>>().into_iter().collect(),
        untrusted: program::untrusted_folders(scanned),
    };
    let line = ProgressLine::start();
    let mut collected = azure::collect(&options, &|progress| line.show(progress))?;
    drop(line);
    mask(&mut collected.inventory);
    collected.left_out.values().for_each(|sentence| console::info(sentence));
    collected.remarks.iter().for_each(|remark| console::info(remark));
    if collected.clock_skew.abs() > MAX_CLOCK_SKEW {
        let (minutes, word) =
            (collected.clock_skew.abs() / 60, if collected.clock_skew > 0 { "behind" } else { "ahead of" });
        console::warn(&format!(
            "this machine's clock is {minutes} minutes {word} Azure's: correct it, for tokens are refused by the clock; \
             waivers are judged by Azure's day"
        ));
    }
    if let Some(refused) = collected.service_tags_refused.take() {
        // The table in the binary may lack a range that Azure has: what rests on it was not seen.
        let Inventory { registries, gaps, .. } = &mut collected.inventory;
        let is_shared = gaps.iter().any(|gap| gap.reason == refused);
        let scopes: BTreeSet<&ScopeName> = registries.iter().map(|record| &record.scope).collect();
        gaps.extend(scopes.into_iter().map(|scope| Gap {
            scope: scope.clone(),
            resource: None,
            part: Part::ServiceTags,
            location: None,
            reason: match is_shared {
                true => refused.clone(),
                false => format!("{}; the table in this binary is used", refused.trim_end_matches('.')),
            },
        }));
    }
    Ok(collected)
}

/// Masks what an answer echoes of the credential, be it in an id or in a value, before anything cuts or saves it.
fn mask(inventory: &mut Inventory) {
    let mask = |text: &mut String| {
        if let Cow::Owned(masked) = masked(text) {
            *text = masked;
        }
    };
    for gap in &mut inventory.gaps {
        mask(&mut gap.reason);
        gap.resource.iter_mut().for_each(mask);
    }
    for record in &mut inventory.registries {
        mask(&mut record.id);
        mask(&mut record.document);
    }
}

/// The tags for all sources of a scan, which must agree: the user's file, else what the sources brought, else the
/// embedded table.
///
/// # Errors
/// The user's file cannot be read, or is of another cloud; or two snapshots bring different tags.
pub fn choose_service_tags(path: Option<&Path>, cloud: Cloud, sources: &[Collected]) -> anyhow::Result<ServiceTags> {
    let mut brought = sources.iter().filter_map(|source| source.service_tags.as_ref());
    let first = brought.next();
    let cloud = first.map_or(cloud, |tags| tags.cloud);
    match (path, first) {
        (Some(path), _) => read_file(path, cloud),
        (None, Some(first)) => {
            if brought.any(|other| other != first) {
                bail!("the sources bring different service tags: scan them one at a time, or give --service-tags FILE");
            }
            Ok(first.clone())
        }
        (None, None) => Ok(ServiceTags::embedded(cloud)?),
    }
}

/// How old the tags are, for a sentence that names them.
pub fn age(tags: &ServiceTags) -> String {
    tags.age_in_days(Utc::now().date_naive()).map(|days| format!(", {days} days old")).unwrap_or_default()
}

/// Whether ranges may have been added since.
pub fn is_old(tags: &ServiceTags) -> bool {
    tags.age_in_days(Utc::now().date_naive()).is_some_and(|days| days > OLD_AFTER_DAYS)
}

/// Warns of tags that ranges may have been added to since.
pub fn warn_if_old(tags: &ServiceTags) {
    if is_old(tags) {
        console::warn(&format!(
            "the service tags are old ({}{}): ranges may have been added since; give this week's file with \
             --service-tags, from https://www.microsoft.com/download/details.aspx?id=56519",
            tags.provenance(),
            age(tags)
        ));
    }
}
