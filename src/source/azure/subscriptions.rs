//! Which subscriptions are read, and how much of each: what was named, what a management group holds, or all that the
//! identity sees; less what is excluded, disabled, or of another tenant.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{anyhow, bail};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};
use wildmatch::WildMatch;

use super::client::address;
use super::client::arm::Arm;
use super::client::error::AzureError;
use super::client::http::Throttle;
use super::client::secret::quote;
use super::options::{Options, ScopeSelection, SkippedKind};
use super::registry::REGISTRIES_VERSION;
use crate::model::registry_id::{RegistryId, is_guid};

/// <https://learn.microsoft.com/rest/api/resources/subscriptions/list>
const SUBSCRIPTIONS_VERSION: &str = "2022-12-01";
/// <https://learn.microsoft.com/rest/api/managementgroups/management-groups/get-descendants>
const MANAGEMENT_GROUPS_VERSION: &str = "2020-05-01";

/// One subscription, and what is read of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubscriptionScope {
    /// Lower case.
    pub id: String,
    /// Whether it is read beyond the registries that are named.
    pub listed: bool,
    /// These groups only; all where there is none.
    pub resource_groups: Vec<String>,
    /// Registries that are named, and in none of the lists.
    pub registries: Vec<RegistryId>,
}

impl SubscriptionScope {
    /// What it is narrowed to: lower-case ids of groups and registries; nothing where it is read as a whole.
    pub fn only(&self) -> Vec<String> {
        let group = |name: &String| format!("/subscriptions/{}/resourcegroups/{}", self.id, name.to_lowercase());
        let registry = |registry: &RegistryId| registry.to_string().to_lowercase();
        if self.listed && self.resource_groups.is_empty() {
            return Vec::new();
        }
        let mut only: Vec<String> =
            self.resource_groups.iter().map(group).chain(self.registries.iter().map(registry)).collect();
        only.sort();
        only
    }
}

/// What the selection came to.
#[derive(Debug, Default)]
pub struct Resolved {
    /// Sorted by id.
    pub subscriptions: Vec<SubscriptionScope>,
    /// Subscriptions that are not read, by id, and a sentence for the user on each.
    pub left_out: BTreeMap<String, String>,
}

/// What ARM's list of subscriptions says of one.
struct Listed {
    name: String,
    state: String,
    tenant: String,
}

/// Asks ARM which subscriptions are meant.
///
/// # Errors
/// A list cannot be read, a management group is not there, or nothing is left to read.
pub async fn resolve(arm: &Arm, options: &Options, tenant: Option<&str>) -> anyhow::Result<Resolved> {
    let selection = &options.selection;
    let is_open = selection.all_subscriptions || !selection.management_groups.is_empty();
    let mut wanted: BTreeSet<String> = options.subscriptions.iter().cloned().collect();
    let mut listed = BTreeMap::new();
    if is_open || !selection.exclude.is_empty() {
        listed = visible_subscriptions(arm).await?;
    }
    let mut found = BTreeSet::new();
    if selection.all_subscriptions {
        found.extend(listed.keys().cloned());
        if found.is_empty() {
            bail!(
                "--all-subscriptions: the identity sees no subscription; it needs Reader on them, or on a management \
                 group above them"
            );
        }
    }
    for group in &selection.management_groups {
        found.extend(subscriptions_below(arm, group).await?);
    }
    let mut left_out = BTreeMap::new();
    // What was named by its id is read whatever it is.
    found.retain(|id| match listed.get(id).and_then(|listed| listed.reason_to_skip(&selection.include, tenant)) {
        Some(reason) if !wanted.contains(id) => {
            left_out.insert(id.clone(), listed.get(id).map_or(reason.clone(), |it| it.sentence(id, &reason)));
            false
        }
        _ => true,
    });
    wanted.extend(found);
    exclude(&mut wanted, &selection.exclude, &listed, &mut left_out)?;
    let mut subscriptions = narrowed(wanted, selection);
    let found_some = !subscriptions.is_empty();
    subscriptions.retain(|scope| is_of_shard(&scope.id, selection.shard));
    let resolved = Resolved { subscriptions, left_out };
    if !found_some {
        let why = resolved.left_out.values().next().map(|first| format!(" ({first})")).unwrap_or_default();
        bail!("no subscription is left to read{why}");
    }
    if let Some((limit, advice)) = selection.limit.filter(|(limit, _)| resolved.subscriptions.len() > *limit) {
        bail!("{} subscriptions, and {limit} are the most: {advice}", resolved.subscriptions.len());
    }
    Ok(resolved)
}

impl Listed {
    /// Why one that nobody named by its id is not read.
    fn reason_to_skip(&self, include: &[SkippedKind], tenant: Option<&str>) -> Option<String> {
        let is_closed = ["Disabled", "Deleted", "Expired"].iter().any(|state| self.state.eq_ignore_ascii_case(state));
        if is_closed && !include.contains(&SkippedKind::Disabled) {
            return Some(format!("its state is {}; --include disabled reads it", quote(&self.state, &[])));
        }
        let is_foreign = tenant.is_some_and(|ours| !self.tenant.is_empty() && !self.tenant.eq_ignore_ascii_case(ours));
        if is_foreign && !include.contains(&SkippedKind::Delegated) {
            return Some(format!(
                "it is of tenant {}, which delegated it (Azure Lighthouse); --include delegated reads it",
                quote(&self.tenant, &[])
            ));
        }
        None
    }

    fn sentence(&self, id: &str, reason: &str) -> String {
        format!("subscription {} ({id}) is not read: {reason}", quote(&self.name, &[]))
    }
}

/// All subscriptions that the identity sees, by id.
async fn visible_subscriptions(arm: &Arm) -> anyhow::Result<BTreeMap<String, Listed>> {
    let read = async {
        let url = address::arm_url(&arm.endpoint, ["subscriptions"].into_iter(), SUBSCRIPTIONS_VERSION)?;
        let mut items = Vec::new();
        arm.list(url, "value", &Throttle::default(), async |page| items.extend(page)).await?;
        Ok::<_, AzureError>(items)
    };
    let items = read.await.map_err(|failure| anyhow!("the list of subscriptions was not read: {failure}"))?;
    let mut listed = BTreeMap::new();
    for item in items {
        let text = |name: &str| item.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let id = text("subscriptionId").to_lowercase();
        if !is_guid(&id) {
            bail!(
                "the list of subscriptions was not read: an item of it has no subscription's id: \"{}\"",
                quote(&id, &[])
            );
        }
        listed.insert(id, Listed { name: text("displayName"), state: text("state"), tenant: text("tenantId") });
    }
    Ok(listed)
}

/// The subscriptions of a management group and of all groups below it.
async fn subscriptions_below(arm: &Arm, group: &str) -> anyhow::Result<Vec<String>> {
    let segments = ["providers", "Microsoft.Management", "managementGroups", group, "descendants"];
    let read = async {
        let url = address::arm_url(&arm.endpoint, segments.into_iter(), MANAGEMENT_GROUPS_VERSION)?;
        let mut items = Vec::new();
        arm.list(url, "value", &Throttle::default(), async |page| items.extend(page)).await?;
        Ok::<_, AzureError>(items)
    };
    let shown = quote(group, &[]);
    let items = read.await.map_err(|failure| {
        let advice = match &failure {
            AzureError::Refused { status: 403, .. } => " The identity needs Reader on the management group.",
            AzureError::Refused { status: 404, .. } => {
                " --management-group takes the group's id, not the name that is shown."
            }
            _ => "",
        };
        anyhow!("management group \"{shown}\" was not read, and nothing else: {failure}.{advice}")
    })?;
    let is_subscription = |item: &&Value| {
        item.get("type").and_then(Value::as_str).is_some_and(|kind| kind.to_lowercase().ends_with("/subscriptions"))
    };
    let ids: Vec<String> = items
        .iter()
        .filter(is_subscription)
        .map(|item| item.get("name").and_then(Value::as_str).unwrap_or_default().to_lowercase())
        .collect();
    if let Some(odd) = ids.iter().find(|id| !is_guid(id)) {
        bail!("management group \"{shown}\" was not read: it names a subscription \"{}\"", quote(odd, &[]));
    }
    Ok(ids)
}

/// Whether a subscription is of a shard: by a hash of its id, so that it does not depend on what else is listed.
fn is_of_shard(id: &str, shard: Option<(u32, u32)>) -> bool {
    let Some((index, count)) = shard else { return true };
    let hash = Sha256::digest(id.to_lowercase()).iter().take(4).fold(0, |hash: u32, byte| hash << 8 | u32::from(*byte));
    hash % count + 1 == index
}

/// Takes out what a pattern fits, by id or name; a pattern that fits nothing is told, for it may be misspelled.
fn exclude(
    wanted: &mut BTreeSet<String>,
    patterns: &[String],
    listed: &BTreeMap<String, Listed>,
    left_out: &mut BTreeMap<String, String>,
) -> anyhow::Result<()> {
    for pattern in patterns {
        let lower = WildMatch::new(&pattern.to_lowercase());
        let name = |id: &str| listed.get(id).map(|listed| listed.name.clone()).unwrap_or_default();
        let fits = |id: &String| lower.matches(id) || lower.matches(&name(id).to_lowercase());
        let fitting: Vec<String> = wanted.iter().filter(|id| fits(id)).cloned().collect();
        if fitting.is_empty() && !left_out.keys().any(&fits) {
            bail!(
                "--exclude {}: no subscription of this scan has such an id or name; correct it or leave it out",
                quote(pattern, &[])
            );
        }
        for id in fitting {
            wanted.remove(&id);
            let name = quote(&name(&id), &[]);
            left_out.insert(
                id.clone(),
                format!("subscription {name} ({id}) is not read: --exclude {}", quote(pattern, &[])),
            );
        }
    }
    Ok(())
}

/// Groups and registries that were named, at their subscriptions.
fn narrowed(wanted: BTreeSet<String>, selection: &ScopeSelection) -> Vec<SubscriptionScope> {
    let groups = &selection.resource_groups;
    let scope = |id: String| {
        (id.clone(), SubscriptionScope { id, listed: true, resource_groups: groups.clone(), registries: Vec::new() })
    };
    let mut scopes: BTreeMap<String, SubscriptionScope> = wanted.into_iter().map(scope).collect();
    let in_groups =
        |registry: &RegistryId| groups.iter().any(|group| group.eq_ignore_ascii_case(&registry.resource_group));
    let mut seen = BTreeSet::new();
    for registry in &selection.registries {
        let scope = scopes.entry(registry.subscription.clone()).or_insert_with(|| SubscriptionScope {
            id: registry.subscription.clone(),
            listed: false,
            resource_groups: Vec::new(),
            registries: Vec::new(),
        });
        let is_listed = scope.listed && (groups.is_empty() || in_groups(registry));
        if !is_listed && seen.insert(registry.to_string().to_lowercase()) {
            scope.registries.push(registry.clone());
        }
    }
    scopes.into_values().collect()
}

/// One registry by its id, as a list would show it.
pub async fn named_registry(arm: &Arm, id: &RegistryId, throttle: &Throttle) -> Result<Map<String, Value>, AzureError> {
    let url = address::registry_url(id, &arm.endpoint, &[], REGISTRIES_VERSION)?;
    arm.get(url, throttle).await
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "11111111-1111-4111-8111-111111111111";
    const TWO: &str = "22222222-2222-4222-8222-222222222222";

    fn registry(subscription: &str, group: &str, name: &str) -> RegistryId {
        RegistryId::parse(&format!(
            "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.ContainerRegistry/registries/{name}"
        ))
        .expect("an id")
    }

    #[test]
    fn registries_and_groups_narrow_their_subscriptions() {
        let selection = ScopeSelection {
            registries: vec![registry(ONE, "rg", "a"), registry(TWO, "rg", "b"), registry(TWO, "RG", "B")],
            ..ScopeSelection::default()
        };
        let scopes = narrowed(BTreeSet::from([ONE.to_owned()]), &selection);
        let only: Vec<Vec<String>> = scopes.iter().map(SubscriptionScope::only).collect();
        let b = format!("/subscriptions/{TWO}/resourcegroups/rg/providers/microsoft.containerregistry/registries/b");
        assert_eq!(only, [vec![], vec![b]]);

        let selection = ScopeSelection { resource_groups: vec!["Rg".to_owned()], ..selection };
        let scopes = narrowed(BTreeSet::from([ONE.to_owned()]), &selection);
        assert_eq!(scopes[0].only(), [format!("/subscriptions/{ONE}/resourcegroups/rg")]);
        assert_eq!((scopes[0].registries.len(), scopes[1].registries.len()), (0, 1));
    }

    #[test]
    fn each_subscription_is_of_one_shard_and_stays_there() {
        let shards = |id: &str| (1..=5).filter(|&index| is_of_shard(id, Some((index, 5)))).collect::<Vec<_>>();
        let of: Vec<Vec<u32>> = (0..100).map(|n| shards(&format!("00000000-0000-4000-8000-{n:012}"))).collect();
        assert!(of.iter().all(|shards| shards.len() == 1), "{of:?}");
        assert!((1..=5).all(|shard| of.iter().filter(|it| it[0] == shard).count() > 5), "{of:?}");
        // Written down: another version must not deal them out anew.
        assert_eq!([shards(ONE), shards(TWO)], [vec![1], vec![2]]);
        assert_eq!(shards("ABC"), shards("abc"));
    }

    #[test]
    fn patterns_fit_ids_and_names_and_must_fit_something() {
        let listed = |name: &str| Listed { name: name.to_owned(), state: "Enabled".to_owned(), tenant: String::new() };
        let listed = BTreeMap::from([(ONE.to_owned(), listed("Contoso-Sandbox")), (TWO.to_owned(), listed("prod"))]);
        let excluded = |pattern: &str| {
            let mut wanted: BTreeSet<String> = listed.keys().cloned().collect();
            let mut left_out = BTreeMap::new();
            let outcome = exclude(&mut wanted, &[pattern.to_owned()], &listed, &mut left_out);
            outcome.map(|()| left_out.into_keys().collect::<Vec<String>>())
        };
        assert_eq!(excluded("*sandbox").expect("it fits"), vec![ONE.to_owned()]);
        assert_eq!(excluded("2222*").expect("it fits"), vec![TWO.to_owned()]);
        assert!(excluded("sandbox").is_err());
    }

    #[test]
    fn disabled_and_foreign_subscriptions_are_read_where_asked() {
        let of = |state: &str, tenant: &str| Listed { name: "n".into(), state: state.into(), tenant: tenant.into() };
        let skipped = |listed: Listed, include: &[SkippedKind]| listed.reason_to_skip(include, Some("ours")).is_some();
        assert!(skipped(of("disabled", "ours"), &[]) && skipped(of("Enabled", "theirs"), &[]));
        assert!(!skipped(of("Warned", "OURS"), &[]) && !skipped(of("PastDue", ""), &[]));
        assert!(!skipped(of("Disabled", "ours"), &[SkippedKind::Disabled]));
        assert!(!skipped(of("Enabled", "theirs"), &[SkippedKind::Delegated]));
        assert!(of("Enabled", "theirs").reason_to_skip(&[], None).is_none());
    }
}
