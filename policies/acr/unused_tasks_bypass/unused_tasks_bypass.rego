# METADATA
# scope: package
# title: The network rule bypass for Tasks is on and no task needs it
# description: >-
#   Finds registries that let ACR Tasks bypass their network rules although no enabled task needs it: there is none,
#   or each runs on an agent pool in a virtual network, or the firewall lets the region's tasks in anyway. Whoever may
#   create a task can then run code that reaches the registry from outside its network, for nobody's benefit. Tasks
#   that leave no resource (az acr build) have no identity of their own and cannot rely on the bypass.
# related_resources:
# - ref: https://learn.microsoft.com/azure/container-registry/manage-network-bypass-policy-for-tasks
#   description: Manage network bypass policy for Tasks
# custom:
#   severity: medium
#   profile: network
#   remediation: >-
#     Switch the bypass off, and on again when a task needs it.
#   reads: [tasks, agent_pools, service_tag, role_assignments, role_definitions]
#   controls: {}
#   parameters: {}
package acr.unused_tasks_bypass

import data.lib.az
import data.lib.paths
import data.lib.registry
import data.lib.tasks
import data.lib.verdict
import data.lib.writers

deny contains {
	"msg": sprintf("%s lets Tasks bypass its network rules, but %s: the bypass only widens who can reach it.", [
		registry.label,
		reason,
	]),
	"field": "/registry/properties/networkRuleBypassAllowedForTasks",
	"evidence": {"tasks": count(tasks.entries), "task_writers": writers.labels},
	"fix": [az.patch(`{"networkRuleBypassAllowedForTasks":false}`)],
} if {
	tasks.bypass_allowed == "yes"
	needed == "no"
}

unknown contains {
	"msg": sprintf("%s: %s, so whether a task needs the network rule bypass cannot be told.", [
		registry.label,
		unread.why,
	]),
	"field": unread.field,
	"reason": unread.why,
} if {
	some unread in registry_unread
}

unknown contains {
	"msg": sprintf("%s: of task %s %s, so whether it needs the network rule bypass cannot be told.", [
		registry.label,
		task.name,
		unread.why,
	]),
	"field": unread.field,
	"reason": sprintf("of task %s %s", [task.name, unread.why]),
	"key": task.name,
} if {
	open_question
	some task in tasks.entries
	off_the_network(task) == "unknown"
	some unread in tasks.unread_parts(task, ["enabled", "on_vnet_pool"])
}

open_question if {
	tasks.bypass_allowed == "yes"
	needed == "unknown"
}

# A task needs the bypass when the registry does not let the addresses it comes from in.
needed := verdict.conjunction([any_off_the_network, verdict.negation(paths.public_addresses)])

any_off_the_network := verdict.disjunction(array.concat(
	[off_the_network(task) | some task in tasks.entries],
	["unknown" | tasks.list_unread],
))

off_the_network(task) := verdict.conjunction([task.enabled, verdict.negation(task.on_vnet_pool)])

registry_unread contains registry.unread(registry.bypass_path) if tasks.bypass_allowed == "unknown"

registry_unread contains tasks.list_unread if open_question

registry_unread contains unread if {
	open_question
	some unread in paths.reach_unread
}

reason := "it has no tasks" if {
	not tasks.list_unread
	count(tasks.entries) == 0
} else := "it lets the addresses that tasks come from in anyway" if {
	paths.public_addresses == "yes"
} else := "no enabled task needs it"
