# METADATA
# scope: package
# title: A task's runs all fail
# description: >-
#   Finds enabled ACR Tasks of which every run of the last 30 days that ended has failed, where the scan reads what ran
#   (--runs), and tells the last error. Nothing that a registry declares shows that a build broke weeks ago. Finds tasks
#   for Windows on a pool of Linux machines as well, whose runs never start; that needs no list of runs.
# related_resources:
# - ref: https://learn.microsoft.com/azure/container-registry/container-registry-tasks-logs
#   description: View and manage task run logs
# - ref: https://learn.microsoft.com/azure/container-registry/tasks-agent-pools
#   description: Run ACR Tasks in dedicated agent pools
# custom:
#   severity: medium
#   profile: network
#   remediation: >-
#     Read the log of the last run (az acr task logs), and mend what it names. Disable a task that nobody needs any
#     more. Move a task for Windows off a pool, whose machines run Linux.
#   reads: [tasks, agent_pools, service_tag, role_assignments, role_definitions, task_credentials, subnet_rules, runs]
#   controls: {}
#   parameters: {}
package acr.task_runs_fail

import data.lib.pointer
import data.lib.reach
import data.lib.registry
import data.lib.runs
import data.lib.tasks
import data.lib.verdict

deny contains {
	"msg": trim_space(sprintf("%s: of task %s no run succeeds: %s. %s", [
		registry.label,
		task.name,
		runs.summary(tally),
		runs.error(tally),
	])),
	"field": pointer.join(["runs", "tasks", task.name]),
	"key": task.name,
	"evidence": {"task": task.name, "runs": tally},
} if {
	some task in tasks.entries
	task.enabled == "yes"
	tally := runs.of_task(task.name)
	runs.only_failures(tally)
	not refused(task)
}

deny contains {
	"msg": sprintf("%s: task %s is for Windows and runs on agent pool %s, whose machines run Linux: it never starts.", [
		registry.label,
		task.name,
		task.pool,
	]),
	"field": sprintf("%s/properties/platform/os", [task.field]),
	"key": sprintf("%s on Windows", [task.name]),
	"evidence": {"task": task.name, "agent_pool": task.pool},
} if {
	some task in tasks.entries
	task.enabled == "yes"
	on_linux(task) == "yes"
}

# That it does not reach the registry is told already, with its runs.
refused(task) if reach.by_name[task.field].reaches == "no"

unknown contains {
	"msg": sprintf("%s: %s, so whether its tasks' runs succeed cannot be told.", [registry.label, runs.unread.why]),
	"field": runs.unread.field,
	"reason": runs.unread.why,
} if {
	not runs.not_asked
}

unknown contains {
	"msg": sprintf(
		"%s: %s, so whether its tasks' runs can start cannot be told.",
		[registry.label, tasks.list_unread.why],
	),
	"field": tasks.list_unread.field,
	"reason": tasks.list_unread.why,
} if {
	not is_array(tasks.as_read)
}

unknown contains {
	"msg": sprintf("%s: the machines of agent pool %s were not read, so whether task %s can start cannot be told.", [
		registry.label,
		task.pool,
		task.name,
	]),
	"field": sprintf("%s/properties/agentPoolName", [task.field]),
	"key": task.name,
	"reason": sprintf("the machines of agent pool %s were not read", [task.pool]),
} if {
	some task in tasks.entries
	task.enabled == "yes"
	on_linux(task) == "unknown"
}

# Whether a task for Windows names a pool of Linux machines.
on_linux(task) := verdict.conjunction([answer | some answer in pool_systems(task)]) if {
	for_windows(task)
	count(pool_systems(task)) > 0
} else := "no"

for_windows(task) if {
	verdict.lower_or_undefined(verdict.member(task.item, ["properties", "platform", "os"])) == "windows"
	is_string(task.pool)
}

pool_systems(task) := [is_linux(pool) | some pool in object.get(tasks.pools, lower(task.pool), {})]

is_linux(pool) := verdict.of_boolean(system == "linux") if {
	system := verdict.lower_or_undefined(verdict.member(pool, ["properties", "os"]))
	system in {"linux", "windows"}
} else := "unknown"
