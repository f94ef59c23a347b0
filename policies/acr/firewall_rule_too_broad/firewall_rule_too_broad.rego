# METADATA
# scope: package
# title: A firewall rule admits far more addresses than one network has
# description: >-
#   Finds IPv4 rules wider than a limit, /16 unless told otherwise, and a list that admits the whole internet, in one
#   rule or in several that add up to it. Such a rule undoes the default action Deny: whoever gets hold of a
#   credential can use it from any address in the range, most of which belong to strangers.
# related_resources:
# - ref: https://learn.microsoft.com/azure/container-registry/container-registry-access-selected-networks
#   description: Configure public IP network rules
# custom:
#   severity: high
#   profile: network
#   remediation: >-
#     Replace the rule by the ranges that your clients really come from, or reach the registry over a private endpoint
#     and remove the rule altogether.
#   reads: []
#   controls:
#     MCSB: [NS-2]
#     NIST-800-53-r5: [AC-4, SC-7, SC-7(3)]
#   parameters:
#     max_prefix:
#       default: 16
#       type: number
#       minimum: 0
#       maximum: 32
#       description: The shortest prefix length that is not reported.
package acr.firewall_rule_too_broad

import data.lib.firewall
import data.lib.ipv4
import data.lib.registry

deny contains object.union(
	{
		"msg": sprintf("%s: the firewall rule %s spans %s.", [registry.label, rule.value, extent(range)]),
		"field": rule.field,
		"key": rule.value,
		"evidence": {"addresses": (range.last - range.first) + 1, "max_prefix": max_prefix},
	},
	graver(range),
) if {
	some rule in firewall.rules
	range := ipv4_range(rule)
	range.prefix < max_prefix

	# A range that no public client comes from admits nobody, and is reported as invalid.
	not ipv4.special(range)
}

deny contains {
	"msg": sprintf("%s: the firewall's rules add up to the whole internet.", [registry.label]),
	"field": "/registry/properties/networkRuleSet/ipRules",
	"key": "0.0.0.0/0",
	"evidence": {"rules": count(firewall.rules)},
	"severity": "critical",
} if {
	"0.0.0.0/0" in covered
	not one_rule_admits_all
}

unknown contains {
	"msg": sprintf("%s: %s, so how much it admits cannot be told.", [registry.label, unread.why]),
	"field": unread.field,
	"reason": unread.why,
} if {
	not firewall.absent
	unread := firewall.list_unread
}

unknown contains {
	"msg": sprintf("%s: %s, so how much they admit cannot be told.", [registry.label, unread.why]),
	"field": unread.field,
	"reason": unread.why,
} if {
	unread := firewall.may_hold_more
}

unknown contains {
	"msg": sprintf("%s: %s, so how much it admits cannot be told.", [registry.label, unread.why]),
	"field": unread.field,
	"reason": unread.why,
	"key": unread.key,
} if {
	some unread in firewall.entry_unread
}

unknown contains {
	"msg": sprintf("%s: how much the firewall rule %s spans was not read.", [registry.label, rule.value]),
	"field": rule.field,
	"reason": sprintf("how much the firewall rule %s spans was not read", [rule.value]),
	"key": rule.value,
} if {
	some rule in firewall.rules
	rule.family == "ipv4"
	not ipv4_range(rule)
}

default max_prefix := 16

max_prefix := data.parameters.firewall_rule_too_broad.max_prefix

ipv4_range(rule) := ipv4.of(rule) if rule.family == "ipv4"

one_rule_admits_all if {
	some rule in firewall.rules
	ipv4_range(rule).prefix == 0
}

default covered := []

covered := input.firewall.union_ipv4 if is_array(input.firewall.union_ipv4)

extent(range) := "the whole internet" if {
	range.prefix == 0
} else := sprintf("%d addresses, more than a /%d", [(range.last - range.first) + 1, max_prefix])

graver(range) := {"severity": "critical"} if {
	range.prefix == 0
} else := {}
