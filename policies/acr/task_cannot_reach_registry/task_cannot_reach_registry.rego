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

import data.lib.declared
import data.lib.endpoints
import data.lib.firewall
import data.lib.logins
import data.lib.mends
import data.lib.needs
import data.lib.paths
import data.lib.reach
import data.lib.registry
import data.lib.roles
import data.lib.runs
import data.lib.tasks
import data.lib.verdict

deny contains {
	"msg": sprintf("%s: task %s %s%s", [registry.label, found.task.name, sentence(found, link), steps_note(found)]),
	"field": field_of(found.task, link),
	"key": found.task.name,
	"severity": severity(link),
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
		concat(", and ", whys(found)),
	]),
	"field": reasons(found)[0].field,
	"reason": concat(", and ", whys(found)),
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
		trim_suffix(sentence(found, reach.broken_link(found)), "."),
		succeeded(tally),
	])
}

quick_key := "quick runs"

succeeded(tally) := sprintf("the run of %s succeeded, which is newer than what was changed last", [tally.last_success])

# In source code the roles that it gives the identity are not enough, and another may be given elsewhere.
severity(link) := "medium" if {
	link in {"role", "import"}
	roles.may_hold_more
} else := "high"

sentence(found, "pool") := sprintf("never runs: its agent pool %s does not exist.", [found.task.pool])

sentence(found, "way") := sprintf("cannot reach it: %s, and %s.", [direct_why(found.task), bypass_why(found.task)])

sentence(found, "login") := sprintf("logs in nowhere, but its steps %s.", [steps(found.need)]) if {
	count(found.candidates) == 0
} else := sprintf("has no login that counts: %s, and %s.", [logs_in(found), login_rule(found)])

sentence(found, "role") := sprintf("purges with acr-cli older than 0.19, which %s.", [
	"repository permissions refuse whatever its roles",
]) if {
	found.need.outdated_purge
	registry.abac
} else := sprintf("gets in and is then refused: %s may not %s. %s.", [
	who(found),
	concat(" or ", lacking_words(found)),
	holds(found),
])

sentence(found, "import") := sprintf("imports images, which %s. %s.", [
	"takes registries/importImage/action, and the identity that az logs in with may not do it",
	held_by(logins.system_principal(found.task)),
])

direct_why(task) := "public network access is Disabled and no private endpoint is approved for its agent pool" if {
	task.on_vnet_pool == "yes"
	registry.closed == "yes"
} else := "neither a private endpoint nor a firewall rule admits the subnet of its agent pool" if {
	task.on_vnet_pool == "yes"
} else := "public network access is Disabled and it runs on no agent pool in a virtual network" if {
	registry.closed == "yes"
} else := sprintf("the firewall lacks ranges of %s, where it runs (%s)", [
	firewall.service_tag.id,
	concat(", ", firewall.service_tag.missing_ipv4),
])

bypass_why(_) := "the registry does not let Tasks bypass its network rules" if {
	tasks.bypass_allowed == "no"
} else := "without a system-assigned identity it cannot use the network rule bypass"

steps(need) := concat(" and ", needs.wanted(need))

steps_note(found) := "" if {
	found.need.steps_read
} else := sprintf(" What it needs was not read (%s); to pull is the least.", [needs.unread_why(found.task)])

logs_in(found) := concat(", ", sort({words[candidate.kind] | some candidate in found.candidates}))

words := {
	"default": "it logs in by default",
	"system": "it names its system-assigned identity and has none",
	"user": "it logs in with a user-assigned identity",
	"password": "it logs in with a stored user name and password",
	"unknown": "its login was not read",
}

login_rule(found) := "under repository permissions only an identity logs in" if {
	found.direct != "no"
} else := "over the network rule bypass only a system-assigned identity does"

who(found) := "the identity that it logs in with" if {
	count(found.candidates) == 1
} else := "none of the identities that it logs in with"

lacking_words(found) := [right | some right in needs.rights; right in mends.lacking(found)]

holds(found) := concat("; ", sort({held_by(candidate.principal) | some candidate in found.candidates}))

held_by(principal) := "It holds no role on the registry" if {
	count(role_names(principal)) == 0
} else := sprintf("It holds %s", [concat(", ", role_names(principal))])

role_names(principal) := sort({roles.role_name(assignment) | some assignment in roles.held(principal)}) if {
	is_string(principal)
} else := []

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
	"roles": sort(union({{name | some name in role_names(candidate.principal)} | some candidate in found.candidates})),
	"lacking": lacking_words(found),
	"runs": runs.told(runs.of_task(found.task.name)),
}

state := {"yes": "open", "no": "shut", "unknown": "unknown"}

addresses(task) := "no" if {
	task.on_vnet_pool == "yes"
} else := paths.public_addresses

network(task) := "no" if {
	task.on_vnet_pool == "no"
} else := paths.from_pool(task)

whys(found) := [why | some index, unread in reasons(found); why := unread.why; not repeated(reasons(found), index)]

repeated(list, index) if {
	some earlier, unread in list
	earlier < index
	unread.why == list[index].why
}

# What could not be read of a task, where that keeps it from a verdict.
reasons(found) := array.concat(array.concat(status(found), way_reasons(found)), login_reasons(found))

status(found) := [unread | some unread in tasks.unread_parts(found.task, ["enabled"])]

way_reasons(found) := array.concat(direct_reasons(found), bypass_reasons(found))

direct_reasons(found) := [] if {
	found.direct != "unknown"
} else := [unread | some unread in tasks.unread_parts(found.task, ["on_vnet_pool"])] if {
	found.task.on_vnet_pool == "unknown"
} else := [unread | some unread in paths.reach_unread] if {
	found.task.on_vnet_pool == "no"
} else := from_pool_reasons(found.task)

from_pool_reasons(task) := network_settings if {
	count(network_settings) > 0
} else := array.concat([unread | some unread in endpoints.unread_parts], subnet_reasons(task))

network_settings := [unread | some unread in registry.network_unread]

subnet_reasons(_) := [paths.subnet_rules_unread] if {
	paths.subnet_rules_unread
} else := [] if {
	endpoints.approved == "unknown"
} else := [{
	"field": firewall.list_field,
	"why": "no private endpoint is approved, and whether the firewall holds the address of its subnet cannot be read",
}]

bypass_reasons(found) := [] if {
	found.bypass != "unknown"
} else := [] if {
	found.direct == "yes"
} else := [registry.unread(registry.bypass_path)] if {
	tasks.bypass_allowed == "unknown"
} else := [unread | some unread in tasks.unread_parts(found.task, ["system_identity"])] if {
	found.task.system_identity == "unknown"
} else := [{
	"field": "/registry/properties/networkRuleBypassOptions",
	"why": "whether the bypass for Tasks holds while networkRuleBypassOptions is not AzureServices is not documented",
}] if {
	paths.options != "azureservices"
} else := [{
	"field": sprintf("%s/properties/agentPoolName", [found.task.field]),
	"why": "whether the bypass also serves an agent pool in a virtual network is not documented",
}]

login_reasons(found) := of_candidates(found) if {
	count(found.candidates) == 1
} else := [{
	"field": logins.field(found.task),
	"why": "its steps may need the registry, where it logs in nowhere",
}] if {
	count(found.candidates) == 0
	found.touches == "unknown"
} else := several(found) if {
	count(found.candidates) > 1
} else := []

of_candidates(found) := [unread |
	some candidate in found.candidates
	some unread in candidate_reasons(found, candidate)
]

several(found) := [] if {
	found.access != "unknown"
	found.access_over_bypass != "unknown"
} else := [{"field": logins.field(found.task), "why": logins.unread_why}] if {
	"unknown" in {candidate.kind | some candidate in found.candidates}
} else := [{
	"field": logins.field(found.task),
	"why": "it has more than one login for this registry, and which one a run uses is not said",
}]

candidate_reasons(found, candidate) := [registry.unread(registry.mode_path)] if {
	candidate.kind == "default"
	candidate.login == "unknown"
} else := [{"field": logins.field(found.task), "why": logins.unread_why}] if {
	candidate.kind == "unknown"
} else := [{
	"field": logins.field(found.task),
	"why": "what its stored user name and password may do is not known",
}] if {
	candidate.kind == "password"
} else := [unread | some unread in tasks.unread_parts(found.task, ["system_identity"])] if {
	candidate.login == "unknown"
} else := role_reasons(found, candidate) if {
	candidate.role == "unknown"
} else := import_reasons(found)

role_reasons(found, candidate) := [{
	"field": sprintf("%s/identity/principalId", [found.task.field]),
	"why": verdict.why("the principal of the identity that it logs in with", null),
}] if {
	candidate.principal == null
} else := [roles.list_unread] if {
	not candidate.granted.read
} else := [registry.unread(registry.mode_path)] if {
	registry.mode == "unknown"
} else := [{"field": "/role_assignments", "why": role_why(found, candidate)}]

role_why(found, candidate) := "roles may be assigned that this source does not declare" if {
	candidate.granted.partial
	candidate.granted.held == 0
} else := "what its steps need beyond pulling is not known, and its identity does not hold every right" if {
	"pull" in candidate.granted.sure
	"unknown" in {found.need[right] | some right in reach.data_rights}
} else := "its identity holds a role only through a group, under a condition, or one that is not known here"

import_reasons(found) := [] if {
	found.imports != "unknown"
} else := [{
	"field": sprintf("%s/identity", [found.task.field]),
	"why": sprintf("whether its identity may import images %s", [declared.not_read]),
}]
