# What reports tell of a registry beside findings: its posture in a word, who gets in by which way, and the verdict on
# each task. `facts` is defined whatever the document holds.
package lib.exposure

import data.lib.endpoints
import data.lib.firewall
import data.lib.paths
import data.lib.reach
import data.lib.registry
import data.lib.tasks
import data.lib.verdict

facts := {
	"posture": posture,
	"trusted_services": trusted_services,
	"tasks_bypass": verdict.conjunction([registry.restricted, tasks.bypass_allowed]),
	"endpoints": ends,
	"rules": ranges,
	"tasks": judged,
	"tasks_complete": tasks_complete,
}

posture := "open" if {
	registry.restricted == "no"
} else := "closed" if {
	registry.closed == "yes"
} else := "selected" if {
	registry.selected == "yes"
} else := "unknown"

# Whether trusted services pass by where others are stopped.
trusted_services := verdict.conjunction([
	registry.restricted,
	{"azureservices": "yes", "none": "no", "unknown": "unknown"}[paths.options],
])

# Null where they were not read.
ends := [{"name": entry.name, "approved": entry.approved, "state": entry.state} | some entry in endpoints.entries] if {
	is_array(endpoints.connections)
} else := null

# The firewall's rules, each with whether it lets anybody in; null where the list was not read.
ranges := listed if {
	firewall.known
} else := null

listed := [{"value": rule.value, "admits": admits(rule, registry.selected), "tag": tag(rule.value, tag_ranges)} |
	some rule in firewall.rules
]

admits(rule, in_force) := "no" if {
	rule.family != "ipv4"
} else := "no" if {
	paths.admits_nobody(rule)
} else := in_force

# The service tag that a range is one of; null where it is none of the region's.
tag(value, tagged) := firewall.service_tag.id if {
	value in tagged
} else := null

tag_ranges := {range | some range in firewall.service_tag.covered_ipv4}

# Every task that is enabled, or may be; null where the list was not read.
judged := [task_facts(found) | some found in reach.verdicts] if {
	is_array(tasks.as_read)
} else := null

task_facts(found) := {
	"name": found.task.name,
	"field": found.task.field,
	"reaches": found.reaches,
	"way": way(found),
	"broken_link": broken_link(found),
	"ways": {
		"public": public(found.task),
		"virtual_network": network(found.task),
		"bypass": found.bypass,
	},
}

# The way that a run takes; null where none is known to be open.
way(found) := "bypass" if {
	verdict.conjunction([found.direct, found.access]) != "yes"
	verdict.conjunction([found.bypass, found.access_over_bypass]) == "yes"
} else := "public" if {
	public(found.task) == "yes"
} else := "virtual_network" if {
	network(found.task) == "yes"
} else := "bypass" if {
	found.bypass == "yes"
} else := null

# Whether the addresses that it comes from are let in.
public(task) := "no" if {
	task.pool_missing
} else := verdict.conjunction([verdict.negation(task.on_vnet_pool), paths.public_addresses])

# Whether a virtual network that it runs in leads there.
network(task) := verdict.conjunction([task.on_vnet_pool, paths.from_pool(task)])

broken_link(found) := reach.broken_link(found) if {
	found.reaches == "no"
} else := null

default tasks_complete := true

tasks_complete := false if tasks.list_unread
