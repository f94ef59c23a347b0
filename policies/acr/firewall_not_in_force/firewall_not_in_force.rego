# METADATA
# scope: package
# title: The firewall has rules that do nothing
# description: >-
#   Finds registries whose IP rules are not in force: the default action is Allow, so everybody is let in whatever the
#   rules say, or public network access is Disabled, so nobody is. Either way the list says something about the
#   registry that is not so, and it takes effect unseen on the day the other setting changes. Rules of a Basic or
#   Standard registry are told by network-settings-need-premium.
# related_resources:
# - ref: https://learn.microsoft.com/azure/container-registry/container-registry-access-selected-networks
#   description: Configure public IP network rules
# custom:
#   severity: low
#   profile: network
#   remediation: >-
#     Where the list is meant, see to it that all clients are on it, and set the default action to Deny with public
#     network access Enabled. Where it is not, remove the rules.
#   reads: []
#   controls: {}
#   parameters: {}
package acr.firewall_not_in_force

import data.lib.firewall
import data.lib.registry

deny contains {
	"msg": sprintf("%s has IP rules (%s) that do nothing: %s.", [registry.label, extent, because]),
	"field": "/registry/properties/networkRuleSet/ipRules",
	"evidence": {
		"rules": size,
		"publicNetworkAccess": registry.setting(registry.public_path),
		"defaultAction": registry.setting(registry.default_action_path),
	},
} if {
	registry.selected == "no"
	registry.has_firewall != "no"
	size > 0
}

unknown contains {
	"msg": sprintf("%s: %s, so whether its IP rules are in force cannot be told.", [registry.label, unread.why]),
	"field": unread.field,
	"reason": unread.why,
} if {
	some unread in unread_parts
}

# Entries that could not be read are rules all the same.
size := count(input.firewall.rules) if firewall.known

extent := sprintf("at least %d", [size]) if {
	firewall.may_hold_more
} else := sprintf("%d", [size])

empty if {
	size == 0
	not firewall.may_hold_more
}

unread_parts contains unread if {
	registry.selected == "unknown"
	not empty
	some unread in registry.network_unread
}

unread_parts contains firewall.list_unread if {
	registry.selected != "yes"
	not firewall.absent
}

unread_parts contains firewall.may_hold_more if {
	registry.selected == "no"
	size == 0
}

because := "public network access is Disabled, which lets nobody in" if {
	registry.public_access == "disabled"
} else := "the default action is Allow, which lets everybody in"
