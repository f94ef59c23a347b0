//! What is kept of the network around a registry: the subnets of its agent pools with what filters their traffic, and
//! the DNS zones that its private endpoints write to.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::redact::Allowed;
use super::redact::Allowed::{List, Members, Scalar};

/// What was read, each by its id in lower case; null where it was refused.
#[derive(Debug, Default)]
pub struct Network {
    /// Of agent pools.
    pub subnets: BTreeMap<String, Option<Value>>,
    /// Of those subnets.
    pub security_groups: BTreeMap<String, Option<Value>>,
    /// Of those subnets.
    pub route_tables: BTreeMap<String, Option<Value>>,
    /// Private endpoint to its DNS zone groups.
    pub dns_zone_groups: BTreeMap<String, Option<Vec<Value>>>,
}

static ID: Allowed = Members(&[("id", Scalar)]);

static SUBNET: Allowed = Members(&[
    ("id", Scalar),
    ("name", Scalar),
    (
        "properties",
        Members(&[
            ("addressPrefix", Scalar),
            ("addressPrefixes", List(&Scalar)),
            ("defaultOutboundAccess", Scalar),
            ("networkSecurityGroup", Allowed::Same(&ID)),
            ("routeTable", Allowed::Same(&ID)),
            ("natGateway", Allowed::Same(&ID)),
            ("serviceEndpoints", List(&Members(&[("service", Scalar), ("provisioningState", Scalar)]))),
        ]),
    ),
]);

static RULES: Allowed = List(&Members(&[
    ("name", Scalar),
    (
        "properties",
        Members(&[
            ("priority", Scalar),
            ("direction", Scalar),
            ("access", Scalar),
            ("protocol", Scalar),
            ("sourceAddressPrefix", Scalar),
            ("sourceAddressPrefixes", List(&Scalar)),
            ("destinationAddressPrefix", Scalar),
            ("destinationAddressPrefixes", List(&Scalar)),
            ("destinationApplicationSecurityGroups", List(&Members(&[("id", Scalar)]))),
            ("destinationPortRange", Scalar),
            ("destinationPortRanges", List(&Scalar)),
        ]),
    ),
]));

static SECURITY_GROUP: Allowed = Members(&[
    ("id", Scalar),
    ("name", Scalar),
    (
        "properties",
        Members(&[("securityRules", Allowed::Same(&RULES)), ("defaultSecurityRules", Allowed::Same(&RULES))]),
    ),
]);

static ROUTE_TABLE: Allowed = Members(&[
    ("id", Scalar),
    ("name", Scalar),
    (
        "properties",
        Members(&[
            ("disableBgpRoutePropagation", Scalar),
            (
                "routes",
                List(&Members(&[
                    ("name", Scalar),
                    (
                        "properties",
                        Members(&[("addressPrefix", Scalar), ("nextHopType", Scalar), ("nextHopIpAddress", Scalar)]),
                    ),
                ])),
            ),
        ]),
    ),
]);

static DNS_ZONE_GROUP: Allowed = Members(&[
    ("id", Scalar),
    ("name", Scalar),
    (
        "properties",
        Members(&[(
            "privateDnsZoneConfigs",
            List(&Members(&[("name", Scalar), ("properties", Members(&[("privateDnsZoneId", Scalar)]))])),
        )]),
    ),
]);

impl Network {
    pub(super) fn into_value(self) -> Value {
        let redacted = |resources: BTreeMap<String, Option<Value>>, allowed: &Allowed| {
            let resources = resources.into_iter();
            resources
                .map(|(id, resource)| (id, resource.map(|resource| allowed.redact(resource))))
                .collect::<BTreeMap<_, _>>()
        };
        let groups =
            |groups: Vec<Value>| super::sorted_by_name(groups.into_iter().map(|group| DNS_ZONE_GROUP.redact(group)));
        let zone_groups: BTreeMap<String, Option<Vec<Value>>> =
            self.dns_zone_groups.into_iter().map(|(endpoint, found)| (endpoint, found.map(groups))).collect();
        json!({
            "subnets": redacted(self.subnets, &SUBNET),
            "security_groups": redacted(self.security_groups, &SECURITY_GROUP),
            "route_tables": redacted(self.route_tables, &ROUTE_TABLE),
            "dns_zone_groups": zone_groups,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_routes_and_zones_survive_and_nothing_else() {
        let secret = "hunter2";
        let rule = json!({"name": "r", "etag": secret, "properties": {
            "priority": 100, "direction": "Outbound", "access": "Deny", "protocol": "*", "description": secret,
            "destinationAddressPrefix": "Internet", "destinationPortRange": "*",
        }});
        let network = Network {
            subnets: [
                (
                    "/a".to_owned(),
                    Some(json!({"id": "/A", "etag": secret, "properties": {
                        "networkSecurityGroup": {"id": "/n", "location": secret}, "ipConfigurations": [{"id": secret}],
                    }})),
                ),
                ("/b".to_owned(), None),
            ]
            .into(),
            security_groups: [("/n".to_owned(), Some(json!({"properties": {"securityRules": [rule]}})))].into(),
            route_tables: [(
                "/t".to_owned(),
                Some(json!({"properties": {"routes": [
                    {"name": "d", "properties": {"addressPrefix": "0.0.0.0/0", "nextHopType": "None", "x": secret}},
                ]}})),
            )]
            .into(),
            dns_zone_groups: [
                (
                    "/e".to_owned(),
                    Some(vec![json!({"name": "default", "properties": {"privateDnsZoneConfigs": [
                        {"name": "acr", "properties": {"privateDnsZoneId": "/z", "recordSets": [{"fqdn": secret}]}},
                    ]}})]),
                ),
                ("/f".to_owned(), None),
            ]
            .into(),
        };
        let rule = json!({"name": "r", "properties": {
            "priority": 100, "direction": "Outbound", "access": "Deny", "protocol": "*",
            "destinationAddressPrefix": "Internet", "destinationPortRange": "*",
        }});
        assert_eq!(
            network.into_value(),
            json!({
                "subnets": {"/a": {"id": "/A", "properties": {"networkSecurityGroup": {"id": "/n"}}}, "/b": null},
                "security_groups": {"/n": {"properties": {"securityRules": [rule]}}},
                "route_tables": {"/t": {"properties": {"routes": [
                    {"name": "d", "properties": {"addressPrefix": "0.0.0.0/0", "nextHopType": "None"}},
                ]}}},
                "dns_zone_groups": {
                    "/e": [{"name": "default", "properties": {"privateDnsZoneConfigs": [
                        {"name": "acr", "properties": {"privateDnsZoneId": "/z"}},
                    ]}}],
                    "/f": null,
                },
            })
        );
    }
}
