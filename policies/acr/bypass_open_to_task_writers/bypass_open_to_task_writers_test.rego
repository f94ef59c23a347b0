package acr.bypass_open_to_task_writers_test

import data.acr.bypass_open_to_task_writers as policy
import data.lib.fixtures_test as fixtures

owner := "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"

document(assignments) := object.union(fixtures.document(fixtures.bypassed), {
	"role_assignments": assignments,
	"origin": {"role_assignments": "all"},
})

held(role, holder, kind) := object.union(fixtures.assignment(role, holder), {"properties": {"principalType": kind}})

found(given) := {finding.evidence.task_writers[0].principal | some finding in findings} if {
	findings := policy.deny with input as given
}

reasons(given) := {unread.reason | some unread in unread_parts} if {
	unread_parts := policy.unknown with input as given
}

test_whoever_may_write_tasks_is_named if {
	findings := policy.deny with input as document([held(owner, "u", "User"), held(fixtures.acr_push, "p", "User")])
	findings == {{
		"msg": concat(" ", [
			"Registry contoso lets Tasks bypass its network rules, and so may whoever writes tasks:",
			"user u (Owner).",
		]),
		"field": "/registry/properties/networkRuleBypassAllowedForTasks",
		"evidence": {"task_writers": [{
			"principal": "u",
			"type": "User",
			"role": "Owner",
			"scope": fixtures.registry_id,
		}]},
	}}
	reasons(document([held(owner, "u", "User")])) == set()
}

test_those_who_are_meant_to_are_not if {
	findings := policy.deny with input as document([held(owner, "U", "User")])
		with data.parameters.bypass_open_to_task_writers.principals as ["u"]
	findings == set()
}

test_nobody_else_and_no_bypass_pass if {
	found(document([held(fixtures.acr_push, "p", "User")])) == set()
	reasons(document([])) == set()
	off := fixtures.document({"role_assignments": [held(owner, "u", "User")]})
	found(off) == set()
	reasons(off) == set()
}

test_a_role_of_the_customers_own if {
	custom := [held("11111111-0000-4000-8000-000000000000", "c", "Group")]
	found(document(custom)) == set()
	reasons(document(custom)) == {"what a role lets its holder do was not read"}
	defined := object.union(document(custom), {"role_definitions": [{
		"name": "11111111-0000-4000-8000-000000000000",
		"properties": {"roleName": "Task runner", "permissions": [{"actions": ["*/tasks/write"]}]},
	}]})
	found(defined) == {"c"}
	reasons(defined) == set()
}

test_what_was_not_read if {
	reasons(document(null)) == {"the list of role assignments was not read"}
	unread := fixtures.with_properties({"networkRuleBypassAllowedForTasks": null})
	reasons(unread) == {"networkRuleBypassAllowedForTasks was not read"}
	older := object.union(fixtures.document(fixtures.bypassed), {"role_assignments": []})
	reasons(older) == {"only the roles of its tasks' own identities were read"}
	code := object.union(fixtures.document(fixtures.bypassed), fixtures.source(["/role_assignments"]))
	reasons(code) == {"roles may be assigned that this source does not declare"}
}
