# METADATA
# scope: package
# title: A task cannot use the network rule bypass for want of a system-assigned identity
# description: >-
#   Finds enabled ACR Tasks that have no system-assigned identity although the registry lets Tasks bypass its network
#   rules. Only a system-assigned identity may use that bypass; a user-assigned one, or none, is refused with 403. The
#   bypass was switched on, with the risk it brings, and this task gets nothing of it: high where it has no other way,
#   low where it gets in anyway. Tasks on an agent pool in a virtual network do not need it and are not reported.
# related_resources:
# - ref: https://learn.microsoft.com/azure/container-registry/manage-network-bypass-policy-for-tasks
#   description: Manage network bypass policy for Tasks
# - ref: https://learn.microsoft.com/azure/container-registry/container-registry-tasks-authentication-managed-identity
#   description: Use an Azure-managed identity in ACR Tasks
# custom:
#   severity: high
#   profile: network
#   remediation: >-
#     Assign the task a system-assigned identity, switch its default authentication off, give the identity a role that
#     the registry's permission mode honours (AcrPush, or Container Registry Repository Writer where repository
#     permissions are attribute-based), and make it the task's credential for the registry. Whoever may write tasks
#     can then run code with that identity from outside the firewall; a dedicated agent pool in a virtual network
#     avoids it.
#   reads: [tasks, agent_pools, service_tag, task_credentials]
#   controls: {}
#   parameters: {}
package acr.bypass_without_system_identity

import data.lib.mends
import data.lib.paths
import data.lib.reach
import data.lib.registry
import data.lib.tasks
import data.lib.verdict

deny contains {
	"msg": sprintf("%s lets Tasks bypass its network rules, but task %s has %s%s.", [
		registry.label,
		task.name,
		has(task),
		consequence(reach.gravity(task)),
	]),
	"field": sprintf("%s/identity", [task.field]),
	"key": task.name,
	"evidence": {"task": task.name, "identity": verdict.member(task.item, ["identity", "type"])},
	"severity": reach.gravity(task),
	"fix": fix(reach.by_name[task.field], reach.gravity(task)),
} if {
	tasks.bypass_allowed == "yes"
	some task in tasks.entries
	left_out(task) == "yes"
}

unknown contains {
	"msg": sprintf("%s: %s, so whether its tasks are left out of the bypass cannot be told.", [
		registry.label,
		unread.why,
	]),
	"field": unread.field,
	"reason": unread.why,
} if {
	some unread in paths.bypass_unread
}

unknown contains {
	"msg": sprintf("%s: of task %s %s, so whether it is left out of the bypass cannot be told.", [
		registry.label,
		task.name,
		unread.why,
	]),
	"field": unread.field,
	"reason": unread.why,
	"key": task.name,
} if {
	tasks.bypass_allowed == "yes"
	some task in tasks.entries
	left_out(task) == "unknown"
	some unread in tasks.unread_parts(task, paths.aspects)
}

left_out(task) := verdict.conjunction([
	task.enabled,
	verdict.negation(task.on_vnet_pool),
	verdict.negation(task.system_identity),
])

has(task) := "a user-assigned identity only, which may not use the bypass" if {
	"userassigned" in tasks.identity_words(task.item)
} else := "no system-assigned identity"

consequence("high") := ", and it has no other way: it is refused with 403"

consequence("low") := "; today it gets in without the bypass, or needs no way"

consequence("medium") := "; whether it has another way in is not known"

# A task that gets in anyway needs nothing.
fix(found, gravity) := [] if {
	gravity == "low"
} else := mends.over_bypass(found)
