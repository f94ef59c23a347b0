//! What commands that judge registries share: what to read, which policies to ask, and the reading itself.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::bail;
use chrono::NaiveDate;
use clap::Args;

use super::args::{LimitArgs, LiveArgs, PolicyArgs, RegistryChoice, TerraformArgs};
use super::collect::{collect, variable_values};
use super::console;
use super::policy_sources::{PolicyFolders, resolve};
use crate::config::Config;
use crate::evaluate::{AccessEvaluator, Evaluation, Evaluator};
use crate::fix::registry_matches;
use crate::model::inventory::{Inventory, Needs, RegistryRecord};
use crate::model::registry_id::RegistryId;
use crate::net::service_tags::ServiceTags;
use crate::policy::{PolicySet, Reads, Selection};
use crate::triage::coverage::Coverage;
use crate::triage::waiver::Waivers;

/// What to read and what to judge it by, as `scan` has it.
#[derive(Debug, Args)]
pub struct InputArgs {
    /// What to read: files and folders of Terraform, ARM templates, what-if results, Bicep; snapshots' folders
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub live: LiveArgs,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub limits: LimitArgs,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub policies: PolicyArgs,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub terraform: TerraformArgs,
}

/// What was read, and what judges it.
pub struct Inputs {
    /// The registries.
    pub inventory: Inventory,
    /// The service tags that they are compared with.
    pub tags: ServiceTags,
    /// The policies.
    pub policies: PolicySet,
    /// The policies, compiled.
    pub evaluator: Evaluator,
    /// Who gets in, compiled.
    pub access: AccessEvaluator,
}

impl InputArgs {
    /// Reads everything that was named.
    ///
    /// # Errors
    /// Whatever keeps a scan from starting.
    pub fn read(&self, service_tags: Option<&Path>, policies: &PolicyArgs) -> anyhow::Result<Inputs> {
        self.limits.apply(self.live.timeout);
        let selection = selection(policies)?;
        let policies = PolicySet::load(&selection)?;
        let evaluator = Evaluator::new(&policies)?;
        let access = AccessEvaluator::new()?;
        let variables = variable_values(&self.terraform, &selection.config)?;
        let needs = with_access(needs(&self.live, false, &policies));
        let live = self.sources();
        let (inventory, tags, _) = collect(&self.paths, &live, service_tags, needs, variables, None)?;
        self.check_names(&inventory.registries)?;
        console::report_sources(&inventory.files_read, &inventory.skipped);
        console::notify(&inventory.gaps.iter().map(|gap| gap.notification()).collect::<Vec<_>>());
        Ok(Inputs { inventory, tags, policies, evaluator, access })
    }

    /// What of Azure is read. A registry's id beside a folder chooses among what is in the folder.
    fn sources(&self) -> LiveArgs {
        let others = LiveArgs { registries: Vec::new(), ..self.live.clone() };
        if self.paths.is_empty() || others.is_named() { self.live.clone() } else { others }
    }

    /// Whether a registry is one of those that were named, or none was.
    pub fn chooses(&self, record: &RegistryRecord) -> bool {
        self.live.registries.is_empty() || self.live.registries.iter().any(|choice| is_choice(record, choice))
    }

    fn check_names(&self, registries: &[RegistryRecord]) -> anyhow::Result<()> {
        let missing = |choice: &&RegistryChoice| !registries.iter().any(|record| is_choice(record, choice));
        match self.live.registries.iter().find(missing) {
            Some(RegistryChoice::Name(name)) => bail!("--registry {name}: no registry of that name was read"),
            Some(RegistryChoice::Id(id)) => bail!("--registry {}: it was not read", id.path()),
            None => Ok(()),
        }
    }
}

impl Inputs {
    /// The fingerprints of the findings that somebody accepts.
    ///
    /// # Errors
    /// The configuration cannot be used.
    pub fn waived(&self, args: &PolicyArgs, today: NaiveDate) -> anyhow::Result<BTreeSet<String>> {
        let waivers = Waivers::new(&selection(args)?.config.waivers, &self.policies.known)?;
        let Evaluation { mut findings, notifications, .. } = self.evaluator.evaluate(&self.inventory, &self.tags);
        let ids = self.policies.policies.iter().map(|policy| policy.id.as_str());
        let coverage = Coverage::new(&self.inventory, ids, &notifications, Vec::new());
        waivers.apply(&mut findings, &coverage, today);
        let waived = findings.into_iter().filter(|finding| finding.waived.is_some());
        Ok(waived.map(|finding| finding.fingerprint).collect())
    }
}

fn is_choice(record: &RegistryRecord, choice: &RegistryChoice) -> bool {
    match choice {
        RegistryChoice::Name(name) => registry_matches(record, name),
        RegistryChoice::Id(id) => RegistryId::parse(&record.id).is_some_and(|other| {
            id.subscription.eq_ignore_ascii_case(&other.subscription)
                && id.resource_group.eq_ignore_ascii_case(&other.resource_group)
                && id.name.eq_ignore_ascii_case(&other.name)
        }),
    }
}

/// Which policies to load.
pub fn selection(args: &PolicyArgs) -> anyhow::Result<Selection> {
    selection_with(args, &args.folders, Config::load(args.config.as_deref())?)
}

/// Which policies to load, of these sources and by these settings.
///
/// # Errors
/// A source of policies cannot be had.
pub fn selection_with(args: &PolicyArgs, sources: &[PathBuf], config: Config) -> anyhow::Result<Selection> {
    let PolicyFolders { folders, names: folder_names } = resolve(sources)?;
    Ok(Selection {
        folders,
        folder_names,
        no_builtin: args.no_builtin_policies,
        only: args.only.clone(),
        skip: args.skip.clone(),
        profile: args.profile.profile(),
        config,
        config_file: args.config.clone(),
    })
}

/// What the selected policies say that they read, and no more: each read costs a request for each registry. A snapshot
/// is for any policy to scan, so one that is saved holds what `pull` gives it.
pub fn needs(live: &LiveArgs, saves_snapshot: bool, policies: &PolicySet) -> Needs {
    let mut needs = if saves_snapshot { Needs::ALL_PLAIN } else { Needs::default() };
    for reads in policies.policies.iter().flat_map(|policy| &policy.metadata.custom.reads) {
        match reads {
            Reads::Tasks => needs.tasks = true,
            Reads::AgentPools => needs.agent_pools = true,
            Reads::ServiceTag => needs.service_tag = true,
            Reads::RoleAssignments => needs.role_assignments = true,
            Reads::Usages => needs.usages = true,
            Reads::TaskCredentials => needs.task_credentials = live.task_credentials,
            Reads::Preview => needs.preview = live.preview,
            Reads::RoleDefinitions => needs.role_definitions = true,
            Reads::SubnetRules => needs.subnet_rules = true,
            Reads::Runs => needs.runs = live.runs,
            Reads::Network => needs.network = live.network,
        }
    }
    needs
}

/// Who gets in rests on these, whichever policies are asked.
fn with_access(needs: Needs) -> Needs {
    Needs {
        tasks: true,
        agent_pools: true,
        service_tag: true,
        role_assignments: true,
        role_definitions: true,
        subnet_rules: true,
        ..needs
    }
}
