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
#   reads: [tasks, agent_pools, task_credentials]
#   controls: {}
#   parameters: {}
package acr.bypass_task_default_auth

import data.lib.az
import data.lib.credentials
import data.lib.paths
import data.lib.registry
import data.lib.tasks
import data.lib.verdict

deny contains {
	"msg": sprintf("%s lets task %s bypass its network rules, but the task still logs in by default, %s.", [
		registry.label,
		task.name,
		"which the bypass does not take",
	]),
	"field": login_field(task),
	"key": task.name,
	"evidence": {"task": task.name},
	"fix": [az.default_login_off(task.name), az.system_credential(task.name)],
} if {
	some task in tasks.entries
	logs_in_by_default(task) == "yes"
}

unknown contains {
	"msg": sprintf("%s: %s, so how its tasks log in under the bypass cannot be told.", [registry.label, unread.why]),
	"field": unread.field,
} if {
	some unread in paths.bypass_unread
}

unknown contains {
	"msg": sprintf("%s: of task %s %s, so how it logs in under the bypass cannot be told.", [
		registry.label,
		task.name,
		unread.why,
	]),
	"field": unread.field,
	"key": task.name,
} if {
	tasks.bypass_allowed == "yes"
	some task in tasks.entries
	logs_in_by_default(task) == "unknown"
	some unread in unread_parts(task)
}

logs_in_by_default(task) := verdict.conjunction([paths.uses_bypass(task), credentials.default_login(task)])

unread_parts(task) := tasks.unread_parts(task, paths.aspects) | login_unread(task)

login_unread(task) := {{"field": login_field(task), "why": verdict.why("its login mode", null)}} if {
	credentials.default_login(task) == "unknown"
} else := set()

login_field(task) := sprintf("%s/properties/credentials/sourceRegistry/loginMode", [task.field])
