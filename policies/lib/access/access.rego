# Who gets in, of one registry: what `simulate` and `fix` compare before and after a change. No finding rests on it.
package lib.access

import data.lib.firewall
import data.lib.paths
import data.lib.reach
import data.lib.reasons
import data.lib.registry
import data.lib.tasks
import data.lib.verdict

standing := {
	"posture": posture,
	"rules_may_hold_more": rules_may_hold_more,
	"tasks_unread": tasks_unread,
	"tasks": [row(found) | some found in reach.verdicts],
	"endpoints": paths.from_any_subnet,
	"nobody": nobody,
}

# The rules that admit nobody, as no public client comes from there.
nobody := sort({rule.cidr |
	some rule in firewall.rules
	rule.family == "ipv4"
	is_string(rule.cidr)
	paths.admits_nobody(rule)
})

# Whom the public endpoint lets in: everybody, those on the list, nobody.
posture := "open" if {
	registry.restricted == "no"
} else := "closed" if {
	registry.closed == "yes"
} else := "selected" if {
	registry.selected == "yes"
} else := "unknown"

# Whether an address that is on no rule that is shown may be let in by one that is not.
default rules_may_hold_more := false

rules_may_hold_more if not firewall.known

rules_may_hold_more if firewall.may_hold_more

rules_may_hold_more if count(firewall.entry_unread) > 0

default tasks_unread := null

tasks_unread := tasks.list_unread.why

row(found) := {
	"task": found.task.name,
	"field": found.task.field,
	"answer": found.reaches,
	"way": way(found, found.reaches),
	"reason": reason(found, found.reaches),
}

# The way that is sure; null where none is.
way(found, "yes") := "none_needed" if {
	reach.indifferent(found)
} else := "open_registry" if {
	directly(found)
	posture == "open"
} else := "virtual_network" if {
	directly(found)
	found.task.on_vnet_pool == "yes"
} else := "public_addresses" if {
	directly(found)
	found.task.on_vnet_pool == "no"
} else := "virtual_network_or_public_addresses" if {
	directly(found)
} else := "bypass"

way(_, "no") := null

way(_, "unknown") := null

directly(found) if verdict.conjunction([found.direct, found.access]) == "yes"

reason(found, "yes") := words[way(found, "yes")]

reason(found, "no") := reasons.refusal(found, reach.broken_link(found))

reason(found, "unknown") := sprintf("%s, yet a run of it succeeded since the last change", [by_settings]) if {
	found.contradicted
	refusal := reasons.refusal(found, reach.broken_link(found))
	by_settings := sprintf("by its settings it %s", [trim_suffix(refusal, ".")])
} else := concat(", and ", reasons.whys(found))

words := {
	"none_needed": "its steps need nothing of the registry",
	"open_registry": "the registry is open to every network",
	"virtual_network": "its agent pool is in a virtual network that leads to the registry",
	"public_addresses": "the firewall admits the addresses that it runs from",
	"virtual_network_or_public_addresses": "wherever its agent pool is, a way leads to the registry",
	"bypass": "it passes the network rules with its system-assigned identity",
}
