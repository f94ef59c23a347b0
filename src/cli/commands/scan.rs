//! The conductor: collect, evaluate, waive, compare, report.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use anyhow::bail;
use chrono::{TimeDelta, Utc};
use clap::Args;
use rayon::prelude::*;

use super::super::args::{LimitArgs, LiveArgs, PolicyArgs, TerraformArgs};
use super::super::at_commit::{self, SameScan};
use super::super::collect::{
    age, check_subscriptions, collect, is_old, source_paths, subscription_limit, variable_values,
};
use super::super::inputs::{needs, selection_with};
use super::super::one_input::print_one;
use super::super::trusted::Trusted;
use super::super::{console, settings, stdout};
use crate::document::export;
use crate::evaluate::{Evaluation, Evaluator};
use crate::model::finding::{Notification, RegistrySummary, ScopeName, Severity};
use crate::model::inventory::{Inventory, Origin, ScanScope};
use crate::model::path::display_path;
use crate::model::registry_id::RegistryId;
use crate::model::repository::repository_path;
use crate::model::told;
use crate::net::service_tags::{ServiceTags, TagSource, read_file};
use crate::output;
use crate::output::report::{Gate, Outcome, Report, ScopeReport};
use crate::output::{
    CategoryOptions, Format, Links, Output, SarifOptions, SarifTarget, ScanVerdict, TextOptions, Verbosity,
};
use crate::policy::{Policy, PolicySet, Reads, Selection, parameters};
use crate::source::{azure, snapshot};
use crate::triage::baseline::Baseline;
use crate::triage::coverage::Coverage;
use crate::triage::vanished;
use crate::triage::waiver::Waivers;

/// `acrscan scan`
#[derive(Debug, Args)]
pub struct ScanArgs {
    /// What to scan: files and folders of Terraform, ARM templates, what-if results, Bicep; snapshots' folders
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub live: LiveArgs,
    /// A report, to standard output or to a file, as in `sarif=findings.sarif`; may be given several times
    ///
    /// The formats are `text`, `sarif`, `markdown` for a job summary or a comment on a pull request, `github` for
    /// workflow commands, `azure-devops` for logging commands, `gitlab` for a code quality report, `json` for everything,
    /// `junit`, `html` for a page to read in a browser, and for what keeps findings of many tools `ocsf`, `ndjson` and `csv`. Text goes to standard output unless
    /// another format does. A file is written whole or not at all, and the exit code is the same for all. SARIF to a
    /// folder, as in `sarif=findings/`, is a file for each subscription, or several where GitHub would refuse one or not
    /// show all of it.
    #[arg(short, long = "output", value_name = "FORMAT[=PATH]", help_heading = "Output")]
    pub output: Vec<Output>,
    /// In text: the commands that mend each finding
    #[arg(long, help_heading = "Output")]
    pub fix: bool,
    /// In text: the numbers alone
    #[arg(short, long, conflicts_with = "verbose", help_heading = "Output")]
    pub quiet: bool,
    /// In text: whole messages, evidence and commands, each result by itself
    #[arg(short, long, help_heading = "Output")]
    pub verbose: bool,
    /// Exit with 1 from this severity on; `never` for not at all
    #[arg(long, value_name = "SEVERITY", default_value = "medium", value_parser = parse_threshold, help_heading = "Output")]
    pub fail_on: Threshold,
    /// Exit with 2 where a policy could not tell
    #[arg(long, help_heading = "Output")]
    pub fail_on_unknown: bool,
    /// Compare with an earlier scan: SARIF or JSON that acrscan wrote, or a folder of SARIF; or `git:REF`, as in
    /// `git:origin/main`, for the same paths at a commit
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub baseline: Option<PathBuf>,
    /// Take it for true where a subscription lists no registry and the baseline holds results of some
    #[arg(long, requires = "baseline", help_heading = "Output")]
    pub allow_empty: bool,
    /// Exit with 1 for findings only that the baseline does not hold, or that are worse than there
    #[arg(long, requires = "baseline", help_heading = "Output")]
    pub fail_on_new: bool,
    /// Count what waivers accept as if there were none
    #[arg(long, help_heading = "Output")]
    pub no_waivers: bool,
    /// Who reads the SARIF
    #[arg(long, value_enum, default_value_t, value_name = "TARGET", help_heading = "Output")]
    pub sarif_target: SarifTarget,
    /// The SARIF category, by which code scanning tells one scan from another
    ///
    /// Without it, `acrscan/live/<subscription>/` for a subscription, and `acrscan/iac/<folder>/` for source code, after
    /// the folders that were named and the variables files. Policies other than those that run by themselves stand
    /// before: `acrscan/hardening/iac/`, or a short hash. Of a subscription, its id is added to the category given.
    #[arg(long, value_name = "TEXT", value_parser = output::parse_prefix, help_heading = "Output")]
    pub sarif_category: Option<String>,
    /// Print the SARIF categories that this scan would have, one a line, and scan nothing
    #[arg(long, help_heading = "Output")]
    pub sarif_categories: bool,
    /// Save what was read from Azure as a snapshot, and point findings at its files
    #[arg(long, value_name = "DIR", requires = "live", help_heading = "Output")]
    pub save_snapshot: Option<PathBuf>,
    /// Print the document that policies see of one registry, by its name, address or id, and evaluate nothing
    #[arg(long, value_name = "NAME", help_heading = "Output")]
    pub input: Option<String>,
    /// Save the documents that policies saw, and their parameters, for `opa eval` or `conftest`
    #[arg(long, value_name = "DIR", help_heading = "Output")]
    pub save_inputs: Option<PathBuf>,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub limits: LimitArgs,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub policies: PolicyArgs,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub terraform: TerraformArgs,
    /// Take settings and waivers from this file or commit, as in `git:origin/main`, and not from the scanned checkout
    ///
    /// For pull requests, whose authors may change what is beside the code. Of a commit, the policies and the baseline
    /// that the command line names are taken as well, and comments waive that it has for the same resource. What the
    /// checkout would add is told. Git's objects alone are read: nothing is checked out, fetched or run.
    #[arg(long, value_name = "FILE|git:REF", help_heading = "Policies")]
    pub trusted_config: Option<String>,
    /// A service-tag file as Microsoft publishes it weekly, in place of what Azure or the snapshot says
    #[arg(long, value_name = "FILE", help_heading = "Policies")]
    pub service_tags: Option<PathBuf>,
}

/// The least severity that makes the exit code 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Threshold(pub Option<Severity>);

fn parse_threshold(word: &str) -> Result<Threshold, String> {
    if word == "never" {
        return Ok(Threshold(None));
    }
    let known = || Severity::WORST_FIRST.map(Severity::as_str).join(", ");
    Severity::parse(word).map(|severity| Threshold(Some(severity))).ok_or_else(|| format!("one of {}, never", known()))
}

/// `acrscan scan`: from arguments to reports and an outcome.
///
/// # Errors
/// Whatever keeps the scan from starting or the reports from being written. What could not be read is no error: it is
/// in the report, and in the outcome.
pub fn run(args: &ScanArgs) -> anyhow::Result<Outcome> {
    args.limits.apply(args.live.timeout);
    let outputs = output::plan(&args.output)?;
    let is_github = args.sarif_target == SarifTarget::Github;
    let limit = subscription_limit(outputs.iter().any(|output| output.is_one_sarif()) && is_github);
    check_subscriptions(&args.live, limit)?;
    let trusted = Trusted::open(args.trusted_config.as_deref())?;
    let named = args.policies.config.as_deref();
    let config = trusted.config(named)?;
    let mut proposed = trusted.proposed(named, &config);
    let sources = trusted.policy_sources(&args.policies.folders)?;
    let mut selection = selection_with(&args.policies, &sources.paths, config.clone())?;
    sources.rename(&mut selection.folder_names);
    let category = category(args, &selection)?;
    if args.sarif_categories {
        return print_categories(args, &category);
    }
    let policies = sources.load(&selection)?;
    policies.warnings.iter().for_each(|warning| console::warn(warning));
    let waivers = Waivers::new(&config.waivers, &policies.known)?;
    let evaluator = Evaluator::new(&policies)?;
    let revision = args.baseline.as_deref().and_then(at_commit::revision);
    let stored = args.baseline.as_deref().filter(|_| revision.is_none());
    let mut baseline = stored.map(|path| trusted.baseline(path)).transpose()?;

    check_targets(args, &outputs)?;

    let variables = variable_values(&args.terraform, &config)?;
    let tags = args.service_tags.as_deref();
    let needs = needs(&args.live, args.save_snapshot.is_some(), &policies);
    let (mut inventory, tags, remarks) = collect(&args.paths, &args.live, tags, needs, variables.clone(), limit)?;
    console::report_sources(&inventory.files_read, &inventory.skipped);
    console::report_snapshots(&inventory.snapshots, Utc::now());
    settings::report_unused(&args.paths, args.policies.config.as_deref(), &inventory.files_read);
    if let Some(baseline) = baseline.as_ref().filter(|_| !args.allow_empty) {
        let emptied = vanished::find(&inventory, baseline, args.live.reads_all().then_some(&remarks.left_out));
        vanished::record(emptied, &mut inventory);
    }
    if let Some(name) = &args.input {
        return print_one(name, &inventory, &tags);
    }
    if let Some(revision) = revision {
        let same = SameScan {
            paths: &args.paths,
            variables,
            tags: &tags,
            policies: &policies,
            evaluator: &evaluator,
            waivers: (!args.no_waivers).then_some(&waivers),
            today: at_commit::today(),
        };
        baseline = Some(at_commit::scan(revision, same)?);
    }
    let saved = save(args, &mut inventory, &tags, &policies);
    let mut evaluation = evaluator.evaluate(&inventory, &tags);
    if outputs.iter().any(|output| output.format.names_documents()) {
        name_documents(&mut evaluation.registries, &inventory, &tags);
    }
    let coverage = coverage(args, &inventory, &evaluation.notifications, &policies);
    let today = (Utc::now() + TimeDelta::seconds(remarks.clock_skew)).date_naive();
    let waiver_remarks = match args.no_waivers {
        true => Vec::new(),
        false => waivers.apply(&mut evaluation.findings, &coverage, today),
    };
    if !trusted.is_checkout() {
        proposed.extend(waivers.hold_back(&mut evaluation.findings, &coverage, &|path| trusted.text(path)));
    }
    let absent = baseline.as_mut().map(|baseline| baseline.compare(&mut evaluation.findings, &coverage));
    let carried = baseline.as_ref().map(|baseline| baseline.carried(&coverage, today)).unwrap_or_default();
    let report = Report {
        waiver_remarks,
        proposed,
        absent,
        carried,
        ..report(inventory, evaluation, policies, baseline.as_ref())
    };
    console::notify(&report.notifications);
    console::report_waivers(&report.waiver_remarks);
    console::report_settings(&report.settings);
    console::report_proposed(&report.proposed);
    report_table(&report, &tags);
    let gate = Gate { fail_on: args.fail_on.0, fail_on_unknown: args.fail_on_unknown, fail_on_new: args.fail_on_new };
    let outcome = report.outcome(gate);
    if is_github && outputs.iter().any(|output| output.format == Format::Sarif) {
        console::report_withheld(&report.scopes);
    }
    let sarif = SarifOptions { target: args.sarif_target, category };
    let verdict = ScanVerdict { outcome, gate };
    let links = Links::from_environment();
    let options = output::Options { sarif, text: text_options(args), verdict, links, time: time() };
    output::write_all(&report, &outputs, &options)?;
    // What could not be saved does not cost the report.
    saved?;
    Ok(outcome)
}

/// Says once how old the table in this binary is, where a registry's firewall was compared with it.
fn report_table(report: &Report, tags: &ServiceTags) {
    let is_used = || report.registries.iter().any(|registry| tags.region(&registry.location).is_some());
    let reads_tags = |policy: &Policy| policy.metadata.custom.reads.contains(&Reads::ServiceTag);
    if tags.source == TagSource::Embedded && is_old(tags) && report.policies.iter().any(reads_tags) && is_used() {
        console::info(&format!(
            "compared with the {}{}; this week's file, given with --service-tags, may have more",
            tags.provenance(),
            age(tags)
        ));
    }
}

/// Says of each registry which document was judged. One that holds a secret could be found out by its hash.
fn name_documents(registries: &mut [RegistrySummary], inventory: &Inventory, tags: &ServiceTags) {
    let hashes: HashMap<(&ScopeName, &str), String> = inventory
        .registries
        .par_iter()
        .filter(|record| record.secrets.is_empty())
        .filter_map(|record| Some(((&record.scope, record.id.as_str()), export::hash(record, tags)?)))
        .collect();
    for registry in registries {
        registry.document = hashes.get(&(&registry.scope, registry.resource.as_str())).cloned();
    }
}

/// Now, or what builds that are to come out the same say: <https://reproducible-builds.org/specs/source-date-epoch/>.
fn time() -> i64 {
    let given = std::env::var("SOURCE_DATE_EPOCH").ok().and_then(|seconds| seconds.parse::<i64>().ok());
    given.map_or_else(|| Utc::now().timestamp_millis(), |seconds| seconds.saturating_mul(1000))
}

fn text_options(args: &ScanArgs) -> TextOptions {
    let verbosity = match (args.quiet, args.verbose) {
        (true, _) => Verbosity::Quiet,
        (_, true) => Verbosity::Verbose,
        _ => Verbosity::Normal,
    };
    let paths = args.paths.iter().map(|path| path.display().to_string());
    let live = &args.live;
    let all = live.all_subscriptions.then(|| "--all-subscriptions".to_owned());
    let groups = live.management_groups.iter().flat_map(|id| ["--management-group".to_owned(), id.clone()]);
    let subscriptions = live.subscriptions.iter().flat_map(|id| ["--subscription".to_owned(), id.clone()]);
    TextOptions { verbosity, fix: args.fix, inputs: paths.chain(all).chain(groups).chain(subscriptions).collect() }
}

/// What tells this scan from others of the repository.
fn category(args: &ScanArgs, selection: &Selection) -> anyhow::Result<CategoryOptions> {
    let mut source = source_paths(&args.paths)?;
    if !source.is_empty() {
        source.extend(args.terraform.var_files.iter().cloned());
    }
    Ok(CategoryOptions { prefix: args.sarif_category.clone(), policy_set: selection.set_name(), source })
}

fn print_categories(args: &ScanArgs, options: &CategoryOptions) -> anyhow::Result<Outcome> {
    if args.live.selects() {
        bail!("--sarif-categories asks nothing of Azure: name subscriptions by --subscription alone");
    }
    let subscriptions: BTreeSet<&String> = args.live.subscriptions.iter().collect();
    let mut scopes: Vec<ScopeName> = subscriptions.into_iter().cloned().map(ScopeName::Subscription).collect();
    scopes.extend((!options.source.is_empty()).then_some(ScopeName::Source));
    let lines: String = output::categories(&scopes, options).iter().map(|line| format!("{line}\n")).collect();
    stdout::print(&lines)?;
    Ok(Outcome::Clean)
}

/// Refuses what could not be used in the end before Azure is asked for all the rest.
fn check_targets(args: &ScanArgs, outputs: &[Output]) -> anyhow::Result<()> {
    if let Some(folder) = &args.save_snapshot {
        snapshot::check_target(folder)?;
    }
    output::check(outputs)?;
    if let Some(folder) = &args.save_inputs {
        export::check_target(folder)?;
    }
    if let Some(path) = args.service_tags.as_ref().filter(|_| args.live.is_named()) {
        read_file(path, args.live.cloud)?;
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
    let paths = args.paths.iter().map(|path| repository_path(&display_path(path))).collect();
    Coverage::new(inventory, policies.policies.iter().map(|policy| policy.id.as_str()), failed, paths)
}

fn report(inventory: Inventory, evaluation: Evaluation, policies: PolicySet, baseline: Option<&Baseline>) -> Report {
    let mut notifications = evaluation.notifications;
    notifications.extend(told::notifications(&inventory.gaps));
    notifications.sort();
    let scope = |scope: &ScanScope| ScopeReport {
        name: scope.name.clone(),
        complete: scope.complete,
        only: scope.only.clone(),
        lost_sight: inventory.gaps.iter().any(|gap| gap.scope == scope.name)
            && !baseline.is_some_and(|baseline| baseline.holds(&scope.name)),
    };
    Report {
        policies: policies.policies,
        scopes: inventory.scopes.iter().map(scope).collect(),
        registries: evaluation.registries,
        findings: evaluation.findings,
        notifications,
        gaps: inventory.gaps.len(),
        waiver_remarks: Vec::new(),
        proposed: Vec::new(),
        absent: None,
        carried: Vec::new(),
        files_read: inventory.files_read,
        skipped: inventory.skipped,
        snapshots: inventory.snapshots,
        today: Utc::now().date_naive(),
        settings: policies.settings,
    }
}
