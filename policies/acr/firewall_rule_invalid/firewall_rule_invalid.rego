# METADATA
# scope: package
# title: A firewall rule is malformed or can never match
# description: >-
#   Finds IP rules that are no IPv4 address or range, have bits set beyond their prefix or a leading zero, or lie in a
#   private, loopback, link-local or reserved range. The firewall sees the public address a client comes from, so a
#   rule for 10.0.0.0/8 admits nobody: whoever wrote it believes that a network is let in which is not. IPv6 entries
#   are reported by ipv6-firewall-rule.
# related_resources:
# - ref: https://learn.microsoft.com/azure/container-registry/container-registry-access-selected-networks
#   description: Configure public IP network rules
# - ref: https://www.iana.org/assignments/iana-ipv4-special-registry/iana-ipv4-special-registry.xhtml
#   description: IANA IPv4 Special-Purpose Address Registry
# custom:
#   severity: medium
#   profile: network
#   remediation: >-
#     Write the range with its first address, without leading zeros, or replace a private range by the public
#     addresses that its clients go out through. Clients in a virtual network reach the registry over a private
#     endpoint instead.
#   reads: []
#   controls: {}
#   parameters: {}
package acr.firewall_rule_invalid

import data.lib.firewall
import data.lib.ipv4
import data.lib.registry

deny contains {
	"msg": sprintf("%s: the firewall rule \"%s\" %s.", [registry.label, rule.value, fault]),
	"field": rule.field,
	"key": rule.value,
	"fix": fix(rule),
} if {
	some rule in firewall.rules
	fault := fault_of(rule)
}

unknown contains {
	"msg": sprintf("%s: %s, so whether its rules are valid cannot be told.", [registry.label, unread.why]),
	"field": unread.field,
	"reason": unread.why,
} if {
	not firewall.absent
	unread := firewall.list_unread
}

unknown contains {
	"msg": sprintf("%s: %s, so whether all of them are valid cannot be told.", [registry.label, unread.why]),
	"field": unread.field,
	"reason": unread.why,
} if {
	unread := firewall.may_hold_more
}

unknown contains {
	"msg": sprintf("%s: %s, so whether it is valid cannot be told.", [registry.label, unread.why]),
	"field": unread.field,
	"reason": unread.why,
	"key": unread.key,
} if {
	some unread in firewall.entry_unread
}

unknown contains {
	"msg": sprintf("%s: what the firewall rule %s stands for was not read.", [registry.label, rule.value]),
	"field": rule.field,
	"reason": sprintf("what the firewall rule %s stands for was not read", [rule.value]),
	"key": rule.value,
} if {
	some rule in firewall.rules
	rule.family == "ipv4"
	not is_string(rule.reason)
	not ipv4.of(object.union({"cidr": null}, rule))
}

# A rule that names a network lets that in, whatever is wrong with how it names it: the network stays on the list.
fix(rule) := firewall.add_rules([], actions[registry.default_action]) if {
	rule.family == "ipv4"
	is_string(rule.reason)
	actions[registry.default_action]
} else := [] if {
	rule.family == "ipv4"
	is_string(rule.reason)
} else := [firewall.remove_rule(rule.value)]

actions := {"allow": "Allow", "deny": "Deny"}

# What is wrong with a rule; undefined when nothing is.
fault_of(rule) := sprintf("is no valid rule: %s", [rule.reason]) if {
	rule.family != "ipv6"
	is_string(rule.reason)
} else := "is no valid rule" if {
	rule.family == "invalid"
} else := sprintf("lies in %s, which public traffic never comes from", [special]) if {
	rule.family == "ipv4"
	range := ipv4.of(rule)
	special := ipv4.special(range)
}
