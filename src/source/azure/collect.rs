//! The collection: lists the subscriptions, and reads each registry while its list still goes on.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::pin::pin;

use anyhow::{Context, anyhow};
use futures_util::future::{Either, join, select};
use futures_util::stream::{self, StreamExt};
use reqwest::Url;
use serde_json::Value;
use tokio::sync::mpsc::{Receiver, Sender, UnboundedReceiver, UnboundedSender, channel, unbounded_channel};

use super::super::Collected;
use super::auth;
use super::auth::Entra;
use super::client::address;
use super::client::arm::Arm;
use super::client::endpoint;
use super::client::error::AzureError;
use super::client::http::{Http, Throttle};
use super::client::secret::quote;
use super::discover;
use super::discover::{Discovered, View};
use super::registry::{ListedRegistry, REGISTRIES_VERSION, Reader, ServedVersions};
use super::role_definitions::RoleDefinitions;
use super::signals;
use super::subscriptions;
use super::subscriptions::SubscriptionScope;
use super::{Discovery, Options, Progress, SkippablePart};
use crate::document::registry;
use crate::document::registry::Parts;
use crate::model::finding::ScopeName;
use crate::model::inventory::{Gap, Inventory, Origin, Part, RegistryRecord, ScanScope};
use crate::model::registry_id::RegistryId;
use crate::net::service_tags::{ServiceTags, TagSource};

pub const SERVICE_TAGS_VERSION: &str = "2024-05-01";
/// Registries of one subscription that wait to be read, as trees of values, before its listing waits too.
const LISTED_AHEAD: usize = 1000;

/// Signs in and reads everything.
pub async fn run(options: &Options, progress: &dyn Fn(Progress)) -> anyhow::Result<Collected> {
    let env = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let endpoint = options.arm_endpoint.as_deref().unwrap_or(options.cloud.arm_endpoint());
    let endpoint = endpoint::parse_base(endpoint).map_err(|error| anyhow!("the ARM endpoint: {error}"))?;
    let entra = Entra::new(options, &env)?;
    let http = Http::new(options.limits()).context("cannot start")?;
    let tokens = auth::sign_in(&http, entra, auth::candidates(&env, options.credential)).await?;
    let arm = Arm { http, endpoint, tokens };
    let _guard = signals::guard();
    let arm = &arm;
    let reading = async {
        let resolved = subscriptions::resolve(arm, options, arm.tokens.tenant()).await?;
        let (discovered, remark) = discovered(arm, options, &resolved.subscriptions).await;
        let collector = Collector {
            arm,
            options,
            progress,
            reported: Cell::default(),
            versions: ServedVersions::default(),
            discovered,
        };
        let collected = collector.collect(&resolved.subscriptions).await;
        let left_out = resolved.left_out.into_iter().chain(collected.left_out).collect();
        Ok(Collected {
            left_out,
            remarks: remark.into_iter().collect(),
            clock_skew: arm.http.clock_skew().unwrap_or_default(),
            ..collected
        })
    };
    match select(pin!(reading), pin!(signals::watch(&arm.http))).await {
        Either::Left((outcome, _)) => outcome,
        Either::Right(((), _)) => Err(anyhow!("the reading ended by itself")),
    }
}

/// What Resource Graph shows, where it is to be asked; and why it was of no use.
async fn discovered(
    arm: &Arm,
    options: &Options,
    subscriptions: &[SubscriptionScope],
) -> (Option<Discovered>, Option<String>) {
    let is_needed = options.needs.tasks || options.needs.agent_pools;
    if options.discovery == Discovery::Arm || !is_needed {
        return (None, None);
    }
    let ids: Vec<&str> = subscriptions.iter().filter(|scope| scope.listed).map(|scope| scope.id.as_str()).collect();
    match discover::discover(arm, &ids).await {
        Ok(discovered) => (Some(discovered), None),
        Err(failure) => (
            None,
            Some(format!("Azure Resource Graph was of no use ({failure}), so each registry is asked for its tasks")),
        ),
    }
}

struct Collector<'a> {
    arm: &'a Arm,
    options: &'a Options,
    progress: &'a dyn Fn(Progress),
    reported: Cell<Progress>,
    versions: ServedVersions,
    discovered: Option<Discovered>,
}

/// What one subscription gave.
struct SubscriptionReading {
    scope: ScanScope,
    registries: Vec<RegistryRecord>,
    gaps: Vec<Gap>,
    /// Resource groups that it does not have, in lower case.
    without_groups: BTreeSet<String>,
    /// Registries that were gone when they were read: by id.
    gone: Vec<String>,
    kept: BTreeSet<String>,
}

/// What the lists of one subscription gave beside registries.
struct Listing {
    scope: ScanScope,
    gaps: Vec<Gap>,
    without_groups: BTreeSet<String>,
    kept: BTreeSet<String>,
}

/// What came of one registry.
enum RegistryReading {
    Read(RegistryRecord, Vec<Gap>),
    /// It was deleted, or moved, after it was listed: its id.
    Gone(String),
}

impl Collector<'_> {
    async fn collect(&self, scopes: &[SubscriptionScope]) -> Collected {
        let (listed, asked_for_tags) = unbounded_channel();
        let read_all = async move {
            stream::iter(scopes)
                .map(|scope| self.read_subscription(scope, listed.clone()))
                .buffer_unordered(self.options.concurrency.max(1))
                .collect::<Vec<_>>()
                .await
        };
        let (subscriptions, tags) = join(read_all, self.read_service_tags(asked_for_tags)).await;
        let mut inventory = Inventory { gaps: missing_groups(&subscriptions), ..Inventory::default() };
        let mut left_out = BTreeMap::new();
        let mut kept = BTreeSet::new();
        for read in subscriptions {
            kept.extend(read.kept);
            let told =
                |id: &String| format!("registry {id} is not there any more: it was deleted or moved during the scan");
            left_out.extend(read.gone.iter().map(|id| (id.to_lowercase(), told(id))));
            inventory.scopes.push(read.scope);
            inventory.registries.extend(read.registries);
            inventory.gaps.extend(read.gaps);
        }
        inventory.sort();
        let (service_tags, service_tags_refused) = match tags {
            Some(Ok(tags)) => (Some(tags), None),
            Some(Err(refused)) => (None, Some(refused)),
            None => (None, None),
        };
        Collected { inventory, service_tags, service_tags_refused, left_out, kept, ..Collected::default() }
    }

    fn wants_service_tags(&self) -> bool {
        self.options.needs.service_tag && !self.options.without.contains(&SkippablePart::ServiceTags)
    }

    fn report_progress(&self, step: impl FnOnce(&mut Progress)) {
        let mut reported = self.reported.get();
        step(&mut reported);
        self.reported.set(reported);
        (self.progress)(reported);
    }

    /// Reads the registries of one subscription while the rest of them is still being listed.
    async fn read_subscription(
        &self,
        subscription: &SubscriptionScope,
        listed: UnboundedSender<String>,
    ) -> SubscriptionReading {
        self.arm.http.enter();
        let throttle = Throttle::default();
        let definitions = RoleDefinitions::default();
        let view = View::of(self.discovered.as_ref());
        let mut seen = HashSet::new();
        let first = self.list_and_read(subscription, &throttle, (&definitions, &view), &mut seen, listed).await;
        let (Listing { mut scope, mut gaps, without_groups, mut kept }, mut readings) = first;
        if readings.iter().any(|reading| matches!(reading, RegistryReading::Gone(_))) {
            // One that was moved to another resource group is in the list once more.
            let (quiet, _) = unbounded_channel();
            let (again, more) =
                self.list_and_read(subscription, &throttle, (&definitions, &view), &mut seen, quiet).await;
            readings.extend(more);
            gaps.extend(again.gaps);
            kept.extend(again.kept);
            scope.complete &= again.scope.complete;
        }
        self.arm.http.leave();
        gaps.extend(definitions.into_gap());
        let mut reading =
            SubscriptionReading { scope, registries: Vec::new(), gaps, without_groups, gone: Vec::new(), kept };
        for read in readings {
            match read {
                RegistryReading::Read(record, missing) => {
                    reading.registries.push(record);
                    reading.gaps.extend(missing);
                }
                RegistryReading::Gone(id) => reading.gone.push(id),
            }
        }
        reading
    }

    /// Lists the registries, and reads those that were not seen before while the list still goes on.
    async fn list_and_read(
        &self,
        subscription: &SubscriptionScope,
        throttle: &Throttle,
        known: (&RoleDefinitions, &View<'_>),
        seen: &mut HashSet<String>,
        listed: UnboundedSender<String>,
    ) -> (Listing, Vec<RegistryReading>) {
        let (found, to_read) = channel(LISTED_AHEAD);
        let to_read = stream::unfold(to_read, async |mut queue: Receiver<ListedRegistry>| {
            let found = queue.recv().await?;
            Some((found, queue))
        });
        let listing = self.list_registries(subscription, throttle, seen, found, listed);
        let reading = to_read
            .map(|listed| self.read_registry(listed, known, throttle))
            .buffer_unordered(self.options.concurrency.max(1))
            .collect::<Vec<_>>();
        join(listing, reading).await
    }

    /// Lists the registries. The scope is complete only where each list was read to its end and each item understood.
    async fn list_registries(
        &self,
        subscription: &SubscriptionScope,
        throttle: &Throttle,
        seen: &mut HashSet<String>,
        found: Sender<ListedRegistry>,
        listed: UnboundedSender<String>,
    ) -> Listing {
        let name = ScopeName::Subscription(subscription.id.clone());
        let gap = |resource: Option<String>, part, reason| Gap {
            scope: name.clone(),
            resource,
            part,
            location: None,
            reason,
        };
        let mut gaps = Vec::new();
        let mut kept = BTreeSet::new();
        let mut without_groups = BTreeSet::new();
        let mut answered = false;
        let mut take = async |items: Vec<Value>, gaps: &mut Vec<Gap>| {
            for item in items {
                match parse_listed(item, &subscription.id) {
                    Ok(registry) if self.options.known.contains(&registry.id.to_lowercase()) => {
                        kept.insert(registry.id.to_lowercase());
                    }
                    Ok(registry) if seen.insert(registry.id.to_lowercase()) => {
                        self.report_progress(|progress| progress.registries_found += 1);
                        // The receiver lives as long as this future does.
                        let _ = found.send(registry).await;
                    }
                    Ok(_) => {}
                    Err(reason) => gaps.push(gap(None, Part::Registry, reason)),
                }
            }
        };
        for (group, url) in self.list_urls(subscription) {
            let outcome = match url {
                Ok(url) => self.arm.list(url, "value", throttle, async |page| take(page, &mut gaps).await).await,
                Err(failure) => Err(failure),
            };
            match outcome {
                Ok(_) => answered = true,
                // Not every subscription has each of the groups that were named.
                Err(failure) if group.is_some() && failure.is_code("ResourceGroupNotFound") => {
                    without_groups.extend(group.map(str::to_lowercase));
                }
                Err(failure) => gaps.push(gap(None, Part::Registries, failure.reason(Part::Registries))),
            }
        }
        for id in &subscription.registries {
            match subscriptions::named_registry(self.arm, id, throttle).await {
                Ok(registry) => {
                    answered = true;
                    take(vec![Value::Object(registry)], &mut gaps).await;
                }
                Err(failure) => gaps.push(gap(Some(id.to_string()), Part::Registry, failure.reason(Part::Registry))),
            }
        }
        if answered && self.wants_service_tags() {
            let _ = listed.send(subscription.id.clone());
        }
        self.report_progress(|progress| progress.subscriptions_listed += 1);
        let scope = ScanScope { name, complete: gaps.is_empty(), only: subscription.only() };
        Listing { scope, gaps, without_groups, kept }
    }

    /// The lists that hold a subscription's registries, with the resource group that each is of.
    fn list_urls<'b>(&self, subscription: &'b SubscriptionScope) -> Vec<(Option<&'b str>, Result<Url, AzureError>)> {
        let registries = ["providers", "Microsoft.ContainerRegistry", "registries"];
        let own = ["subscriptions", &subscription.id];
        let url = |group: &[&str]| {
            let segments = own.iter().chain(group).chain(&registries).copied();
            address::arm_url(&self.arm.endpoint, segments, REGISTRIES_VERSION)
        };
        match &subscription.resource_groups[..] {
            _ if !subscription.listed => Vec::new(),
            [] => vec![(None, url(&[]))],
            groups => groups.iter().map(|group| (Some(group.as_str()), url(&["resourceGroups", group]))).collect(),
        }
    }

    /// Reads what belongs to one registry and writes its document.
    async fn read_registry(
        &self,
        listed: ListedRegistry,
        (definitions, view): (&RoleDefinitions, &View<'_>),
        throttle: &Throttle,
    ) -> RegistryReading {
        let reader = Reader::new(self.arm, self.options, &self.versions, definitions, view, &listed, throttle);
        let (parts, versions) = reader.read().await;
        if reader.is_gone().await {
            return RegistryReading::Gone(listed.id);
        }
        let gaps = reader.gaps();
        let document = registry::build(Parts { registry: listed.registry, ..parts }, versions);
        self.report_progress(|progress| progress.registries_read += 1);
        let scope = ScopeName::Subscription(listed.parsed.subscription);
        let origin = Origin::Azure;
        let id = listed.id;
        let record = RegistryRecord { scope, id, document, origin, alternatives: Vec::new(), secrets: Vec::new() };
        RegistryReading::Read(record, gaps)
    }

    /// Reads the service tags of the cloud through the first subscription that allows it. `None` where nobody asked.
    async fn read_service_tags(&self, mut listed: UnboundedReceiver<String>) -> Option<Result<ServiceTags, String>> {
        if !self.wants_service_tags() {
            return None;
        }
        let mut refusal = None;
        while let Some(subscription) = listed.recv().await {
            match self.read_service_tags_through(&subscription).await {
                Ok(tags) => return Some(Ok(tags)),
                Err(failure) => refusal = Some(failure),
            }
        }
        Some(Err(match refusal {
            // Told as of all other parts that were lost for it.
            Some(failure @ (AzureError::NoToken(_) | AzureError::Ended(_))) => format!("{failure}."),
            Some(failure) => format!("Azure Resource Manager gave no service tags: {failure}."),
            None => "No subscription could be listed, so there was none to read service tags through.".to_owned(),
        }))
    }

    async fn read_service_tags_through(&self, subscription: &str) -> Result<ServiceTags, AzureError> {
        let cloud = self.options.cloud;
        let location = ["providers", "Microsoft.Network", "locations", cloud.reference_region(), "serviceTags"];
        let segments = ["subscriptions", subscription].into_iter().chain(location);
        let url = address::arm_url(&self.arm.endpoint, segments, SERVICE_TAGS_VERSION)?;
        let mut values = Vec::new();
        // A request on its own: there are no others that throttling could hold back.
        let mut document = self.arm.list(url, "values", &Throttle::default(), async |page| values.extend(page)).await?;
        document.insert("values".to_owned(), Value::Array(values));
        let tags = ServiceTags::from_published(&Value::Object(document), TagSource::Arm, None)
            .map_err(|error| AzureError::Other(error.to_string()))?;
        match tags.cloud == cloud {
            true => Ok(tags),
            false => Err(AzureError::Other(format!("they are of cloud {}", tags.cloud.service_tag_name()))),
        }
    }
}

/// A resource group that none of the subscriptions has is misspelled, or gone.
fn missing_groups(subscriptions: &[SubscriptionReading]) -> Vec<Gap> {
    let Some(first) = subscriptions.first() else { return Vec::new() };
    let is_nowhere = |group: &&String| subscriptions.iter().all(|read| read.without_groups.contains(*group));
    let gap = |group: &String| Gap {
        scope: first.scope.name.clone(),
        resource: None,
        part: Part::Registries,
        location: None,
        reason: format!("no subscription of this scan has a resource group \"{}\".", quote(group, &[])),
    };
    first.without_groups.iter().filter(is_nowhere).map(gap).collect()
}

/// Takes an item of a list of registries for what it says it is, or tells why not.
fn parse_listed(item: Value, subscription: &str) -> Result<ListedRegistry, String> {
    if !item.is_object() {
        return Err("an item of the list of registries is not an object.".to_owned());
    }
    let Some(id) = item["id"].as_str() else {
        return Err("an item of the list of registries has no id.".to_owned());
    };
    let Some(parsed) = RegistryId::parse(id).filter(|parsed| parsed.subscription == subscription) else {
        return Err(format!("its id is malformed, or of another subscription: \"{}\".", quote(id, &[])));
    };
    Ok(ListedRegistry { id: id.to_owned(), parsed, registry: item })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn items_that_are_no_registry_say_why() {
        let id = "/subscriptions/s/resourceGroups/r/providers/Microsoft.ContainerRegistry/registries/Acr";
        assert_eq!(parse_listed(json!({"id": id}), "s").map(|listed| listed.id), Ok(id.to_owned()));
        let refused = |item: Value| parse_listed(item, "s").map(|listed| listed.id).expect_err("no registry");
        assert_eq!(refused(json!(7)), "an item of the list of registries is not an object.");
        assert_eq!(refused(json!({"id": null})), "an item of the list of registries has no id.");
        assert_eq!(
            refused(json!({"id": "/subscriptions/t\u{1b}[2J"})),
            "its id is malformed, or of another subscription: \"/subscriptions/t\\u{1b}[2J\"."
        );
    }
}
