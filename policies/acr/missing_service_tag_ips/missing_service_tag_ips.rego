# METADATA
# scope: package
# title: The firewall lacks addresses of the region's service tag
# description: >-
#   Finds registries that let selected networks in and whose list does not cover all IPv4 ranges of their home
#   region's AzureContainerRegistry service tag. ACR Tasks on the shared pool run from those ranges, so builds, pushes
#   and purges fail with 403 whenever they start from one that is missing. A list that was begun, or was complete once
#   and went stale, is reported in any case, medium where nobody depends on it today; an empty one if an enabled task
#   has no other way: it runs on no agent pool in a virtual network and cannot use the network rule bypass. Where the
#   scan reads what ran (--runs), runs without a task (az acr build, az acr run) depend on it as well.
# related_resources:
# - ref: https://learn.microsoft.com/azure/container-registry/container-registry-access-selected-networks
#   description: Configure public IP network rules
# - ref: https://learn.microsoft.com/azure/container-registry/tasks-agent-pools
#   description: Run ACR Tasks in dedicated agent pools
# - ref: https://learn.microsoft.com/azure/virtual-network/service-tags-overview
#   description: Azure service tags
# custom:
#   severity: high
#   profile: network
#   remediation: >-
#     Add the missing ranges to the registry's IP rules, and watch the list: Microsoft adds ranges several times a
#     year. A dedicated agent pool in a virtual network needs no such list. The network rule bypass needs none either,
#     but whoever may write a task can then use its identity from outside the firewall.
#   reads: [tasks, agent_pools, service_tag, runs]
#   controls: {}
#   parameters:
#     quick_tasks:
#       default: false
#       type: boolean
#       description: >-
#         Tasks that leave no resource (az acr build, az acr run) are in use, so an empty list is reported even where
#         no task depends on it.
package acr.missing_service_tag_ips

import data.lib.firewall
import data.lib.paths
import data.lib.reach
import data.lib.registry
import data.lib.runs
import data.lib.tasks

deny contains {
	"msg": sprintf("%s admits %s %s, where ACR Tasks run: %s. Compared with %s.", [
		registry.label,
		extent,
		firewall.service_tag.id,
		concat("; ", array.concat(array.concat([sprintf("missing are %s", [concat(", ", missing)])], dependence), ran)),
		firewall.tag_list,
	]),
	"field": "/registry/properties/networkRuleSet/ipRules",
	"key": firewall.service_tag.id,
	"evidence": {
		"service_tag": firewall.service_tag.id,
		"change_number": object.get(firewall.service_tag, "change_number", null),
		"source": object.get(firewall.service_tag, "source", null),
		"date": object.get(firewall.service_tag, "date", null),
		"missing_ipv4": missing,
		"covered_ipv4": firewall.service_tag.covered_ipv4,
		"tasks": relying,
		"quick_runs": runs.told(runs.quick),
	},
	"severity": severity,
	"fix": firewall.add_rules(missing, "Deny"),
} if {
	incomplete
	concerned
}

unknown contains {
	"msg": sprintf("%s: %s, so whether ACR Tasks are let in cannot be told.", [registry.label, unread.why]),
	"field": unread.field,
	"reason": unread.why,
} if {
	some unread in registry_unread
}

unknown contains {
	"msg": sprintf("%s: of task %s %s, so whether it depends on the missing ranges of %s cannot be told.", [
		registry.label,
		task.name,
		unread.why,
		firewall.service_tag.id,
	]),
	"field": unread.field,
	"reason": unread.why,
	"key": task.name,
} if {
	open_question
	some task in paths.undecided
	some unread in tasks.unread_parts(task, paths.aspects)
}

default quick_tasks := false

quick_tasks := data.parameters.missing_service_tag_ips.quick_tasks

missing := firewall.service_tag.missing_ipv4

begun if count(firewall.service_tag.covered_ipv4) > 0

# The list is in force, both it and the tag were read, and something is missing.
incomplete if {
	registry.selected == "yes"
	firewall.known
	not firewall.may_hold_more
	count(missing) > 0
}

# Someone minds.
concerned if begun

concerned if count(paths.dependents) > 0

concerned if quick_tasks == true

concerned if runs.quick.count > 0

# Nobody minds as far as can be seen, which may not be far.
open_question if {
	incomplete
	not concerned
}

registry_unread contains unread if {
	some unread in paths.address_unread
}

# What is not known of the list may be what is missing.
registry_unread contains firewall.may_hold_more if {
	registry.selected == "yes"
	count(missing) > 0
}

registry_unread contains unread if {
	open_question
	some unread in paths.task_unread
}

registry_unread contains runs.unread if {
	open_question
	not runs.not_asked
}

extent := "only a part of" if {
	begun
} else := "nothing of"

# The tasks that have no other way, but those that need nothing here.
relying := sort([task.name | some task in paths.dependents; not reach.needless(task)])

severity := "high" if {
	count(relying) > 0
} else := "high" if {
	quick_tasks == true
} else := "high" if {
	runs.quick.count > 0
} else := "high" if {
	# Whoever depends on it may not have been read: that it was high last night must not go with a permission.
	paths.any_dependent == "unknown"
} else := "medium" if {
	begun
} else := "low"

dependence := [sprintf("tasks that depend on it are %s", [concat(", ", relying)])] if {
	count(relying) > 0
} else := ["no task depends on it today"]

# Runs without a task come from the same addresses.
ran := [sprintf("without a task there were %s", [runs.summary(runs.quick)])] if {
	runs.quick.count > 0
} else := []
