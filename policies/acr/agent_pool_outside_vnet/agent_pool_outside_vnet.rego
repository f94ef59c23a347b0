# METADATA
# scope: package
# title: A task of a restricted registry runs on an agent pool that does not lead there
# description: >-
#   Finds enabled ACR Tasks of a registry with restricted public access whose agent pool has no subnet, failed, has no
#   machines, or does not exist. A pool without a subnet goes out through public addresses like the shared pool: high
#   where the task has no other way than that, low where it gets in anyway. A pool that failed or has no machines leaves
#   its runs queued.
# related_resources:
# - ref: https://learn.microsoft.com/azure/container-registry/tasks-agent-pools
#   description: Run ACR Tasks in dedicated agent pools
# custom:
#   severity: medium
#   profile: network
#   remediation: >-
#     Create a pool with --subnet-id in a virtual network that reaches the registry's private endpoint, as a pool's
#     subnet is set at its creation, and move the task there. Give an empty pool machines again, and mend or recreate
#     one that failed.
#   reads: [tasks, agent_pools, service_tag, role_assignments, role_definitions, task_credentials]
#   controls: {}
#   parameters: {}
package acr.agent_pool_outside_vnet

import data.lib.az
import data.lib.declared
import data.lib.pointer
import data.lib.reach
import data.lib.registry
import data.lib.tasks
import data.lib.verdict

deny contains {
	"msg": sprintf("%s restricts public access and task %s runs on agent pool %s, which %s.", [
		registry.label,
		task.name,
		task.pool,
		concat(" and ", faults),
	]),
	"field": pool_field(task),
	"key": task.name,
	"evidence": {"task": task.name, "agent_pool": task.pool, "faults": faults},
	"severity": severity(task, faults),
	"fix": fix(task, faults),
} if {
	registry.restricted == "yes"
	some task in tasks.entries
	task.enabled == "yes"
	faults := faults_of(task)
	count(faults) > 0
}

unknown contains {
	"msg": sprintf("%s: %s, so whether its agent pools lead to it cannot be told.", [registry.label, unread.why]),
	"field": unread.field,
	"reason": unread.why,
} if {
	some unread in registry_unread
}

unknown contains {
	"msg": sprintf("%s: of task %s %s, so whether its agent pool leads to the registry cannot be told.", [
		registry.label,
		task.name,
		unread.why,
	]),
	"field": unread.field,
	"reason": sprintf("of task %s %s", [task.name, unread.why]),
	"key": task.name,
} if {
	registry.restricted == "yes"
	some task in tasks.entries
	pooled(task)
	some unread in task_unread(task)
}

# A task that names a pool, or may name one.
pooled(task) if {
	task.enabled != "no"
	not task.pool in {null, ""}
}

pooled(task) if {
	task.enabled != "no"
	task.on_vnet_pool == "unknown"
}

registry_unread contains unread if {
	registry.restricted == "unknown"
	concerned
	some unread in registry.network_unread
}

registry_unread contains tasks.list_unread if registry.restricted == "yes"

concerned if tasks.list_unread

concerned if {
	some task in tasks.entries
	pooled(task)
}

# The pools of the name that the task gives, by position: one, unless the document is odd.
pools(task) := object.get(tasks.pools, lower(task.pool), {}) if {
	is_string(task.pool)
} else := {}

faults_of(task) := ["does not exist"] if {
	is_string(task.pool)
	task.pool != ""
	task.on_vnet_pool == "no"
	count(pools(task)) == 0
} else := sort({fault |
	some pool in pools(task)
	some fault, answer in judged(pool)
	answer == "yes"
})

# What may be wrong with a pool, and whether it is.
judged(pool) := {
	"failed": failed(pool),
	"has no machines": empty(pool),
	"has no subnet": verdict.negation(tasks.subnet_verdict(pool)),
}

# What is declared has not been tried.
failed(pool) := "no" if {
	declared.yes
} else := verdict.of_boolean(state_fails(pool))

state_fails(pool) := state in {"failed", "canceled"} if {
	state := verdict.lower_or_undefined(verdict.member(pool, ["properties", "provisioningState"]))
	state in {"succeeded", "creating", "updating", "deleting", "failed", "canceled"}
} else := null

empty(pool) := verdict.of_boolean(machines == 0) if {
	machines := verdict.member(pool, ["properties", "count"])
	is_number(machines)
} else := "unknown"

# What could not be read of a task's pool, where nothing is known to be wrong with it.
task_unread(task) := tasks.unread_parts(task, ["enabled", "on_vnet_pool"]) if {
	count(tasks.unread_parts(task, ["enabled", "on_vnet_pool"])) > 0
} else := {{"field": pool_field(task), "why": sprintf("whether its agent pool %s %s", [question, declared.not_read])} |
	count(faults_of(task)) == 0
	some pool in pools(task)
	some question, answer in judged(pool)
	answer == "unknown"
}

pool_field(task) := pointer.join(["agent_pools", min(object.keys(pools(task)))]) if {
	count(pools(task)) > 0
} else := sprintf("%s/properties/agentPoolName", [task.field])

# A pool without machines, or one that failed, leaves runs queued whatever the network.
severity(task, faults) := "high" if {
	task.pool_missing
} else := "low" if {
	faults == ["has no subnet"]
	reach.by_name[task.field].answer == "yes"
} else := reach.gravity(task) if {
	faults == ["has no subnet"]
} else := "medium"

# The subnet is set when a pool is created; only machines can be added later.
fix(task, faults) := [az.command("az acr agentpool update", [
	["--registry", az.registry_name],
	["--name", task.pool],
	["--count", "1"],
])] if {
	faults == ["has no machines"]
} else := []
