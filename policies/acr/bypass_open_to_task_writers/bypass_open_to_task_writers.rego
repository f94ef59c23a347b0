# METADATA
# scope: package
# title: Others may run code that bypasses the network rules
# description: >-
#   Finds registries that let ACR Tasks bypass their network rules, and the principals that may write or run tasks
#   there: Owner, Contributor, Container Registry Tasks Contributor, and custom roles with tasks/write or scheduleRun.
#   Whoever holds one can run steps of their own with a task's identity, from outside the registry's network. Members
#   of a group are not shown, and roles at the registry and above it count.
# related_resources:
# - ref: https://learn.microsoft.com/azure/container-registry/manage-network-bypass-policy-for-tasks
#   description: Manage network bypass policy for Tasks
# - ref: https://learn.microsoft.com/azure/container-registry/container-registry-rbac-built-in-roles-overview
#   description: Azure Container Registry roles
# custom:
#   severity: medium
#   profile: network
#   remediation: >-
#     Take the role from whoever need not write tasks, or name the principals that are meant to with the parameter. A
#     dedicated agent pool in a virtual network needs no bypass at all.
#   reads: [tasks, role_assignments, role_definitions]
#   controls:
#     MCSB: [PA-7]
#   parameters:
#     principals:
#       default: []
#       type: array
#       items: {type: string, pattern: '^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$'}
#       description: Object ids of the principals that are meant to write tasks.
package acr.bypass_open_to_task_writers

import data.lib.registry
import data.lib.roles
import data.lib.tasks
import data.lib.writers

deny contains {
	"msg": sprintf("%s lets Tasks bypass its network rules, and so may whoever writes tasks: %s.", [
		registry.label,
		concat(", ", sort({writers.label(writer) | some writer in strangers})),
	]),
	"field": "/registry/properties/networkRuleBypassAllowedForTasks",
	"evidence": {"task_writers": [{
		"principal": writer.principal,
		"type": writer.type,
		"role": writer.role,
		"scope": writer.scope,
	} |
		some writer in strangers
	]},
} if {
	tasks.bypass_allowed == "yes"
	count(strangers) > 0
}

unknown contains {
	"msg": sprintf("%s: %s, so who may run code past its network rules cannot be told.", [
		registry.label,
		unread.why,
	]),
	"field": unread.field,
	"reason": unread.why,
} if {
	some unread in unread_parts
}

unknown contains {
	"msg": sprintf("%s: what role %s lets %s do was not read, so whether it may write tasks cannot be told.", [
		registry.label,
		writer.role,
		writer.principal,
	]),
	"field": writer.field,
	"reason": "what a role lets its holder do was not read",
	"key": writer.principal,
} if {
	tasks.bypass_allowed == "yes"
	some writer in writers.perhaps
	not lower(writer.principal) in meant
}

default principals := []

principals := data.parameters.bypass_open_to_task_writers.principals

meant := {lower(id) | some id in principals; is_string(id)}

strangers := [writer | some writer in writers.sure; not lower(writer.principal) in meant]

unread_parts contains registry.unread(registry.bypass_path) if tasks.bypass_allowed == "unknown"

unread_parts contains roles.list_unread if tasks.bypass_allowed == "yes"

unread_parts contains roles.may_hold_more if {
	tasks.bypass_allowed == "yes"
	count(strangers) == 0
}

unread_parts contains {
	"field": "/role_assignments",
	"why": "only the roles of its tasks' own identities were read",
} if {
	tasks.bypass_allowed == "yes"
	count(strangers) == 0
	not roles.list_unread
	not roles.may_hold_more
	not writers.everybody
}
