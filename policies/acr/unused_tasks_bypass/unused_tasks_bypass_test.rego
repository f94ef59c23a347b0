package acr.unused_tasks_bypass_test

import data.acr.unused_tasks_bypass as policy
import data.lib.fixtures_test as fixtures

# A registry that allows the bypass, with these changes.
document(changes) := object.union(fixtures.with_properties({"networkRuleBypassAllowedForTasks": true}), changes)

# What the findings say is the reason.
reasons(changes) := {split(finding.msg, ", but ")[1] | some finding in findings} if {
	findings := policy.deny with input as document(changes)
}

doubted(changes) := {unread.field | some unread in unread_parts} if {
	unread_parts := policy.unknown with input as document(changes)
}

closing := ": the bypass only widens who can reach it."

nightly := {"tasks": [fixtures.task("nightly", fixtures.system_identity)]}

test_no_tasks if {
	findings := policy.deny with input as document({})
	some finding in findings
	finding.msg == concat(" ", [
		"Registry contoso lets Tasks bypass its network rules, but it has no tasks:",
		"the bypass only widens who can reach it.",
	])
	finding.fix == [concat(" ", [
		"az resource patch --ids",
		fixtures.registry_id,
		`--api-version 2025-11-01 --properties '{"networkRuleBypassAllowedForTasks":false}'`,
		"--subscription",
		fixtures.subscription,
	])]
	doubted({}) == set()
}

test_no_task_needs_it if {
	reasons({
		"tasks": [fixtures.task("pooled", fixtures.on_pool("agents"))],
		"agent_pools": [fixtures.vnet_pool("agents")],
	}) == {concat("", ["no enabled task needs it", closing])}
	reasons({"tasks": [fixtures.task("off", {"properties": {"status": "Disabled"}})]}) == {concat("", [
		"no enabled task needs it",
		closing,
	])}
}

test_addresses_are_let_in_anyway if {
	text := concat("", ["it lets the addresses that tasks come from in anyway", closing])
	reasons(object.union(nightly, {"service_tag": fixtures.service_tag([], ["20.62.128.0/26"])})) == {text}
	open := {"registry": {"properties": {"networkRuleSet": {"defaultAction": "Allow"}}}, "tasks": null}
	reasons(open) == {text}
	doubted(open) == set()
}

test_a_task_that_needs_it if {
	reasons(nightly) == set()
	doubted(nightly) == set()
}

test_bypass_that_is_off if {
	off := {"registry": {"properties": {"networkRuleBypassAllowedForTasks": false}}, "tasks": null}
	reasons(off) == set()
	doubted(off) == set()
}

test_what_was_not_read_is_unknown if {
	doubted({"tasks": null}) == {"/tasks"}
	doubted(object.union(nightly, {"service_tag": null})) == {"/service_tag"}
	doubted({"tasks": [fixtures.task("t", {"properties": {"status": null}})]}) == {"/tasks/0/properties/status"}
	doubted({"registry": {"properties": {"networkRuleBypassAllowedForTasks": null}}}) == {
		"/registry/properties/networkRuleBypassAllowedForTasks",
	}
}

test_tasks_that_are_not_all_known if {
	hidden := fixtures.source(["/tasks"])
	reasons(hidden) == set()
	doubted(hidden) == {"/tasks"}
	doubted(object.union(hidden, nightly)) == set()
	let_in := {"service_tag": fixtures.service_tag([], ["20.62.128.0/26"])}
	count(reasons(object.union(hidden, let_in))) == 1
	off := {"registry": {"properties": {"networkRuleBypassAllowedForTasks": false}}}
	doubted(object.union(hidden, off)) == set()
}

test_rules_that_are_not_all_known if {
	hidden := fixtures.source([fixtures.ip_rules])
	doubted(object.union(hidden, nightly)) == {fixtures.ip_rules}
}
