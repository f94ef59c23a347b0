//! What is read of one registry: nothing that nobody needs, and all at once as far as one part does not depend on
//! another.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use chrono::{Days, Utc};
use futures_util::future::{join3, join4};
use futures_util::stream::{self, StreamExt};
use reqwest::Url;
use serde_json::Value;

use super::client::address;
use super::client::arm::Arm;
use super::client::error::AzureError;
use super::client::http::Throttle;
use super::client::secret::quote;
use super::discover::View;
use super::network::NetworkReader;
use super::options::{Options, SkippablePart};
use super::role_definitions::RoleDefinitions;
use super::when;
use crate::document::registry;
use crate::document::registry::{ApiVersions, Credentials, Network, Parts, Reading, Runs};
use crate::model::finding::ScopeName;
use crate::model::inventory::{Gap, Part};
use crate::model::registry_id::RegistryId;

/// The first generally available version with `networkRuleBypassAllowedForTasks`.
pub const REGISTRIES_VERSION: &str = "2025-11-01";
/// The first since 2021 with `networkRuleSet.virtualNetworkRules`; it has `endpointProtocol` too.
pub const PREVIEW_VERSION: &str = "2026-03-01-preview";
/// The first shows `credentials.sourceRegistry.identity`; the second is served wherever tasks are.
pub const TASKS_VERSIONS: [&str; 2] = ["2025-03-01-preview", "2019-06-01-preview"];
pub const ROLE_ASSIGNMENTS_VERSION: &str = "2022-04-01";

/// Runs that are older say little of today's network.
const RUNS_OF_DAYS: u64 = 30;
/// Runs that are read, the newest first.
const MAX_RUNS: &str = "100";

/// A registry that was listed and is still to be read.
pub struct ListedRegistry {
    pub id: String,
    pub parsed: RegistryId,
    pub registry: Value,
}

/// The api-versions in use, as indices: once one was refused it is not tried for each registry again.
#[derive(Default)]
pub struct ServedVersions {
    tasks: Cell<usize>,
    agent_pools: Cell<usize>,
    runs: Cell<usize>,
}

/// Reads one registry.
pub struct Reader<'a> {
    arm: &'a Arm,
    options: &'a Options,
    versions: &'a ServedVersions,
    definitions: &'a RoleDefinitions,
    view: &'a View<'a>,
    listed: &'a ListedRegistry,
    throttle: &'a Throttle,
    gaps: RefCell<Vec<Gap>>,
    /// Whether ARM said of a part that it is not there.
    missed: Cell<bool>,
}

/// A list, and the api-version it was read at.
type Versioned = (Vec<Value>, &'static str);

impl<'a> Reader<'a> {
    pub fn new(
        arm: &'a Arm,
        options: &'a Options,
        versions: &'a ServedVersions,
        definitions: &'a RoleDefinitions,
        view: &'a View<'a>,
        listed: &'a ListedRegistry,
        throttle: &'a Throttle,
    ) -> Reader<'a> {
        Reader {
            arm,
            options,
            versions,
            definitions,
            view,
            listed,
            throttle,
            gaps: RefCell::default(),
            missed: Cell::default(),
        }
    }

    /// Whether the registry is not there any more: a part of it is not, and neither is it.
    pub async fn is_gone(&self) -> bool {
        if !self.missed.get() {
            return false;
        }
        match self.url(&[], REGISTRIES_VERSION) {
            Ok(url) => self.arm.get(url, self.throttle).await.is_err_and(|failure| failure.is_not_found()),
            Err(_) => false,
        }
    }

    /// What was asked for and not read.
    pub fn gaps(self) -> Vec<Gap> {
        self.gaps.into_inner()
    }

    /// Reads every part but the registry itself, which the list gave.
    pub async fn read(&self) -> (Parts, ApiVersions<'static>) {
        let tasks_and_theirs = async {
            let tasks = self.tasks().await;
            let theirs = match &tasks {
                Some((items, version)) => {
                    join3(self.roles(items), self.task_credentials(items, version), self.runs(Some(items))).await
                }
                None => ((Reading::NotRequested, Reading::NotRequested), Reading::NotRequested, self.runs(None).await),
            };
            (tasks, theirs)
        };
        let pools_and_theirs = async {
            let pools = self.agent_pools().await;
            let network = self.network(pools.as_deref().unwrap_or_default()).await;
            (pools, network)
        };
        let ((tasks, theirs), (agent_pools, network), usages, preview) =
            join4(tasks_and_theirs, pools_and_theirs, self.usages(), self.preview()).await;
        let ((role_assignments, role_definitions), task_credentials, runs) = theirs;
        let (tasks, tasks_version) = tasks.unzip();
        let preview = match preview {
            Reading::NotRequested => self.subnet_rules(tasks.as_deref(), agent_pools.as_deref()).await,
            read => read,
        };
        let parts = Parts {
            tasks,
            agent_pools,
            role_assignments,
            role_definitions,
            usages,
            task_credentials,
            preview,
            runs,
            network,
            without: self.options.without.iter().map(|part| part.as_str()).collect(),
            ..Parts::default()
        };
        (parts, ApiVersions { registry: REGISTRIES_VERSION, tasks: tasks_version })
    }

    async fn tasks(&self) -> Option<Versioned> {
        let needs = self.options.needs;
        let theirs = needs.role_assignments || needs.role_definitions || needs.task_credentials;
        if !(needs.tasks || theirs || needs.runs || needs.subnet_rules) || self.is_left_out(SkippablePart::Tasks) {
            return None;
        }
        let (subscription, id) = (&self.listed.parsed.subscription, &self.listed.id);
        if self.view.has_no_tasks(self.arm, subscription, id, self.throttle).await {
            return Some((Vec::new(), TASKS_VERSIONS[self.versions.tasks.get()]));
        }
        let outcome = self.versioned_list("tasks", &self.versions.tasks).await;
        self.record_gap(Part::Tasks, outcome)
    }

    async fn agent_pools(&self) -> Option<Vec<Value>> {
        let needs = self.options.needs;
        if !(needs.agent_pools || needs.network || needs.subnet_rules) || self.is_left_out(SkippablePart::AgentPools) {
            return None;
        }
        let (subscription, id) = (&self.listed.parsed.subscription, &self.listed.id);
        if self.view.has_no_agent_pools(self.arm, subscription, id, self.throttle).await {
            return Some(Vec::new());
        }
        let outcome = match self.versioned_list("agentPools", &self.versions.agent_pools).await {
            Ok((pools, _)) => Ok(pools),
            Err(failure) if failure.is_not_offered() => Ok(Vec::new()),
            Err(failure) => Err(failure),
        };
        self.record_gap(Part::AgentPools, outcome)
    }

    /// What `--without` says that it is not to be read.
    fn is_left_out(&self, part: SkippablePart) -> bool {
        self.options.without.contains(&part)
    }

    /// The roles of the tasks' identities, and what these allow.
    async fn roles(&self, tasks: &[Value]) -> (Reading<Vec<Value>>, Reading<Rc<[Value]>>) {
        let assignments = self.role_assignments(tasks).await;
        let is_held = match &assignments {
            Reading::Read(items) => registry::any_kept(items, &self.listed.registry, tasks),
            Reading::NotRequested | Reading::Refused => false,
        };
        if !is_held || !self.options.needs.role_definitions || self.is_left_out(SkippablePart::RoleDefinitions) {
            return (assignments, Reading::NotRequested);
        }
        let definitions = self.definitions.get(self.arm, &self.listed.parsed.subscription, self.throttle).await;
        (assignments, definitions.map_or(Reading::Refused, Reading::Read))
    }

    /// Those at and above the registry. They matter where a task has an identity that could hold one.
    async fn role_assignments(&self, tasks: &[Value]) -> Reading<Vec<Value>> {
        let needs = self.options.needs;
        let is_needed = needs.role_assignments || needs.role_definitions;
        let is_left_out = self.is_left_out(SkippablePart::RoleAssignments);
        let matters = !registry::principals(tasks).is_empty() || registry::lets_tasks_bypass(&self.listed.registry);
        if !is_needed || is_left_out || !matters {
            return Reading::NotRequested;
        }
        let path = ["providers", "Microsoft.Authorization", "roleAssignments"];
        let outcome = match self.url(&path, ROLE_ASSIGNMENTS_VERSION) {
            Ok(mut url) => {
                url.query_pairs_mut().append_pair("$filter", "atScope()");
                self.list(url).await
            }
            Err(failure) => Err(failure),
        };
        self.to_reading(Part::RoleAssignments, outcome)
    }

    /// The quota of the firewall matters where it has rules.
    async fn usages(&self) -> Reading<Vec<Value>> {
        let rules = self.listed.registry.pointer("/properties/networkRuleSet/ipRules").and_then(Value::as_array);
        let is_left_out = self.is_left_out(SkippablePart::Usages);
        if !self.options.needs.usages || is_left_out || rules.is_none_or(Vec::is_empty) {
            return Reading::NotRequested;
        }
        let outcome = match self.url(&["listUsages"], REGISTRIES_VERSION) {
            Ok(url) => self.list(url).await,
            Err(failure) => Err(failure),
        };
        self.to_reading(Part::Usages, outcome)
    }

    async fn preview(&self) -> Reading<Value> {
        match self.options.needs.preview {
            true => self.read_preview().await,
            false => Reading::NotRequested,
        }
    }

    /// Only the preview version shows the firewall's rules for subnets. They matter where a task on a pool in a virtual
    /// network may have no other way.
    async fn subnet_rules(&self, tasks: Option<&[Value]>, pools: Option<&[Value]>) -> Reading<Value> {
        let is_wanted = self.options.needs.subnet_rules && !self.is_left_out(SkippablePart::SubnetRules);
        let (Some(tasks), Some(pools)) = (tasks, pools) else { return Reading::NotRequested };
        match is_wanted && when::may_rest_on_a_subnet_rule(&self.listed.registry, tasks, pools) {
            true => self.read_preview().await,
            false => Reading::NotRequested,
        }
    }

    async fn read_preview(&self) -> Reading<Value> {
        let outcome = match self.url(&[], PREVIEW_VERSION) {
            Ok(url) => self.arm.get(url, self.throttle).await,
            Err(failure) => Err(failure),
        };
        let registry = outcome.and_then(|registry| match registry.get("properties") {
            Some(Value::Object(_)) => Ok(Value::Object(registry)),
            _ => Err(AzureError::Other("answered without \"properties\"".to_owned())),
        });
        self.to_reading(Part::Preview, registry)
    }

    /// How the tasks log in that may bypass the network rules, or whose answer shows that there is something to know: the
    /// others log in by default. A task that was refused is left out, and all those of one registry are one gap.
    async fn task_credentials(&self, tasks: &[Value], version: &str) -> Reading<BTreeMap<String, Credentials>> {
        if !self.options.needs.task_credentials {
            return Reading::NotRequested;
        }
        let bypass = registry::lets_tasks_bypass(&self.listed.registry);
        let matters =
            |task: &&Value| is_enabled(task) && (bypass && has_system_identity(task) || shows_credentials(task));
        let names: Vec<&str> = tasks.iter().filter(matters).filter_map(|task| task["name"].as_str()).collect();
        if names.is_empty() {
            return Reading::NotRequested;
        }
        let answers: Vec<(&str, Result<Credentials, AzureError>)> = stream::iter(names)
            .map(async |name| (name, self.credentials_of(name, version).await))
            .buffer_unordered(self.options.concurrency.max(1))
            .collect()
            .await;
        let mut read = BTreeMap::new();
        let mut refused = BTreeMap::new();
        for (name, answer) in answers {
            match answer {
                Ok(credentials) => drop(read.insert(name.to_owned(), credentials)),
                Err(failure) => drop(refused.insert(name, failure)),
            }
        }
        if let Some((first, failure)) = refused.first_key_value() {
            let reason = failure.reason(Part::TaskCredentials);
            let names = refused.keys().copied().collect::<Vec<_>>().join(", ");
            self.push_gap(
                Part::TaskCredentials,
                match refused.len() {
                    1 => format!("task {}: {reason}", quote(first, &[])),
                    _ => format!("tasks {}; the first of them: {reason}", quote(&names, &[])),
                },
            );
        }
        Reading::Read(read)
    }

    /// The answer holds passwords. It lives in here, and only what [`Credentials`] takes from it gets out.
    async fn credentials_of(&self, task: &str, version: &str) -> Result<Credentials, AzureError> {
        let url = self.url(&["tasks", task, "listDetails"], version)?;
        let answer = self.arm.post(url, self.throttle).await?;
        Credentials::from_answer(&answer).ok_or_else(|| AzureError::Other("answered without \"properties\"".to_owned()))
    }

    /// What ran in the last days: the first page of the list, newest first. It matters where the network is restricted
    /// or where there are tasks.
    async fn runs(&self, tasks: Option<&[Value]>) -> Reading<Runs> {
        let has_none = tasks.is_some_and(<[Value]>::is_empty);
        if !self.options.needs.runs || (has_none && when::admits_everybody(&self.listed.registry)) {
            return Reading::NotRequested;
        }
        let since = Utc::now().date_naive() - Days::new(RUNS_OF_DAYS);
        let outcome = self.first_runs(&since.to_string()).await;
        let runs = outcome.map(|(items, complete)| {
            Runs::of(&items, &since.to_string(), complete, &self.listed.registry, tasks.unwrap_or_default())
        });
        self.to_reading(Part::Runs, runs)
    }

    async fn first_runs(&self, since: &str) -> Result<(Vec<Value>, bool), AzureError> {
        let page = self
            .versioned(&self.versions.runs, async |version| {
                let mut url = self.url(&["runs"], version)?;
                let filter = format!("createTime ge {since}T00:00:00Z");
                url.query_pairs_mut().append_pair("$filter", &filter).append_pair("$top", MAX_RUNS);
                self.arm.get(url, self.throttle).await
            })
            .await;
        let (mut page, _) = page?;
        let complete = page.get("nextLink").and_then(Value::as_str).is_none_or(str::is_empty);
        match page.remove("value") {
            Some(Value::Array(items)) if items.iter().all(Value::is_object) => Ok((items, complete)),
            _ => Err(AzureError::Other("answered without a list (\"value\")".to_owned())),
        }
    }

    async fn network(&self, pools: &[Value]) -> Reading<Network> {
        if !self.options.needs.network {
            return Reading::NotRequested;
        }
        let concurrency = self.options.concurrency.max(1);
        let reader = NetworkReader { arm: self.arm, throttle: self.throttle, concurrency };
        let (network, refused) = reader.read(&self.listed.registry, pools).await;
        if let Some(reason) = refused {
            self.push_gap(Part::Network, reason);
        }
        Reading::Read(network)
    }

    /// Reads a list in the newest api-version that is served.
    async fn versioned_list(&self, segment: &str, in_use: &Cell<usize>) -> Result<Versioned, AzureError> {
        self.versioned(in_use, async |version| self.list(self.url(&[segment], version)?).await).await
    }

    /// Reads something in the newest api-version that is served.
    async fn versioned<T>(
        &self,
        in_use: &Cell<usize>,
        read: impl AsyncFn(&str) -> Result<T, AzureError>,
    ) -> Result<(T, &'static str), AzureError> {
        loop {
            let index = in_use.get();
            let version = TASKS_VERSIONS[index];
            match read(version).await {
                Ok(found) => return Ok((found, version)),
                Err(failure) if failure.is_version_refused() && index + 1 < TASKS_VERSIONS.len() => {
                    in_use.set(in_use.get().max(index + 1));
                }
                Err(failure) => return Err(failure),
            }
        }
    }

    async fn list(&self, url: Url) -> Result<Vec<Value>, AzureError> {
        let mut items = Vec::new();
        self.arm.list(url, "value", self.throttle, async |page| items.extend(page)).await?;
        match items.iter().all(Value::is_object) {
            true => Ok(items),
            false => Err(AzureError::Other("an item of the list is not an object".to_owned())),
        }
    }

    fn url(&self, below: &[&str], version: &str) -> Result<Url, AzureError> {
        address::registry_url(&self.listed.parsed, &self.arm.endpoint, below, version)
    }

    fn to_reading<T>(&self, part: Part, outcome: Result<T, AzureError>) -> Reading<T> {
        self.record_gap(part, outcome).map_or(Reading::Refused, Reading::Read)
    }

    fn record_gap<T>(&self, part: Part, outcome: Result<T, AzureError>) -> Option<T> {
        outcome
            .inspect_err(|failure| {
                self.missed.set(self.missed.get() || failure.is_not_found());
                self.push_gap(part, failure.reason(part));
            })
            .ok()
    }

    fn push_gap(&self, part: Part, reason: String) {
        self.gaps.borrow_mut().push(Gap {
            scope: ScopeName::Subscription(self.listed.parsed.subscription.clone()),
            resource: Some(self.listed.id.clone()),
            part,
            location: None,
            reason,
        });
    }
}

/// ARM's casing varies.
fn lower(task: &Value, pointer: &str) -> String {
    task.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_lowercase()
}

fn is_enabled(task: &Value) -> bool {
    lower(task, "/properties/status") == "enabled"
}

/// The identity that the bypass asks for.
fn has_system_identity(task: &Value) -> bool {
    lower(task, "/identity/type").contains("systemassigned")
}

/// ARM leaves the key out where nothing was set, and strikes out what was.
fn shows_credentials(task: &Value) -> bool {
    task.pointer("/properties/credentials").is_some_and(|credentials| !credentials.is_null())
}
