package acr.public_network_access_test

import data.acr.public_network_access as policy
import data.lib.fixtures_test as fixtures

open := {"networkRuleSet": {"defaultAction": "Allow"}}

caution := "The commands shut out whoever is not on the list: add the addresses of its other clients first."

test_open_premium_is_denied if {
	expected := {
		"msg": concat(" ", [
			"Registry contoso accepts connections from every network:",
			"public network access is Enabled and the firewall's default action is Allow.",
			caution,
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
	count(finding.fix) == 1
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

fixes(changes) := finding.fix if {
	findings := policy.deny with input as object.union(fixtures.with_properties(open), changes)
	some finding in findings
}

test_tasks_of_public_addresses_are_let_in_before_the_door_closes if {
	fix := fixes({"tasks": [fixtures.task("t", {})]})
	count(fix) == 2
	contains(fix[0], `{"defaultAction":"Allow","ipRules":[{"action":"Allow","value":"20.62.128.0/26"}]}`)
	contains(fix[1], "--default-action Deny")
	unread := fixes({"tasks": null})
	count(unread) == 2
	covered := fixes({"tasks": [fixtures.task("t", {})], "service_tag": fixtures.service_tag([], ["20.62.128.0/26"])})
	count(covered) == 1
}

test_no_command_leaves_a_task_without_a_way if {
	fixes({"tasks": [fixtures.task("t", {})], "service_tag": null}) == []
	pooled := {
		"tasks": [fixtures.task("t", fixtures.on_pool("agents"))],
		"agent_pools": [fixtures.vnet_pool("agents")],
	}
	fixes(pooled) == []
	endpoint := {"properties": {"privateLinkServiceConnectionState": {"status": "Approved"}}}
	reached := {"registry": {"properties": {"privateEndpointConnections": [endpoint]}}}
	count(fixes(object.union(pooled, reached))) == 1
}
