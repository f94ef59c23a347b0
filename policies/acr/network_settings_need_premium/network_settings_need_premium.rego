# METADATA
# scope: package
# title: A Basic or Standard registry is declared as restricted
# description: >-
#   Finds registries of the Basic or Standard SKU whose public network access is Disabled, or that have a firewall rule
#   set. Only Premium has either: Azure refuses the setting, and whoever wrote it believes that the registry is closed.
#   Nothing restricts it, and everybody may connect.
# related_resources:
# - ref: https://learn.microsoft.com/azure/container-registry/container-registry-skus
#   description: Azure Container Registry service tiers and limits
# custom:
#   severity: medium
#   profile: network
#   remediation: >-
#     Move the registry to the Premium SKU, which has the setting and closes it at once: make sure of its tasks' and
#     clients' way in first. Or remove the setting and know that the registry is open.
#   reads: []
#   controls: {}
#   parameters: {}
package acr.network_settings_need_premium

import data.lib.declared
import data.lib.firewall
import data.lib.registry

deny contains {
	"msg": sprintf("%s: %s takes the Premium SKU, and this one is %s: Azure refuses it, and nothing is restricted.", [
		registry.label,
		setting,
		registry.setting(registry.sku_path),
	]),
	"field": field,
	"evidence": {"sku": registry.setting(registry.sku_path)},
} if {
	registry.has_firewall == "no"
	setting
}

unknown contains {
	"msg": sprintf("%s: %s, so whether its network settings hold cannot be told.", [registry.label, unread.why]),
	"field": unread.field,
	"reason": unread.why,
} if {
	registry.has_firewall == "unknown"
	unread := registry.unread(registry.sku_path)
}

# Where both are set, the one finding stands at the setting that closes.
setting := "publicNetworkAccess Disabled" if {
	registry.public_access == "disabled"
} else := "networkRuleSet with default action Deny" if {
	registry.default_action == "deny"
} else := "networkRuleSet with IP rules" if {
	rules
}

field := registry_field if {
	registry.public_access == "disabled"
} else := "/registry/properties/networkRuleSet/defaultAction" if {
	registry.default_action == "deny"
} else := firewall.list_field

registry_field := "/registry/properties/publicNetworkAccess"

rules if count(input.firewall.rules) > 0

rules if declared.may_hold_more(firewall.list_field, "")
