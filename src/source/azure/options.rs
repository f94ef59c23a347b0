//! What a collection is asked to read, and how; and how far it has come.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use super::client::http::Limits;
use crate::model::cloud::Cloud;
use crate::model::inventory::Needs;
use crate::model::registry_id::RegistryId;

/// What to read, and how.
#[derive(Debug, Clone)]
pub struct Options {
    /// Subscription ids, lower case, each once.
    pub subscriptions: Vec<String>,
    /// Which other subscriptions, and what of each.
    pub selection: ScopeSelection,
    /// Decides where ARM and Entra ID are and what a token is asked for.
    pub cloud: Cloud,
    /// Another base address of ARM: scheme, host, port.
    pub arm_endpoint: Option<String>,
    /// Another base address of Entra ID; before `AZURE_AUTHORITY_HOST` and the cloud's own.
    pub authority_host: Option<String>,
    /// The one credential to use; `None` tries each in turn.
    pub credential: Option<CredentialKind>,
    /// What a token of GitHub is made out to, where it is not what the cloud wants.
    pub oidc_audience: Option<String>,
    /// Requests in flight at once, over all subscriptions; at least 1.
    pub concurrency: usize,
    /// The limit of one try of one request.
    pub request_timeout: Duration,
    /// The limit of the whole collection. What is not read by then is a gap.
    pub timeout: Duration,
    /// How is found which registries have tasks and agent pools.
    pub discovery: Discovery,
    /// Registries that need not be read once more: ids in lower case.
    pub known: BTreeSet<String>,
    /// What to read beyond the registries themselves.
    pub needs: Needs,
    /// What not to read whoever needs it: sorted, each once.
    pub without: Vec<SkippablePart>,
    /// Folders that a stranger may write: no program of theirs is started.
    pub untrusted: Vec<PathBuf>,
}

impl Options {
    /// What its requests keep to.
    pub(super) fn limits(&self) -> Limits {
        Limits { concurrency: self.concurrency, request_timeout: self.request_timeout, timeout: self.timeout }
    }
}

/// Which subscriptions to read beside those that are named, and what of each.
#[derive(Debug, Clone, Default)]
pub struct ScopeSelection {
    /// All that the identity sees.
    pub all_subscriptions: bool,
    /// All of these management groups and of those below.
    pub management_groups: Vec<String>,
    /// Patterns of ids and names that are not read.
    pub exclude: Vec<String>,
    /// What is read although it usually is not.
    pub include: Vec<SkippedKind>,
    /// Single registries, of any subscription.
    pub registries: Vec<RegistryId>,
    /// Of each subscription, these resource groups only; all where there is none.
    pub resource_groups: Vec<String>,
    /// Of the subscriptions, those of this part only, counted from 1, of so many.
    pub shard: Option<(u32, u32)>,
    /// More subscriptions are refused before a registry is read, and why.
    pub limit: Option<(usize, &'static str)>,
}

/// A part that the user may not be allowed to read, or need not have read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, clap::ValueEnum)]
pub enum SkippablePart {
    /// The tasks, and all that is read of them
    Tasks,
    /// The agent pools
    AgentPools,
    /// The roles that tasks' identities hold
    RoleAssignments,
    /// What those roles allow
    RoleDefinitions,
    /// What counts against quotas
    Usages,
    /// Azure's service tags; the embedded table is used
    ServiceTags,
    /// Firewall rules for subnets, which only a preview version shows
    SubnetRules,
}

impl SkippablePart {
    /// The word on the command line and in documents.
    pub fn as_str(self) -> &'static str {
        match self {
            SkippablePart::Tasks => "tasks",
            SkippablePart::AgentPools => "agent-pools",
            SkippablePart::RoleAssignments => "role-assignments",
            SkippablePart::RoleDefinitions => "role-definitions",
            SkippablePart::Usages => "usages",
            SkippablePart::ServiceTags => "service-tags",
            SkippablePart::SubnetRules => "subnet-rules",
        }
    }
}

/// Subscriptions that are not read unless that is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub enum SkippedKind {
    /// Those that are disabled, expired or deleted
    Disabled,
    /// Those of other tenants, which delegated them with Azure Lighthouse
    Delegated,
}

/// How is found which registries have tasks and agent pools.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Discovery {
    /// Each registry is asked
    #[default]
    Arm,
    /// Azure Resource Graph is asked for all of them, where the identity may read them all; the others each
    ResourceGraph,
}

/// A way to get a token, in the order in which they are tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, clap::ValueEnum)]
pub enum CredentialKind {
    /// AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET
    ServicePrincipal,
    /// AZURE_FEDERATED_TOKEN_FILE, as in Kubernetes
    WorkloadIdentity,
    /// A GitHub Actions job with `id-token: write`
    GithubOidc,
    /// An Azure Pipelines job with a service connection of workload identity federation and SYSTEM_ACCESSTOKEN
    AzurePipelines,
    /// IDENTITY_ENDPOINT, as in App Service and Container Apps
    ManagedIdentity,
    /// Whoever signed in with `az login`
    AzureCli,
    /// The metadata endpoint of a virtual machine
    Metadata,
}

/// How far a collection has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress {
    /// Subscriptions whose list of registries was read, or could not be.
    pub subscriptions_listed: usize,
    /// Registries seen in those lists so far.
    pub registries_found: usize,
    /// Registries of which all that is needed was read, or could not be.
    pub registries_read: usize,
}
