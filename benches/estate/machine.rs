//! What else a plan holds: machines, their disks, cards, firewalls and secrets.

use serde_json::json;

use super::registry::{Planned, REGIONS};

/// The resource of this number, of one of five types.
pub fn planned(number: usize) -> Planned {
    let (machine, region) = (number / 5, REGIONS[number % REGIONS.len()]);
    let group = format!("rg-compute-{:03}", machine / 20);
    let tags = json!({"owner": format!("team-{:02}", machine % 50), "environment": "prod", "patch_group": "sunday",
        "managed_by": "terraform"});
    let name = |what: &str| format!("{what}-{machine:05}");
    let subnet = format!(
        "/subscriptions/5d1c7a8e-4b0f-4f6e-9c3a-2e71b8d0a9f4/resourceGroups/{group}/providers/Microsoft.Network/\
         virtualNetworks/vnet-{region}/subnets/compute"
    );
    let rules = [443].map(|port| {
        json!({
            "name": format!("allow-{port}"), "access": "Allow", "description": "From the offices and the monitoring.",
            "destination_address_prefix": "VirtualNetwork", "destination_address_prefixes": [],
            "destination_port_range": port.to_string(), "destination_port_ranges": [], "direction": "Inbound",
            "priority": 100 + port % 97, "protocol": "Tcp", "source_address_prefix": "",
            "source_address_prefixes": ["203.0.113.0/26", "198.51.100.64/27"], "source_port_range": "*",
            "source_port_ranges": [],
        })
    });
    let settings = json!({
        "authentication": {"managedIdentity": {"identifier-name": "mi_res_id", "identifier-value": subnet}},
        "proxy": {"mode": "none"}, "workspaces": ["log-prod", "log-audit"],
    });
    let (kind, values, unknown, expressions) = match number % 5 {
        0 => (
            "azurerm_linux_virtual_machine",
            json!({
                "name": name("vm"), "resource_group_name": group, "location": region, "size": "Standard_D4s_v5",
                "admin_username": "azureadmin", "admin_password": null, "disable_password_authentication": true,
                "admin_ssh_key": [{"username": "azureadmin", "public_key": format!("ssh-ed25519 {}", "A".repeat(68))}],
                "allow_extension_operations": true, "availability_set_id": null, "bypass_platform_safety_checks_on_user_schedule_enabled": false,
                "boot_diagnostics": [{"storage_account_uri": ""}], "custom_data": null, "dedicated_host_id": null,
                "edge_zone": null, "encryption_at_host_enabled": true, "eviction_policy": null, "extensions_time_budget": "PT1H30M",
                "identity": [{"type": "SystemAssigned", "identity_ids": null}], "license_type": null, "max_bid_price": -1,
                "os_disk": [{"caching": "ReadWrite", "disk_size_gb": 64, "name": name("os"), "storage_account_type": "Premium_LRS",
                    "write_accelerator_enabled": false, "diff_disk_settings": [], "secure_vm_disk_encryption_set_id": null}],
                "patch_assessment_mode": "ImageDefault", "patch_mode": "ImageDefault", "plan": [], "priority": "Regular",
                "provision_vm_agent": true, "secure_boot_enabled": true, "source_image_reference": [{"publisher": "Canonical",
                    "offer": "ubuntu-24_04-lts", "sku": "server", "version": "latest"}],
                "tags": tags, "timeouts": null, "user_data": null, "vtpm_enabled": true, "zone": "1",
            }),
            json!({"id": true, "computer_name": true, "network_interface_ids": [true], "private_ip_address": true,
                "private_ip_addresses": true, "public_ip_address": true, "public_ip_addresses": true,
                "virtual_machine_id": true, "identity": [{"principal_id": true, "tenant_id": true}], "tags": {}}),
            json!({"name": {"references": ["each.key"]}, "size": {"references": ["each.value.size", "each.value"]},
                "network_interface_ids": {"references": ["azurerm_network_interface.this", "each.key"]},
                "os_disk": [{"caching": {"constant_value": "ReadWrite"}}], "tags": {"references": ["local.tags"]}}),
        ),
        1 => (
            "azurerm_network_interface",
            json!({
                "name": name("nic"), "resource_group_name": group, "location": region, "accelerated_networking_enabled": true,
                "auxiliary_mode": null, "auxiliary_sku": null, "dns_servers": ["10.0.0.4", "10.0.0.5"], "edge_zone": null,
                "ip_configuration": [{"name": "primary", "primary": true, "private_ip_address_allocation": "Static",
                    "private_ip_address": format!("10.{}.{}.{}", machine / 60_000, machine / 250 % 250, machine % 250),
                    "private_ip_address_version": "IPv4", "public_ip_address_id": null, "subnet_id": subnet}],
                "ip_forwarding_enabled": false, "tags": tags, "timeouts": null,
            }),
            json!({"id": true, "applied_dns_servers": true, "internal_domain_name_suffix": true, "mac_address": true,
                "private_ip_address": true, "private_ip_addresses": true, "virtual_machine_id": true}),
            json!({"ip_configuration": [{"subnet_id": {"references": ["data.azurerm_subnet.compute.id"]}}]}),
        ),
        2 => (
            "azurerm_managed_disk",
            json!({
                "name": name("data"), "resource_group_name": group, "location": region, "create_option": "Empty",
                "disk_size_gb": 512, "storage_account_type": "Premium_LRS", "public_network_access_enabled": false,
                "network_access_policy": "DenyAll", "disk_access_id": null, "encryption_settings": [], "hyper_v_generation": null,
                "max_shares": null, "on_demand_bursting_enabled": null, "optimized_frequent_attach_enabled": false,
                "performance_plus_enabled": false, "security_type": null, "tags": tags, "tier": null, "timeouts": null,
                "trusted_launch_enabled": null, "upload_size_bytes": null, "zone": "1",
            }),
            json!({"id": true, "disk_iops_read_only": true, "disk_iops_read_write": true, "disk_mbps_read_only": true,
                "disk_mbps_read_write": true, "logical_sector_size": true, "source_uri": true, "tags": {}}),
            json!({"name": {"references": ["each.key"]}, "disk_size_gb": {"constant_value": 512}}),
        ),
        3 => (
            "azurerm_network_security_group",
            json!({
                "name": name("nsg"), "resource_group_name": group, "location": region, "tags": tags, "timeouts": null,
                "security_rule": rules,
            }),
            json!({"id": true, "security_rule": [{}], "tags": {}}),
            json!({"security_rule": {"references": ["local.rules"]}}),
        ),
        _ => (
            "azurerm_virtual_machine_extension",
            json!({
                "name": name("monitor"), "publisher": "Microsoft.Azure.Monitor", "type": "AzureMonitorLinuxAgent",
                "type_handler_version": "1.33", "auto_upgrade_minor_version": true, "automatic_upgrade_enabled": true,
                "failure_suppression_enabled": false, "protected_settings": null, "protected_settings_from_key_vault": [],
                "provision_after_extensions": null, "tags": tags, "timeouts": null,
                "settings": settings.to_string(),
            }),
            json!({"id": true, "virtual_machine_id": true, "tags": {}}),
            json!({"virtual_machine_id": {"references": ["azurerm_linux_virtual_machine.this", "each.key"]}}),
        ),
    };
    Planned { kind, name: format!("m{number:05}"), values, unknown, expressions }
}
