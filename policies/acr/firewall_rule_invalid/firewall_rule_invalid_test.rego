package acr.firewall_rule_invalid_test

import data.acr.firewall_rule_invalid as policy
import data.lib.fixtures_test as fixtures
import data.lib.ipv4

document(rules) := fixtures.document(fixtures.firewall(rules))

messages(rule) := {finding.msg | some finding in findings} if {
	findings := policy.deny with input as document([rule])
}

doubted(given) := {unread.field | some unread in unread_parts} if {
	unread_parts := policy.unknown with input as given
}

# A rule that the host found a fault in.
faulty(value, family, cidr, reason) := object.union(
	fixtures.rule(0, value, family),
	{"cidr": cidr, "reason": reason},
)

test_faults_that_the_host_found if {
	messages(faulty("10.1", "invalid", null, "not an address or CIDR")) == {concat(" ", [
		"Registry contoso: the firewall rule \"10.1\" is no valid rule: not an address or CIDR.",
	])}
	messages(faulty("40.78.231.7/24", "ipv4", "40.78.231.0/24", "host bits set")) == {concat(" ", [
		"Registry contoso: the firewall rule \"40.78.231.7/24\" is no valid rule: host bits set.",
	])}
	messages(faulty("x", "invalid", null, null)) == {"Registry contoso: the firewall rule \"x\" is no valid rule."}
}

test_special_ranges_are_denied if {
	every cidr, name in {
		"0.0.0.0": "the range for \"this network\"",
		"10.1.0.0/16": "a private range",
		"100.64.0.0/10": "the range for carrier-grade NAT",
		"127.0.0.1": "the loopback range",
		"169.254.1.0/24": "the link-local range",
		"172.31.255.0/24": "a private range",
		"192.0.0.8": "a range for protocol assignments",
		"192.168.0.0/16": "a private range",
		"198.19.0.0/16": "the range for benchmarks",
		"224.0.0.1": "a multicast or reserved range",
		"255.255.255.255": "a multicast or reserved range",
	} {
		messages(fixtures.rule(0, cidr, "ipv4")) == {sprintf("%s \"%s\" lies in %s, which %s.", [
			"Registry contoso: the firewall rule",
			cidr,
			name,
			"public traffic never comes from",
		])}
	}
}

test_public_ranges_pass if {
	every cidr in [
		"0.0.0.0/0",
		"10.0.0.0/7",
		"11.0.0.0/8",
		"100.128.0.0/10",
		"169.253.0.0/16",
		"172.32.0.0/16",
		"192.0.2.1",
		"192.169.0.0/16",
		"203.0.113.7",
		"223.255.255.0/24",
	] {
		messages(fixtures.rule(0, cidr, "ipv4")) == set()
		doubted(document([fixtures.rule(0, cidr, "ipv4")])) == set()
	}
}

test_ipv6_is_left_to_its_own_policy if messages(faulty("fe80::1", "ipv6", null, "host bits set")) == set()

test_fix_removes_the_rule if {
	findings := policy.deny with input as document([fixtures.rule(0, "10.0.0.0/8", "ipv4")])
	some finding in findings
	finding.key == "10.0.0.0/8"
	startswith(finding.fix[0], "az acr network-rule remove --name contoso --ip-address 10.0.0.0/8")
}

test_table_holds_the_ranges_it_names if {
	ipv4.special_ranges[10][0].last == ipv4.range("10.0.0.0/8").last
	ipv4.special_ranges[100][0].first == ipv4.range("100.64.0.0/10").first
	ipv4.special_ranges[172][0].last == ipv4.range("172.16.0.0/12").last
	ipv4.special_ranges[198][0].first == ipv4.range("198.18.0.0/15").first
}

test_what_was_not_read_is_unknown if {
	doubted(fixtures.document({"firewall": null})) == {"/registry/properties/networkRuleSet/ipRules"}
	doubted(document(["odd"])) == {"/registry/properties/networkRuleSet/ipRules/0"}
	doubted(document([faulty("x", "ipv4", null, null)])) == {"/registry/properties/networkRuleSet/ipRules/0/value"}
	doubted(fixtures.document({"firewall": null, "registry": {"sku": {"name": "Basic"}}})) == set()
}

test_rules_that_are_not_all_known if {
	given := object.union(document([fixtures.rule(0, "10.0.0.0/8", "ipv4")]), fixtures.source([fixtures.ip_rules]))
	findings := policy.deny with input as given
	count(findings) == 1
	unread_parts := policy.unknown with input as given
	unread_parts == {{
		"msg": "Registry contoso: its IP rules are not all known, so whether all of them are valid cannot be told.",
		"field": fixtures.ip_rules,
		"reason": "its IP rules are not all known",
	}}
}

test_no_command_where_it_is_not_known_what_the_list_does if {
	rule := faulty("40.78.231.7/24", "ipv4", "40.78.231.0/24", "host bits set")
	unread := {"registry": {"properties": {"networkRuleSet": {"defaultAction": null}}}}
	findings := policy.deny with input as object.union(document([rule]), unread)
	{finding.fix | some finding in findings} == {[]}
}
