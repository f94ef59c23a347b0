# Three-valued logic. A question about a registry is answered "yes", "no" or "unknown"; what was not read is
# "unknown" and never slides into one of the others.
package lib.verdict

import data.lib.declared

# Both sides of a conjunction matter only as long as none of them is "no".
conjunction(answers) := "no" if {
	"no" in answers
} else := "unknown" if {
	"unknown" in answers
} else := "yes"

disjunction(answers) := "yes" if {
	"yes" in answers
} else := "unknown" if {
	"unknown" in answers
} else := "no"

negation(answer) := {"yes": "no", "no": "yes", "unknown": "unknown"}[answer]

# A JSON boolean as an answer; any other type, null included, is "unknown".
of_boolean(value) := "yes" if {
	value == true
} else := "no" if {
	value == false
} else := "unknown"

# Why a value that should have been read answers nothing. `name` is how the setting is called in a sentence.
why(name, value) := sprintf("%s %s", [name, declared.not_read]) if {
	value == null
} else := sprintf("%s is \"%s\", a value this policy does not know", [name, value]) if {
	is_string(value)
} else := sprintf("%s has an unexpected type (%s)", [name, type_name(value)])

# A word in lower case, as ARM's casing varies; undefined for anything that is no string.
lower_or_undefined(value) := lower(value) if is_string(value)

# What stands at a path inside a value of any type; null when there is nothing.
member(value, path) := object.get(value, path, null) if {
	is_object(value)
} else := null
