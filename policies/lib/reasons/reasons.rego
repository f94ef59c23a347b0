# Why a task is refused, or why it cannot be told whether it is, in words: for the policy that finds it and for what
# asks what a change would break.
package lib.reasons

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
import data.lib.tasks
import data.lib.verdict

# What keeps a task from its registry, as the rest of a sentence that begins with the task.
refusal(found, link) := sprintf("%s%s", [sentence(found, link), steps_note(found)])

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
} else := sprintf("gets in, but this source gives %s no role: its steps %s.", [
	"the identity that it logs in with",
	steps(found.need),
]) if {
	without_role(found, logins.in_source)
} else := sprintf("gets in and is then refused: %s may not %s. %s.", [
	who(found),
	concat(" or ", lacking_words(found)),
	holds(found),
])

sentence(found, "import") := sprintf("imports images, which %s. %s.", [
	"takes registries/importImage/action, and the identity that az logs in with may not do it",
	held_by(logins.system_principal(found.task)),
])

# Source code that gives the identity no role at all may leave that to another.
without_role(found, source_code) if {
	source_code
	every candidate in found.candidates {
		count(role_names(candidate.principal)) == 0
	}
}

direct_why(task) := "public access is Disabled, no private endpoint is approved for its pool" if {
	task.on_vnet_pool == "yes"
	registry.closed == "yes"
} else := "neither a private endpoint nor a firewall rule admits the subnet of its agent pool" if {
	task.on_vnet_pool == "yes"
} else := "public access is Disabled, its pool is in no virtual network" if {
	registry.closed == "yes"
} else := sprintf("the firewall lacks ranges of %s (%s)", [
	firewall.service_tag.id,
	concat(", ", firewall.service_tag.missing_ipv4),
])

bypass_why(_) := "Tasks may not bypass its rules" if {
	tasks.bypass_allowed == "no"
} else := "it has no system-assigned identity for the bypass"

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

whys(found) := [why | some index, unread in of(found); why := unread.why; not repeated(of(found), index)]

repeated(list, index) if {
	some earlier, unread in list
	earlier < index
	unread.why == list[index].why
}

# What could not be read of a task, where that keeps it from a verdict.
of(found) := array.concat(array.concat(status(found), way_of(found)), login_of(found))

status(found) := [unread | some unread in tasks.unread_parts(found.task, ["enabled"])]

way_of(found) := array.concat(direct_of(found), bypass_of(found))

direct_of(found) := [] if {
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

bypass_of(found) := [] if {
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

login_of(found) := of_candidates(found) if {
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
} else := import_of(found)

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

import_of(found) := [] if {
	found.imports != "unknown"
} else := [{
	"field": sprintf("%s/identity", [found.task.field]),
	"why": sprintf("whether its identity may import images %s", [declared.not_read]),
}]
