package acr.missing_service_tag_ips_test

import data.acr.missing_service_tag_ips as policy
import data.lib.fixtures_test as fixtures

document(changes) := fixtures.document(changes)

shared := fixtures.task("nightly", {})

stale := {"service_tag": fixtures.service_tag(["20.42.66.0/24", "20.62.128.0/26"], ["40.78.231.0/24"])}

passes(given) if {
	findings := policy.deny with input as given
	count(findings) == 0
	unread_parts := policy.unknown with input as given
	count(unread_parts) == 0
}

denied(given) if {
	findings := policy.deny with input as given
	count(findings) == 1
	unread_parts := policy.unknown with input as given
	count(unread_parts) == 0
}

undecided(given, fields) if {
	findings := policy.deny with input as given
	count(findings) == 0
	unread_parts := policy.unknown with input as given
	{unread.field | some unread in unread_parts} == fields
}

test_stale_list_is_denied_without_any_task if {
	findings := policy.deny with input as document(stale)
	findings == {{
		"msg": concat(" ", [
			"Registry contoso admits only a part of AzureContainerRegistry.EastUS, where ACR Tasks run:",
			"missing are 20.42.66.0/24, 20.62.128.0/26; no task depends on it today.",
			"Compared with change number 376 of 2025-11-10, built into the scanner.",
		]),
		"field": "/registry/properties/networkRuleSet/ipRules",
		"key": "AzureContainerRegistry.EastUS",
		"evidence": {
			"service_tag": "AzureContainerRegistry.EastUS",
			"change_number": 376,
			"source": "embedded",
			"date": "2025-11-10",
			"missing_ipv4": ["20.42.66.0/24", "20.62.128.0/26"],
			"covered_ipv4": ["40.78.231.0/24"],
			"tasks": [],
			"quick_runs": null,
		},
		"severity": "medium",
		"fix": [concat(" ", [
			"az resource patch --ids", fixtures.registry_id, "--api-version 2025-11-01 --properties",
			concat("", [
				`'{"networkRuleSet":{"defaultAction":"Deny","ipRules":[{"action":"Allow","value":"20.42.66.0/24"},`,
				`{"action":"Allow","value":"20.62.128.0/26"}]}}'`,
			]),
			"--subscription", fixtures.subscription,
		])],
	}}
}

test_stale_list_is_denied_with_unreadable_tasks if denied(document(object.union(stale, {"tasks": null})))

test_empty_list_is_denied_for_dependent_tasks if {
	findings := policy.deny with input as document({"tasks": [shared, fixtures.task("build", {})]})
	some finding in findings
	finding.evidence.tasks == ["build", "nightly"]
	contains(finding.msg, "contoso admits nothing of AzureContainerRegistry.EastUS")
	contains(finding.msg, "missing are 20.62.128.0/26; tasks that depend on it are build, nightly.")
}

test_empty_list_without_tasks_passes if passes(document({}))

test_runs_without_a_task_depend_on_the_list if {
	given := fixtures.document({"runs": fixtures.runs(fixtures.tally(3, 1, 2), {})})
	findings := policy.deny with input as given
	some finding in findings
	finding.severity == "high"
	finding.evidence.quick_runs.count == 3
	contains(finding.msg, "without a task there were 3 runs since 2026-10-28, of which 1 succeeded")
	passes(fixtures.document({"runs": fixtures.runs(fixtures.tally(0, 0, 0), {})}))
	undecided(fixtures.document({"runs": null}), {"/runs"})
}

test_quick_tasks_count_when_told if {
	findings := policy.deny with input as document({})
		with data.parameters.missing_service_tag_ips.quick_tasks as true
	count(findings) == 1
}

test_complete_list_passes if {
	passes(document({"tasks": [shared], "service_tag": fixtures.service_tag([], ["20.62.128.0/26"])}))
}

test_tasks_with_another_way_do_not_depend_on_it if {
	passes(document({
		"tasks": [
			fixtures.task("pooled", fixtures.on_pool("Agents")),
			fixtures.task("off", {"properties": {"status": "disabled"}}),
		],
		"agent_pools": [fixtures.vnet_pool("agents")],
	}))
	passes(document({
		"registry": {"properties": {"networkRuleBypassAllowedForTasks": true}},
		"tasks": [fixtures.task("trusted", fixtures.system_identity)],
	}))
}

test_tasks_without_another_way_depend_on_it if {
	denied(document({
		"tasks": [fixtures.task("pooled", fixtures.on_pool("agents"))],
		"agent_pools": [fixtures.public_pool("agents")],
	}))
	denied(document({"tasks": [fixtures.task("pooled", fixtures.on_pool("gone"))]}))
	denied(document({
		"registry": {"properties": {"networkRuleBypassAllowedForTasks": true}},
		"tasks": [fixtures.task("foreign", {"identity": {"type": "UserAssigned"}})],
	}))
	denied(document({"tasks": [fixtures.task("trusted", fixtures.system_identity)]}))
}

test_not_applicable if {
	every registry in [
		{"properties": {"publicNetworkAccess": "Disabled"}},
		{"properties": {"networkRuleSet": {"defaultAction": "Allow"}}},
		{"sku": {"name": "Standard"}, "properties": {"networkRuleSet": null}},
		{"sku": {"name": "basic"}, "properties": {"publicNetworkAccess": null}},
	] {
		passes(document({"registry": registry, "tasks": null, "firewall": null, "service_tag": null}))
	}
}

test_list_or_tag_not_read_is_unknown if {
	undecided(document({"firewall": null}), {"/registry/properties/networkRuleSet/ipRules"})
	undecided(document({"service_tag": null}), {"/service_tag"})
	undecided(document({"service_tag": "x"}), {"/service_tag"})
	undecided(document({"service_tag": {"missing_ipv4": [1]}}), {"/service_tag"})
	undecided(document({"firewall": null, "service_tag": null}), {
		"/registry/properties/networkRuleSet/ipRules",
		"/service_tag",
	})
}

test_settings_not_read_are_unknown if {
	undecided(document({"registry": {"sku": null}}), {"/registry/sku/name"})
	undecided(
		document({"registry": {"properties": {"publicNetworkAccess": null}}}),
		{"/registry/properties/publicNetworkAccess"},
	)
}

test_tasks_not_read_are_unknown if undecided(document({"tasks": null}), {"/tasks"})

test_task_of_which_too_little_is_known if {
	undecided(
		document({"tasks": [fixtures.task("nightly", {"properties": {"status": null}})]}),
		{"/tasks/0/properties/status"},
	)
	undecided(
		document({"tasks": [fixtures.task("nightly", fixtures.on_pool("agents"))], "agent_pools": null}),
		{"/agent_pools"},
	)
	undecided(
		document({
			"registry": {"properties": {"networkRuleBypassAllowedForTasks": true}},
			"tasks": [fixtures.task("nightly", {"identity": null})],
		}),
		{"/tasks/0/identity"},
	)
	task := fixtures.task("t", {"properties": {"status": 1}})
	unread_parts := policy.unknown with input as document({"tasks": [task]})
	unread_parts == {{
		"msg": concat(" ", [
			"Registry contoso: of task t its status has an unexpected type (number),",
			"so whether it depends on the missing ranges of AzureContainerRegistry.EastUS cannot be told.",
		]),
		"field": "/tasks/0/properties/status",
		"reason": "its status has an unexpected type (number)",
		"key": "t",
	}}
}

test_bypass_not_read_is_unknown_for_a_task_that_could_use_it if {
	registry := {"properties": {"networkRuleBypassAllowedForTasks": null}}
	undecided(
		document({"registry": registry, "tasks": [fixtures.task("trusted", fixtures.system_identity)]}),
		{"/registry/properties/networkRuleBypassAllowedForTasks"},
	)
	denied(document({"registry": registry, "tasks": [shared]}))
}

test_nothing_read_is_unknown if {
	every nothing in array.concat(fixtures.nothing, [fixtures.odd]) {
		findings := policy.deny with input as nothing
		count(findings) == 0
		unread_parts := policy.unknown with input as nothing
		count(unread_parts) > 0
	}
}

test_rules_that_are_not_all_known if {
	hidden := fixtures.source([fixtures.ip_rules])
	undecided(document(object.union(stale, hidden)), {fixtures.ip_rules})
	undecided(document(object.union(hidden, {"tasks": [shared]})), {fixtures.ip_rules})
	passes(document(object.union(hidden, {
		"tasks": [shared],
		"service_tag": fixtures.service_tag([], ["20.62.128.0/26"]),
	})))
	passes(document(object.union(hidden, {"registry": {"properties": {"publicNetworkAccess": "Disabled"}}})))
}

test_tasks_that_are_not_all_known if {
	hidden := fixtures.source(["/tasks"])
	undecided(document(hidden), {"/tasks"})
	denied(document(object.union(stale, hidden)))
	denied(document(object.union(hidden, {"tasks": [shared]})))
}

test_a_task_that_needs_nothing_here_is_low if {
	quiet := fixtures.task("t", {"properties": {"credentials": {"sourceRegistry": {"loginMode": "None"}}}})
	findings := policy.deny with input as object.union(document({"tasks": [quiet]}), fixtures.needs(set()))
	some finding in findings
	finding.severity == "low"
	finding.evidence.tasks == []
}
