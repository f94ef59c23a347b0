# What the steps of a task do to its own registry, as the host worked it out when it read them. The steps themselves are
# not in the document, as they may hold secrets.
package lib.needs

import data.lib.verdict

# What an identity may be allowed to do there. The last one is Azure Resource Manager's, not the registry's own.
rights := ["pull", "push", "delete", "catalog", "import"]

default facts := {}

facts := input.task_needs if is_object(input.task_needs)

# Each right with "yes", "no" or "unknown"; `outdated_purge` says that a step pins a version of acr-cli that cannot
# purge under repository permissions. Of steps that were not read it is only known that they begin with a pull.
of(task) := {
	"pull": verdict.of_boolean(object.get(fact, "pull", null)),
	"push": verdict.of_boolean(object.get(fact, "push", null)),
	"delete": verdict.of_boolean(object.get(fact, "delete", null)),
	"catalog": verdict.of_boolean(object.get(fact, "catalog", null)),
	"import": verdict.of_boolean(object.get(fact, "import", false)),
	"outdated_purge": object.get(fact, "outdated_purge", false) == true,
	"steps_read": true,
} if {
	fact := object.get(facts, task.name, null)
	is_object(fact)
	fact.steps_read == true
} else := {
	"pull": "yes",
	"push": "unknown",
	"delete": "unknown",
	"catalog": "unknown",
	"import": "no",
	"outdated_purge": false,
	"steps_read": false,
}

# Whether the steps do anything to the registry over its network.
touches(need) := verdict.disjunction([need.pull, need.push, need["delete"], need.catalog])

# The rights that the steps need for sure, in words.
wanted(need) := [right | some right in rights; need[right] == "yes"]

# The same with nothing but what they need for sure.
surely(need) := object.union(need, {right: "no" | some right in rights; need[right] != "yes"})

# Why the steps were not read, as far as it is known.
unread_why(task) := fact.unread if {
	fact := object.get(facts, task.name, null)
	is_string(fact.unread)
} else := "its steps were not read"
