# METADATA
# scope: package
# title: The firewall admits other agents where ACR Tasks need their own ranges
# description: >-
#   Finds firewall lists that hold ranges of other build agents (Azure DevOps, another service's tag, GitHub-hosted
#   runners) while ACR Tasks on the shared pool are refused for want of their own. `az acr build` in a pipeline starts
#   a run on the Tasks agents, not on the pipeline's, so the pipeline's addresses do not help it. The two are often
#   confused. The ranges may be needed by the pipeline itself; what is missing is reported by missing-service-tag-ips.
# related_resources:
# - ref: https://learn.microsoft.com/azure/container-registry/container-registry-access-selected-networks
#   description: Configure public IP network rules
# - ref: https://learn.microsoft.com/azure/virtual-network/service-tags-overview
#   description: Azure service tags
# custom:
#   severity: low
#   profile: network
#   remediation: >-
#     Add the ranges of the region's AzureContainerRegistry service tag, and keep those of the other agents only if
#     they pull or push themselves.
#   reads: [tasks, agent_pools, service_tag]
#   controls: {}
#   parameters:
#     ranges:
#       default: []
#       type: array
#       items: {type: string, pattern: '^[0-9]{1,3}([.][0-9]{1,3}){3}(/[0-9]{1,2})?$'}
#       description: >-
#         IPv4 ranges of further agents, such as GitHub-hosted runners (the field "actions" of api.github.com/meta),
#         in CIDR notation.
package acr.foreign_agent_ranges

import data.lib.firewall
import data.lib.ipv4
import data.lib.paths
import data.lib.registry
import data.lib.tasks

deny contains {
	"msg": sprintf("%s: the firewall rule %s is a range of %s, where Tasks do not run; those of %s are needed by %s.", [
		registry.label,
		rule.value,
		rule.owner,
		firewall.service_tag.id,
		dependents,
	]),
	"field": rule.field,
	"key": rule.value,
	"evidence": {"owner": rule.owner, "tasks": paths.dependent_names, "service_tag": firewall.service_tag.id},
} if {
	incomplete
	paths.any_dependent == "yes"
	some rule in foreign_rules
}

unknown contains {
	"msg": sprintf("%s: %s, so whether other agents are let in in place of ACR Tasks cannot be told.", [
		registry.label,
		unread.why,
	]),
	"field": unread.field,
	"reason": unread.why,
} if {
	some unread in unread_parts
}

unknown contains {
	"msg": sprintf("%s: of task %s %s, so whether it needs the ranges of ACR Tasks cannot be told.", [
		registry.label,
		task.name,
		unread.why,
	]),
	"field": unread.field,
	"reason": sprintf("of task %s %s", [task.name, unread.why]),
	"key": task.name,
} if {
	open_question
	some task in paths.undecided
	some unread in tasks.unread_parts(task, paths.aspects)
}

default ranges := []

ranges := data.parameters.foreign_agent_ranges.ranges

incomplete if {
	registry.selected == "yes"
	firewall.known
	not firewall.may_hold_more
	count(firewall.service_tag.missing_ipv4) > 0
}

# There are such ranges, or may be, and it is not known whether a task minds.
open_question if {
	incomplete
	paths.any_dependent == "unknown"
	suspicious
}

suspicious if count(foreign_rules) > 0

suspicious if not is_array(owned_rules)

owned_rules := object.get(firewall.service_tag, "foreign_rules", null)

dependents := concat(", ", paths.dependent_names)

# What the host found in other tags, and what lies in the ranges given as a parameter.
foreign_rules contains {"value": rule.value, "field": rule.field, "owner": rule.owner} if {
	is_array(owned_rules)
	some rule in owned_rules
	well_formed(rule)
}

well_formed(rule) if {
	is_string(rule.value)
	is_string(rule.field)
	startswith(rule.field, "/")
	is_string(rule.owner)
}

foreign_rules contains {"value": rule.value, "field": rule.field, "owner": "the agents given as a parameter"} if {
	count(prefixes) > 0
	some rule in firewall.rules
	inner := ipv4.of(rule)
	some prefix in prefixes
	prefix <= inner.prefix
	sprintf("%d/%d", [inner.first - (inner.first % ipv4.sizes[prefix]), prefix]) in networks
}

# The parameter's ranges, so that a rule is looked up once per prefix length instead of compared with each.
networks := {sprintf("%d/%d", [range.first, range.prefix]) | some range in parsed}

prefixes := {range.prefix | some range in parsed}

parsed := [range | some cidr in ranges; range := ipv4.range(cidr)]

unread_parts contains unread if {
	some unread in paths.address_unread
}

# What is not known of the list may hold such ranges, or those that are missing.
unread_parts contains firewall.may_hold_more if {
	registry.selected == "yes"
	count(firewall.service_tag.missing_ipv4) > 0
	paths.any_dependent != "no"
}

unread_parts contains unread if {
	open_question
	some unread in paths.task_unread
}

unread_parts contains {
	"field": "/service_tag/foreign_rules",
	"why": "whose ranges the IP rules are was not read",
} if {
	incomplete
	paths.any_dependent == "yes"
	not is_array(owned_rules)
}

unread_parts contains {
	"field": "/service_tag/foreign_rules",
	"why": "a rule that belongs to other agents could not be read",
} if {
	incomplete
	paths.any_dependent == "yes"
	is_array(owned_rules)
	some rule in owned_rules
	not well_formed(rule)
}
