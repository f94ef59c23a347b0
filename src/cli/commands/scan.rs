//! The conductor: collect, evaluate, waive, compare, report. Each command of the binary is one function here.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, bail};
use chrono::Utc;

use super::super::args::{LiveArgs, PolicyArgs, PullArgs, ScanArgs};
use super::super::console;
use super::super::console::ProgressLine;
use super::service_tags;
use crate::config::{Config, ConfigError};
use crate::document::export;
use crate::evaluate::Evaluator;
use crate::model::finding::Notification;
use crate::model::inventory::{Inventory, Needs, Origin};
use crate::model::path::display_path;
use crate::model::registry_id::RegistryId;
use crate::net::service_tags::{ServiceTags, read_file};
use crate::output;
use crate::output::report::{Gate, Outcome, Report, ScopeReport};
use crate::output::{SarifOptions, Verdict};
use crate::policy::{PolicySet, Reads, Selection, parameters};
use crate::source::{Collected, azure, code, program, snapshot};
use crate::triage::baseline::Baseline;
use crate::triage::coverage::Coverage;
use crate::triage::waiver::Waivers;

/// GitHub takes at most this many runs in one SARIF file, and each subscription is a run.
const MOST_SCOPES: usize = 20;

/// `acrscan scan`: from arguments to reports and an outcome.
///
/// # Errors
/// Whatever keeps the scan from starting or the reports from being written. What could not be read is no error: it is
/// in the report, and in the outcome.
pub fn scan(args: &ScanArgs) -> anyhow::Result<Outcome> {
    let outputs = output::plan(&args.output)?;
    check_subscriptions(&args.live)?;
    let selection = selection(&args.policies)?;
    let policies = PolicySet::load(&selection)?;
    let waivers = Waivers::new(&selection.config.waivers, &policies.known)?;
    let evaluator = Evaluator::new(&policies)?;
    let baseline = args.baseline.as_deref().map(Baseline::read).transpose()?;

    check_targets(args)?;

    let (mut inventory, tags) = collect(args, needs(args, &policies))?;
    console::tell_sources(&inventory.taken, &inventory.left);
    let saved = save(args, &mut inventory, &tags, &policies);
    let mut evaluation = evaluator.evaluate(&inventory, &tags);
    let coverage = coverage(args, &inventory, &evaluation.notifications, &policies);
    let waiver_remarks = waivers.apply(&mut evaluation.findings, &coverage, Utc::now().date_naive());
    let absent = baseline.map(|baseline| baseline.compare(&mut evaluation.findings, &coverage));
    let report = Report { waiver_remarks, absent, ..report(inventory, evaluation, policies) };
    console::notify(&report.notifications);
    console::remark(&report.waiver_remarks);
    let gate = Gate { fail_on: args.fail_on.0, fail_on_unknown: args.fail_on_unknown, fail_on_new: args.fail_on_new };
    let outcome = report.outcome(gate);
    let sarif = SarifOptions { target: args.sarif_target, category: args.sarif_category.clone() };
    let verdict = Verdict { outcome, gate };
    output::write_all(&report, &outputs, &output::Options { sarif, verdict })?;
    // What could not be saved does not cost the report.
    saved?;
    Ok(outcome)
}

/// `acrscan pull`: a snapshot, and nothing evaluated.
///
/// # Errors
/// No subscription was named, no credential works, or the folder cannot be written.
pub fn pull(args: &PullArgs) -> anyhow::Result<Outcome> {
    if args.live.subscriptions.is_empty() {
        bail!("nothing to pull: name a subscription with --subscription");
    }
    check_subscriptions(&args.live)?;
    snapshot::check_target(&args.output)?;
    let task_credentials = args.live.task_credentials;
    let collected =
        collect_live(&args.live, Needs { task_credentials, preview: args.live.preview, ..Needs::ALL_PLAIN }, &[])?;
    let tags = service_tags::choose(None, args.live.cloud, std::slice::from_ref(&collected))?;
    service_tags::warn_if_old(&tags);
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

fn selection(args: &PolicyArgs) -> Result<Selection, ConfigError> {
    Ok(Selection {
        folders: args.folders.clone(),
        no_builtin: args.no_builtin_policies,
        only: args.only.clone(),
        skip: args.skip.clone(),
        profile: args.profile.profile(),
        config: Config::load(args.config.as_deref())?,
    })
}

/// More subscriptions than a SARIF file has room for are refused before anything is asked of Azure.
fn check_subscriptions(live: &LiveArgs) -> anyhow::Result<()> {
    let distinct: BTreeSet<&String> = live.subscriptions.iter().collect();
    if distinct.len() > MOST_SCOPES {
        bail!(
            "{} subscriptions: one scan takes at most {MOST_SCOPES}, for GitHub refuses a SARIF file with more runs; \
             split them over several scans",
            distinct.len()
        );
    }
    Ok(())
}

/// Refuses what could not be used in the end before Azure is asked for all the rest.
fn check_targets(args: &ScanArgs) -> anyhow::Result<()> {
    if let Some(folder) = &args.save_snapshot {
        snapshot::check_target(folder)?;
    }
    if let Some(folder) = &args.save_inputs {
        export::check_target(folder)?;
    }
    if let Some(file) = args.service_tags.as_ref().filter(|_| !args.live.subscriptions.is_empty()) {
        read_file(file, args.live.cloud)?;
    }
    Ok(())
}

/// Saves what was asked to be saved.
fn save(args: &ScanArgs, inventory: &mut Inventory, tags: &ServiceTags, policies: &PolicySet) -> anyhow::Result<()> {
    if let Some(folder) = &args.save_snapshot {
        save_snapshot(folder, inventory, tags)?;
    }
    if let Some(folder) = &args.save_inputs {
        export::save(folder, inventory, tags, &parameters(&policies.policies))?;
    }
    Ok(())
}

/// What the selected policies say that they read, and no more: each read costs a request for each registry. A snapshot
/// is for any policy to scan, so one that is saved holds what `pull` gives it.
fn needs(args: &ScanArgs, policies: &PolicySet) -> Needs {
    let mut needs = if args.save_snapshot.is_some() { Needs::ALL_PLAIN } else { Needs::default() };
    for reads in policies.policies.iter().flat_map(|policy| &policy.metadata.custom.reads) {
        match reads {
            Reads::Tasks => needs.tasks = true,
            Reads::AgentPools => needs.agent_pools = true,
            Reads::ServiceTag => needs.service_tag = true,
            Reads::RoleAssignments => needs.role_assignments = true,
            Reads::Usages => needs.usages = true,
            Reads::TaskCredentials => needs.task_credentials = args.live.task_credentials,
            Reads::Preview => needs.preview = args.live.preview,
        }
    }
    needs
}

/// Reads every source that was named. Source code comes last: data sources in it read the service tags.
fn collect(args: &ScanArgs, needs: Needs) -> anyhow::Result<(Inventory, ServiceTags)> {
    if args.paths.is_empty() && args.live.subscriptions.is_empty() {
        bail!("nothing to scan: name a file or folder, or a subscription with --subscription");
    }
    let (snapshots, code_paths) = tell_apart(&args.paths)?;
    let code = if code_paths.is_empty() { None } else { Some(code::find(&code_paths)?) };
    let mut sources = Vec::new();
    for folder in &snapshots {
        sources.push(snapshot::read(folder)?);
    }
    if !args.live.subscriptions.is_empty() {
        let service_tag = needs.service_tag && args.service_tags.is_none();
        sources.push(collect_live(&args.live, Needs { service_tag, ..needs }, &args.paths)?);
    }
    let tags = service_tags::choose(args.service_tags.as_deref(), args.live.cloud, &sources)?;
    if needs.service_tag {
        service_tags::warn_if_old(&tags);
    }
    let mut whole = Inventory::default();
    for Collected { inventory, .. } in sources {
        whole.add(inventory).map_err(|scope| anyhow!("{scope} is in two of the sources: scan them one at a time"))?;
    }
    if let Some(found) = code {
        whole.add(code::read(found, &tags)).map_err(|scope| anyhow!("{scope} was read twice"))?;
    }
    if whole.scopes.len() > MOST_SCOPES {
        let count = whole.scopes.len();
        bail!("{count} subscriptions, source code counted as one: one scan takes at most {MOST_SCOPES}");
    }
    whole.sort();
    Ok((whole, tags))
}

/// The snapshots' folders among some paths, and the rest, which must be source code.
fn tell_apart(paths: &[PathBuf]) -> anyhow::Result<(Vec<PathBuf>, Vec<PathBuf>)> {
    let (mut snapshots, mut code) = (Vec::new(), Vec::new());
    for path in paths {
        let metadata = path.metadata().with_context(|| format!("cannot read {}", path.display()))?;
        let folder = match path.file_name() {
            Some(name) if metadata.is_file() && name == snapshot::MANIFEST => path.parent().unwrap_or(path),
            _ => path,
        };
        if snapshot::is_snapshot(folder) {
            snapshots.push(folder.to_owned());
        } else if metadata.is_dir() && path.read_dir().is_ok_and(|mut entries| entries.next().is_none()) {
            bail!("{}: the folder is empty; `acrscan pull -o DIR --subscription ID` fills one", path.display());
        } else {
            code.push(path.clone());
        }
    }
    Ok((snapshots, code))
}

/// `scanned` are the folders beside the subscriptions.
fn collect_live(live: &LiveArgs, needs: Needs, scanned: &[PathBuf]) -> anyhow::Result<Collected> {
    let subscriptions: BTreeSet<String> = live.subscriptions.iter().cloned().collect();
    let options = azure::Options {
        subscriptions: subscriptions.into_iter().collect(),
        cloud: live.cloud,
        arm_endpoint: live.arm_endpoint.clone(),
        authority_host: live.authority_host.clone(),
        credential: live.credential,
        concurrency: usize::from(live.concurrency),
        request_timeout: live.request_timeout,
        timeout: live.timeout,
        needs,
        untrusted: program::untrusted_folders(scanned),
    };
    let line = ProgressLine::start();
    azure::collect(&options, &|progress| line.show(progress))
}

/// Writes the snapshot, and has the findings point into it.
fn save_snapshot(folder: &Path, inventory: &mut Inventory, tags: &ServiceTags) -> anyhow::Result<()> {
    snapshot::write(folder, inventory, tags, &azure::API_VERSIONS, Utc::now())?;
    for record in &mut inventory.registries {
        if let Some(id) = RegistryId::parse(&record.id) {
            record.origin = Origin::Snapshot { path: snapshot::document_path(folder, &id) };
        }
    }
    Ok(())
}

/// What the scan would have found, were it there.
fn coverage<'a>(
    args: &ScanArgs,
    inventory: &'a Inventory,
    failed: &[Notification],
    policies: &'a PolicySet,
) -> Coverage<'a> {
    let paths = args.paths.iter().map(|path| display_path(path)).collect();
    Coverage::new(inventory, policies.policies.iter().map(|policy| policy.id.as_str()), failed, paths)
}

fn report(inventory: Inventory, evaluation: crate::evaluate::Evaluation, policies: PolicySet) -> Report {
    let mut notifications = evaluation.notifications;
    notifications.extend(inventory.gaps.iter().map(|gap| gap.notification()));
    notifications.sort();
    let scope =
        |scope: &crate::model::inventory::ScanScope| ScopeReport { name: scope.name.clone(), complete: scope.complete };
    Report {
        policies: policies.policies,
        scopes: inventory.scopes.iter().map(scope).collect(),
        registries: evaluation.registries,
        findings: evaluation.findings,
        notifications,
        gaps: inventory.gaps.len(),
        waiver_remarks: Vec::new(),
        absent: None,
        taken: inventory.taken,
        left: inventory.left,
    }
}
