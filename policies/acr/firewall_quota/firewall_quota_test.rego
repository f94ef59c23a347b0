package acr.firewall_quota_test

import data.acr.firewall_quota as policy
import data.lib.fixtures_test as fixtures

# A list of so many rules.
list(size, union) := {"firewall": {
	"rules": [fixtures.rule(index, "40.78.231.0/24", "ipv4") | some index in numbers.range(1, size)],
	"union_ipv4": union,
}}

usage(limit) := {"usages": [
	"odd",
	{"name": "Size", "limit": 536870912000, "currentValue": 0, "unit": "Bytes"},
	{"name": "IPRules", "limit": limit, "currentValue": 0, "unit": "Count"},
]}

findings(changes) := found if {
	found := policy.deny with input as fixtures.document(changes)
}

doubted(changes) := {unread.field | some unread in unread_parts} if {
	unread_parts := policy.unknown with input as fixtures.document(changes)
}

test_list_that_cannot_be_completed if {
	found := findings(object.union(list(3, ["40.78.231.0/24"]), usage(3)))
	found == {{
		"msg": concat(" ", [
			"Registry contoso needs 4 IP rules and may have 3: 3 in the list, 1 missing from the service tag.",
			"Merging those that overlap or adjoin leaves 1.",
		]),
		"field": "/registry/properties/networkRuleSet/ipRules",
		"evidence": {"rules": 3, "missing": 1, "limit": 3, "merged": 1},
	}}
	some finding in findings(object.union(list(3, null), usage(3)))
	finding.evidence.merged == null
}

test_list_with_room_passes if {
	findings(object.union(list(3, []), usage(4))) == set()
	findings(object.union(list(3, []), usage(-1))) == set()
	findings(list(3, [])) == set()
	doubted(list(3, [])) == set()
}

test_limit_is_a_parameter_where_it_was_not_read if {
	found := policy.deny with input as fixtures.document(list(3, []))
		with data.parameters.firewall_quota.limit as 3
	count(found) == 1
}

test_the_tag_counts_only_where_the_list_is_in_force if {
	closed := object.union(list(3, []), {
		"registry": {"properties": {"publicNetworkAccess": "Disabled"}},
		"service_tag": null,
	})
	findings(object.union(closed, usage(3))) == set()
	doubted(object.union(closed, usage(3))) == set()
	count(findings(object.union(closed, usage(2)))) == 1
}

test_basic_registry_is_not_applicable if {
	doubted({"firewall": null, "registry": {"sku": {"name": "Basic"}}}) == set()
}

test_what_was_not_read_is_unknown if {
	doubted({"firewall": null}) == {"/registry/properties/networkRuleSet/ipRules"}
	doubted({"service_tag": null}) == {"/service_tag"}
	doubted({"registry": {"sku": null}}) == {"/registry/sku/name"}
}

test_rules_that_are_not_all_known if {
	hidden := object.union(list(3, []), fixtures.source([fixtures.ip_rules]))
	doubted(hidden) == {fixtures.ip_rules}
	findings(object.union(hidden, usage(3))) == set()
	some finding in findings(object.union(hidden, usage(2)))
	startswith(finding.msg, "Registry contoso needs 3 IP rules and may have 2: at least 3 in the list.")
}

test_source_code_far_from_full_passes_whatever_its_region if {
	code := object.union(fixtures.source([]), {"service_tag": null})
	doubted(object.union(list(8, []), code)) == set()
	doubted(object.union(list(9, []), code)) == {"/service_tag"}
}
