# Who may decide what a registry's tasks run: with the network rule bypass, whoever does rides it.
package lib.writers

import data.lib.roles
import data.lib.verdict

# The assignments that let their holder write tasks or start their runs.
entries := described(roles.as_read) if {
	is_array(roles.as_read)
} else := []

described(assignments) := [describe(index, assignment) |
	some index, assignment in assignments
	answer := writes(assignment)
	answer != "no"
]

describe(index, assignment) := {
	"principal": text(verdict.member(assignment, ["properties", "principalId"])),
	"type": text(verdict.member(assignment, ["properties", "principalType"])),
	"role": roles.role_name(assignment),
	"scope": text(verdict.member(assignment, ["properties", "scope"])),
	"field": sprintf("/role_assignments/%d", [index]),
	"writes": writes(assignment),
}

writes(assignment) := "yes" if {
	roles.role(assignment) in roles.writers
} else := verdict.of_boolean(count(roles.definitions[roles.role(assignment)].task_actions) > 0) if {
	roles.definitions[roles.role(assignment)]
} else := "no" if {
	roles.known(assignment)
} else := "unknown"

text(value) := value if {
	is_string(value)
} else := ""

sure := [entry | some entry in entries; entry.writes == "yes"]

perhaps := [entry | some entry in entries; entry.writes == "unknown"]

labels := sort({label(entry) | some entry in sure})

label(entry) := sprintf("%s %s (%s)", [kind(entry), entry.principal, entry.role])

kind(entry) := "user" if {
	lower(entry.type) == "user"
} else := "group" if {
	lower(entry.type) in {"group", "foreigngroup"}
} else := "service principal" if {
	lower(entry.type) == "serviceprincipal"
} else := "principal"

# Whether the list holds everybody's assignments. Older snapshots have those of the tasks' own identities only.
everybody if input.origin.role_assignments == "all"
