# The commands that mend a link of a task's path. None takes a way, a login or an identity away from the task.
package lib.mends

import data.lib.az
import data.lib.logins
import data.lib.registry
import data.lib.roles
import data.lib.tasks

of(_, "pool") := []

of(found, "way") := over_bypass(found) if {
	tasks.bypass_allowed == "yes"
	found.task.on_vnet_pool == "no"
} else := []

of(found, "login") := over_bypass(found) if {
	found.direct == "no"
} else := by_identity(found) if {
	registry.abac
} else := [az.task("update", found.task.name, ["--auth-mode Default"])]

of(found, "role") := [az.role(name, principal_spelled(found.task, candidate)) |
	some candidate in found.candidates
	some name in roles.roles_for(lacking(found), registry.mode)
]

of(found, "import") := [az.role(name, az.system_principal(found.task.name)) |
	some name in roles.roles_for({"import"}, registry.mode)
]

# The rights that the steps need and none of the task's logins holds.
lacking(found) := intersection({candidate.lacks | some candidate in found.candidates})

# All that the bypass wants of a task: the identity, its role, and that it logs in, before the default login goes.
over_bypass(found) := array.concat(
	array.concat(array.concat(identity(found.task), system_roles(found)), credential(found.task)),
	array.concat(default_login_off(found.task), pool_again(found.task)),
)

# The same off the bypass, where only an identity logs in.
by_identity(found) := array.concat(
	array.concat(identity(found.task), system_roles(found)),
	[az.task("update", found.task.name, ["--source-acr-auth-id '[system]'"])],
)

# `identity assign` replaces what is assigned, so the user-assigned identities are named again.
identity(task) := [] if {
	task.system_identity == "yes"
} else := [az.task("identity assign", task.name, [concat(" ", array.concat(
	["--identities '[system]'"],
	[az.quote(id) | some id in sort(object.keys(logins.user_identities(task)))],
))])]

system_roles(found) := [az.role(name, az.system_principal(found.task.name)) |
	some name in roles.roles_for(found.system.lacks, registry.mode)
]

# Where the login server has an entry already, adding one fails.
credential(task) := [az.task("credential update", task.name, [entry_spelled(entries[0][0])])] if {
	entries := logins.own_entries(task)
	count(entries) > 0
} else := [az.task("credential add", task.name, [concat(" ", [
	"--use-identity '[system]' --login-server",
	az.login_server,
])])]

entry_spelled(server) := concat(" ", ["--use-identity '[system]'", az.option("--login-server", server)])

# --auth-mode is not usable where repository permissions are attribute-based.
default_login_off(task) := [az.task("update", task.name, ["--source-acr-auth-id '[system]'"])] if {
	registry.abac
} else := [az.task("update", task.name, ["--auth-mode None"])] if {
	logins.default_login(task) != "no"
} else := []

# A change of credentials has been seen to drop the task's agent pool.
pool_again(task) := [az.task("update", task.name, [az.option("--agent-pool", task.pool)])] if {
	is_string(task.pool)
	task.pool != ""
} else := []

principal_spelled(task, candidate) := az.system_principal(task.name) if {
	candidate.kind == "system"
} else := az.quote(candidate.principal) if {
	is_string(candidate.principal)
} else := "PRINCIPAL"

# The bypass as a way of a task that has none of its own: for policies of the bypass.
login_with_identity(task) := array.concat(credential(task), array.concat(default_login_off(task), pool_again(task)))
