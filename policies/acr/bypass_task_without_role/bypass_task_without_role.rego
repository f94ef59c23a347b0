# METADATA
# scope: package
# title: A task under the network rule bypass has no role on its registry
# description: >-
#   Finds enabled ACR Tasks that may bypass the registry's network rules with their system-assigned identity, which
#   lacks the role that their steps need in the registry's permission mode: AcrPush holds no delete, AcrDelete alone
#   pulls nothing, and under repository permissions AcrPull, AcrPush, AcrDelete, Reader and even Owner grant nothing on
#   images. The run passes the network rules and is then refused for want of permission. What the identity holds as a
#   member of a group cannot be read.
# related_resources:
# - ref: https://learn.microsoft.com/azure/container-registry/container-registry-rbac-built-in-roles-overview
#   description: Azure Container Registry roles
# - ref: https://learn.microsoft.com/azure/container-registry/container-registry-rbac-abac-repository-permissions
#   description: Attribute-based repository permissions
# custom:
#   severity: high
#   profile: network
#   remediation: >-
#     Give the task's identity the role that its steps need: AcrPull, AcrPush or AcrDelete, or Container Registry
#     Repository Reader, Writer, Contributor or Catalog Lister where repository permissions are attribute-based.
#     Deleting and creating a task anew changes its identity, so assignments made for the former one are of no use.
#   reads: [tasks, agent_pools, service_tag, role_assignments, role_definitions]
#   controls: {}
#   parameters: {}
package acr.bypass_task_without_role

import data.lib.logins
import data.lib.mends
import data.lib.needs
import data.lib.paths
import data.lib.reach
import data.lib.registry
import data.lib.roles
import data.lib.tasks
import data.lib.verdict

deny contains {
	"msg": sprintf("%s lets task %s bypass its network rules, but the task's identity %s%s.", [
		registry.label,
		user.task.name,
		shortage(user.found, registry.mode),
		consequence(reach.gravity(user.task)),
	]),
	"field": sprintf("%s/identity/principalId", [user.task.field]),
	"key": user.task.name,
	"severity": severity(reach.gravity(user.task), logins.in_source),
	"evidence": {
		"task": user.task.name,
		"principal": logins.system_principal(user.task),
		"lacking": lacking(user.found),
	},
	"fix": mends.system_roles(user.found),
} if {
	some user in users
	user.goes_without == "yes"
}

unknown contains {
	"msg": sprintf("%s: %s, so whether its tasks have the role that the bypass needs cannot be told.", [
		registry.label,
		unread.why,
	]),
	"field": unread.field,
	"reason": unread.why,
} if {
	some unread in paths.bypass_unread
}

unknown contains {
	"msg": sprintf("%s: of task %s %s, so whether it may do what it is for cannot be told.", [
		registry.label,
		user.task.name,
		unread.why,
	]),
	"field": unread.field,
	"reason": unread.why,
	"key": user.task.name,
} if {
	tasks.bypass_allowed == "yes"
	some user in users
	user.goes_without == "unknown"
	some unread in unread_parts(user.found)
}

# The tasks under the bypass, each with its verdict. What the steps may need besides is no lack.
users := [{
	"task": user.task,
	"found": found,
	"goes_without": verdict.conjunction([user.uses, verdict.negation(found.system.role)]),
} |
	some user in paths.bypass_users
	found := reach.by_name[user.task.field]
]

lacking(found) := [right | some right in needs.rights; right in found.system.lacks]

shortage(found, mode) := "purges with acr-cli older than 0.19, which repository permissions refuse" if {
	mode == "abacrepositorypermissions"
	found.need.outdated_purge
} else := "holds no role on the registry" if {
	found.system.granted.held == 0
} else := sprintf("may not %s there", [concat(" or ", lacking(found))])

# In source code the roles that it gives the identity are not enough, and another may be given elsewhere.
severity(gravity, source_code) := "medium" if {
	gravity == "high"
	source_code
} else := gravity

consequence("high") := ""

consequence("low") := "; today it gets in without the bypass, or needs no way"

consequence("medium") := "; whether it needs the bypass is not known"

unread_parts(found) := tasks.unread_parts(found.task, paths.aspects) | role_unread(found)

role_unread(found) := set() if {
	found.system.role != "unknown"
} else := {{
	"field": sprintf("%s/identity/principalId", [found.task.field]),
	"why": verdict.why("the identity's principal", null),
}} if {
	found.system.granted == null
} else := {roles.list_unread} if {
	not found.system.granted.read
} else := {{"field": "/role_assignments", "why": "roles may be assigned that this source does not declare"}} if {
	found.system.granted.partial
	found.system.granted.held == 0
} else := {registry.unread(registry.mode_path)} if {
	registry.mode == "unknown"
} else := {{
	"field": sprintf("%s/identity/principalId", [found.task.field]),
	"why": "the identity's only roles are conditional, a group's, or not known to this policy",
}}
