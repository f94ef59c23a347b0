# METADATA
# scope: package
# title: A closed registry has no approved private endpoint
# description: >-
#   Finds registries with public network access Disabled and no private endpoint connection that was approved. Nobody
#   reaches such a registry but tasks over the network rule bypass and, where it is allowed, trusted Azure services.
#   Often a connection is waiting to be approved, in which case it is named. High where a task runs in a virtual network
#   that has no other way, low where tasks get in over the bypass.
# related_resources:
# - ref: https://learn.microsoft.com/azure/container-registry/container-registry-private-link
#   description: Connect privately to a registry with Azure Private Link
# custom:
#   severity: medium
#   profile: network
#   remediation: >-
#     Approve the connection that is pending, or create a private endpoint in the virtual network of the registry's
#     clients, together with its DNS zone.
#   reads: [tasks, agent_pools, role_assignments, role_definitions, task_credentials]
#   controls:
#     MCSB: [NS-2]
#     NIST-800-53-r5: [AC-4, AC-17, AC-17(1), SC-7, SC-7(3)]
#   parameters: {}
package acr.private_endpoint_missing

import data.lib.az
import data.lib.declared
import data.lib.endpoints
import data.lib.reach
import data.lib.registry
import data.lib.verdict

deny contains {
	"msg": sprintf("%s: public network access is Disabled and no private endpoint is approved, so %s%s.", [
		registry.label,
		consequence,
		waiting,
	]),
	"field": endpoints.field,
	"severity": severity,
	"evidence": {
		"pending": endpoints.pending,
		"connections": count(endpoints.connections),
		"tasks_over_bypass": sort(reach.riders),
		"tasks_in_virtual_networks": sort(stranded),
	},
	"fix": [approve(name) | some name in endpoints.pending],
} if {
	unreachable == "yes"
}

unknown contains {
	"msg": sprintf("%s: %s, so whether a private endpoint leads to it cannot be told.", [registry.label, unread.why]),
	"field": unread.field,
	"reason": unread.why,
} if {
	unreachable == "unknown"
	some unread in unread_parts
}

unknown contains {
	"msg": sprintf("%s: the state of private endpoint connection %s %s, so %s.", [
		registry.label,
		entry.name,
		declared.not_read,
		"whether it leads there cannot be told",
	]),
	"field": entry.field,
	"reason": sprintf("the state of private endpoint connection %s %s", [entry.name, declared.not_read]),
	"key": entry.name,
} if {
	unreachable == "unknown"
	some entry in endpoints.entries
	entry.approved == "unknown"
}

unreachable := verdict.conjunction([registry.closed, verdict.negation(endpoints.approved)])

# Tasks in a virtual network, which has no other way to a closed registry.
stranded := [found.task.name |
	some found in reach.verdicts
	found.task.on_vnet_pool == "yes"
	found.direct == "no"
]

consequence := "no virtual network does, and only tasks over the network rule bypass get in" if {
	count(reach.riders) > 0
} else := "nobody reaches it"

severity := "high" if {
	count(stranded) > 0
} else := "low" if {
	count(reach.riders) > 0
} else := "medium"

waiting := sprintf("; waiting to be approved: %s", [concat(", ", endpoints.pending)]) if {
	count(endpoints.pending) > 0
} else := ""

approve(name) := az.command("az acr private-endpoint-connection approve", [
	["--registry-name", az.registry_name],
	["--name", name],
])

unread_parts contains registry.unread(endpoints.path) if not endpoints.connections

unread_parts contains endpoints.may_hold_more if endpoints.connections

unread_parts contains registry.unread(registry.public_path) if registry.enabled == "unknown"
