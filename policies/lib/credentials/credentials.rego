# How a task logs in to its registry, as far as the task itself or its listDetails answer says.
package lib.credentials

import data.lib.declared
import data.lib.verdict

# What listDetails said of a task; undefined when it was not asked or did not answer.
details(task) := found if {
	found := verdict.member(input, ["task_credentials", task.name])
	is_object(found)
}

# Either spelling names the system-assigned identity.
system_names := {"[system]", "system"}

# Whether the task logs in with the registry's default token for tasks, which the bypass does not take.
default_login(task) := login_verdict(mode, identity) if {
	mode := verdict.member(details(task), ["login_mode"])
	identity := verdict.member(details(task), ["source_identity"])
} else := login_verdict(mode, "") if {
	# Of source code there are details wherever all of the login is known, so what is not here may still be set.
	declared.yes
	mode := verdict.member(task.item, ["properties", "credentials", "sourceRegistry", "loginMode"])
	is_string(mode)
} else := "unknown" if {
	declared.yes
} else := "yes" if {
	# ARM leaves the key out when nothing was set.
	properties := verdict.member(task.item, ["properties"])
	is_object(properties)
	not "credentials" in object.keys(properties)
} else := login_verdict(mode, identity) if {
	# ARM may have struck the source registry out, so it counts only where it is there.
	source := verdict.member(task.item, ["properties", "credentials", "sourceRegistry"])
	is_object(source)
	mode := object.get(source, "loginMode", null)
	identity := object.get(source, "identity", null)
} else := "unknown"

# A source registry with neither a mode nor an identity is logged in to by default.
login_verdict(mode, identity) := "no" if {
	verdict.lower_or_undefined(mode) == "none"
} else := "yes" if {
	verdict.lower_or_undefined(mode) == "default"
} else := "unknown" if {
	mode != null
} else := "yes" if {
	identity in {null, ""}
} else := "no" if {
	is_string(identity)
} else := "unknown"
