package acr.firewall_rule_too_broad_test

import data.acr.firewall_rule_too_broad as policy
import data.lib.fixtures_test as fixtures

document(rules, union) := fixtures.document({"firewall": {"rules": rules, "union_ipv4": union}})

# [key, severity] of each finding; no severity of its own is "".
found(rules, union) := {[finding.key, object.get(finding, "severity", "")] | some finding in findings} if {
	findings := policy.deny with input as document(rules, union)
}

doubted(given) := {unread.field | some unread in unread_parts} if {
	unread_parts := policy.unknown with input as given
}

wide := fixtures.rule(0, "40.0.0.0/8", "ipv4")

test_wide_rule_is_denied if {
	findings := policy.deny with input as document([wide], ["40.0.0.0/8"])
	findings == {{
		"msg": "Registry contoso: the firewall rule 40.0.0.0/8 spans 16777216 addresses, more than a /16.",
		"field": "/registry/properties/networkRuleSet/ipRules/0/value",
		"key": "40.0.0.0/8",
		"evidence": {"addresses": 16777216, "max_prefix": 16},
	}}
	doubted(document([wide], ["40.0.0.0/8"])) == set()
}

test_a_range_that_admits_nobody_is_not_too_broad if {
	found([fixtures.rule(0, "10.0.0.0/8", "ipv4")], []) == set()
	found([fixtures.rule(0, "240.0.0.0/4", "ipv4")], []) == set()
}

test_everything_is_critical if {
	everything := fixtures.rule(0, "0.0.0.0/0", "ipv4")
	found([everything], ["0.0.0.0/0"]) == {["0.0.0.0/0", "critical"]}
	findings := policy.deny with input as document([everything], ["0.0.0.0/0"])
	some finding in findings
	finding.msg == "Registry contoso: the firewall rule 0.0.0.0/0 spans the whole internet."
}

test_everything_in_two_halves_is_critical if {
	halves := [fixtures.rule(0, "0.0.0.0/1", "ipv4"), fixtures.rule(1, "128.0.0.0/1", "ipv4")]
	found(halves, ["0.0.0.0/0"]) == {["0.0.0.0/1", ""], ["128.0.0.0/1", ""], ["0.0.0.0/0", "critical"]}
}

test_union_that_was_not_read if found([wide], null) == {["40.0.0.0/8", ""]}

test_narrow_rules_pass if {
	rules := [
		fixtures.rule(0, "40.78.0.0/16", "ipv4"),
		fixtures.rule(1, "40.78.226.208", "ipv4"),
		fixtures.rule(2, "2603::/16", "ipv6"),
		object.union(fixtures.rule(3, "x", "invalid"), {"cidr": null}),
	]
	found(rules, ["40.78.0.0/16"]) == set()
	doubted(document(rules, ["40.78.0.0/16"])) == set()
}

test_limit_is_a_parameter if {
	findings := policy.deny with input as document([fixtures.rule(0, "40.78.0.0/16", "ipv4")], [])
		with data.parameters.firewall_rule_too_broad.max_prefix as 24
	count(findings) == 1
}

test_what_was_not_read_is_unknown if {
	doubted(fixtures.document({"firewall": null})) == {"/registry/properties/networkRuleSet/ipRules"}
	doubted(document(["odd"], null)) == {"/registry/properties/networkRuleSet/ipRules/0"}
	doubted(document([object.union(wide, {"cidr": null})], [])) == {wide.field}
	doubted(fixtures.document({"firewall": null, "registry": {"sku": {"name": "Basic"}}})) == set()
}

test_rules_that_are_not_all_known if {
	given := object.union(document([wide], []), fixtures.source([fixtures.ip_rules]))
	findings := policy.deny with input as given
	count(findings) == 1
	doubted(given) == {fixtures.ip_rules}
}
