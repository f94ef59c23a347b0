//! The command line. Doc comments here are the help text.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};

use crate::model::cloud::Cloud;
use crate::model::finding::Severity;
use crate::output::{Output, SarifTarget};
use crate::policy::Profile;
use crate::source::azure::CredentialKind;

/// Tells, with proof, who can reach your Azure Container Registries over the network, and whether their ACR Tasks
/// still can.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100, after_help = EXIT_CODES)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

const EXIT_CODES: &str = "\
Exit codes:
  0  complete, and nothing at or above --fail-on
  1  findings at or above --fail-on
  2  could not tell: bad usage, unreadable input, a subscription or a part of one not read";

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Read registries from source code, snapshots or Azure, evaluate the policies, report
    #[command(after_help = EXIT_CODES)]
    Scan(Box<ScanArgs>),
    /// Save subscriptions as a snapshot, for `scan` to read; nothing is evaluated
    Pull(PullArgs),
    /// List the policies, or explain one
    Policies(PoliciesArgs),
    /// Run the Rego tests and the contract tests of a folder of policies
    Test(TestArgs),
    /// Print the addresses that ACR Tasks of a region come from, one CIDR a line
    ServiceTags(ServiceTagsArgs),
}

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
    /// workflow commands, `json` for everything, and `junit`. Text goes to standard output unless another format does.
    /// A file is written whole or not at all, and the exit code is the same for all.
    #[arg(short, long = "output", value_name = "FORMAT[=PATH]", help_heading = "Output")]
    pub output: Vec<Output>,
    /// Exit with 1 from this severity on; `never` for not at all
    #[arg(long, value_name = "SEVERITY", default_value = "medium", value_parser = parse_threshold, help_heading = "Output")]
    pub fail_on: Threshold,
    /// Exit with 2 where a policy could not tell
    #[arg(long, help_heading = "Output")]
    pub fail_on_unknown: bool,
    /// Compare with an earlier scan: SARIF that acrscan wrote, for either target
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub baseline: Option<PathBuf>,
    /// Exit with 1 for findings only that the baseline does not hold
    #[arg(long, requires = "baseline", help_heading = "Output")]
    pub fail_on_new: bool,
    /// Who reads the SARIF
    #[arg(long, value_enum, default_value_t, value_name = "TARGET", help_heading = "Output")]
    pub sarif_target: SarifTarget,
    /// Replaces `acrscan/live` in the SARIF category `acrscan/live/<subscription>/`, and `acrscan/iac` in that of source
    /// code
    #[arg(long, value_name = "TEXT", help_heading = "Output")]
    pub sarif_category: Option<String>,
    /// Save what was read from Azure as a snapshot, and point findings at its files
    #[arg(long, value_name = "DIR", requires = "subscriptions", help_heading = "Output")]
    pub save_snapshot: Option<PathBuf>,
    /// Save the documents that policies saw, and their parameters, for `opa eval` or `conftest`
    #[arg(long, value_name = "DIR", help_heading = "Output")]
    pub save_inputs: Option<PathBuf>,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub policies: PolicyArgs,
    /// A service-tag file as Microsoft publishes it weekly, in place of what Azure or the snapshot says
    #[arg(long, value_name = "FILE", help_heading = "Policies")]
    pub service_tags: Option<PathBuf>,
}

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

/// Which policies run.
#[derive(Debug, Args)]
#[command(next_help_heading = "Policies")]
pub struct PolicyArgs {
    /// A folder of policies of your own, all of which run beside the built-in ones
    #[arg(long = "policies", value_name = "DIR")]
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

/// Reading from Azure.
#[derive(Debug, Args)]
#[command(next_help_heading = "Azure")]
pub struct LiveArgs {
    /// A subscription to read, by id; may be given up to 20 times
    #[arg(long = "subscription", value_name = "ID", value_delimiter = ',', value_parser = parse_subscription)]
    pub subscriptions: Vec<String>,
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
    #[arg(long, requires = "subscriptions")]
    pub task_credentials: bool,
    /// Read each registry a second time at a preview version, for virtual network rules and endpoint protocol
    #[arg(long, requires = "subscriptions")]
    pub preview: bool,
}

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
    /// A folder of policies of your own, to list beside the built-in ones
    #[arg(long = "policies", value_name = "DIR")]
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

/// `acrscan test`
#[derive(Debug, Args)]
pub struct TestArgs {
    /// The folder
    #[arg(value_name = "DIR", default_value = ".")]
    pub folder: PathBuf,
}

/// `acrscan service-tags`
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct ServiceTagsArgs {
    #[command(subcommand)]
    #[allow(missing_docs)]
    pub command: Option<ServiceTagsCommand>,
    /// The region, such as `eastus`; without it, the regions that have a tag are listed
    pub region: Option<String>,
    /// Print the IPv6 ranges, which a registry's firewall does not take
    #[arg(long)]
    pub ipv6: bool,
    /// The cloud
    #[arg(long, value_enum, default_value_t, value_name = "NAME")]
    pub cloud: Cloud,
    /// A service-tag file as Microsoft publishes it weekly, in place of the table in this binary
    #[arg(long, value_name = "FILE")]
    pub service_tags: Option<PathBuf>,
}

/// What to do with service tags.
#[derive(Debug, Subcommand)]
pub enum ServiceTagsCommand {
    /// Make the compact table, as this binary carries it, from the files Microsoft publishes, one for each cloud
    Update {
        /// Published files; the day is in their names, as in ServiceTags_Public_20251110.json
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
        /// An older published file: what it had and the new one has not is remembered, to be recognised
        #[arg(long, value_name = "FILE")]
        older: Vec<PathBuf>,
        /// Where to write the table; standard output if not given
        #[arg(short, long = "output", value_name = "FILE")]
        output: Option<PathBuf>,
    },
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

fn parse_subscription(text: &str) -> Result<String, String> {
    let shape = [8, 4, 4, 4, 12];
    let groups: Vec<&str> = text.split('-').collect();
    let is_guid = groups.len() == shape.len()
        && groups
            .iter()
            .zip(shape)
            .all(|(group, length)| group.len() == length && group.bytes().all(|byte| byte.is_ascii_hexdigit()));
    if is_guid {
        Ok(text.to_lowercase())
    } else {
        Err("not a subscription id; `az account list --query '[].{name:name, id:id}' -o table` prints yours".to_owned())
    }
}

fn parse_seconds(text: &str) -> Result<Duration, String> {
    match text.parse::<f64>() {
        Ok(seconds) if seconds > 0.0 && seconds <= 86_400.0 => Ok(Duration::from_secs_f64(seconds)),
        _ => Err("a number of seconds, above 0 and up to 86400".to_owned()),
    }
}
