package acr.foreign_agent_ranges_test

import data.acr.foreign_agent_ranges as policy
import data.lib.fixtures_test as fixtures

rule := fixtures.rule(0, "13.107.6.0/24", "ipv4")

# A list with one rule and a task that needs the tag; the host says these rules are foreign.
document(foreign, changes) := object.union(
	fixtures.document({
		"tasks": [fixtures.task("nightly", {})],
		"firewall": {"rules": [rule], "union_ipv4": []},
		"service_tag": {"foreign_rules": foreign},
	}),
	changes,
)

devops := [{"value": rule.value, "field": rule.field, "owner": "AzureDevOps"}]

owners(foreign, changes) := {finding.evidence.owner | some finding in findings} if {
	findings := policy.deny with input as document(foreign, changes)
}

doubted(foreign, changes) := {unread.field | some unread in unread_parts} if {
	unread_parts := policy.unknown with input as document(foreign, changes)
}

test_ranges_of_other_agents_are_named if {
	findings := policy.deny with input as document(devops, {})
	findings == {{
		"msg": concat(" ", [
			"Registry contoso: the firewall rule 13.107.6.0/24 is a range of AzureDevOps,",
			"where Tasks do not run; those of AzureContainerRegistry.EastUS are needed by nightly.",
		]),
		"field": rule.field,
		"key": "13.107.6.0/24",
		"evidence": {
			"owner": "AzureDevOps",
			"tasks": ["nightly"],
			"service_tag": "AzureContainerRegistry.EastUS",
		},
	}}
	doubted(devops, {}) == set()
}

test_no_foreign_ranges_pass if {
	owners([], {}) == set()
	doubted([], {}) == set()
}

test_ranges_given_as_a_parameter if {
	given := ["13.107.0.0/16", "4.148.0.0/16", "2603::/16", "odd"]
	findings := policy.deny with input as document([], {}) with data.parameters.foreign_agent_ranges.ranges as given
	some finding in findings
	finding.evidence.owner == "the agents given as a parameter"
	narrower := policy.deny with input as document([], {})
		with data.parameters.foreign_agent_ranges.ranges as ["13.107.6.0/25"]
	count(narrower) == 0
}

test_a_complete_list_passes if {
	owners(devops, {"service_tag": fixtures.service_tag([], [])}) == set()
	doubted(devops, {"service_tag": fixtures.service_tag([], [])}) == set()
}

test_no_task_that_needs_the_tag_passes if {
	owners(devops, {"tasks": []}) == set()
	doubted(devops, {"tasks": []}) == set()
}

test_a_list_that_is_not_in_force_passes if {
	closed := {"registry": {"properties": {"publicNetworkAccess": "Disabled"}}}
	owners(devops, closed) == set()
	doubted(devops, closed) == set()
}

test_what_was_not_read_is_unknown if {
	doubted(null, {}) == {"/service_tag/foreign_rules"}
	doubted(["odd", {"value": 7}], {}) == {"/service_tag/foreign_rules"}
	doubted(devops, {"tasks": null}) == {"/tasks"}
	doubted(null, {"tasks": null}) == {"/tasks"}
	doubted([], {"tasks": null}) == set()
	doubted(devops, {"tasks": [fixtures.task("t", {"properties": {"status": null}})]}) == {
		"/tasks/0/properties/status",
	}
	doubted(devops, {"service_tag": {"id": null}}) == {"/service_tag"}
	doubted(devops, {"registry": {"sku": null}}) == {"/registry/sku/name"}
}

test_rules_that_are_not_all_known if {
	hidden := fixtures.source([fixtures.ip_rules])
	owners(devops, hidden) == set()
	doubted(devops, hidden) == {fixtures.ip_rules}
	doubted([], hidden) == {fixtures.ip_rules}
	doubted(devops, object.union(hidden, {"tasks": []})) == set()
	doubted(devops, object.union(hidden, {"service_tag": fixtures.service_tag([], [])})) == set()
}

test_tasks_that_are_not_all_known if {
	hidden := fixtures.source(["/tasks"])
	owners(devops, hidden) == {"AzureDevOps"}
	doubted(devops, hidden) == set()
	doubted(devops, object.union(hidden, {"tasks": []})) == {"/tasks"}
	doubted([], object.union(hidden, {"tasks": []})) == set()
}
