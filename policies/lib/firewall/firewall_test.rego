package lib.firewall_test

import data.lib.firewall
import data.lib.fixtures_test as fixtures

tag_list(changes) := text if {
	tag := {"id": "AzureContainerRegistry.EastUS", "missing_ipv4": [], "covered_ipv4": []}
	text := firewall.tag_list with input as {"service_tag": object.union(tag, changes)}
}

test_tag_list_says_where_it_came_from if {
	tag_list({"change_number": 376, "date": "2025-11-10", "source": "embedded"}) == concat(", ", [
		"change number 376 of 2025-11-10",
		"built into the scanner",
	])
	tag_list({"change_number": "160", "source": "arm"}) == "change number 160, read from Azure"
	tag_list({"change_number": "160", "source": "elsewhere"}) == "change number 160"
	tag_list({"date": "2025-11-10", "source": 7}) == "the list of 2025-11-10"
	tag_list({"change_number": 1.5}) == "the list"
}

test_service_tag_needs_its_lists if {
	every tag in [null, "x", {}, {"id": "t", "missing_ipv4": []}, {
		"id": "t",
		"missing_ipv4": [null],
		"covered_ipv4": [],
	}] {
		unread := firewall.service_tag_unread with input as {"firewall": {"rules": []}, "service_tag": tag}
		unread.field == "/service_tag"
	}
	not firewall.service_tag_unread with input as fixtures.document({})
	not firewall.service_tag_unread with input as {"firewall": null, "service_tag": {"id": "t"}}
}

test_only_whole_rules_are_rules if {
	good := fixtures.rule(0, "203.0.113.7", "ipv4")
	list := [good, "x", {"value": 7}, object.union(good, {"family": "ipv5"}), object.union(good, {"field": "odd"})]
	rules := firewall.rules with input as {"firewall": {"rules": list}}
	rules == [good]
	unread_parts := firewall.entry_unread with input as {"firewall": {"rules": list}}
	{unread.key | some unread in unread_parts} == {"#1", "#2", "#3", "#4"}
	not firewall.list_unread with input as {"firewall": {"rules": list}}
}

test_list_that_was_not_read if {
	every list in [null, "x", {}, {"rules": "x"}] {
		rules := firewall.rules with input as {"firewall": list}
		rules == []
		unread := firewall.list_unread with input as {"firewall": list}
		unread.field == "/registry/properties/networkRuleSet/ipRules"
	}
}

test_rule_commands if {
	remove := firewall.remove_rule("$(x)") with input as {"registry": {"name": "contoso"}}
	remove == "az acr network-rule remove --name contoso --ip-address '$(x)'"
}

test_ranges_are_added_in_one_change_that_drops_no_rule if {
	rules := [
		fixtures.rule(0, "203.0.113.7/32", "ipv4"),
		fixtures.rule(1, "2603::/125", "ipv6"),
	]
	commands := firewall.add_rules(["20.62.128.0/26"], "Deny") with input as {
		"registry": {"id": "/r"},
		"firewall": {"rules": rules},
	}
	commands == [concat(" ", [
		"az resource patch --ids /r --api-version 2025-11-01 --properties",
		concat("", [
			`'{"networkRuleSet":{"defaultAction":"Deny","ipRules":[{"action":"Allow","value":"203.0.113.7/32"},`,
			`{"action":"Allow","value":"20.62.128.0/26"}]}}'`,
		]),
	])]
}

test_a_list_with_an_unread_rule_is_not_replaced if {
	commands := firewall.add_rules(["20.62.128.0/26"], "Deny") with input as {
		"registry": {"name": "contoso"},
		"firewall": {"rules": [7]},
	}
	commands == ["az acr network-rule add --name contoso --ip-address 20.62.128.0/26"]
}

test_basic_registry_has_no_list if {
	firewall.absent with input as {"registry": {"sku": {"name": "Basic"}}}
	not firewall.absent with input as {"registry": {"sku": {"name": "Premium"}}}
	not firewall.absent with input as {"registry": {"sku": {"name": "Basic"}}, "firewall": "x"}
}

test_list_that_may_hold_more if {
	unread := firewall.may_hold_more with input as fixtures.document(fixtures.source([fixtures.ip_rules]))
	unread == {"field": fixtures.ip_rules, "why": "its IP rules are not all known"}
	not firewall.may_hold_more with input as fixtures.document(fixtures.source([]))
	none_there := object.union(fixtures.source([fixtures.ip_rules]), {"firewall": null})
	not firewall.may_hold_more with input as fixtures.document(none_there)
}

test_a_network_that_stands_twice_is_kept_once if {
	rules := [fixtures.rule(0, "203.0.113.0/24", "ipv4"), fixtures.rule(1, "203.0.113.0/24", "ipv4")]
	kept := firewall.kept with input as {"registry": {"id": "/r"}, "firewall": {"rules": rules}}
	kept == ["203.0.113.0/24"]
}
