# METADATA
# scope: package
# title: A task under the network rule bypass has no credential for its own registry
# description: >-
#   Finds enabled ACR Tasks that may bypass the registry's network rules with their system-assigned identity, but do
#   not name that identity as their credential for the registry's login server. The run then logs in without it and is
#   refused with 403. Credentials are shown by the task's listDetails alone, so this is decided only where they were
#   asked for.
# related_resources:
# - ref: https://learn.microsoft.com/azure/container-registry/manage-network-bypass-policy-for-tasks
#   description: Manage network bypass policy for Tasks
# - ref: https://learn.microsoft.com/cli/azure/acr/task/credential
#   description: az acr task credential
# custom:
#   severity: high
#   profile: network
#   remediation: >-
#     Make the task's system-assigned identity its credential for the registry's own login server.
#   reads: [tasks, agent_pools, service_tag, task_credentials]
#   controls: {}
#   parameters: {}
package acr.bypass_task_without_credential

import data.lib.logins
import data.lib.mends
import data.lib.needs
import data.lib.paths
import data.lib.reach
import data.lib.registry
import data.lib.tasks
import data.lib.verdict

deny contains {
	"msg": sprintf("%s lets task %s bypass its network rules, but the task has no [system] credential for %s, %s.", [
		registry.label,
		user.task.name,
		server_name,
		consequence(reach.gravity(user.task)),
	]),
	"field": logins.field(user.task),
	"key": user.task.name,
	"severity": reach.gravity(user.task),
	"evidence": {"task": user.task.name, "login_server": server_name},
	"fix": fix(user.task, reach.gravity(user.task)),
} if {
	some user in paths.bypass_users
	goes_without(user) == "yes"
}

unknown contains {
	"msg": sprintf("%s: %s, so whether its tasks have the credential that the bypass needs cannot be told.", [
		registry.label,
		unread.why,
	]),
	"field": unread.field,
	"reason": unread.why,
} if {
	some unread in paths.bypass_unread
}

unknown contains {
	"msg": sprintf("%s: of task %s %s, so whether it has the credential that the bypass needs cannot be told.", [
		registry.label,
		user.task.name,
		unread.why,
	]),
	"field": unread.field,
	"reason": unread.why,
	"key": user.task.name,
} if {
	tasks.bypass_allowed == "yes"
	some user in paths.bypass_users
	goes_without(user) == "unknown"
	some unread in unread_parts(user.task)
}

goes_without(user) := verdict.conjunction([user.uses, lacks_credential(user.task)])

# A task that logs in nowhere and touches nothing needs none.
lacks_credential(task) := "no" if {
	needs.touches(needs.of(task)) == "no"
	count(logins.candidates(task)) == 0
} else := "no" if {
	"system" in kinds(task)
} else := "unknown" if {
	"unknown" in kinds(task)
} else := "yes"

kinds(task) := {candidate.kind | some candidate in logins.explicit(task)}

server_name := registry.login_server if {
	registry.login_server != null
} else := "the registry"

consequence("high") := "so it is refused with 403"

consequence("low") := "which it does not need today: it gets in without the bypass, or needs no way"

consequence("medium") := "and whether it needs the bypass is not known"

fix(task, gravity) := [] if {
	gravity == "low"
} else := mends.login_with_identity(task)

unread_parts(task) := tasks.unread_parts(task, paths.aspects) | credential_unread(task)

credential_unread(task) := set() if {
	lacks_credential(task) != "unknown"
} else := {registry.unread(registry.login_server_path)} if {
	logins.nameless(task)
} else := {{"field": logins.field(task), "why": logins.unread_why}}
