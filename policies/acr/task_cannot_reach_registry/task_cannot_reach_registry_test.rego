package acr.task_cannot_reach_registry_test

import data.acr.task_cannot_reach_registry as policy
import data.lib.fixtures_test as fixtures

# A registry that is closed to the public, with these changes.
document(changes) := object.union(fixtures.with_properties({"publicNetworkAccess": "Disabled"}), changes)

denied(changes) := {finding.key | some finding in findings} if {
	findings := policy.deny with input as document(changes)
}

doubted(changes) := {unread.field | some unread in unread_parts} if {
	unread_parts := policy.unknown with input as document(changes)
}

nightly := {"tasks": [fixtures.task("nightly", {})]}

test_task_without_any_way_is_denied if {
	findings := policy.deny with input as document(nightly)
	some finding in findings
	startswith(finding.msg, concat(" ", [
		"Registry contoso is closed to the public network and task nightly has no way in:",
		"it runs on no agent pool in a virtual network,",
		"service tag rules do nothing while public access is Disabled,",
		"and the registry does not let Tasks bypass its network rules. Give it",
	]))
	finding.field == "/tasks/0"
	finding.evidence == {"task": "nightly", "agent_pool": "no", "service_tag": "no", "bypass": "no"}
	doubted(nightly) == set()
}

test_a_system_identity_alone_is_no_way if {
	denied({"tasks": [fixtures.task("nightly", fixtures.system_identity)]}) == {"nightly"}
}

test_without_an_identity_the_bypass_is_no_way_whatever_it_says if {
	none_there := object.union(nightly, {"registry": {"properties": {"networkRuleBypassAllowedForTasks": null}}})
	findings := policy.deny with input as document(none_there)
	some finding in findings
	contains(finding.msg, "and without a system-assigned identity it cannot bypass the network rules.")
	doubted(none_there) == set()
}

test_a_way_that_was_begun_is_reported_elsewhere if {
	denied({"tasks": [fixtures.task("nightly", fixtures.on_pool("gone"))]}) == set()
	bypass := {"registry": {"properties": {"networkRuleBypassAllowedForTasks": true}}}
	denied(object.union(nightly, bypass)) == set()
	selected := {"registry": {"properties": {"publicNetworkAccess": "Enabled"}}}
	denied(object.union(nightly, selected)) == set()
	doubted(object.union(nightly, selected)) == set()
}

test_a_task_with_a_way_passes if {
	pooled := {
		"tasks": [fixtures.task("nightly", fixtures.on_pool("agents"))],
		"agent_pools": [fixtures.vnet_pool("agents")],
	}
	denied(pooled) == set()
	doubted(pooled) == set()
}

test_an_open_registry_passes if {
	open := {
		"registry": {"properties": {
			"publicNetworkAccess": "Enabled",
			"networkRuleSet": {"defaultAction": "Allow"},
		}},
		"tasks": null,
	}
	denied(open) == set()
	doubted(open) == set()
}

test_what_was_not_read_is_unknown if {
	doubted({"tasks": null}) == {"/tasks"}
	doubted(object.union(nightly, {"registry": {"properties": {"publicNetworkAccess": null}}})) == {
		"/registry/properties/publicNetworkAccess",
	}
	doubted({"tasks": [fixtures.task("t", {"properties": {"status": null}})]}) == {"/tasks/0/properties/status"}
	doubted({
		"registry": {"properties": {"networkRuleBypassAllowedForTasks": null}},
		"tasks": [fixtures.task("t", fixtures.system_identity)],
	}) == {"/registry/properties/networkRuleBypassAllowedForTasks"}
	doubted(object.union(nightly, {
		"registry": {"properties": {"publicNetworkAccess": "Enabled"}},
		"service_tag": null,
	})) == {"/service_tag"}
}

test_source_code if {
	hidden := fixtures.source(["/tasks", "/agent_pools"])
	denied(object.union(hidden, nightly)) == {"nightly"}
	doubted(object.union(hidden, nightly)) == {"/tasks"}
	doubted(object.union(hidden, {"tasks": [fixtures.task("t", fixtures.on_pool("agents"))]})) == {
		"/tasks",
		"/tasks/0/properties/agentPoolName",
	}
	open := {"registry": {"properties": {"publicNetworkAccess": "Enabled", "networkRuleSet": {
		"defaultAction": "Allow",
	}}}}
	doubted(object.union(hidden, open)) == set()
}
