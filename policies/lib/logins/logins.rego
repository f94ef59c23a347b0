# How a task logs in to its own registry, as far as the task itself or its listDetails answer says.
package lib.logins

import data.lib.declared
import data.lib.registry
import data.lib.verdict

default asked := {}

asked := input.task_credentials if is_object(input.task_credentials)

# What listDetails said of a task; undefined when it was not asked or did not answer.
details(task) := found if {
	found := object.get(asked, task.name, null)
	is_object(found)
}

# Either spelling names the system-assigned identity.
system_names := {"[system]", "system"}

# What stands for an identity that is there and could not be read, or is whoever calls.
unread_names := {"[unread]", "[caller]"}

# The credentials that the task itself shows.
shown(task) := verdict.member(task.item, ["properties", "credentials"])

# Whether the task logs in with the registry's default token for tasks.
default_login(task) := login_verdict(mode, identity) if {
	mode := object.get(details(task), "login_mode", null)
	identity := object.get(details(task), "source_identity", null)
} else := login_verdict(mode, "") if {
	# Of source code there are details wherever all of the login is known, so what is not here may still be set.
	declared.yes
	mode := verdict.member(shown(task), ["sourceRegistry", "loginMode"])
	is_string(mode)
} else := "unknown" if {
	declared.yes
} else := "yes" if {
	shows_nothing(task)
} else := login_verdict(mode, identity) if {
	# ARM may have struck the source registry out, so it counts only where it is there.
	source := verdict.member(shown(task), ["sourceRegistry"])
	is_object(source)
	mode := object.get(source, "loginMode", null)
	identity := object.get(source, "identity", null)
} else := "unknown"

# ARM leaves the key out when nothing was set.
shows_nothing(task) if {
	is_object(task.item.properties)
	not "credentials" in object.keys(task.item.properties)
}

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

# The registries that the task has a credential for: server -> an identity's name, null for a user name and a password,
# or a list where a server has several. Null where that is not known.
servers(task) := found if {
	found := object.get(details(task), "custom_registries", null)
	is_object(found)
} else := null if {
	details(task)
} else := null if {
	declared.yes
} else := {} if {
	shows_nothing(task)
} else := shown_servers(shown(task)) if {
	is_object(shown(task))
} else := null

# The same with none where they are not known.
known_servers(task) := found if {
	found := servers(task)
	is_object(found)
} else := {}

shown_servers(credentials) := {server: shown_identity(entry) | some server, entry in credentials.customRegistries} if {
	is_object(credentials.customRegistries)
} else := {} if {
	not "customRegistries" in object.keys(credentials)
} else := null

# A list or a get strikes the entries out.
shown_identity(entry) := entry.identity if {
	is_string(entry.identity)
} else := "[unread]"

# The identity that the source registry names; null where it names none.
source_identity(task) := object.get(details(task), "source_identity", null) if {
	details(task)
} else := null if {
	declared.yes
} else := verdict.member(shown(task), ["sourceRegistry", "identity"])

# The task's own entries for its own registry, each as [server, identity].
own_entries(task) := [[server, identity] |
	some server, entry in known_servers(task)
	lower(server) in own_servers
	some identity in listed(entry)
]

listed(entry) := entry if {
	is_array(entry)
} else := [entry]

own_servers contains lower(registry.login_server) if registry.login_server != null

# What a registry that does not exist yet will be called, and how Terraform refers to that.
own_servers contains sprintf("%s.azurecr.io", [lower(registry.name)]) if {
	declared.yes
	registry.name != null
}

own_servers contains sprintf("%s.login_server", [lower(registry.address)]) if {
	declared.yes
	registry.address != null
}

# Whether one of the servers may be the registry's own although none is called so.
nameless(task) if {
	count(own_servers) == 0
	count(known_servers(task)) > 0
}

# The credentials that the task has for its own registry, other than the default one.
explicit(task) := {candidate(task, identity) | some identity in own_identities(task)} | unread_candidates(task)

own_identities(task) := array.concat(
	[entry[1] | some entry in own_entries(task)],
	[identity | some identity in [source_identity(task)]; not identity in {null, ""}],
)

unread_candidates(task) := {unread_candidate} if {
	servers(task) == null
} else := {unread_candidate} if {
	nameless(task)
} else := set()

unread_candidate := {"kind": "unknown", "identity": null, "principal": null}

candidate(_, null) := {"kind": "password", "identity": null, "principal": null}

candidate(task, identity) := {
	"kind": kind,
	"identity": identity,
	"principal": principal(task, kind, identity),
	"assigned": task.system_identity,
} if {
	is_string(identity)
	kind := kind_of(lower(identity))
}

candidate(_, identity) := unread_candidate if {
	identity != null
	not is_string(identity)
}

kind_of(name) := "system" if {
	name in system_names
} else := "unknown" if {
	name in unread_names
} else := "user"

principal(task, "system", _) := system_principal(task)

principal(task, "user", identity) := ids[0] if {
	ids := user_principals(task, lower(identity))
	count(ids) == 1
} else := null

principal(_, "unknown", _) := null

system_principal(task) := id if {
	id := verdict.member(task.item, ["identity", "principalId"])
	is_string(id)
} else := null

# A credential names a user-assigned identity by its client id.
user_principals(task, client) := [user.principalId |
	some user in user_identities(task)
	lower(user.clientId) == client
	is_string(user.principalId)
]

user_identities(task) := users if {
	users := verdict.member(task.item, ["identity", "userAssignedIdentities"])
	is_object(users)
} else := {}

default_candidate := {"kind": "default", "identity": null, "principal": null}

# All that the task may log in with; empty where it logs in nowhere.
candidates(task) := explicit(task) | by_default(task, count(explicit(task)))

by_default(task, others) := {default_candidate} if {
	default_login(task) == "yes"

	counts_beside(others)
} else := {unread_candidate} if {
	default_login(task) == "unknown"
	others == 0
} else := set()

# Under repository permissions the default login gives nothing that a credential beside it could fall back on.
counts_beside(others) if others == 0

counts_beside(others) if {
	others > 0
	not registry.abac
}

# Servers that the task has several credentials for.
repeated(task) := sort({lower(server) |
	some server, entry in known_servers(task)
	count(spelled(task, lower(server))) + count(listed(entry)) > 2
})

spelled(task, name) := [server | some server, _ in known_servers(task); lower(server) == name]

# Where the entry for the login server stands.
field(task) := sprintf("%s/properties/credentials", [task.field])

mode_field(task) := sprintf("%s/properties/credentials/sourceRegistry/loginMode", [task.field])

# Why it is not known how the task logs in.
unread_why := "its credentials are not known" if {
	declared.yes
} else := "its credentials are struck out of the answer; --task-credentials asks for them"
