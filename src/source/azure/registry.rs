//! What is read of one registry: nothing that nobody needs, and all at once as far as one part does not depend on
//! another.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use futures_util::future::{join, join4};
use futures_util::stream::{self, StreamExt};
use reqwest::Url;
use serde_json::Value;

use super::Options;
use super::client::address;
use super::client::arm::Arm;
use super::client::error::Failure;
use super::client::http::Pause;
use super::client::secret::quote;
use super::collect::Found;
use crate::document::registry;
use crate::document::registry::{ApiVersions, Asked, Credentials, Parts};
use crate::model::finding::ScopeName;
use crate::model::inventory::{Gap, Part};

/// The first generally available version with `networkRuleBypassAllowedForTasks`.
pub const REGISTRIES_VERSION: &str = "2025-11-01";
/// The first since 2021 with `networkRuleSet.virtualNetworkRules`; it has `endpointProtocol` too.
pub const PREVIEW_VERSION: &str = "2026-03-01-preview";
/// The first shows `credentials.sourceRegistry.identity`; the second is served wherever tasks are.
pub const TASKS_VERSIONS: [&str; 2] = ["2025-03-01-preview", "2019-06-01-preview"];
pub const ROLE_ASSIGNMENTS_VERSION: &str = "2022-04-01";

/// The api-versions in use, as indices: once one was refused it is not tried for each registry again.
#[derive(Default)]
pub struct Versions {
    tasks: Cell<usize>,
    agent_pools: Cell<usize>,
}

/// Reads one registry.
pub struct Reader<'a> {
    arm: &'a Arm,
    options: &'a Options,
    versions: &'a Versions,
    found: &'a Found,
    pause: &'a Pause,
    gaps: RefCell<Vec<Gap>>,
}

/// A list, and the api-version it was read at.
type Versioned = (Vec<Value>, &'static str);

impl<'a> Reader<'a> {
    pub fn new(
        arm: &'a Arm,
        options: &'a Options,
        versions: &'a Versions,
        found: &'a Found,
        pause: &'a Pause,
    ) -> Reader<'a> {
        Reader { arm, options, versions, found, pause, gaps: RefCell::default() }
    }

    /// What was asked for and not read.
    pub fn gaps(self) -> Vec<Gap> {
        self.gaps.into_inner()
    }

    /// Reads every part but the registry itself, which the list gave.
    pub async fn read(&self) -> (Parts, ApiVersions<'static>) {
        let tasks_and_theirs = async {
            let tasks = self.tasks().await;
            let (roles, credentials) = match &tasks {
                Some((items, version)) => {
                    join(self.role_assignments(items), self.task_credentials(items, version)).await
                }
                None => (Asked::No, Asked::No),
            };
            (tasks, roles, credentials)
        };
        let ((tasks, role_assignments, task_credentials), agent_pools, usages, preview) =
            join4(tasks_and_theirs, self.agent_pools(), self.usages(), self.preview()).await;
        let (tasks, tasks_version) = tasks.unzip();
        let parts =
            Parts { tasks, agent_pools, role_assignments, usages, task_credentials, preview, ..Parts::default() };
        (parts, ApiVersions { registry: REGISTRIES_VERSION, tasks: tasks_version })
    }

    async fn tasks(&self) -> Option<Versioned> {
        let needs = self.options.needs;
        if !(needs.tasks || needs.role_assignments || needs.task_credentials) {
            return None;
        }
        let outcome = self.versioned_list("tasks", &self.versions.tasks).await;
        self.or_gap(Part::Tasks, outcome)
    }

    async fn agent_pools(&self) -> Option<Vec<Value>> {
        if !self.options.needs.agent_pools {
            return None;
        }
        let outcome = match self.versioned_list("agentPools", &self.versions.agent_pools).await {
            Ok((pools, _)) => Ok(pools),
            Err(failure) if failure.is_not_offered() => Ok(Vec::new()),
            Err(failure) => Err(failure),
        };
        self.or_gap(Part::AgentPools, outcome)
    }

    /// Those at and above the registry. They matter where a task has an identity that could hold one.
    async fn role_assignments(&self, tasks: &[Value]) -> Asked<Vec<Value>> {
        if !self.options.needs.role_assignments || registry::principals(tasks).is_empty() {
            return Asked::No;
        }
        let path = ["providers", "Microsoft.Authorization", "roleAssignments"];
        let outcome = match self.url(&path, ROLE_ASSIGNMENTS_VERSION) {
            Ok(mut url) => {
                url.query_pairs_mut().append_pair("$filter", "atScope()");
                self.list(url).await
            }
            Err(failure) => Err(failure),
        };
        self.asked(Part::RoleAssignments, outcome)
    }

    /// The quota of the firewall matters where it has rules.
    async fn usages(&self) -> Asked<Vec<Value>> {
        let rules = self.found.registry.pointer("/properties/networkRuleSet/ipRules").and_then(Value::as_array);
        if !self.options.needs.usages || rules.is_none_or(Vec::is_empty) {
            return Asked::No;
        }
        let outcome = match self.url(&["listUsages"], REGISTRIES_VERSION) {
            Ok(url) => self.list(url).await,
            Err(failure) => Err(failure),
        };
        self.asked(Part::Usages, outcome)
    }

    async fn preview(&self) -> Asked<Value> {
        if !self.options.needs.preview {
            return Asked::No;
        }
        let outcome = match self.url(&[], PREVIEW_VERSION) {
            Ok(url) => self.arm.get(url, self.pause).await,
            Err(failure) => Err(failure),
        };
        let registry = outcome.and_then(|registry| match registry.get("properties") {
            Some(Value::Object(_)) => Ok(Value::Object(registry)),
            _ => Err(Failure::Other("answered without \"properties\"".to_owned())),
        });
        self.asked(Part::Preview, registry)
    }

    /// How the tasks log in that may bypass the network rules. A task that was refused is left out, and all those of
    /// one registry are one gap.
    async fn task_credentials(&self, tasks: &[Value], version: &str) -> Asked<BTreeMap<String, Credentials>> {
        let bypass = self.found.registry.pointer("/properties/networkRuleBypassAllowedForTasks");
        if !self.options.needs.task_credentials || bypass != Some(&Value::Bool(true)) {
            return Asked::No;
        }
        let names: Vec<&str> =
            tasks.iter().filter(|task| may_bypass(task)).filter_map(|task| task["name"].as_str()).collect();
        if names.is_empty() {
            return Asked::No;
        }
        let answers: Vec<(&str, Result<Credentials, Failure>)> = stream::iter(names)
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
            self.gap(
                Part::TaskCredentials,
                match refused.len() {
                    1 => format!("task {}: {reason}", quote(first, &[])),
                    _ => format!("tasks {}; the first of them: {reason}", quote(&names, &[])),
                },
            );
        }
        Asked::Read(read)
    }

    /// The answer holds passwords. It lives in here, and only what [`Credentials`] takes from it gets out.
    async fn credentials_of(&self, task: &str, version: &str) -> Result<Credentials, Failure> {
        let url = self.url(&["tasks", task, "listDetails"], version)?;
        let answer = self.arm.post(url, self.pause).await?;
        Credentials::of(&answer).ok_or_else(|| Failure::Other("answered without \"properties\"".to_owned()))
    }

    /// Reads a list in the newest api-version that is served.
    async fn versioned_list(&self, segment: &str, in_use: &Cell<usize>) -> Result<Versioned, Failure> {
        loop {
            let index = in_use.get();
            let version = TASKS_VERSIONS[index];
            match self.list(self.url(&[segment], version)?).await {
                Ok(items) => return Ok((items, version)),
                Err(failure) if failure.is_version_refused() && index + 1 < TASKS_VERSIONS.len() => {
                    in_use.set(in_use.get().max(index + 1));
                }
                Err(failure) => return Err(failure),
            }
        }
    }

    async fn list(&self, url: Url) -> Result<Vec<Value>, Failure> {
        let mut items = Vec::new();
        self.arm.list(url, "value", self.pause, async |page| items.extend(page)).await?;
        match items.iter().all(Value::is_object) {
            true => Ok(items),
            false => Err(Failure::Other("an item of the list is not an object".to_owned())),
        }
    }

    fn url(&self, below: &[&str], version: &str) -> Result<Url, Failure> {
        address::of_registry(&self.found.parsed, &self.arm.endpoint, below, version)
    }

    fn asked<T>(&self, part: Part, outcome: Result<T, Failure>) -> Asked<T> {
        self.or_gap(part, outcome).map_or(Asked::Refused, Asked::Read)
    }

    fn or_gap<T>(&self, part: Part, outcome: Result<T, Failure>) -> Option<T> {
        outcome.inspect_err(|failure| self.gap(part, failure.reason(part))).ok()
    }

    fn gap(&self, part: Part, reason: String) {
        self.gaps.borrow_mut().push(Gap {
            scope: ScopeName::Subscription(self.found.parsed.subscription.clone()),
            resource: Some(self.found.id.clone()),
            part,
            reason,
        });
    }
}

/// Whether a task is enabled and has the system-assigned identity that the bypass asks for. ARM's casing varies.
fn may_bypass(task: &Value) -> bool {
    let text = |pointer: &str| task.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_lowercase();
    text("/identity/type").contains("systemassigned") && text("/properties/status") == "enabled"
}
