# METADATA
# scope: package
# title: A task under the network rule bypass has no role on its registry
# description: >-
#   Finds enabled ACR Tasks that may bypass the registry's network rules with their system-assigned identity, which
#   holds no role that the registry's permission mode honours. The run passes the network rules and is then refused
#   for want of permission. Where repository permissions are attribute-based, AcrPull, AcrPush, Reader and even Owner
#   grant nothing on images. What the identity holds as a member of a group is not read.
# related_resources:
# - ref: https://learn.microsoft.com/azure/container-registry/container-registry-rbac-built-in-roles-overview
#   description: Azure Container Registry roles
# - ref: https://learn.microsoft.com/azure/container-registry/container-registry-rbac-abac-repository-permissions
#   description: Attribute-based repository permissions
# custom:
#   severity: high
#   profile: network
#   remediation: >-
#     Give the task's identity AcrPush or AcrPull on the registry, or Container Registry Repository Writer or Reader
#     where repository permissions are attribute-based. Deleting and creating a task anew changes its identity, so
#     assignments made for the former one are of no use.
#   reads: [tasks, agent_pools, role_assignments]
#   controls: {}
#   parameters: {}
package acr.bypass_task_without_role

import data.lib.az
import data.lib.paths
import data.lib.registry
import data.lib.roles
import data.lib.tasks
import data.lib.verdict

deny contains {
	"msg": sprintf("%s lets task %s bypass its network rules, but the task's identity holds %s.", [
		registry.label,
		task.name,
		shortage,
	]),
	"field": sprintf("%s/identity/principalId", [task.field]),
	"key": task.name,
	"evidence": {"task": task.name, "principal": principal(task)},
	"fix": [az.push_role(task.name)],
} if {
	some task in tasks.entries
	goes_without(task) == "yes"
}

unknown contains {
	"msg": sprintf("%s: %s, so whether its tasks have the role that the bypass needs cannot be told.", [
		registry.label,
		unread.why,
	]),
	"field": unread.field,
} if {
	some unread in paths.bypass_unread
}

unknown contains {
	"msg": sprintf("%s: of task %s %s, so whether it may pull and push cannot be told.", [
		registry.label,
		task.name,
		unread.why,
	]),
	"field": unread.field,
	"key": task.name,
} if {
	tasks.bypass_allowed == "yes"
	some task in tasks.entries
	goes_without(task) == "unknown"
	some unread in unread_parts(task)
}

goes_without(task) := verdict.conjunction([paths.uses_bypass(task), lacks_role(task)])

lacks_role(task) := "unknown" if {
	roles.list_unread
} else := "unknown" if {
	principal(task) == null
} else := verdict.conjunction(answers_of(task))

# What each assignment says; what more of them would say is not known.
answers_of(task) := unlisted | {refuses(assignment) | some assignment in roles.held(principal(task))}

unlisted := {"unknown" | roles.may_hold_more}

# Whether an assignment leaves the identity without permission. A condition may exclude the task's repositories, and a
# role that is not known may be one of the customer's own.
refuses(assignment) := "unknown" if {
	not roles.known(assignment)
} else := "yes" if {
	not roles.role(assignment) in honoured.maybe
} else := "unknown" if {
	not roles.role(assignment) in honoured.surely
} else := "no" if {
	verdict.member(assignment, ["properties", "condition"]) in {null, ""}
} else := "unknown"

mode_path := ["properties", "roleAssignmentMode"]

mode := registry.word(mode_path, {"abacrepositorypermissions", "legacyregistrypermissions"})

# The roles that grant something in the registry's permission mode, or may in one that was not read.
honoured := {
	"legacyregistrypermissions": {"surely": roles.legacy, "maybe": roles.legacy},
	"abacrepositorypermissions": {"surely": roles.abac, "maybe": roles.abac},
	"unknown": {"surely": set(), "maybe": roles.legacy | roles.abac},
}[mode]

shortage := "no Container Registry Repository role, and no other counts where permissions are attribute-based" if {
	mode == "abacrepositorypermissions"
} else := "no role on the registry"

principal(task) := id if {
	id := verdict.member(task.item, ["identity", "principalId"])
	is_string(id)
} else := null

unread_parts(task) := tasks.unread_parts(task, paths.aspects) | role_unread(task)

role_unread(task) := set() if {
	lacks_role(task) != "unknown"
} else := {roles.list_unread} if {
	roles.list_unread
} else := {{
	"field": sprintf("%s/identity/principalId", [task.field]),
	"why": verdict.why("the identity's principal", null),
}} if {
	principal(task) == null
} else := {roles.may_hold_more} if {
	roles.may_hold_more
	not "unknown" in {refuses(assignment) | some assignment in roles.held(principal(task))}
} else := {registry.unread(mode_path)} if {
	mode == "unknown"
} else := {{
	"field": sprintf("%s/identity/principalId", [task.field]),
	"why": "the identity's only roles are conditional or not known to this policy",
}}
