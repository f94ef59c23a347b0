package lib.paths_test

import data.lib.fixtures_test as fixtures
import data.lib.paths

public_addresses(changes) := answer if {
	answer := paths.public_addresses with input as fixtures.document(changes)
}

any_dependent(changes) := answer if {
	answer := paths.any_dependent with input as fixtures.document(changes)
}

closed := {"registry": {"properties": {"publicNetworkAccess": "Disabled"}}}

open := {"registry": {"properties": {"networkRuleSet": {"defaultAction": "Allow"}}}}

test_public_addresses if {
	public_addresses({}) == "no"
	public_addresses({"service_tag": fixtures.service_tag([], [])}) == "yes"
	public_addresses({"service_tag": null}) == "unknown"
	public_addresses({"firewall": null}) == "unknown"
	public_addresses({"registry": {"sku": null}}) == "unknown"
	public_addresses(closed) == "no"
	public_addresses(open) == "yes"
}

test_any_dependent if {
	any_dependent({}) == "no"
	any_dependent({"tasks": null}) == "unknown"
	any_dependent({"tasks": [fixtures.task("t", {})]}) == "yes"
	any_dependent({"tasks": [fixtures.task("t", {"properties": {"status": null}})]}) == "unknown"
	any_dependent({"tasks": [fixtures.task("t", {"properties": {"status": "Disabled"}})]}) == "no"
}

test_names_are_sorted if {
	names := paths.dependent_names with input as fixtures.document({"tasks": [
		fixtures.task("b", {}),
		fixtures.task("a", {}),
	]})
	names == ["a", "b"]
}

test_unread if {
	addresses := paths.address_unread with input as fixtures.document({"firewall": null, "service_tag": null})
	{unread.field | some unread in addresses} == {"/registry/properties/networkRuleSet/ipRules", "/service_tag"}
	settings := paths.address_unread with input as fixtures.document({"registry": {"sku": null}})
	{unread.field | some unread in settings} == {"/registry/sku/name"}
	none_there := paths.task_unread with input as fixtures.document({"tasks": null})
	{unread.field | some unread in none_there} == {"/tasks"}
	bypass := paths.task_unread with input as fixtures.document({
		"registry": {"properties": {"networkRuleBypassAllowedForTasks": null}},
		"tasks": [fixtures.task("t", fixtures.system_identity)],
	})
	{unread.field | some unread in bypass} == {"/registry/properties/networkRuleBypassAllowedForTasks"}
}

test_reach_unread if {
	settings := paths.reach_unread with input as fixtures.with_properties({
		"publicNetworkAccess": null,
		"networkRuleSet": {"defaultAction": "Allow"},
	})
	{unread.field | some unread in settings} == {"/registry/properties/publicNetworkAccess"}
	tag := paths.reach_unread with input as fixtures.document({"service_tag": null})
	{unread.field | some unread in tag} == {"/service_tag"}
}

test_bypass if {
	task := {"enabled": "yes", "on_vnet_pool": "no", "bypass": "yes"}
	paths.uses_bypass(task) == "yes"
	none_there := paths.bypass_unread with input as fixtures.with_properties({"networkRuleBypassAllowedForTasks": null})
	{unread.field | some unread in none_there} == {"/registry/properties/networkRuleBypassAllowedForTasks"}
	allowed := {"registry": {"properties": {"networkRuleBypassAllowedForTasks": true}}, "tasks": null}
	no_tasks := paths.bypass_unread with input as fixtures.document(allowed)
	{unread.field | some unread in no_tasks} == {"/tasks"}
}

test_aspects if count(paths.aspects) == 3

test_rules_that_are_not_all_known if {
	hidden := fixtures.source([fixtures.ip_rules])
	public_addresses(hidden) == "unknown"
	public_addresses(object.union(hidden, {"service_tag": fixtures.service_tag([], [])})) == "yes"
	public_addresses(object.union(hidden, closed)) == "no"
	reach := paths.reach_unread with input as fixtures.document(hidden)
	{unread.field | some unread in reach} == {fixtures.ip_rules}
	covered := object.union(hidden, {"service_tag": fixtures.service_tag([], [])})
	none := paths.reach_unread with input as fixtures.document(covered)
	none == set()
}

test_tasks_that_the_list_does_not_show if {
	hidden := fixtures.source(["/tasks"])
	any_dependent(hidden) == "unknown"
	any_dependent(object.union(hidden, {"tasks": [fixtures.task("t", {})]})) == "yes"
}

direct(task, changes) := answer if {
	answer := paths.direct(task) with input as fixtures.document(changes)
}

test_direct if {
	task := {"pool_missing": false, "on_vnet_pool": "no", "pool": null}
	direct(task, {}) == "no"
	direct(task, open) == "yes"
	direct(object.union(task, {"pool_missing": true}), open) == "no"
	either := object.union(task, {"on_vnet_pool": "unknown"})
	direct(either, closed) == "no"
	direct(either, {}) == "unknown"
}

subnet_rules(rules) := {"registry": {"properties": {"networkRuleSet": {"virtualNetworkRules": rules}}}}

from_pool(changes) := answer if {
	task := {"pool": "agents"}
	given := object.union({"agent_pools": [fixtures.vnet_pool("agents")]}, changes)
	answer := paths.from_pool(task) with input as fixtures.document(given)
}

own_subnet := fixtures.vnet_pool("agents").properties.virtualNetworkSubnetResourceId

test_from_a_virtual_network if {
	from_pool(subnet_rules([])) == "no"
	from_pool(subnet_rules([{"virtualNetworkSubnetResourceId": upper(own_subnet)}])) == "yes"
	from_pool(subnet_rules([{"id": "/other"}])) == "no"
	from_pool(subnet_rules(["odd"])) == "unknown"
	from_pool({}) == "unknown"
	from_pool({"preview": {"properties": {"networkRuleSet": {"virtualNetworkRules": []}}}}) == "no"
	from_pool(closed) == "no"
	from_pool({"registry": {"sku": null}}) == "unknown"
}

test_addresses_that_may_be_the_subnets_own if {
	every value, answer in {
		"203.0.113.7/32": "unknown",
		"10.0.0.0/8": "no",
		"168.63.129.16/32": "no",
		"odd": "unknown",
	} {
		rules := fixtures.firewall([fixtures.rule(0, value, "ipv4")])
		from_pool(object.union(subnet_rules([]), rules)) == answer
	}
	from_pool(object.union(subnet_rules([]), fixtures.firewall([fixtures.rule(0, "2603::/125", "ipv6")]))) == "no"
	from_pool(object.union(subnet_rules([]), {"firewall": null})) == "unknown"
	from_pool(object.union(subnet_rules([]), {"firewall": {"rules": ["odd"]}})) == "unknown"
	hidden := object.union(subnet_rules([]), fixtures.source([fixtures.ip_rules]))
	from_pool(hidden) == "unknown"
}

test_rules_for_subnets_in_source_code if {
	code := fixtures.source(["/registry/properties/networkRuleSet/virtualNetworkRules"])
	from_pool(code) == "unknown"
	from_pool(fixtures.source([])) == "no"
}

over_bypass(task, changes) := answer if {
	answer := paths.over_bypass(task) with input as object.union(fixtures.document(fixtures.bypassed), changes)
}

test_over_the_bypass if {
	task := {"pool_missing": false, "on_vnet_pool": "no", "bypass": "yes"}
	over_bypass(task, {}) == "yes"
	over_bypass(object.union(task, {"bypass": "no"}), {}) == "no"
	over_bypass(object.union(task, {"pool_missing": true}), {}) == "no"
	over_bypass(object.union(task, {"on_vnet_pool": "yes"}), {}) == "unknown"
	over_bypass(task, {"registry": {"properties": {"networkRuleBypassOptions": "None"}}}) == "unknown"
}
