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
