# METADATA
# scope: package
# title: A task under the network rule bypass has no credential for its own registry
# description: >-
#   Finds enabled ACR Tasks that may bypass the registry's network rules with their system-assigned identity, but do
#   not name that identity as their credential for the registry's login server. The run then logs in without it and is
#   refused with 403. Credentials are shown by the task's listDetails alone, so this is decided only where they were
#   asked for.
# related_resources:
# - ref: https://learn.microsoft.com/azure/container-registry/manage-network-bypass-policy-for-tasks
#   description: Manage network bypass policy for Tasks
# - ref: https://learn.microsoft.com/cli/azure/acr/task/credential
#   description: az acr task credential
# custom:
#   severity: high
#   profile: network
#   remediation: >-
#     Make the task's system-assigned identity its credential for the registry's own login server.
#   reads: [tasks, agent_pools, task_credentials]
#   controls: {}
#   parameters: {}
package acr.bypass_task_without_credential

import data.lib.az
import data.lib.credentials
import data.lib.declared
import data.lib.paths
import data.lib.registry
import data.lib.tasks
import data.lib.verdict

deny contains {
	"msg": sprintf("%s lets task %s bypass its network rules, but the task has no [system] credential for %s, %s.", [
		registry.label,
		task.name,
		server_name,
		"so it is refused with 403",
	]),
	"field": credentials_field(task),
	"key": task.name,
	"evidence": {"task": task.name, "login_server": server_name},
	"fix": [az.system_credential(task.name)],
} if {
	some task in tasks.entries
	goes_without(task) == "yes"
}

unknown contains {
	"msg": sprintf("%s: %s, so whether its tasks have the credential that the bypass needs cannot be told.", [
		registry.label,
		unread.why,
	]),
	"field": unread.field,
} if {
	some unread in paths.bypass_unread
}

unknown contains {
	"msg": sprintf("%s: of task %s %s, so whether it has the credential that the bypass needs cannot be told.", [
		registry.label,
		task.name,
		unread.why,
	]),
	"field": unread.field,
	"key": task.name,
} if {
	tasks.bypass_allowed == "yes"
	some task in tasks.entries
	goes_without(task) == "unknown"
	some unread in unread_parts(task)
}

goes_without(task) := verdict.conjunction([paths.uses_bypass(task), lacks_credential(task)])

# An identity that logs in to the source registry is as good as one for its login server by name.
lacks_credential(task) := "no" if {
	verdict.lower_or_undefined(details(task).source_identity) in credentials.system_names
} else := "unknown" if {
	not is_object(verdict.member(details(task), ["custom_registries"]))
} else := "yes" if {
	# Whatever the login server's name, it is not among no names.
	declared.yes
	count(system_servers(task)) == 0
} else := "no" if {
	count(system_servers(task) & own_servers) > 0
} else := "unknown" if {
	login_server == null
} else := "yes"

# The servers that the task logs in to with its system-assigned identity.
system_servers(task) := {lower(server) |
	some server, identity in details(task).custom_registries
	verdict.lower_or_undefined(identity) in credentials.system_names
}

own_servers contains lower(login_server) if login_server != null

# What a registry that does not exist yet will be called, and how Terraform refers to that.
own_servers contains sprintf("%s.azurecr.io", [lower(registry.name)]) if {
	declared.yes
	registry.name != null
}

own_servers contains sprintf("%s.login_server", [lower(registry.address)]) if {
	declared.yes
	registry.address != null
}

server_name := login_server if {
	login_server != null
} else := "the registry"

details(task) := credentials.details(task) if {
	credentials.details(task)
} else := {}

login_server := server if {
	server := registry.setting(["properties", "loginServer"])
	is_string(server)
} else := null

unread_parts(task) := tasks.unread_parts(task, paths.aspects) | credential_unread(task)

credential_unread(task) := set() if {
	lacks_credential(task) != "unknown"
} else := {registry.unread(["properties", "loginServer"])} if {
	is_object(verdict.member(details(task), ["custom_registries"]))
} else := {{"field": credentials_field(task), "why": sprintf("its credentials %s", [declared.none_read])}}

credentials_field(task) := sprintf("%s/properties/credentials", [task.field])
