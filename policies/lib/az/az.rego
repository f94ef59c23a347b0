# Builds the `az` commands of a finding. Names and rule values come from Azure and may hold anything, so every
# value passes through `quote`.
package lib.az

import data.lib.registry

bare := `^[A-Za-z0-9._/:@%+=,-]+$`

quote(value) := value if {
	regex.match(bare, value)
} else := sprintf("'%s'", [replace(value, "'", `'\''`)])

# A value that begins with a dash would be taken for an option unless it is joined to its own.
option(key, value) := sprintf("%s=%s", [key, quote(value)]) if {
	startswith(value, "-")
} else := sprintf("%s %s", [key, quote(value)])

# `options` is a list of [option, value].
command(words, options) := concat(" ", array.concat([words], spelled)) if {
	all := array.concat(options, subscription_options)
	spelled := [option(pair[0], pair[1]) | some pair in all]
}

# az acr ... --name REGISTRY
acr(words, options) := command(sprintf("az acr %s", [words]), array.concat([["--name", registry_name]], options))

# az acr task ... --registry REGISTRY --name TASK
task(words, task_name, options) := command(
	sprintf("az acr task %s", [words]),
	array.concat([["--registry", registry_name], ["--name", task_name]], options),
)

# --auth-mode is not usable where repository permissions are attribute-based.
default_login_off(task_name) := task("update", task_name, [["--source-acr-auth-id", "[system]"]]) if {
	registry.abac
} else := task("update", task_name, [["--auth-mode", "None"]])

system_credential(task_name) := concat(" ", [
	task("credential add", task_name, [["--use-identity", "[system]"]]),
	sprintf("--login-server %s", [login_server]),
])

# Lets the task's system-assigned identity push and pull. Its principal id is read when the command runs: the
# identity may have been assigned by the command before.
push_role(task_name) := concat(" ", [
	sprintf("az role assignment create --role %s", [quote(push_role_name)]),
	sprintf("--assignee-object-id \"$(%s)\"", [task("show", task_name, [
		["--query", "identity.principalId"],
		["--output", "tsv"],
	])]),
	sprintf("--assignee-principal-type ServicePrincipal --scope %s", [scope]),
])

default push_role_name := "AcrPush"

push_role_name := "Container Registry Repository Writer" if registry.abac

scope := quote(registry.id) if {
	registry.id != null
} else := sprintf("\"$(%s)\"", [acr("show", [["--query", "id"], ["--output", "tsv"]])])

# Stands for a name that was not read; the reader fills it in.
default registry_name := "REGISTRY"

registry_name := registry.name if registry.name != null

default subscription_options := []

subscription_options := [["--subscription", registry.subscription]] if registry.subscription != null

# Looked up when the command runs, where it was not read.
login_server := quote(server) if {
	server := registry.setting(["properties", "loginServer"])
	is_string(server)
} else := sprintf("\"$(%s)\"", [acr("show", [["--query", "loginServer"], ["--output", "tsv"]])])

# For settings that `az acr update` has no option for.
property(path, value) := sprintf("az resource update --ids %s --api-version 2025-11-01 --set %s", [
	scope,
	quote(sprintf("properties.%s=%s", [path, value])),
])
