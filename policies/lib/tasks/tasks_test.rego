package lib.tasks_test

import data.lib.fixtures_test as fixtures
import data.lib.tasks

# The one aspect of the one task in a document.
aspect(name, item, changes) := task[name] if {
	entries := tasks.entries with input as object.union(fixtures.document({"tasks": [item]}), changes)
	task := entries[0]
}

unread_parts(item, changes) := found if {
	document := object.union(fixtures.document({"tasks": [item]}), changes)
	entries := tasks.entries with input as document
	found := tasks.unread_parts(entries[0], ["enabled", "system_identity", "on_vnet_pool"]) with input as document
}

test_status if {
	aspect("enabled", fixtures.task("t", {}), {}) == "yes"
	aspect("enabled", fixtures.task("t", {"properties": {"status": "disabled"}}), {}) == "no"
	aspect("enabled", fixtures.task("t", {"properties": {"status": "Paused"}}), {}) == "unknown"
	aspect("enabled", {"name": "t"}, {}) == "unknown"
}

test_name if {
	aspect("name", {"name": "t"}, {}) == "t"
	aspect("name", {"name": 7}, {}) == "#0"
	aspect("name", "odd", {}) == "#0"
}

test_identity if {
	aspect("system_identity", {}, {}) == "no"
	aspect("system_identity", {"identity": null}, {}) == "unknown"
	aspect("system_identity", {"identity": {"type": "systemassigned,UserAssigned"}}, {}) == "yes"
	aspect("system_identity", {"identity": {"type": "None"}}, {}) == "no"
	aspect("system_identity", {"identity": {"type": "SystemAssigned, Other"}}, {}) == "unknown"
	aspect("system_identity", [], {}) == "unknown"
}

test_bypass_needs_both if {
	allowed := {"registry": {"properties": {"networkRuleBypassAllowedForTasks": true}}}
	none_there := {"registry": {"properties": {"networkRuleBypassAllowedForTasks": null}}}
	task := fixtures.task("t", fixtures.system_identity)
	aspect("bypass", task, allowed) == "yes"
	aspect("bypass", task, {}) == "no"
	aspect("bypass", task, none_there) == "unknown"
	aspect("bypass", fixtures.task("t", {}), none_there) == "no"
	aspect("bypass", fixtures.task("t", {"identity": null}), allowed) == "unknown"
}

test_pool if {
	task := fixtures.task("t", fixtures.on_pool("Agents"))
	aspect("on_vnet_pool", task, {"agent_pools": [fixtures.vnet_pool("agents")]}) == "yes"
	aspect("on_vnet_pool", task, {"agent_pools": [fixtures.public_pool("agents")]}) == "no"
	aspect("on_vnet_pool", task, {}) == "no"
	aspect("on_vnet_pool", task, {"agent_pools": null}) == "unknown"
	aspect("on_vnet_pool", task, {"agent_pools": ["odd"]}) == "unknown"
	aspect("on_vnet_pool", task, {"agent_pools": [{"name": "agents"}]}) == "unknown"
	aspect("on_vnet_pool", task, {"agent_pools": [{
		"name": "agents",
		"properties": {"virtualNetworkSubnetResourceId": null},
	}]}) == "unknown"
	aspect("on_vnet_pool", task, {"agent_pools": [{"name": 7, "properties": {}}]}) == "unknown"
	aspect("on_vnet_pool", fixtures.task("t", {}), {"agent_pools": null}) == "no"
	aspect("on_vnet_pool", {"name": "t"}, {}) == "unknown"
	aspect("on_vnet_pool", fixtures.task("t", fixtures.on_pool(7)), {}) == "unknown"
}

test_a_pool_named_twice_counts_only_when_both_are_inside if {
	task := fixtures.task("t", fixtures.on_pool("agents"))
	twice := {"agent_pools": [fixtures.vnet_pool("agents"), fixtures.public_pool("AGENTS")]}
	aspect("on_vnet_pool", task, twice) == "no"
}

test_unread_name_the_field if {
	unread_parts(fixtures.task("t", {}), {}) == set()
	unread_parts(fixtures.task("t", {"properties": {"status": null}}), {}) == {{
		"field": "/tasks/0/properties/status",
		"why": "its status was not read",
	}}
	unread_parts(fixtures.task("t", {"identity": {"type": "Odd"}}), {}) == {{
		"field": "/tasks/0/identity",
		"why": "its identity is \"Odd\", a value this policy does not know",
	}}
	unread_parts(fixtures.task("t", fixtures.on_pool("agents")), {"agent_pools": null}) == {{
		"field": "/agent_pools",
		"why": "the agent pool list was not read",
	}}
	unread_parts(fixtures.task("t", fixtures.on_pool("agents")), {"agent_pools": ["odd"]}) == {{
		"field": "/tasks/0/properties/agentPoolName",
		"why": "its agent pool agents could not be read",
	}}
	unread_parts(fixtures.task("t", fixtures.on_pool(7)), {}) == {{
		"field": "/tasks/0/properties/agentPoolName",
		"why": "its agent pool was not read",
	}}
}

test_list_that_was_not_read if {
	unread := tasks.list_unread with input as {"tasks": 7}
	unread == {"field": "/tasks", "why": "the task list has an unexpected type (number)"}
	entries := tasks.entries with input as {"tasks": 7}
	entries == []
}

test_tasks_that_the_list_does_not_show if {
	unread := tasks.list_unread with input as fixtures.document(fixtures.source(["/tasks"]))
	unread == {"field": "/tasks", "why": "tasks may exist that this source does not declare"}
	not tasks.list_unread with input as fixtures.document(fixtures.source([]))
}

test_pool_of_source_code if {
	task := fixtures.task("t", fixtures.on_pool("agents"))
	somewhere := fixtures.source(["/agent_pools"])
	aspect("on_vnet_pool", task, somewhere) == "unknown"
	aspect("on_vnet_pool", task, object.union(somewhere, {"agent_pools": [fixtures.vnet_pool("agents")]})) == "yes"
	aspect("on_vnet_pool", task, fixtures.source([])) == "no"
	unread_parts(task, somewhere) == {{
		"field": "/tasks/0/properties/agentPoolName",
		"why": "its agent pool agents is not declared here",
	}}
	open := {"agent_pools": [object.union(
		fixtures.vnet_pool("agents"),
		{"properties": {"virtualNetworkSubnetResourceId": null}},
	)]}
	unread_parts(task, object.union(fixtures.source([]), open)) == {{
		"field": "/tasks/0/properties/agentPoolName",
		"why": "whether its agent pool agents has a subnet is not known",
	}}
}

test_pool_name_that_is_not_known if {
	task := fixtures.task("t", fixtures.on_pool(null))
	hidden := fixtures.source(["/tasks/0/properties/agentPoolName"])
	aspect("on_vnet_pool", task, hidden) == "unknown"
	aspect("on_vnet_pool", task, fixtures.source([])) == "no"
	unread_parts(task, hidden) == {{"field": "/tasks/0/properties/agentPoolName", "why": "its agent pool is not known"}}
}

test_identity_that_is_not_known if {
	task := fixtures.task("t", {"identity": {}})
	unread_parts(task, fixtures.source([])) == {{"field": "/tasks/0/identity", "why": "its identity is not known"}}
}
