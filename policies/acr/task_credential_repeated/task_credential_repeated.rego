# METADATA
# scope: package
# title: A task has several credentials for one registry
# description: >-
#   Finds ACR Tasks with more than one credential for the same login server, spelled alike or in other letters, or with
#   a source registry identity and another credential for the registry's own login server. Which of them a run logs in
#   with is not said, so a task that works today may be refused tomorrow, or the other way round.
# related_resources:
# - ref: https://learn.microsoft.com/cli/azure/acr/task/credential
#   description: az acr task credential
# custom:
#   severity: low
#   profile: network
#   remediation: >-
#     Keep the one that is meant, and remove the others.
#   reads: [tasks, task_credentials]
#   controls: {}
#   parameters: {}
package acr.task_credential_repeated

import data.lib.logins
import data.lib.registry
import data.lib.tasks

deny contains {
	"msg": sprintf("%s: task %s has more than one credential for %s, and which of them a run uses is not said.", [
		registry.label,
		task.name,
		server,
	]),
	"field": logins.field(task),
	"key": sprintf("%s %s", [task.name, server]),
	"evidence": {"task": task.name, "login_server": server},
} if {
	some task in tasks.entries
	task.enabled != "no"
	some server in servers(task)
}

unknown contains {
	"msg": sprintf("%s: %s, so whether its tasks' credentials are clear cannot be told.", [registry.label, unread.why]),
	"field": unread.field,
	"reason": unread.why,
} if {
	unread := tasks.list_unread
}

unknown contains {
	"msg": sprintf("%s: of task %s %s, so whether they are clear cannot be told.", [
		registry.label,
		task.name,
		logins.unread_why,
	]),
	"field": logins.field(task),
	"reason": logins.unread_why,
	"key": task.name,
} if {
	some task in tasks.entries
	task.enabled != "no"
	logins.servers(task) == null
}

servers(task) := {server | some server in logins.repeated(task)} | source_beside(task)

# The registry's own server, where the source registry's identity is another than its entry's.
source_beside(task) := {lower(server) |
	count(logins.explicit(task)) > 1
	not "unknown" in {candidate.kind | some candidate in logins.explicit(task)}
	not logins.source_identity(task) in {null, ""}
	some entry in logins.own_entries(task)
	server := entry[0]
}
