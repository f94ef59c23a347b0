# METADATA
# scope: package
# title: The firewall admits subnets over service endpoints
# description: >-
#   Finds virtual network rules of a list that is in force. They let subnets in over service endpoints, a preview in
#   whose place Microsoft recommends private endpoints; a registry cannot have both. Newer api-versions hide these
#   rules, so whoever reads the registry with one does not see who is let in. Without the second read (--preview) this
#   policy applies only where the registry itself shows them.
# related_resources:
# - ref: https://learn.microsoft.com/azure/container-registry/container-registry-vnet
#   description: Restrict access using a service endpoint
# - ref: https://learn.microsoft.com/azure/container-registry/container-registry-private-link
#   description: Connect privately to a registry with Azure Private Link
# custom:
#   severity: low
#   profile: network
#   remediation: >-
#     Give the subnet's clients a private endpoint, then remove the rule.
#   reads: [preview]
#   controls: {}
#   parameters: {}
package acr.virtual_network_rules

import data.lib.declared
import data.lib.paths
import data.lib.preview
import data.lib.registry

deny contains {
	"msg": sprintf("%s admits subnet %s over a service endpoint, where a private endpoint is advised.", [
		registry.label,
		paths.subnet(rule),
	]),
	"field": sprintf("%s/%d", [paths.subnet_rules.field, index]),
	"key": paths.subnet(rule),
} if {
	registry.selected == "yes"
	some index, rule in paths.subnet_rules.rules
	paths.subnet(rule) != null
}

unknown contains {
	"msg": sprintf("%s: %s, so whether it admits subnets over service endpoints cannot be told.", [
		registry.label,
		unread.why,
	]),
	"field": unread.field,
	"reason": unread.why,
} if {
	some unread in unread_parts
}

unknown contains {
	"msg": sprintf("%s: a rule that admits a subnet over a service endpoint could not be read.", [registry.label]),
	"field": sprintf("%s/%d", [paths.subnet_rules.field, index]),
	"reason": "a rule that admits a subnet over a service endpoint could not be read",
	"key": sprintf("#%d", [index]),
} if {
	registry.selected == "yes"
	some index, rule in paths.subnet_rules.rules
	paths.subnet(rule) == null
}

# One that is declared without them is as good as one that was read at an api-version that hides them.
unread_parts contains hidden if registry.selected != "no"

hidden := declared.may_hold_more(
	"/registry/properties/networkRuleSet/virtualNetworkRules",
	"its virtual network rules are not all known",
) if {
	is_object(registry.setting(rule_set))
} else := registry.unread(rule_set) if {
	declared.yes
	not is_object(registry.setting(rule_set))
}

rule_set := ["properties", "networkRuleSet"]

unread_parts contains preview.unread(paths.subnet_rules_path) if {
	registry.selected != "no"
	not paths.subnet_rules
	not preview.not_asked
}

unread_parts contains unread if {
	registry.selected == "unknown"
	count(paths.subnet_rules.rules) > 0
	some unread in registry.network_unread
}
