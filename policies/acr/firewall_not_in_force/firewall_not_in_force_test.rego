package acr.firewall_not_in_force_test

import data.acr.firewall_not_in_force as policy
import data.lib.fixtures_test as fixtures

one := fixtures.firewall([fixtures.rule(0, "40.78.231.0/24", "ipv4")])

document(properties, changes) := object.union(fixtures.with_properties(properties), changes)

messages(properties, changes) := {finding.msg | some finding in findings} if {
	findings := policy.deny with input as document(properties, changes)
}

doubted(properties, changes) := {unread.field | some unread in unread_parts} if {
	unread_parts := policy.unknown with input as document(properties, changes)
}

allow := {"networkRuleSet": {"defaultAction": "Allow"}}

disabled := {"publicNetworkAccess": "Disabled"}

test_rules_under_allow if {
	findings := policy.deny with input as document(allow, one)
	findings == {{
		"msg": concat(" ", [
			"Registry contoso has IP rules (1) that do nothing:",
			"the default action is Allow, which lets everybody in.",
		]),
		"field": "/registry/properties/networkRuleSet/ipRules",
		"evidence": {"rules": 1, "publicNetworkAccess": "Enabled", "defaultAction": "Allow"},
	}}
	doubted(allow, one) == set()
}

test_rules_under_disabled if {
	some message in messages(disabled, one)
	endswith(message, "public network access is Disabled, which lets nobody in.")
}

test_rules_of_a_registry_without_firewall_are_anothers if {
	standard := object.union(one, {"registry": {"sku": {"name": "Standard"}}})
	messages({}, standard) == set()
}

test_rules_in_force_pass if {
	messages({}, one) == set()
	doubted({}, one) == set()
	doubted({}, {"firewall": null}) == set()
}

test_no_rules_pass if {
	messages(allow, {}) == set()
	doubted(allow, {}) == set()
	doubted({"networkRuleSet": null}, {}) == set()
}

test_what_was_not_read_is_unknown if {
	doubted(allow, {"firewall": null}) == {"/registry/properties/networkRuleSet/ipRules"}
	doubted({"publicNetworkAccess": null}, one) == {"/registry/properties/publicNetworkAccess"}
	doubted({}, {"firewall": null, "registry": {"sku": {"name": "Basic"}}}) == set()
}

test_rules_that_are_not_all_known if {
	hidden := fixtures.source([fixtures.ip_rules])
	some message in messages(allow, object.union(one, hidden))
	startswith(message, "Registry contoso has IP rules (at least 1) that do nothing:")
	doubted(allow, object.union(one, hidden)) == set()
	doubted(allow, hidden) == {fixtures.ip_rules}
	doubted({}, hidden) == set()
	doubted({"publicNetworkAccess": null}, hidden) == {"/registry/properties/publicNetworkAccess"}
}
