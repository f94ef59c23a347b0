# METADATA
# scope: package
# title: A dual-stack registry has tasks, which do not work there
# description: >-
#   Finds registries whose endpoints answer over IPv4 and IPv6 and that have enabled ACR Tasks. Tasks, `az acr build`
#   and `az acr run` included, do not work on a dual-stack registry. The endpoint's protocol is shown by a preview
#   api-version alone, so without the second read (--preview) this policy does not apply and says nothing.
# related_resources:
# - ref: https://learn.microsoft.com/azure/container-registry/container-registry-ipv6-dual-stack
#   description: IPv6 dual-stack endpoints in Azure Container Registry
# custom:
#   severity: high
#   profile: network
#   remediation: >-
#     Return the registry to IPv4 endpoints, or build elsewhere and remove the tasks.
#   reads: [tasks, preview]
#   controls: {}
#   parameters: {}
package acr.dual_stack_with_tasks

import data.lib.declared
import data.lib.pointer
import data.lib.preview
import data.lib.registry
import data.lib.tasks
import data.lib.verdict

deny contains {
	"msg": sprintf("%s has dual-stack endpoints, where ACR Tasks do not work, and enabled tasks: %s.", [
		registry.label,
		concat(", ", names),
	]),
	"field": pointer.join(array.concat([shown], path)),
	"evidence": {"tasks": names},
} if {
	dual_stack == "yes"
	count(names) > 0
}

unknown contains {
	"msg": sprintf("%s: %s, so whether its tasks work cannot be told.", [registry.label, unread.why]),
	"field": unread.field,
	"reason": unread.why,
} if {
	applies
	some unread in unread_parts
}

unknown contains {
	"msg": sprintf("%s has dual-stack endpoints: of task %s %s, so whether it is in use cannot be told.", [
		registry.label,
		task.name,
		unread.why,
	]),
	"field": unread.field,
	"reason": sprintf("of task %s %s", [task.name, unread.why]),
	"key": task.name,
} if {
	dual_stack == "yes"
	count(names) == 0
	some task in tasks.entries
	some unread in tasks.unread_parts(task, ["enabled"])
}

path := ["properties", "endpointProtocol"]

# Where the protocol stands: in the registry, if its api-version shows it, else in the second read.
shown := "registry" if {
	registry.setting(path) != null
} else := "preview"

setting := registry.setting(path) if {
	shown == "registry"
} else := preview.setting(path)

dual_stack := object.get({"ipv4andipv6": "yes", "ipv4": "no"}, protocol, "unknown") if {
	protocol := verdict.lower_or_undefined(setting)
} else := "unknown"

names := sort([task.name | some task in tasks.entries; task.enabled == "yes"])

# Source code that says nothing of the protocol is as good as a registry that was read without it.
applies if not preview.not_asked

applies if shown == "registry"

applies if hidden

hidden := declared.may_hold_more("/registry/properties/endpointProtocol", "endpointProtocol is not known")

no_tasks if {
	not tasks.list_unread
	every task in tasks.entries {
		task.enabled == "no"
	}
}

unread_parts contains protocol_unread if {
	dual_stack == "unknown"
	not no_tasks
}

protocol_unread := hidden if {
	hidden
} else := registry.unread(path) if {
	shown == "registry"
} else := preview.unread(path)

unread_parts contains tasks.list_unread if {
	dual_stack != "no"
	not in_use
}

# Then more tasks do not change the answer.
in_use if {
	dual_stack == "yes"
	count(names) > 0
}
