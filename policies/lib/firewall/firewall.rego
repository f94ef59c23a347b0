# The firewall's IP rules and the service tag's coverage, as the host computed them.
package lib.firewall

import data.lib.az
import data.lib.declared
import data.lib.registry
import data.lib.verdict

# Whether the list was read in the shape it should have.
known if is_array(input.firewall.rules)

# The entries that have the shape of a rule.
default rules := []

rules := [rule |
	some rule in input.firewall.rules
	well_formed(rule)
] if {
	known
}

well_formed(rule) if {
	is_string(rule.value)
	rule.family in {"ipv4", "ipv6", "invalid"}
	is_string(rule.field)
	startswith(rule.field, "/")
}

# Why the list answers nothing; undefined when it was read.
list_unread := {
	"field": list_field,
	"why": verdict.why("the list of IP rules", object.get(input, ["firewall", "rules"], null)),
} if {
	not known
}

list_field := "/registry/properties/networkRuleSet/ipRules"

# Why the list does not answer for what it may hold besides; undefined when it shows all its rules.
may_hold_more := declared.may_hold_more(list_field, "its IP rules are not all known") if known

# The entries that could not be read, each with the key of its finding.
entry_unread contains {
	"field": sprintf("%s/%d", [list_field, index]),
	"key": sprintf("#%d", [index]),
	"why": sprintf("entry %d of its IP rules %s", [index, declared.unreadable]),
} if {
	known
	some index, rule in input.firewall.rules
	not well_formed(rule)
}

# The tag, once what a policy needs of it has the right shape; undefined otherwise.
service_tag := input.service_tag if {
	is_string(input.service_tag.id)
	strings_only(input.service_tag.missing_ipv4)
	strings_only(input.service_tag.covered_ipv4)
}

strings_only(list) if {
	is_array(list)
	every item in list {
		is_string(item)
	}
}

service_tag_unread := {
	"field": "/service_tag",
	"why": tag_gap,
} if {
	not service_tag
	not without_rules
}

# The host found the tag and had no rules to compare with it, for which there is a doubt already.
without_rules if {
	not known
	is_string(input.service_tag.id)
	not "missing_ipv4" in object.keys(input.service_tag)
}

# The host gives null where the region has no tag, and where there is no region.
tag_gap := sprintf("no service tag of its region %s is known", [input.registry.location]) if {
	is_string(input.registry.location)
	object.get(input, "service_tag", null) == null
} else := verdict.why("the registry region's service tag", object.get(input, "service_tag", null))

# Which list of tags was compared with, as far as it says: "change number 376 of 2025-11-10, built into the scanner".
tag_list := concat(", ", array.concat([numbered], origin)) if {
	numbered := concat(" of ", array.concat(change_number, date))
	origin := [source_names[service_tag.source]]
} else := concat(" of ", array.concat(change_number, date))

source_names := {
	"arm": "read from Azure",
	"embedded": "built into the scanner",
	"file": "read from a file",
}

change_number := [sprintf("change number %d", [service_tag.change_number])] if {
	is_number(service_tag.change_number)
	floor(service_tag.change_number) == service_tag.change_number
} else := [sprintf("change number %s", [service_tag.change_number])] if {
	is_string(service_tag.change_number)
} else := ["the list"]

date := [service_tag.date] if {
	is_string(service_tag.date)
} else := []

remove_rule(value) := az.acr("network-rule remove", [az.option("--ip-address", value)])

# Adds ranges in one change of the whole list: one command a range races with itself, and may end half-way at the quota.
# Only where a rule could not be read it is left to one command a range, which drops none.
add_rules(cidrs, action) := [az.acr("network-rule add", [az.option("--ip-address", cidr)]) | some cidr in cidrs] if {
	count(entry_unread) > 0
} else := [az.patch(sprintf(`{"networkRuleSet":{"defaultAction":"%s","ipRules":[%s]}}`, [
	action,
	concat(",", [sprintf(`{"action":"Allow","value":"%s"}`, [value]) | some value in array.concat(kept, cidrs)]),
]))]

# The networks of the list, each once.
kept := [rule.cidr |
	some index, rule in rules
	rule.family == "ipv4"
	is_string(rule.cidr)
	not stands_before(index)
]

stands_before(index) if {
	some earlier, rule in rules
	earlier < index
	rule.cidr == rules[index].cidr
}

# Basic and Standard registries have no list, and need none.
absent if {
	registry.has_firewall == "no"
	object.get(input, "firewall", null) == null
}
