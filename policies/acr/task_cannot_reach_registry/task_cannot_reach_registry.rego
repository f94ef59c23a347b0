# METADATA
# scope: package
# title: A task has no way to its registry
# description: >-
#   Finds enabled ACR Tasks of a registry that is closed to the public network, when none of the three ways in was
#   even begun: no agent pool in a virtual network, no firewall list in force, no network rule bypass for Tasks. Every
#   run that logs in to, pulls from or pushes to the registry fails with 403. Where a way was begun and does not lead
#   there, the policy of that way reports the task instead.
# related_resources:
# - ref: https://learn.microsoft.com/azure/container-registry/tasks-agent-pools
#   description: Run ACR Tasks in dedicated agent pools
# - ref: https://learn.microsoft.com/azure/container-registry/manage-network-bypass-policy-for-tasks
#   description: Manage network bypass policy for Tasks
# - ref: https://learn.microsoft.com/azure/container-registry/container-registry-private-link
#   description: Connect privately to a registry with Azure Private Link
# custom:
#   severity: high
#   profile: network
#   remediation: >-
#     Run the task on a dedicated agent pool in a virtual network that reaches the registry's private endpoint; that
#     opens nothing, but the pool costs money and is not offered in every region. Or enable public access for selected
#     networks and allow the region's service tag, whose addresses every customer's tasks in the region share. Or
#     allow Tasks to bypass the network rules and give the task a system-assigned identity; whoever may write tasks
#     can then use that identity from outside the firewall.
#   reads: [tasks, agent_pools, service_tag]
#   controls: {}
#   parameters: {}
package acr.task_cannot_reach_registry

import data.lib.paths
import data.lib.registry
import data.lib.tasks

deny contains {
	"msg": sprintf("%s is closed to the public network and task %s has no way in: %s. %s", [
		registry.label,
		task.name,
		concat(", ", [
			"it runs on no agent pool in a virtual network",
			"service tag rules do nothing while public access is Disabled",
			bypass_verdict,
		]),
		remedies,
	]),
	"field": task.field,
	"key": task.name,
	"evidence": {
		"task": task.name,
		"agent_pool": task.on_vnet_pool,
		"service_tag": paths.public_addresses,
		"bypass": task.bypass,
	},
} if {
	some task in paths.dependents
	not begun(task)
}

unknown contains {
	"msg": sprintf("%s: %s, so whether its tasks can reach it cannot be told.", [registry.label, unread.why]),
	"field": unread.field,
} if {
	some unread in registry_unread
}

unknown contains {
	"msg": sprintf("%s: of task %s %s, so whether it can reach the registry cannot be told.", [
		registry.label,
		task.name,
		unread.why,
	]),
	"field": unread.field,
	"key": task.name,
} if {
	paths.public_addresses != "yes"
	some task in paths.undecided
	some unread in tasks.unread_parts(task, paths.aspects)
}

# A way was begun: a pool is named, the bypass is on, or the firewall's list is in force. Where it is not known
# whether the list is, `unknown` says so.
begun(task) if not task.pool in {null, ""}

begun(_) if tasks.bypass_allowed == "yes"

begun(_) if registry.closed != "yes"

registry_unread contains unread if {
	paths.any_dependent != "no"
	some unread in paths.reach_unread
}

registry_unread contains unread if {
	paths.public_addresses != "yes"
	some unread in paths.task_unread
}

bypass_verdict := "and the registry does not let Tasks bypass its network rules" if {
	tasks.bypass_allowed == "no"
} else := "and without a system-assigned identity it cannot bypass the network rules"

remedies := concat(" ", [
	"Give it an agent pool in a virtual network (opens nothing),",
	"or enable public access for the region's service tag (addresses shared by all customers),",
	"or allow the bypass with a system-assigned identity (whoever may write tasks can then use it).",
])
