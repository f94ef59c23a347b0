# METADATA
# scope: package
# title: The firewall admits service tag ranges that are not the registry's
# description: >-
#   Finds IP rules that are ranges of another region's AzureContainerRegistry service tag, or of this region's in an
#   older list and no longer in it. ACR Tasks of this registry do not run there. The rule admits other customers'
#   tasks, or whoever has the addresses now, and takes room from ranges that are needed.
# related_resources:
# - ref: https://learn.microsoft.com/azure/virtual-network/service-tags-overview
#   description: Azure service tags
# - ref: https://learn.microsoft.com/azure/container-registry/container-registry-access-selected-networks
#   description: Configure public IP network rules
# custom:
#   severity: low
#   profile: network
#   remediation: >-
#     Remove the rule, unless a client of yours is known to come from there. Tasks run in the registry's home region;
#     geo-replicas need no ranges of their own.
#   reads: [service_tag]
#   controls: {}
#   parameters: {}
package acr.stale_service_tag_ips

import data.lib.firewall
import data.lib.registry

deny contains {
	"msg": sprintf("%s: the firewall rule %s is a range of %s, from which this registry's Tasks do not run.", [
		registry.label,
		rule.value,
		rule.tag,
	]),
	"field": rule.field,
	"key": rule.value,
	"evidence": {"tag": rule.tag},
} if {
	some rule in stale_rules
	well_formed(rule)
}

unknown contains {
	"msg": sprintf("%s: %s, so whether its IP rules are another region's cannot be told.", [
		registry.label,
		unread.why,
	]),
	"field": unread.field,
	"reason": unread.why,
} if {
	not without_rules
	some unread in unread_parts
}

# There is nothing to compare.
without_rules if {
	input.firewall.rules == []
	not firewall.may_hold_more
}

without_rules if firewall.absent

stale_rules := input.service_tag.stale_rules if is_array(input.service_tag.stale_rules)

well_formed(rule) if {
	is_string(rule.value)
	is_string(rule.tag)
	is_string(rule.field)
	startswith(rule.field, "/")
}

unread_parts contains unread if unread := firewall.list_unread

unread_parts contains unread if unread := firewall.may_hold_more

unread_parts contains firewall.service_tag_unread if not stale_rules

unread_parts contains {
	"field": "/service_tag/stale_rules",
	"why": "which other service tags the IP rules belong to was not read",
} if {
	firewall.service_tag
	not stale_rules
}

unread_parts contains {
	"field": "/service_tag/stale_rules",
	"why": "a rule that belongs to another service tag could not be read",
} if {
	some rule in stale_rules
	not well_formed(rule)
}
