# METADATA
# scope: package
# title: A task under the network rule bypass still logs in by default
# description: >-
#   Finds enabled ACR Tasks that may bypass the registry's network rules with their system-assigned identity, while
#   their login mode for the source registry is still the default. The bypass takes only the system-assigned
#   identity's token, and Microsoft asks to switch the default login off, as a run that uses it is refused with 403.
#   It is reported as a warning, because runs have been seen to succeed without that step.
# related_resources:
# - ref: https://learn.microsoft.com/azure/container-registry/manage-network-bypass-policy-for-tasks
#   description: Manage network bypass policy for Tasks
# - ref: https://learn.microsoft.com/azure/container-registry/container-registry-tasks-authentication-managed-identity
#   description: Use an Azure-managed identity in ACR Tasks
# custom:
#   severity: medium
#   profile: network
#   remediation: >-
#     Switch the task's default login off with --auth-mode None, and make its system-assigned identity the credential
#     for the registry. Where repository permissions are attribute-based there is no such mode; name the identity as
#     the one that logs in to the source registry instead.
#   reads: [tasks, agent_pools, service_tag, task_credentials]
#   controls: {}
#   parameters: {}
package acr.bypass_task_default_auth

import data.lib.logins
import data.lib.mends
import data.lib.paths
import data.lib.reach
import data.lib.registry
import data.lib.tasks
import data.lib.verdict

deny contains {
	"msg": sprintf("%s lets task %s bypass its network rules, but the task still logs in by default, %s.", [
		registry.label,
		user.task.name,
		"which the bypass does not take",
	]),
	"field": logins.mode_field(user.task),
	"key": user.task.name,
	"severity": severity(reach.gravity(user.task)),
	"evidence": {"task": user.task.name},
	"fix": fix(user.task, reach.gravity(user.task)),
} if {
	some user in paths.bypass_users
	logs_in_by_default(user) == "yes"
}

unknown contains {
	"msg": sprintf("%s: %s, so how its tasks log in under the bypass cannot be told.", [registry.label, unread.why]),
	"field": unread.field,
	"reason": unread.why,
} if {
	some unread in paths.bypass_unread
}

unknown contains {
	"msg": sprintf("%s: of task %s %s, so how it logs in under the bypass cannot be told.", [
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
	logs_in_by_default(user) == "unknown"
	some unread in unread_parts(user.task)
}

logs_in_by_default(user) := verdict.conjunction([user.uses, logins.default_login(user.task)])

# Runs have been seen to succeed with the default login left on, so it is a warning at most.
severity(gravity) := "low" if {
	gravity == "low"
} else := "medium"

fix(task, gravity) := [] if {
	gravity == "low"
} else := mends.login_with_identity(task)

unread_parts(task) := tasks.unread_parts(task, paths.aspects) | login_unread(task)

login_unread(task) := {{"field": logins.mode_field(task), "why": verdict.why("its login mode", null)}} if {
	logins.default_login(task) == "unknown"
} else := set()
