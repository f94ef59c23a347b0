//! An expression in an ARM template, where its value decides.
#![no_main]

use acrscan::source::code::arm;
use acrscan_fuzz::{check, file, nothing};
use libfuzzer_sys::fuzz_target;
use serde_json::json;

fuzz_target!(|expression: &str| {
    let expression = format!("[{expression}]");
    let template = json!({
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
        "contentVersion": "1.0.0.0",
        "parameters": {
            "text": {"type": "string", "defaultValue": "Enabled"},
            "number": {"type": "int", "defaultValue": 3},
            "list": {"type": "array", "defaultValue": ["a", {"b": 1}, null]},
            "unknown": {"type": "object"},
        },
        "variables": {"value": expression},
        "resources": [{
            "type": "Microsoft.ContainerRegistry/registries",
            "apiVersion": "2025-11-01",
            "name": "contoso",
            "sku": {"name": "Premium"},
            "properties": {
                "publicNetworkAccess": expression,
                "networkRuleSet": {"defaultAction": "Deny", "ipRules": "[variables('value')]"},
            },
        }],
    });
    let mut found = nothing();
    found.templates.push(file("template.json", template.to_string().as_bytes()));
    check(arm::read(&found, arm::Claims::default()));
});
