# METADATA
# scope: package
# title: The firewall list holds an IPv6 entry
# description: >-
#   Finds IPv6 addresses and ranges in the registry's IP rules. The firewall takes IPv4 only, so such an entry admits
#   nobody, or is refused when it is deployed. It usually comes from copying a service tag, whose list mixes both
#   families. A list that holds nothing but IPv6 entries admits nobody at all.
# related_resources:
# - ref: https://learn.microsoft.com/azure/container-registry/container-registry-access-selected-networks
#   description: Configure public IP network rules
# custom:
#   severity: medium
#   profile: network
#   remediation: >-
#     Remove the entry, and allow the IPv4 addresses of the same clients instead. Clients that have IPv6 only can
#     reach the registry over a private endpoint.
#   reads: []
#   controls: {}
#   parameters: {}
package acr.ipv6_firewall_rule

import data.lib.firewall
import data.lib.registry

deny contains {
	"msg": sprintf("%s: the firewall rule %s is IPv6, but the firewall takes IPv4 only. %s", [
		registry.label,
		rule.value,
		consequence,
	]),
	"field": rule.field,
	"key": rule.value,
	"fix": [firewall.remove_rule(rule.value)],
} if {
	some rule in firewall.rules
	rule.family == "ipv6"
}

unknown contains {
	"msg": sprintf("%s: %s, so whether it holds IPv6 cannot be told.", [registry.label, unread.why]),
	"field": unread.field,
	"reason": unread.why,
} if {
	not firewall.absent
	unread := firewall.list_unread
}

unknown contains {
	"msg": sprintf("%s: %s, so whether they hold IPv6 cannot be told.", [registry.label, unread.why]),
	"field": unread.field,
	"reason": unread.why,
} if {
	unread := firewall.may_hold_more
}

unknown contains {
	"msg": sprintf("%s: %s, so whether it is IPv6 cannot be told.", [registry.label, unread.why]),
	"field": unread.field,
	"reason": unread.why,
	"key": unread.key,
} if {
	some unread in firewall.entry_unread
}

other_family if {
	some rule in firewall.rules
	rule.family != "ipv6"
}

consequence := "It admits nobody." if {
	other_family
} else := "It admits nobody." if {
	firewall.may_hold_more
} else := "It admits nobody." if {
	count(firewall.entry_unread) > 0
} else := "The list holds nothing but IPv6, so it admits nobody at all." if {
	registry.selected == "yes"
} else := "The list holds nothing but IPv6, so it would admit nobody at all once it is in force."
