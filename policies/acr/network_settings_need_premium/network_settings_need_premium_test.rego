package acr.network_settings_need_premium_test

import data.acr.network_settings_need_premium as policy
import data.lib.fixtures_test as fixtures

document(sku, properties) := object.union(
	fixtures.with_properties(properties),
	{"registry": {"sku": {"name": sku}}, "firewall": null},
)

fields(sku, properties) := {finding.field | some finding in findings} if {
	findings := policy.deny with input as document(sku, properties)
}

test_a_closed_standard_registry if {
	findings := policy.deny with input as document("Standard", {"publicNetworkAccess": "Disabled"})
	findings == {{
		"msg": concat(" ", [
			"Registry contoso: publicNetworkAccess Disabled takes the Premium SKU, and this one is Standard:",
			"Azure refuses it, and nothing is restricted.",
		]),
		"field": "/registry/properties/publicNetworkAccess",
		"evidence": {"sku": "Standard"},
	}}
}

test_rules_of_a_basic_registry if {
	fields("Basic", {}) == {"/registry/properties/networkRuleSet/defaultAction"}
	allow := {"networkRuleSet": {"defaultAction": "Allow"}}
	ruled := object.union(document("Basic", allow), {"firewall": {"rules": [{}]}})
	findings := policy.deny with input as ruled
	{finding.field | some finding in findings} == {fixtures.ip_rules}
	hidden := object.union(
		document("Basic", allow),
		fixtures.source([fixtures.ip_rules]),
	)
	others := policy.deny with input as hidden
	count(others) == 1
}

test_what_passes if {
	fields("Premium", {"publicNetworkAccess": "Disabled"}) == set()
	fields("Standard", {"networkRuleSet": null}) == set()
}

test_sku_that_was_not_read if {
	unread_parts := policy.unknown with input as fixtures.document({"registry": {"sku": null}})
	{unread.field | some unread in unread_parts} == {"/registry/sku/name"}
	none := policy.unknown with input as fixtures.document({})
	none == set()
}
