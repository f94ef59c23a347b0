# METADATA
# scope: package
# title: A closed registry has no approved private endpoint
# description: >-
#   Finds registries with public network access Disabled and no private endpoint connection that was approved. Nobody
#   reaches such a registry but, where it is allowed, trusted Azure services. Often a connection is waiting to be
#   approved, in which case it is named.
# related_resources:
# - ref: https://learn.microsoft.com/azure/container-registry/container-registry-private-link
#   description: Connect privately to a registry with Azure Private Link
# custom:
#   severity: medium
#   profile: network
#   remediation: >-
#     Approve the connection that is pending, or create a private endpoint in the virtual network of the registry's
#     clients, together with its DNS zone.
#   reads: []
#   controls:
#     MCSB: [NS-2]
#     NIST-800-53-r5: [AC-4, AC-17, AC-17(1), SC-7, SC-7(3)]
#   parameters: {}
package acr.private_endpoint_missing

import data.lib.az
import data.lib.declared
import data.lib.pointer
import data.lib.registry
import data.lib.verdict

deny contains {
	"msg": sprintf("%s: public network access is Disabled and no private endpoint is approved, so %s%s.", [
		registry.label,
		"nobody reaches it",
		waiting,
	]),
	"field": "/registry/properties/privateEndpointConnections",
	"evidence": {"pending": sort(pending), "connections": count(connections)},
	"fix": [approve(name) | some name in sort(pending)],
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
	some entry in entries
	entry.approved == "unknown"
}

path := ["properties", "privateEndpointConnections"]

connections := registry.setting(path) if is_array(registry.setting(path))

entries := [describe(index, connection) | some index, connection in connections]

describe(index, connection) := {
	"name": connection_name(index, connection),
	"field": pointer.join(array.concat(["registry"], array.concat(path, [index]))),
	"state": state(connection),
	"approved": approval(state(connection)),
}

connection_name(index, connection) := connection.name if {
	is_string(connection.name)
} else := sprintf("#%d", [index])

state(connection) := word if {
	status := verdict.member(connection, ["properties", "privateLinkServiceConnectionState", "status"])
	word := verdict.lower_or_undefined(status)
} else := ""

approval(word) := "yes" if {
	word == "approved"
} else := "no" if {
	word in {"pending", "rejected", "disconnected"}
} else := "unknown"

approved := verdict.disjunction(array.concat(
	[entry.approved | some entry in entries],
	["unknown" | may_hold_more],
)) if {
	is_array(connections)
} else := "unknown"

unreachable := verdict.conjunction([registry.closed, verdict.negation(approved)])

pending := [entry.name | some entry in entries; entry.state == "pending"]

waiting := sprintf("; waiting to be approved: %s", [concat(", ", sort(pending))]) if {
	count(pending) > 0
} else := ""

approve(name) := az.command("az acr private-endpoint-connection approve", [
	["--registry-name", az.registry_name],
	["--name", name],
])

may_hold_more := declared.may_hold_more(
	"/registry/properties/privateEndpointConnections",
	"private endpoints may exist that this source does not declare",
)

unread_parts contains registry.unread(path) if not connections

unread_parts contains may_hold_more if connections

unread_parts contains registry.unread(registry.public_path) if registry.closed == "unknown"
