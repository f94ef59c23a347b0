package acr.stale_service_tag_ips_test

import data.acr.stale_service_tag_ips as policy
import data.lib.fixtures_test as fixtures

rule := fixtures.rule(0, "20.51.13.64/26", "ipv4")

document(stale, changes) := object.union(
	fixtures.document({
		"firewall": {"rules": [rule], "union_ipv4": []},
		"service_tag": {"stale_rules": stale},
	}),
	changes,
)

doubted(stale, changes) := {unread.field | some unread in unread_parts} if {
	unread_parts := policy.unknown with input as document(stale, changes)
}

west := {"value": rule.value, "field": rule.field, "tag": "AzureContainerRegistry.WestUS3"}

test_range_of_another_region_is_denied if {
	findings := policy.deny with input as document([west], {})
	findings == {{
		"msg": concat(" ", [
			"Registry contoso: the firewall rule 20.51.13.64/26 is a range of AzureContainerRegistry.WestUS3,",
			"from which this registry's Tasks do not run.",
		]),
		"field": rule.field,
		"key": "20.51.13.64/26",
		"evidence": {"tag": "AzureContainerRegistry.WestUS3"},
	}}
	doubted([west], {}) == set()
}

test_no_such_range_passes if {
	findings := policy.deny with input as document([], {})
	count(findings) == 0
	doubted([], {}) == set()
}

test_nothing_to_compare_passes if {
	doubted(null, {"firewall": {"rules": []}, "service_tag": null}) == set()
	doubted(null, {"firewall": null, "registry": {"sku": {"name": "Standard"}}}) == set()
}

test_what_was_not_read_is_unknown if {
	doubted(null, {}) == {"/service_tag/stale_rules"}
	doubted(["odd", object.union(west, {"field": "odd"})], {}) == {"/service_tag/stale_rules"}
	doubted([], {"service_tag": null}) == {"/service_tag"}
	doubted([], {"firewall": null}) == {"/registry/properties/networkRuleSet/ipRules"}
}

test_rules_that_are_not_all_known if {
	hidden := fixtures.source([fixtures.ip_rules])
	doubted([west], hidden) == {fixtures.ip_rules}
	findings := policy.deny with input as document([west], hidden)
	count(findings) == 1
	doubted([], object.union(hidden, {"firewall": {"rules": []}})) == {fixtures.ip_rules}
}
