# METADATA
# scope: package
# title: A task does not reach its registry, or may not do there what it is for
# description: >-
#   Finds enabled ACR Tasks that do not reach their registry, or may not do there what they are for. The verdict on
#   each rests on what its steps need of the registry, whether a way leads there (an open registry, the region's whole
#   service tag in the firewall, an agent pool in a virtual network, the network rule bypass), whether it logs in over
#   that way, and whether the identity that logs in holds the rights. The task is named wherever one of these breaks,
#   with the first that does; where one of them was not read, the answer is unknown. Where the scan reads what ran
#   (--runs), a run that succeeded since the last change speaks against a refusal, which then is unknown, and runs
#   without a task (az acr build, az acr run) of a closed registry are named.
# related_resources:
# - ref: https://learn.microsoft.com/azure/container-registry/manage-network-bypass-policy-for-tasks
#   description: Manage network bypass policy for Tasks
# - ref: https://learn.microsoft.com/azure/container-registry/tasks-agent-pools
#   description: Run ACR Tasks in dedicated agent pools
# - ref: https://learn.microsoft.com/azure/container-registry/container-registry-rbac-built-in-roles-overview
#   description: Azure Container Registry roles
# - ref: https://learn.microsoft.com/azure/container-registry/container-registry-rbac-abac-repository-permissions
#   description: Attribute-based repository permissions
# custom:
#   severity: high
#   profile: network
#   remediation: >-
#     Where no way leads there: run the task on a dedicated agent pool in a virtual network that reaches the registry's
#     private endpoint; that opens nothing, but the pool costs money and is not offered in every region. Or let selected
#     networks in and allow the region's service tag, whose addresses every customer's tasks in the region share. Or
#     allow Tasks to bypass the network rules and let the task log in with a system-assigned identity; whoever may write
#     tasks can then use that identity from outside the firewall. Where the login or the role breaks, give the task an
#     identity that logs in, and that identity the role that its steps need.
#   reads: [tasks, agent_pools, service_tag, role_assignments, role_definitions, task_credentials, subnet_rules, runs]
#   controls: {}
#   parameters: {}
package acr.task_cannot_reach_registry

import data.lib.logins
import data.lib.mends
import data.lib.needs
import data.lib.paths
import data.lib.reach
import data.lib.reasons
import data.lib.registry
import data.lib.runs
import data.lib.tasks
import data.lib.verdict

deny contains {
	"msg": sprintf("%s: task %s %s", [registry.label, found.task.name, reasons.refusal(found, link)]),
	"field": field_of(found.task, link),
	"key": found.task.name,
	"severity": severity(link, logins.in_source),
	"evidence": evidence(found, link),
	"fix": mends.of(found, link),
} if {
	some found in reach.verdicts
	found.reaches == "no"
	link := reach.broken_link(found)
}

# Runs without a task have no identity that the bypass would let in, and come from the shared pool's public addresses.
deny contains {
	"msg": trim_space(sprintf("%s: %s (az acr build, az acr run) cannot reach it: %s. There were %s. %s", [
		registry.label,
		"runs without a task",
		"public network access is Disabled, and the network rule bypass is not theirs",
		runs.summary(runs.quick),
		runs.error(runs.quick),
	])),
	"field": "/registry/properties/publicNetworkAccess",
	"key": quick_key,
	"evidence": {"runs": runs.quick},
} if {
	registry.closed == "yes"
	runs.quick.count > 0
	not runs.quick_succeeds_as_it_is
}

unknown contains {
	"msg": sprintf("%s: whether runs without a task reach it cannot be told: %s.", [registry.label, why]),
	"field": "/registry/properties/publicNetworkAccess",
	"reason": why,
	"key": quick_key,
	"evidence": {"runs": runs.quick, "contradicted_by_run": runs.quick.last_success},
} if {
	registry.closed == "yes"
	runs.quick_succeeds_as_it_is
	why := sprintf("public network access is Disabled, yet %s", [succeeded(runs.quick)])
}

unknown contains {
	"msg": sprintf("%s: %s, so what ran there without a task cannot be told.", [registry.label, runs.unread.why]),
	"field": runs.unread.field,
	"reason": runs.unread.why,
} if {
	not runs.not_asked
	registry.closed != "no"
}

unknown contains {
	"msg": sprintf("%s: %s, so whether its tasks reach it cannot be told.", [registry.label, unread.why]),
	"field": unread.field,
	"reason": unread.why,
} if {
	unread := tasks.list_unread
}

unknown contains {
	"msg": sprintf("%s: whether task %s reaches it cannot be told: %s.", [
		registry.label,
		found.task.name,
		concat(", and ", reasons.whys(found)),
	]),
	"field": reasons.of(found)[0].field,
	"reason": concat(", and ", reasons.whys(found)),
	"key": found.task.name,
} if {
	some found in reach.verdicts
	found.reaches == "unknown"
	not found.contradicted
}

unknown contains {
	"msg": sprintf("%s: whether task %s reaches it cannot be told: %s.", [registry.label, found.task.name, why]),
	"field": found.task.field,
	"reason": why,
	"key": found.task.name,
	"evidence": object.union(evidence(found, reach.broken_link(found)), {"contradicted_by_run": tally.last_success}),
} if {
	some found in reach.verdicts
	found.contradicted
	tally := runs.of_task(found.task.name)
	why := sprintf("by its settings it %s, yet %s", [
		trim_suffix(reasons.sentence(found, reach.broken_link(found)), "."),
		succeeded(tally),
	])
}

quick_key := "quick runs"

succeeded(tally) := sprintf("the run of %s succeeded, which is newer than what was changed last", [tally.last_success])

# In source code the roles that it gives the identity are not enough, and another may be given elsewhere.
severity(link, source_code) := "medium" if {
	link in {"role", "import"}
	source_code
} else := "high"

field_of(task, "pool") := sprintf("%s/properties/agentPoolName", [task.field])

field_of(task, "way") := task.field

field_of(task, "login") := logins.field(task)

field_of(task, link) := sprintf("%s/identity", [task.field]) if link in {"role", "import"}

evidence(found, link) := {
	"task": found.task.name,
	"broken_link": link,
	"need": needs.wanted(found.need),
	"steps_read": found.need.steps_read,
	"ways": {
		"open_registry": state[verdict.negation(registry.restricted)],
		"public_addresses": state[addresses(found.task)],
		"virtual_network": state[network(found.task)],
		"bypass": state[found.bypass],
	},
	"login": sort({candidate.kind | some candidate in found.candidates}),
	"roles": sort(union({role_set(candidate) | some candidate in found.candidates})),
	"lacking": reasons.lacking_words(found),
	"runs": runs.told(runs.of_task(found.task.name)),
}

role_set(candidate) := {name | some name in reasons.role_names(candidate.principal)}

state := {"yes": "open", "no": "shut", "unknown": "unknown"}

addresses(task) := "no" if {
	task.on_vnet_pool == "yes"
} else := paths.public_addresses

network(task) := "no" if {
	task.on_vnet_pool == "no"
} else := paths.from_pool(task)
