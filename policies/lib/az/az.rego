# Builds the `az` commands of a finding. Names and rule values come from Azure and may hold anything, so every
# value passes through `quote`.
package lib.az

import data.lib.registry

# What needs no quotes. Looked for by trimming: a regular expression costs regorus more than all the rest of a command.
bare := "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._/:@%+=,-"

quote(value) := value if {
	value != ""
	trim(value, bare) == ""
} else := sprintf("'%s'", [replace(value, "'", `'\''`)])

# A value that begins with a dash would be taken for an option unless it is joined to its own.
option(key, value) := sprintf("%s=%s", [key, quote(value)]) if {
	startswith(value, "-")
} else := sprintf("%s %s", [key, quote(value)])

# `options` is a list of [option, value].
command(words, options) := concat(" ", array.concat(
	array.concat([words], [option(pair[0], pair[1]) | some pair in options]),
	subscription_spelled,
))

# az acr ... --name REGISTRY; `options` is text.
acr(words, options) := concat(" ", array.concat(
	array.concat(["az acr", words, name_spelled], options),
	subscription_spelled,
))

# az acr task ... --registry REGISTRY --name TASK; `options` is text.
task(words, task_name, options) := concat(" ", array.concat(
	array.concat(["az acr task", words, registry_spelled, option("--name", task_name)], options),
	subscription_spelled,
))

# Stands for a name that was not read; the reader fills it in.
default registry_name := "REGISTRY"

registry_name := registry.name if registry.name != null

name_spelled := option("--name", registry_name)

registry_spelled := option("--registry", registry_name)

default subscription_spelled := []

subscription_spelled := [option("--subscription", registry.subscription)] if registry.subscription != null

scope := quote(registry.id) if {
	registry.id != null
} else := sprintf("\"$(%s)\"", [acr("show", ["--query id --output tsv"])])

# Looked up when the command runs, where it was not read.
login_server := quote(registry.login_server) if {
	registry.login_server != null
} else := sprintf("\"$(%s)\"", [acr("show", ["--query loginServer --output tsv"])])

# Changes the registry's properties, and nothing that is not named: a PUT at a version that does not know a property
# may drop it. `properties` is JSON.
patch(properties) := concat(" ", array.concat(
	[
		"az resource patch --ids", scope, "--api-version 2025-11-01 --properties",
		quote(properties),
	],
	subscription_spelled,
))

# Gives a principal, told by the text of a command line, a role on the registry.
role(name, principal) := concat(" ", array.concat(
	[
		"az role assignment create --role", quote(name),
		"--assignee-object-id", principal,
		"--assignee-principal-type ServicePrincipal --scope", scope,
	],
	subscription_spelled,
))

unassign(id) := concat(" ", array.concat(["az role assignment delete --ids", quote(id)], subscription_spelled))

# A task's system-assigned identity may have been assigned by the command before, so its principal is read when the
# command runs.
system_principal(task_name) := sprintf("\"$(%s)\"", [task(
	"show", task_name,
	["--query identity.principalId --output tsv"],
)])
