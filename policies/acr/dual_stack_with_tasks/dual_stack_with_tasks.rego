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

import data.lib.preview
import data.lib.registry
import data.lib.tasks
import data.lib.verdict

deny contains {
	"msg": sprintf("%s has dual-stack endpoints, where ACR Tasks do not work, and enabled tasks: %s.", [
		registry.label,
		concat(", ", names),
	]),
	"field": "/preview/properties/endpointProtocol",
	"evidence": {"tasks": names},
} if {
	dual_stack == "yes"
	count(names) > 0
}

unknown contains {
	"msg": sprintf("%s: %s, so whether its tasks work cannot be told.", [registry.label, doubt.why]),
	"field": doubt.field,
} if {
	not preview.not_asked
	some doubt in doubts
}

unknown contains {
	"msg": sprintf("%s has dual-stack endpoints: of task %s %s, so whether it is in use cannot be told.", [
		registry.label,
		task.name,
		doubt.why,
	]),
	"field": doubt.field,
	"key": task.name,
} if {
	dual_stack == "yes"
	count(names) == 0
	some task in tasks.entries
	some doubt in tasks.doubts(task, ["enabled"])
}

path := ["properties", "endpointProtocol"]

dual_stack := object.get({"ipv4andipv6": "yes", "ipv4": "no"}, protocol, "unknown") if {
	protocol := verdict.fold(preview.setting(path))
} else := "unknown"

names := sort([task.name | some task in tasks.entries; task.enabled == "yes"])

no_tasks if {
	not tasks.list_doubt
	every task in tasks.entries {
		task.enabled == "no"
	}
}

doubts contains preview.doubt(path) if {
	dual_stack == "unknown"
	not no_tasks
}

doubts contains tasks.list_doubt if dual_stack != "no"
