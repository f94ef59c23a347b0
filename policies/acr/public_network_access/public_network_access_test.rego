package acr.public_network_access_test

import data.acr.public_network_access as policy
import data.lib.fixtures_test as fixtures

open := {"networkRuleSet": {"defaultAction": "Allow"}}

test_open_premium_is_denied if {
	expected := {
		"msg": concat(" ", [
			"Registry contoso accepts connections from every network:",
			"public network access is Enabled and the firewall's default action is Allow.",
		]),
		"field": "/registry/properties/networkRuleSet/defaultAction",
		"evidence": {"publicNetworkAccess": "Enabled", "defaultAction": "Allow", "sku": "Premium"},
		"fix": [concat(" ", [
			"az acr update --name contoso --default-action Deny --subscription",
			fixtures.subscription,
		])],
	}
	findings := policy.deny with input as fixtures.with_properties(open)
	findings == {expected}
	unread_parts := policy.unknown with input as fixtures.with_properties(open)
	count(unread_parts) == 0
}

test_casing_does_not_matter if {
	changes := {"publicNetworkAccess": "enabled", "networkRuleSet": {"defaultAction": "ALLOW"}}
	findings := policy.deny with input as fixtures.with_properties(changes)
	count(findings) == 1
}

test_selected_networks_pass if {
	findings := policy.deny with input as fixtures.document({})
	count(findings) == 0
	unread_parts := policy.unknown with input as fixtures.document({})
	count(unread_parts) == 0
}

test_disabled_passes_whatever_the_default_action if {
	every action in ["Allow", "Deny", null, "Other"] {
		changes := {"publicNetworkAccess": "Disabled", "networkRuleSet": {"defaultAction": action}}
		findings := policy.deny with input as fixtures.with_properties(changes)
		count(findings) == 0
		unread_parts := policy.unknown with input as fixtures.with_properties(changes)
		count(unread_parts) == 0
	}
}

standard := {"registry": {
	"name": "shop",
	"sku": {"name": "Standard"},
	"properties": {"publicNetworkAccess": "Enabled"},
}}

test_registry_without_a_firewall_is_denied if {
	findings := policy.deny with input as standard
	some finding in findings
	count(findings) == 1
	finding.field == "/registry/properties/publicNetworkAccess"
	contains(finding.msg, "a registry of the Standard SKU has no firewall")
	finding.fix[0] == "az acr update --name shop --sku Premium"
	count(finding.fix) == 2
	unread_parts := policy.unknown with input as standard
	count(unread_parts) == 0
}

test_allow_without_a_sku_is_denied if {
	changes := {"registry": {"sku": null, "properties": open}}
	findings := policy.deny with input as fixtures.document(changes)
	count(findings) == 1
}

test_deny_without_a_sku_is_unknown if {
	changes := {"registry": {"sku": null}}
	findings := policy.deny with input as fixtures.document(changes)
	count(findings) == 0
	unread_parts := policy.unknown with input as fixtures.document(changes)
	unread_parts == {{
		"msg": "Registry contoso: sku.name was not read, so whether everybody may connect cannot be told.",
		"field": "/registry/sku/name",
		"reason": "sku.name was not read",
	}}
}

test_settings_that_were_not_read_are_unknown if {
	every changes in [
		{"publicNetworkAccess": null, "networkRuleSet": {"defaultAction": "Allow"}},
		{"networkRuleSet": null},
		{"publicNetworkAccess": "SecuredByPerimeter", "networkRuleSet": {"defaultAction": "Allow"}},
	] {
		findings := policy.deny with input as fixtures.with_properties(changes)
		count(findings) == 0
		unread_parts := policy.unknown with input as fixtures.with_properties(changes)
		count(unread_parts) == 1
	}
}

test_nothing_read_is_unknown if {
	every document in array.concat(fixtures.nothing, [fixtures.odd]) {
		findings := policy.deny with input as document
		count(findings) == 0
		unread_parts := policy.unknown with input as document
		count(unread_parts) > 0
	}
}
