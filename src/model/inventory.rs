//! What a source read: the registries, and what it could not read.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::file_gap::{FileGap, FilePosition};
use super::finding::{Level, Notification, Related, ScopeName};
use super::text_file::{Region, TextFile};

/// Everything that the sources of one scan read.
#[derive(Debug, Default)]
pub struct Inventory {
    /// The subscriptions asked for, whether they could be read or not; and the source code, where some was named.
    pub scopes: Vec<ScanScope>,
    /// One record for each registry.
    pub registries: Vec<RegistryRecord>,
    /// What was not read.
    pub gaps: Vec<Gap>,
    /// The source code that was read; sorted by path.
    pub files_read: Vec<FileRead>,
    /// What looked like source code and was skipped, and why; sorted.
    pub skipped: Vec<SkippedFile>,
    /// The snapshots that were read; sorted by path.
    pub snapshots: Vec<SnapshotRead>,
}

/// A snapshot that was read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SnapshotRead {
    /// Its folder, as a user would open it.
    pub path: String,
    /// When it was taken, as its manifest says.
    pub time: DateTime<Utc>,
}

impl Inventory {
    /// Takes in what another source read.
    ///
    /// # Errors
    /// Both read one scope: its name.
    pub fn add(&mut self, other: Inventory) -> Result<(), ScopeName> {
        let names = |scope: &ScanScope| self.scopes.iter().any(|known| known.name == scope.name);
        if let Some(scope) = other.scopes.iter().find(|scope| names(scope)) {
            return Err(scope.name.clone());
        }
        self.scopes.extend(other.scopes);
        self.registries.extend(other.registries);
        self.gaps.extend(other.gaps);
        self.files_read.extend(other.files_read);
        self.skipped.extend(other.skipped);
        self.snapshots.extend(other.snapshots);
        Ok(())
    }

    /// Sorts everything by scope and resource id, so that two runs print the same bytes whatever answered first.
    pub fn sort(&mut self) {
        self.scopes.sort_by(|a, b| a.name.cmp(&b.name));
        self.registries.sort_by_cached_key(|record| (record.scope.clone(), record.id.to_lowercase()));
        self.gaps.sort();
        self.gaps.dedup();
        self.files_read.sort();
        self.skipped.sort();
        self.snapshots.sort();
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
    /// What the roles that are held allow.
    pub role_definitions: bool,
    /// At a preview api-version, the firewall rules for subnets of registries where a task's way may rest on one.
    pub subnet_rules: bool,
    /// What ran of late, and how it ended.
    pub runs: bool,
    /// The subnets of agent pools and what filters their traffic; the DNS zones of private endpoints.
    pub network: bool,
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
        role_definitions: true,
        subnet_rules: true,
        runs: false,
        network: false,
    };
}

/// A subscription that was asked for, or the source code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScanScope {
    /// Which.
    pub name: ScopeName,
    /// Whether its list of registries was read to the end. A scope that was not gets no SARIF run.
    pub complete: bool,
    /// What it is narrowed to: lower-case ids of resource groups and registries. Empty where all of it was asked for.
    pub only: Vec<String>,
}

impl ScanScope {
    /// Whether a registry of this subscription, by its id, is in what was asked for.
    pub fn covers(&self, registry: &str) -> bool {
        let registry = registry.to_lowercase();
        let is_in = |id: &String| {
            registry.strip_prefix(id.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        self.only.is_empty() || self.only.iter().any(is_in)
    }
}

/// One registry, as the text of its registry document.
///
/// The text is kept, not a tree of values: ten thousand registries then fit in tens of megabytes, and a finding's
/// line can be looked up in the very text it came from.
#[derive(Debug, Clone)]
pub struct RegistryRecord {
    /// What the registry is part of.
    pub scope: ScopeName,
    /// ARM id, in ARM's own casing; in source code the address, after the folder or file it is relative to.
    pub id: String,
    /// The registry document: pretty-printed JSON with `schema_version`, `registry`, `tasks`, `agent_pools`, `origin`, and
    /// what else was asked for.
    pub document: String,
    /// Where it was read.
    pub origin: Origin,
    /// The registry documents that it may come to besides, where a value is one of a few: what all of them come to is
    /// certain, anything else is unknown. `document` has that value as not known.
    pub alternatives: Vec<String>,
    /// Secrets that are in the document: they are judged and never shown. The longest first.
    pub secrets: Vec<String>,
}

/// Where a registry was read.
#[derive(Debug, Clone, PartialEq)]
pub enum Origin {
    /// From ARM, just now.
    Azure,
    /// From a snapshot's file: its path as a user would open it.
    Snapshot {
        /// Path with `/` between segments.
        path: String,
    },
    /// From source code.
    Source(Arc<Declaration>),
}

/// The language of source code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Language {
    /// A plan or `.tf` files.
    Terraform,
    /// An ARM template or the result of what-if.
    Arm,
    /// Bicep files.
    Bicep,
}

/// Where in source code a registry is declared, and each of its properties.
#[derive(Debug, PartialEq)]
pub struct Declaration {
    /// The language.
    pub language: Language,
    /// Terraform address, JSON pointer or Bicep symbol.
    pub address: String,
    /// The JSON pointer of the resource, where the address is none.
    pub logical: Option<String>,
    /// The name that the registry has in Azure, where it is known.
    pub registry_name: Option<String>,
    /// The resource group that it is in, where the code says so.
    pub resource_group: Option<String>,
    /// The head of the resource's block.
    pub block: SourceLocation,
    /// JSON pointer into the registry document -> where that property is written.
    pub properties: BTreeMap<String, SourceLocation>,
}

impl Declaration {
    /// The place of a property, or of its nearest parent that has one, and whether it is the property's own.
    pub fn location(&self, pointer: &str) -> (&SourceLocation, bool) {
        let mut parent = pointer;
        loop {
            if let Some(location) = self.properties.get(parent) {
                return (location, parent == pointer);
            }
            match parent.rfind('/') {
                Some(end) => parent = &parent[..end],
                None => return (&self.block, false),
            }
        }
    }
}

/// A place in source code, and what belongs to it.
#[derive(Debug, Clone, PartialEq)]
pub struct SourceLocation {
    /// The file.
    pub file: Arc<TextFile>,
    /// The place in it.
    pub region: Region,
    /// Where the value is used, the nearest first.
    pub related: Vec<Related>,
    /// A sentence that belongs into the message of whatever rests on this property: that its value is a default, or why
    /// it is not known.
    pub note: Option<Arc<str>>,
}

impl Origin {
    /// The word in the input document's `origin.kind`.
    pub fn kind(&self) -> &'static str {
        match self {
            Origin::Azure => "azure",
            Origin::Snapshot { .. } => "snapshot",
            Origin::Source(declaration) => match declaration.language {
                Language::Terraform => "terraform",
                Language::Arm => "arm",
                Language::Bicep => "bicep",
            },
        }
    }
}

/// Source code that was read as a whole: a Terraform configuration, a plan, a template, a Bicep file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct FileRead {
    /// Its path, as a user would open it.
    pub path: String,
    /// What it is: `Terraform configuration`.
    pub what: &'static str,
    /// Of how many files it consists.
    pub files: usize,
    /// How many registries it declares.
    pub registries: usize,
}

/// What looked like source code, or leads to some, and was not read although nothing is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SkippedFile {
    /// Where it is.
    pub location: FilePosition,
    /// Why it was skipped.
    pub reason: String,
}

impl SkippedFile {
    /// At this place, for this reason.
    pub fn new(location: impl Into<FilePosition>, reason: impl Into<String>) -> SkippedFile {
        SkippedFile { location: location.into(), reason: reason.into() }
    }
}

/// Which part of a subscription was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// The list of registries: the scope is incomplete.
    Registries,
    /// Whether a subscription has a registry at all.
    AnyRegistry,
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
    /// The role definitions of one subscription.
    RoleDefinitions,
    /// What ran in one registry.
    Runs,
    /// Subnets, their filters and DNS zones that one registry's pools and endpoints use.
    Network,
    /// Azure's service tags; the table in the binary is used.
    ServiceTags,
    /// A file of source code.
    File,
}

impl Part {
    /// What a message calls it.
    pub fn as_str(self) -> &'static str {
        match self {
            Part::Registries => "the list of registries",
            Part::AnyRegistry => "any registry",
            Part::Registry => "the registry",
            Part::Tasks => "the tasks",
            Part::AgentPools => "the agent pools",
            Part::RoleAssignments => "the role assignments",
            Part::Usages => "the usages",
            Part::TaskCredentials => "the credentials of tasks",
            Part::Preview => "the preview properties",
            Part::RoleDefinitions => "the role definitions",
            Part::Runs => "the runs",
            Part::Network => "the network of pools and endpoints",
            Part::ServiceTags => "the service tags",
            Part::File => "a file",
        }
    }
}

/// Something that was asked for and not read. Any gap makes the exit code 2.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct Gap {
    /// The scope that lacks it.
    #[serde(rename = "subscription")]
    pub scope: ScopeName,
    /// ARM id of the registry, where the gap is within one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<String>,
    /// What was not read.
    pub part: Part,
    /// The place in source code. A snapshot has none of that.
    #[serde(skip)]
    pub location: Option<FilePosition>,
    /// Why, and what to do about it: one sentence or two, no token, no query string.
    pub reason: String,
}

impl From<FileGap> for Gap {
    fn from(FileGap { location, reason }: FileGap) -> Gap {
        Gap { location: Some(location), ..Gap::of_source(reason) }
    }
}

impl Gap {
    /// What was not read of source code, at no place in particular.
    pub fn of_source(reason: impl Into<String>) -> Gap {
        Gap { scope: ScopeName::Source, resource: None, part: Part::File, location: None, reason: reason.into() }
    }

    /// The gap as the scanner tells it: an error where a whole scope is affected, else a warning.
    pub fn notification(&self) -> Notification {
        let not_read = Notification::NOT_READ;
        let message = match (&self.location, self.part, &self.resource) {
            // The place says what was not read.
            (Some(_), ..) => self.reason.clone(),
            (None, Part::File, _) => format!("{not_read}{}", self.reason),
            (None, part, Some(resource)) => format!("{not_read}{} of {resource}: {}", part.as_str(), self.reason),
            (None, part, None) => format!("{not_read}{} of {}: {}", part.as_str(), self.scope, self.reason),
        };
        Notification {
            scope: Some(self.scope.clone()),
            resource: self.resource.clone(),
            policy: None,
            level: if matches!(self.part, Part::Registries | Part::File) { Level::Error } else { Level::Warning },
            location: self.location.clone(),
            message,
        }
    }
}
