//! Arguments that several commands share. Doc comments here are the help text.

use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgGroup, Args};

use crate::model::cloud::Cloud;
use crate::model::limits::Limits;
use crate::model::registry_id::{RegistryId, is_guid};
use crate::policy::Profile;
use crate::source::azure::{CredentialKind, Discovery, ScopeSelection, SkippablePart, SkippedKind};

/// Which policies run.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Policies")]
pub struct PolicyArgs {
    /// Policies of your own, all of which run beside the built-in ones: a folder, a `.tar.gz` bundle, or an artifact of
    /// a registry, as in `oci://contoso.azurecr.io/policies:v1@sha256:…`
    #[arg(long = "policies", value_name = "SOURCE")]
    pub folders: Vec<PathBuf>,
    /// Run none of the built-in policies
    #[arg(long)]
    pub no_builtin_policies: bool,
    /// Which of the built-in policies to run, where none is named
    #[arg(long, value_enum, default_value_t, value_name = "PROFILE")]
    pub profile: ProfileChoice,
    /// Settings of policies, and waivers; without it, acrscan.toml of the working directory if it is there
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Run this policy only, whatever its profile
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub only: Vec<String>,
    /// Run all policies but this
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub skip: Vec<String>,
}

/// What a scan may cost.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Limits")]
pub struct LimitArgs {
    /// Megabytes that one file may have; a larger one is not read, and told
    #[arg(long, value_name = "MB", default_value_t = 64, value_parser = clap::value_parser!(u16).range(1..=2048))]
    pub max_file_size: u16,
    /// Megabytes that the scan of source code and snapshots may hold; what would take more is not read, and told
    #[arg(long, value_name = "MB", default_value_t = 1024, value_parser = clap::value_parser!(u32).range(64..=1_048_576))]
    pub max_memory: u32,
}

impl LimitArgs {
    /// From now on, these hold.
    pub fn apply(&self, time: Duration) {
        const MEGABYTE: u64 = 1024 * 1024;
        let (file_size, memory) = (u64::from(self.max_file_size) * MEGABYTE, u64::from(self.max_memory) * MEGABYTE);
        Limits { file_size, memory, time }.apply();
    }
}

/// Reading from Azure.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Azure", group = ArgGroup::new("live").multiple(true))]
pub struct LiveArgs {
    /// A subscription to read, by id; may be given several times
    #[arg(long = "subscription", value_name = "ID", value_delimiter = ',', value_parser = parse_subscription, group = "live")]
    pub subscriptions: Vec<String>,
    /// Read all subscriptions that the identity sees
    #[arg(long, group = "live")]
    pub all_subscriptions: bool,
    /// Read all subscriptions of a management group, by its id, and of the groups below; may be given several times
    #[arg(long = "management-group", value_name = "ID", value_parser = parse_management_group, group = "live")]
    pub management_groups: Vec<String>,
    /// Read one registry, by its ARM id, whatever its subscription; may be given several times
    ///
    /// `fix` and `simulate` take a name as well, of a registry among those that are read.
    #[arg(long = "registry", value_name = "ARM-ID", value_parser = parse_registry, group = "live")]
    pub registries: Vec<RegistryChoice>,
    /// Of the subscriptions, read this resource group only; may be given several times
    #[arg(long = "resource-group", value_name = "NAME", value_delimiter = ',', requires = "live")]
    pub resource_groups: Vec<String>,
    /// Do not read subscriptions whose id or name fits; `*` and `?` stand for anything
    #[arg(long, value_name = "PATTERN", requires = "live")]
    pub exclude: Vec<String>,
    /// Of all subscriptions or a management group's, read those as well that are disabled or of another tenant
    #[arg(long, value_name = "KIND", value_enum, value_delimiter = ',', requires = "live")]
    pub include: Vec<SkippedKind>,
    /// Of the subscriptions, read those of one part only, as in 2/5: for several jobs side by side
    ///
    /// Which part a subscription is of, its id alone decides. Each job writes SARIF of its own subscriptions.
    /// `env:NAME/5` takes the part from a variable that counts from 0, as JOB_COMPLETION_INDEX of Kubernetes does.
    #[arg(long, value_name = "I/N", value_parser = parse_shard, requires = "live")]
    pub shard: Option<(u32, u32)>,
    /// The cloud
    #[arg(long, value_enum, default_value_t, value_name = "NAME")]
    pub cloud: Cloud,
    /// Azure Resource Manager's address, where it is not the cloud's own
    #[arg(long, value_name = "URL")]
    pub arm_endpoint: Option<String>,
    /// Microsoft Entra ID's address, where it is neither the cloud's nor in AZURE_AUTHORITY_HOST
    #[arg(long, value_name = "URL")]
    pub authority_host: Option<String>,
    /// The credential to use; without it, each is tried in this order
    #[arg(long, value_enum, value_name = "KIND")]
    pub credential: Option<CredentialKind>,
    /// What a token of GitHub Actions is made out to, where the federated credential has another audience than the cloud's
    #[arg(long, value_name = "TEXT")]
    pub oidc_audience: Option<String>,
    /// How is found which registries have tasks and agent pools [default: resource-graph for --all-subscriptions and
    /// --management-group, else arm]
    #[arg(long, value_enum, value_name = "KIND", requires = "live")]
    pub discover: Option<Discovery>,
    /// Requests in flight at once
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub concurrency: u16,
    /// Seconds that one request may take
    #[arg(long, value_name = "SECONDS", default_value = "30", value_parser = parse_seconds)]
    pub request_timeout: Duration,
    /// Seconds that all reading may take, waits included
    #[arg(long, value_name = "SECONDS", default_value = "1800", value_parser = parse_seconds)]
    pub timeout: Duration,
    /// Read how tasks log in to registries, for the policies that judge it
    ///
    /// This is the write action `Microsoft.ContainerRegistry/registries/tasks/listDetails/action`, which Reader does
    /// not hold. Azure answers with the tasks' secrets; they are never kept, only the login mode and the identities'
    /// names are.
    #[arg(long, requires = "live")]
    pub task_credentials: bool,
    /// Read each registry a second time at a preview version, for virtual network rules and endpoint protocol
    #[arg(long, requires = "live")]
    pub preview: bool,
    /// Read what ran in the last 30 days, quick runs as well, for registries with tasks or a restricted network
    #[arg(long)]
    pub runs: bool,
    /// Read the subnets of agent pools with what filters their traffic, and the DNS zones of private endpoints
    #[arg(long)]
    pub network: bool,
    /// Do not read this part, whichever policy needs it: what rests on it is unknown, and the scan complete without it
    #[arg(long, value_name = "PART", value_enum)]
    pub without: Vec<SkippablePart>,
}

impl LiveArgs {
    /// The registries that were named by their ids.
    fn registry_ids(&self) -> Vec<RegistryId> {
        let id = |choice: &RegistryChoice| match choice {
            RegistryChoice::Id(id) => Some(id.clone()),
            RegistryChoice::Name(_) => None,
        };
        self.registries.iter().filter_map(id).collect()
    }

    /// Refuses a registry's name where only an ARM id will do.
    ///
    /// # Errors
    /// One is named so.
    pub fn check_registries(&self) -> anyhow::Result<()> {
        let name = self.registries.iter().find_map(|choice| match choice {
            RegistryChoice::Name(name) => Some(name),
            RegistryChoice::Id(_) => None,
        });
        match name {
            Some(name) => anyhow::bail!("invalid value '{name}' for '--registry <ARM-ID>': {NO_REGISTRY_ID}"),
            None => Ok(()),
        }
    }

    /// Whether anything of Azure was named.
    pub fn is_named(&self) -> bool {
        self.all_subscriptions
            || ![self.subscriptions.is_empty(), self.management_groups.is_empty(), self.registry_ids().is_empty()]
                .iter()
                .all(|empty| *empty)
    }

    /// Whether Azure must say which subscriptions are read, or a part of each is.
    pub fn selects(&self) -> bool {
        let lists = [&self.management_groups, &self.resource_groups, &self.exclude];
        let is_part = self.shard.is_some() || !self.registry_ids().is_empty();
        self.all_subscriptions || is_part || lists.iter().any(|list| !list.is_empty())
    }

    /// Whether all subscriptions are read that the identity sees.
    pub fn reads_all(&self) -> bool {
        self.all_subscriptions && self.shard.is_none()
    }

    /// How tasks and agent pools are found.
    pub fn discovery(&self) -> Discovery {
        let many = self.all_subscriptions || !self.management_groups.is_empty();
        self.discover.unwrap_or(if many { Discovery::ResourceGraph } else { Discovery::Arm })
    }

    /// What was named beside subscriptions.
    pub fn selection(&self) -> ScopeSelection {
        ScopeSelection {
            all_subscriptions: self.all_subscriptions,
            management_groups: self.management_groups.clone(),
            exclude: self.exclude.clone(),
            include: self.include.clone(),
            registries: self.registry_ids(),
            resource_groups: self.resource_groups.clone(),
            shard: self.shard,
            limit: None,
        }
    }
}

/// Values of Terraform's variables.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Terraform")]
pub struct TerraformArgs {
    /// A variables file, for every configuration that declares what it sets; may be given several times
    #[arg(long = "var-file", value_name = "FILE")]
    pub var_files: Vec<PathBuf>,
    /// A value of a variable, for every configuration that declares it; may be given several times
    #[arg(long = "var", value_name = "NAME=VALUE", value_parser = parse_variable)]
    pub vars: Vec<(String, String)>,
    /// Take values from the environment as Terraform does, from TF_VAR_<name>
    #[arg(long)]
    pub terraform_env: bool,
}

fn parse_variable(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() => Ok((name.trim().to_owned(), value.to_owned())),
        _ => Err("a name and a value, as in sku=Premium".to_owned()),
    }
}

/// A profile, or all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum ProfileChoice {
    /// Who can reach the registry over the network, and whether its tasks can
    #[default]
    Network,
    /// Everything else about a registry's posture
    Hardening,
    /// Both
    All,
}

impl ProfileChoice {
    /// The profile; `None` for all.
    pub fn profile(self) -> Option<Profile> {
        match self {
            ProfileChoice::Network => Some(Profile::Network),
            ProfileChoice::Hardening => Some(Profile::Hardening),
            ProfileChoice::All => None,
        }
    }
}

fn parse_subscription(text: &str) -> Result<String, String> {
    match is_guid(text) {
        true => Ok(text.to_lowercase()),
        false => {
            Err("not a subscription id; `az account list --query '[].{name:name, id:id}' -o table` prints yours"
                .to_owned())
        }
    }
}

fn parse_management_group(text: &str) -> Result<String, String> {
    // The end of its ARM id, or all of it.
    let prefix = "/providers/microsoft.management/managementgroups/";
    let name = match text.to_lowercase().starts_with(prefix) {
        true => &text[prefix.len()..],
        false => text,
    };
    let fits = |character: char| character.is_alphanumeric() || "-_.()".contains(character);
    match !name.is_empty() && name.len() <= 90 && name.chars().all(fits) && !name.starts_with('.') {
        true => Ok(name.to_owned()),
        false => {
            Err("not a management group's id; `az account management-group list -o table` prints yours".to_owned())
        }
    }
}

/// A registry, as it was named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RegistryChoice {
    /// By its ARM id: it is read from Azure, wherever it is.
    Id(RegistryId),
    /// By its name, or its address in source code: one of those that are read.
    Name(String),
}

const NO_REGISTRY_ID: &str =
    "not the ARM id of a registry; `az acr list --query '[].id' -o tsv` prints those of a subscription";

fn parse_registry(text: &str) -> Result<RegistryChoice, String> {
    let id = RegistryId::parse(text.trim_end_matches('/'));
    match id.filter(|id| is_guid(&id.subscription)) {
        Some(id) => Ok(RegistryChoice::Id(id)),
        None if text.is_empty() || text.starts_with('/') => Err(NO_REGISTRY_ID.to_owned()),
        None => Ok(RegistryChoice::Name(text.to_owned())),
    }
}

fn parse_shard(text: &str) -> Result<(u32, u32), String> {
    let (index, count) = text.split_once('/').ok_or(NO_SHARD)?;
    let count: u32 = count.parse().map_err(|_| NO_SHARD)?;
    let index: u32 = match index.strip_prefix("env:") {
        None => index.parse().map_err(|_| NO_SHARD)?,
        // Engines that number their jobs count from 0.
        Some(name) => {
            let value = std::env::var(name).map_err(|_| format!("{name} is not set"))?;
            let index: u32 = value.trim().parse().map_err(|_| format!("{name} is no number: {value:?}"))?;
            index.saturating_add(1)
        }
    };
    match (1..=count).contains(&index) {
        true => Ok((index, count)),
        false => Err(NO_SHARD.to_owned()),
    }
}

const NO_SHARD: &str = "a part and the number of parts, from 1/N to N/N, as in 2/5";

fn parse_seconds(text: &str) -> Result<Duration, String> {
    match text.parse::<f64>() {
        Ok(seconds) if seconds > 0.0 && seconds <= 86_400.0 => Ok(Duration::from_secs_f64(seconds)),
        _ => Err("a number of seconds, above 0 and up to 86400".to_owned()),
    }
}
