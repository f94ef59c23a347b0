# METADATA
# scope: package
# title: The registry accepts connections from every network
# description: >-
#   Finds registries whose public endpoint is open to the whole internet: public network access is Enabled and the
#   firewall's default action is Allow, or the registry is Basic or Standard and has no firewall at all. Whoever gets
#   hold of a credential can then pull and push images from anywhere. Enabled with default action Deny passes here,
#   and so does Disabled, which overrides the firewall whatever its default action says.
# related_resources:
# - ref: https://learn.microsoft.com/azure/container-registry/container-registry-access-selected-networks
#   description: Configure public IP network rules
# - ref: https://learn.microsoft.com/azure/container-registry/container-registry-private-link
#   description: Connect privately to a registry with Azure Private Link
# custom:
#   severity: high
#   profile: network
#   remediation: >-
#     Let only known addresses in by setting the firewall's default action to Deny, or reach the registry over private
#     endpoints alone and disable public network access. Both need the Premium SKU. ACR Tasks on the shared pool lose
#     their way to the registry in both cases; give them a dedicated agent pool in a virtual network, the region's
#     service tag ranges in the firewall (useless once public access is Disabled), or the network rule bypass.
#   reads: []
#   controls:
#     MCSB: [NS-2]
#     NIST-800-53-r5: [AC-4, SC-7, SC-7(3)]
#     CIS-Controls-v8.1: ["8.11", "10.7", "13.1", "13.3", "18.4"]
#     ISO-27002-2022: ["5.14"]
#     PCI-DSS-4: ["1.4.4"]
#   parameters: {}
package acr.public_network_access

import data.lib.az
import data.lib.endpoints
import data.lib.firewall
import data.lib.registry
import data.lib.tasks

deny contains {
	"msg": sprintf("%s accepts connections from every network: %s.%s", [registry.label, finding.because, caution]),
	"field": finding.field,
	"evidence": {
		"publicNetworkAccess": registry.setting(registry.public_path),
		"defaultAction": registry.setting(registry.default_action_path),
		"sku": registry.setting(registry.sku_path),
	},
	"fix": finding.fix,
} if {
	registry.open == "yes"
}

unknown contains {
	"msg": sprintf("%s: %s, so whether everybody may connect cannot be told.", [registry.label, unread.why]),
	"field": unread.field,
	"reason": unread.why,
} if {
	registry.open == "unknown"
	some unread in registry.network_unread
}

# A registry without a firewall is named for that, whatever default action it claims to have.
finding := {
	"because": sprintf(
		"public network access is Enabled, and a registry of the %s SKU has no firewall to limit it",
		[registry.setting(registry.sku_path)],
	),
	"field": "/registry/properties/publicNetworkAccess",
	"fix": array.concat([az.acr("update", ["--sku Premium"])], closing),
} if {
	registry.has_firewall == "no"
} else := {
	"because": "public network access is Enabled and the firewall's default action is Allow",
	"field": "/registry/properties/networkRuleSet/defaultAction",
	"fix": closing,
}

# First a way for the tasks that come from public addresses, and then the door. Where a task would be left without a
# way, no command is offered.
closing := [] if {
	stranding
} else := array.concat(admitting, [az.acr("update", ["--default-action Deny"])])

admitting := [] if {
	count(shared) == 0
} else := [] if {
	count(firewall.service_tag.missing_ipv4) == 0
} else := firewall.add_rules(firewall.service_tag.missing_ipv4, "Allow")

caution := "" if {
	count(closing) == 0
} else := " The commands shut out whoever is not on the list: add the addresses of its other clients first."

# Tasks that run, or may, from the service tag's addresses; a list that was not read may hold some.
shared := [task.field | some task in tasks.entries; task.enabled != "no"; task.on_vnet_pool != "yes"] if {
	not tasks.list_unread
} else := ["/tasks"]

stranding if {
	count(shared) > 0
	not firewall.service_tag
}

stranding if {
	some task in tasks.entries
	task.enabled != "no"
	task.on_vnet_pool != "no"
	endpoints.approved != "yes"
}
