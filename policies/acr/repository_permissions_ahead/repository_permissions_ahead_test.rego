package acr.repository_permissions_ahead_test

import data.acr.repository_permissions_ahead as policy
import data.lib.fixtures_test as fixtures

repository_writer := "2a1e307c-b015-4ebd-883e-5b7698a07328"

custom := "11111111-0000-4000-8000-000000000000"

document(task, changes) := object.union(
	fixtures.document({"tasks": [object.union(fixtures.task("t", {}), task)]}),
	object.union(fixtures.needs({"pull", "push"}), changes),
)

system := object.union(fixtures.system_identity, fixtures.own_login)

held(ids) := fixtures.held(ids)

findings(task, changes) := found if {
	found := policy.deny with input as document(task, changes)
}

lost(task, changes) := {role | some finding in findings(task, changes); some role in finding.evidence.roles_that_stop}

test_a_task_that_logs_in_by_default if {
	findings({}, {}) == {{
		"msg": concat(" ", [
			"Registry contoso: under repository permissions, the coming default,",
			"tasks that log in by default would get nothing (t).",
		]),
		"field": "/registry/properties/roleAssignmentMode",
		"evidence": {"tasks_without_identity": ["t"], "roles_that_stop": []},
	}}
}

test_roles_that_stop_counting if {
	lost(system, held([fixtures.acr_push])) == {"AcrPush"}
	lost(system, held([fixtures.acr_push, repository_writer])) == set()
	lost(system, held([])) == set()
	lost(system, held([custom])) == set()
	definition := {"role_definitions": [{"name": custom, "properties": {
		"roleName": "Pusher",
		"permissions": [{"actions": ["Microsoft.ContainerRegistry/registries/push/write"]}],
	}}]}
	lost(system, object.union(held([custom]), definition)) == {"Pusher"}
}

test_what_passes if {
	findings({}, {"registry": {"properties": {"roleAssignmentMode": "AbacRepositoryPermissions"}}}) == set()
	findings({}, fixtures.needs(set())) == set()
}

test_what_was_not_read if {
	hidden := {"registry": {"properties": {"roleAssignmentMode": null}}}
	unread_parts := policy.unknown with input as document({}, hidden)
	{unread.field | some unread in unread_parts} == {"/registry/properties/roleAssignmentMode"}
	no_tasks := policy.unknown with input as fixtures.document({"tasks": null})
	{unread.field | some unread in no_tasks} == {"/tasks"}
	no_roles := policy.unknown with input as document(system, {"role_assignments": null})
	{unread.field | some unread in no_roles} == {"/role_assignments"}
}
