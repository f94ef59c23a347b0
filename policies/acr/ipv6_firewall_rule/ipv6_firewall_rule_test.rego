package acr.ipv6_firewall_rule_test

import data.acr.ipv6_firewall_rule as policy
import data.lib.fixtures_test as fixtures

v4 := fixtures.rule(0, "203.0.113.7", "ipv4")

v6 := fixtures.rule(1, "2603:1030:210:402::90/125", "ipv6")

test_ipv6_entry_among_ipv4_is_denied if {
	findings := policy.deny with input as fixtures.document(fixtures.firewall([v4, v6]))
	findings == {{
		"msg": concat(" ", [
			"Registry contoso: the firewall rule 2603:1030:210:402::90/125 is IPv6,",
			"but the firewall takes IPv4 only. It admits nobody.",
		]),
		"field": "/registry/properties/networkRuleSet/ipRules/1/value",
		"key": "2603:1030:210:402::90/125",
		"fix": [concat(" ", [
			"az acr network-rule remove --name contoso --ip-address 2603:1030:210:402::90/125 --subscription",
			fixtures.subscription,
		])],
	}}
	unread_parts := policy.unknown with input as fixtures.document(fixtures.firewall([v4, v6]))
	count(unread_parts) == 0
}

test_list_of_nothing_but_ipv6_is_said_plainly if {
	findings := policy.deny with input as fixtures.document(fixtures.firewall([v6]))
	some finding in findings
	endswith(finding.msg, "The list holds nothing but IPv6, so it admits nobody at all.")
}

test_list_of_nothing_but_ipv6_that_is_not_in_force if {
	changes := object.union(
		fixtures.firewall([v6]),
		{"registry": {"properties": {"publicNetworkAccess": "Disabled"}}},
	)
	findings := policy.deny with input as fixtures.document(changes)
	some finding in findings
	endswith(finding.msg, "it would admit nobody at all once it is in force.")
}

test_entry_that_could_not_be_read if {
	changes := {"firewall": {"rules": [v6, "x"]}}
	findings := policy.deny with input as fixtures.document(changes)
	some finding in findings
	endswith(finding.msg, "IPv4 only. It admits nobody.")
	unread_parts := policy.unknown with input as fixtures.document(changes)
	unread_parts == {{
		"msg": concat(" ", [
			"Registry contoso: entry 1 of its IP rules could not be read,",
			"so whether it is IPv6 cannot be told.",
		]),
		"field": "/registry/properties/networkRuleSet/ipRules/1",
		"reason": "entry 1 of its IP rules could not be read",
		"key": "#1",
	}}
}

test_ipv4_only_passes if {
	every rules in [[], [v4]] {
		findings := policy.deny with input as fixtures.document(fixtures.firewall(rules))
		count(findings) == 0
		unread_parts := policy.unknown with input as fixtures.document(fixtures.firewall(rules))
		count(unread_parts) == 0
	}
}

test_standard_without_firewall_is_not_applicable if {
	document := fixtures.document({"registry": {"sku": {"name": "Standard"}}, "firewall": null})
	unread_parts := policy.unknown with input as document
	count(unread_parts) == 0
}

test_list_that_was_not_read_is_unknown if {
	every document in [
		fixtures.document({"firewall": null}),
		fixtures.document({"firewall": null, "registry": {"sku": null}}),
		fixtures.document({"firewall": "x", "registry": {"sku": {"name": "Basic"}}}),
	] {
		unread_parts := policy.unknown with input as document
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

test_rules_that_are_not_all_known if {
	given := fixtures.document(object.union(fixtures.firewall([v6]), fixtures.source([fixtures.ip_rules])))
	findings := policy.deny with input as given
	some finding in findings
	endswith(finding.msg, "IPv4 only. It admits nobody.")
	unread_parts := policy.unknown with input as given
	unread_parts == {{
		"msg": "Registry contoso: its IP rules are not all known, so whether they hold IPv6 cannot be told.",
		"field": fixtures.ip_rules,
		"reason": "its IP rules are not all known",
	}}
}
