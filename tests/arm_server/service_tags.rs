//! The service tag discovery API's answer, rebuilt from a snapshot's compact form.

use serde_json::{Value, json};

/// Regions that `properties.region` abbreviates: reading them from there finds nothing.
const ABBREVIATED: [(&str, &str); 12] = [
    ("BrazilSoutheast", "brazilse"),
    ("ChileCentral", "chilec"),
    ("EastUSSTG", "usstagee"),
    ("FranceCentral", "centralfrance"),
    ("FranceSouth", "southfrance"),
    ("GermanyNorth", "germanyn"),
    ("GermanyWestCentral", "germanywc"),
    ("NorwayEast", "norwaye"),
    ("NorwayWest", "norwayw"),
    ("SouthCentralUSSTG", "usstagec"),
    ("SwitzerlandNorth", "switzerlandn"),
    ("SwitzerlandWest", "switzerlandw"),
];

/// The answer for the first cloud of the table, with other services' tags before and after the registries'.
pub fn published(table: &Value, subscription: &str) -> Value {
    let (cloud, tags) =
        table["clouds"].as_object().and_then(|clouds| clouds.iter().next()).expect("a table holds a cloud");
    let mut values = vec![
        tag("ActionGroup", "", "ActionGroup", "4.145.74.52/30 4.149.254.68/30"),
        tag("AzureCloud.eastus", "eastus", "", "4.156.0.0/15 4.227.128.0/17 2603:1030:210::/47"),
        // Wider than any region's, and never to be taken in its place.
        tag("AzureContainerRegistry", "", "AzureContainerRegistry", "4.145.75.128/25 20.42.66.0/23 51.12.0.0/16"),
    ];
    for (name, prefixes) in tags["tags"].as_object().into_iter().flatten() {
        let suffix = name.split('.').nth(1).unwrap_or_default();
        let abbreviated = ABBREVIATED.iter().find(|(long, _)| *long == suffix).map(|(_, short)| (*short).to_owned());
        let region = abbreviated.unwrap_or_else(|| suffix.to_lowercase());
        values.push(tag(name, &region, "AzureContainerRegistry", prefixes.as_str().expect("prefixes are text")));
    }
    for (name, prefixes) in tags["others"].as_object().into_iter().flatten() {
        values.push(tag(name, "", name, prefixes.as_str().expect("prefixes are text")));
    }
    values.push(tag("Storage.EastUS", "eastus", "AzureStorage", "20.38.98.0/24 20.60.0.0/24"));
    json!({
        "name": cloud,
        "id": format!("/subscriptions/{subscription}/providers/Microsoft.Network/serviceTags/{cloud}"),
        "type": "Microsoft.Network/serviceTags",
        "changeNumber": tags["change_number"],
        "cloud": cloud,
        "values": values,
        "nextLink": "",
    })
}

fn tag(name: &str, region: &str, system_service: &str, prefixes: &str) -> Value {
    json!({
        "name": name,
        "id": name,
        "serviceTagChangeNumber": "391",
        "properties": {
            "changeNumber": "7",
            "region": region,
            "state": "GA",
            "networkFeatures": ["API", "NSG", "UDR", "FW"],
            "systemService": system_service,
            "addressPrefixes": prefixes.split(' ').collect::<Vec<_>>(),
        },
    })
}
