# What belongs to a registry beside its tasks and pools, a list each: replications, webhooks, tokens and scope maps,
# cache rules and credential sets, locks, diagnostic settings, Defender's plans.
package lib.related

import data.lib.declared
import data.lib.registry
import data.lib.verdict

# Empty where it was not read.
items(member) := list if {
	list := object.get(input, member, null)
	is_array(list)
} else := []

# Why a list answers nothing; undefined where it was read.
unread(member, name) := registry.unread([]) if {
	not is_object(registry.as_read)
} else := {"field": concat("", ["/", member]), "why": verdict.why(name, as_read)} if {
	as_read := object.get(input, member, null)
	not is_array(as_read)
}

# Why what a list does not show may be there all the same: it was not read, or others may add to it.
may_lack(member, name) := unread(member, name) if {
	not is_array(object.get(input, member, null))
} else := declared.may_hold_more(concat("", ["/", member]), sprintf("%s may be longer than this source shows", [name]))

name(item, index) := item.name if {
	is_string(item.name)
	item.name != ""
} else := sprintf("#%d", [index])

# An item of a list by its id, or, in source code, by what refers to it; null where it is not there.
by_id(member, id) := found[0] if {
	is_string(id)
	found := [item |
		some item in items(member)
		is_string(item.id)
		lower(item.id) == lower(id)
	]
	count(found) > 0
} else := null

# Replicas outside the home region, whose own entry Azure lists among them: index, name, location and properties.
replicas := [replica |
	some index, item in items("replications")
	location := place(verdict.member(item, ["location"]))
	location != home
	replica := {
		"index": index,
		"name": name(item, index),
		"location": location,
		"properties": verdict.member(item, ["properties"]),
	}
]

home := place(registry.setting(["location"])) if {
	is_string(registry.setting(["location"]))
} else := "nowhere"

# Azure's name of a region, which may be written as it is displayed.
place(text) := lower(replace(text, " ", "")) if {
	is_string(text)
} else := "a region that is not known"
