//! The network around a registry: the subnets of its agent pools with what filters their traffic, and the DNS zones of
//! its private endpoints. Reader on the virtual network's resource group is enough.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join;
use futures_util::stream::{self, StreamExt};
use serde_json::{Map, Value};

use super::client::address;
use super::client::arm::Arm;
use super::client::error::AzureError;
use super::client::http::Throttle;
use super::client::secret::quote;
use crate::document::registry::Network;
use crate::model::inventory::Part;

pub const NETWORK_VERSION: &str = "2024-05-01";

const SUBNET: [&str; 10] = [
    "subscriptions",
    "*",
    "resourceGroups",
    "*",
    "providers",
    "Microsoft.Network",
    "virtualNetworks",
    "*",
    "subnets",
    "*",
];
const SECURITY_GROUP: [&str; 8] =
    ["subscriptions", "*", "resourceGroups", "*", "providers", "Microsoft.Network", "networkSecurityGroups", "*"];
const ROUTE_TABLE: [&str; 8] =
    ["subscriptions", "*", "resourceGroups", "*", "providers", "Microsoft.Network", "routeTables", "*"];
const PRIVATE_ENDPOINT: [&str; 8] =
    ["subscriptions", "*", "resourceGroups", "*", "providers", "Microsoft.Network", "privateEndpoints", "*"];

/// Reads what other resources of Azure say of a registry's network.
pub struct NetworkReader<'a> {
    pub arm: &'a Arm,
    pub throttle: &'a Throttle,
    pub concurrency: usize,
}

/// What was read, by id in lower case, and what was refused.
type Outcomes<T> = BTreeMap<String, Result<T, AzureError>>;

impl NetworkReader<'_> {
    /// What was read, and why some of it was not: one sentence for all.
    pub async fn read(&self, registry: &Value, pools: &[Value]) -> (Network, Option<String>) {
        let subnets = pools.iter().filter_map(|pool| pool.pointer("/properties/virtualNetworkSubnetResourceId"));
        let connections = registry.pointer("/properties/privateEndpointConnections").and_then(Value::as_array);
        let endpoints = connections.into_iter().flatten().filter(|connection| is_approved(connection));
        let endpoints = endpoints.filter_map(|connection| connection.pointer("/properties/privateEndpoint/id"));
        let subnets_and_filters = async {
            let subnets = self.resources(ids(subnets), &SUBNET).await;
            let of_subnets =
                |pointer: &str| ids(subnets.values().flatten().filter_map(|subnet| subnet.pointer(pointer)));
            let (groups, tables) =
                (of_subnets("/properties/networkSecurityGroup/id"), of_subnets("/properties/routeTable/id"));
            let filters = join(self.resources(groups, &SECURITY_GROUP), self.resources(tables, &ROUTE_TABLE)).await;
            (subnets, filters)
        };
        let ((subnets, (security_groups, route_tables)), zones) =
            join(subnets_and_filters, self.zone_groups(ids(endpoints))).await;
        let mut refused = Vec::new();
        let network = Network {
            subnets: split_refused(subnets, "subnet", &mut refused),
            security_groups: split_refused(security_groups, "network security group", &mut refused),
            route_tables: split_refused(route_tables, "route table", &mut refused),
            dns_zone_groups: split_refused(zones, "DNS zone groups of private endpoint", &mut refused),
        };
        let reason = match &refused[..] {
            [] => None,
            [only] => Some(only.clone()),
            [first, others @ ..] => Some(format!("{first} The same or the like of {} more.", others.len())),
        };
        (network, reason)
    }

    async fn resources(&self, ids: BTreeSet<String>, kind: &[&str]) -> Outcomes<Value> {
        let read = async |id: String| {
            let url = address::resource_url(&id, kind, &self.arm.endpoint, &[], NETWORK_VERSION);
            let outcome = match url {
                Ok(url) => self.arm.get(url, self.throttle).await.and_then(with_properties),
                Err(error) => Err(error),
            };
            (id.to_lowercase(), outcome)
        };
        stream::iter(ids).map(read).buffer_unordered(self.concurrency).collect().await
    }

    async fn zone_groups(&self, endpoints: BTreeSet<String>) -> Outcomes<Vec<Value>> {
        let read = async |id: String| {
            let below = ["privateDnsZoneGroups"];
            let url = address::resource_url(&id, &PRIVATE_ENDPOINT, &self.arm.endpoint, &below, NETWORK_VERSION);
            let mut items = Vec::new();
            let outcome = match url {
                Ok(url) => self.arm.list(url, "value", self.throttle, async |page| items.extend(page)).await,
                Err(error) => Err(error),
            };
            (id.to_lowercase(), outcome.map(|_| items))
        };
        stream::iter(endpoints).map(read).buffer_unordered(self.concurrency).collect().await
    }
}

/// Only these lead anywhere; of a connection that was turned down, the endpoint may be gone.
fn is_approved(connection: &Value) -> bool {
    let status = connection.pointer("/properties/privateLinkServiceConnectionState/status").and_then(Value::as_str);
    status.is_some_and(|status| status.eq_ignore_ascii_case("Approved"))
}

fn with_properties(resource: Map<String, Value>) -> Result<Value, AzureError> {
    match resource.get("properties") {
        Some(Value::Object(_)) => Ok(Value::Object(resource)),
        _ => Err(AzureError::Other("answered without \"properties\"".to_owned())),
    }
}

/// Ids, each once whatever its casing.
fn ids<'a>(values: impl Iterator<Item = &'a Value>) -> BTreeSet<String> {
    let ids: BTreeMap<String, &str> =
        values.filter_map(Value::as_str).filter(|id| !id.is_empty()).map(|id| (id.to_lowercase(), id)).collect();
    ids.into_values().map(str::to_owned).collect()
}

fn split_refused<T>(outcomes: Outcomes<T>, what: &str, refused: &mut Vec<String>) -> BTreeMap<String, Option<T>> {
    let name = |id: &str| quote(id.rsplit('/').next().unwrap_or_default(), &[]);
    let split = |(id, outcome): (String, Result<T, AzureError>)| {
        let read = outcome
            .inspect_err(|error| refused.push(format!("{what} {}: {}", name(&id), error.reason(Part::Network))))
            .ok();
        (id, read)
    };
    outcomes.into_iter().map(split).collect()
}
