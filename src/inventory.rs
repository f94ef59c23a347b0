//! What a source read: the registries, and what it could not read.

use crate::finding::{Level, Notification};

/// Everything that the sources of one scan read.
#[derive(Debug, Default)]
pub struct Inventory {
    /// The subscriptions asked for, whether they could be read or not.
    pub scopes: Vec<Scope>,
    /// One record for each registry.
    pub registries: Vec<RegistryRecord>,
    /// What was not read.
    pub gaps: Vec<Gap>,
}

impl Inventory {
    /// Sorts everything by scope and resource id, so that two runs print the same bytes whatever answered first.
    pub fn sort(&mut self) {
        self.scopes.sort_by(|a, b| a.subscription.cmp(&b.subscription));
        self.registries.sort_by_cached_key(|record| (record.subscription.clone(), record.id.to_lowercase()));
        self.gaps.sort();
        self.gaps.dedup();
    }
}

/// What is to be read beyond the registries themselves. The default is nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Needs {
    /// Each registry's tasks.
    pub tasks: bool,
    /// Each registry's agent pools.
    pub agent_pools: bool,
    /// The cloud's service tags.
    pub service_tag: bool,
    /// The roles that tasks' identities hold.
    pub role_assignments: bool,
    /// What counts against a registry's quotas.
    pub usages: bool,
    /// How tasks log in to registries: a write action, whose answer holds secrets.
    pub task_credentials: bool,
    /// Each registry once more, at a preview api-version.
    pub preview: bool,
}

impl Needs {
    /// Everything that Reader may read at versions that are generally available, or the only ones there are.
    pub const ALL_PLAIN: Needs = Needs {
        tasks: true,
        agent_pools: true,
        service_tag: true,
        role_assignments: true,
        usages: true,
        task_credentials: false,
        preview: false,
    };
}

/// A subscription that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// Subscription id, lower case.
    pub subscription: String,
    /// Whether its list of registries was read to the end. A scope that was not gets no SARIF run.
    pub complete: bool,
}

/// One registry, as the text of its registry document.
///
/// The text is kept, not a tree of values: ten thousand registries then fit in tens of megabytes, and a finding's
/// line can be looked up in the very text it came from.
#[derive(Debug, Clone)]
pub struct RegistryRecord {
    /// Subscription id, lower case.
    pub subscription: String,
    /// ARM id, in ARM's own casing.
    pub id: String,
    /// The registry document: pretty-printed JSON with `schema_version`, `registry`, `tasks`, `agent_pools`, `origin`, and
    /// what else was asked for.
    pub document: String,
    /// Where it was read.
    pub origin: Origin,
}

/// Where a registry was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// From ARM, just now.
    Azure,
    /// From a snapshot's file: its path as a user would open it.
    Snapshot {
        /// Path with `/` between segments.
        path: String,
    },
}

impl Origin {
    /// The word in the input document's `origin.kind`.
    pub fn kind(&self) -> &'static str {
        match self {
            Origin::Azure => "azure",
            Origin::Snapshot { .. } => "snapshot",
        }
    }
}

/// Which part of a subscription was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// The list of registries: the scope is incomplete.
    Registries,
    /// One registry's document.
    Registry,
    /// The tasks of one registry.
    Tasks,
    /// The agent pools of one registry.
    AgentPools,
    /// The role assignments at and above one registry.
    RoleAssignments,
    /// What counts against the quotas of one registry.
    Usages,
    /// The credentials of tasks of one registry.
    TaskCredentials,
    /// One registry at a preview api-version.
    Preview,
}

impl Part {
    /// What a message calls it.
    pub fn as_str(self) -> &'static str {
        match self {
            Part::Registries => "the list of registries",
            Part::Registry => "the registry",
            Part::Tasks => "the tasks",
            Part::AgentPools => "the agent pools",
            Part::RoleAssignments => "the role assignments",
            Part::Usages => "the usages",
            Part::TaskCredentials => "the credentials of tasks",
            Part::Preview => "the preview properties",
        }
    }
}

/// Something that was asked for and not read. Any gap makes the exit code 2.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct Gap {
    /// Subscription id, lower case.
    pub subscription: String,
    /// ARM id of the registry, where the gap is within one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<String>,
    /// What was not read.
    pub part: Part,
    /// Why, and what to do about it: one sentence or two, no token, no query string.
    pub reason: String,
}

impl Gap {
    /// The gap as the scanner tells it: an error where a whole scope is affected, else a warning.
    pub fn notification(&self) -> Notification {
        let whose = match &self.resource {
            Some(resource) => format!("{} of {resource}", self.part.as_str()),
            None => format!("{} of subscription {}", self.part.as_str(), self.subscription),
        };
        Notification {
            scope: Some(self.subscription.clone()),
            resource: self.resource.clone(),
            policy: None,
            level: if self.part == Part::Registries { Level::Error } else { Level::Warning },
            message: format!("not read: {whose}: {}", self.reason),
        }
    }
}
