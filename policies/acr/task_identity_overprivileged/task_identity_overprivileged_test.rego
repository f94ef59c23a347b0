package acr.task_identity_overprivileged_test

import data.acr.task_identity_overprivileged as policy
import data.lib.fixtures_test as fixtures

principal := "f078dfc9-30ec-4039-8eeb-30c1abdecc23"

owner := "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"

push := "8311e382-0749-4cb8-b61a-304f252e45ec"

group := concat("/", ["/subscriptions", fixtures.subscription, "resourceGroups/rg-images"])

assigned(role, scope) := {
	"id": concat("/", [fixtures.registry_id, "providers/Microsoft.Authorization/roleAssignments/1"]),
	"properties": {
		"principalId": principal,
		"roleDefinitionId": concat("/", ["/providers/Microsoft.Authorization/roleDefinitions", role]),
		"scope": scope,
	},
}

document(identity, assignments) := fixtures.document({
	"tasks": [fixtures.task("nightly", identity)],
	"role_assignments": assignments,
})

denied(identity, assignments) := {finding.key | some finding in findings} if {
	findings := policy.deny with input as document(identity, assignments)
}

doubted(given) := {unread.field | some unread in unread_parts} if {
	unread_parts := policy.unknown with input as given
}

user_assigned(value) := {"identity": {
	"type": "UserAssigned",
	"userAssignedIdentities": {"/subscriptions/s/x/builder": value},
}}

test_owner_is_denied if {
	findings := policy.deny with input as document(
		fixtures.system_identity,
		[assigned(owner, fixtures.registry_id), assigned(push, fixtures.registry_id)],
	)
	some finding in findings
	finding.msg == sprintf("%s Owner on %s, and whoever may write the task gets that.", [
		"Registry contoso: the identity of task nightly holds",
		fixtures.registry_id,
	])
	finding.field == "/tasks/0/identity"
	count(finding.evidence.assignments) == 1
	finding.fix == []
}

test_any_role_above_the_registry_is_denied if {
	denied(fixtures.system_identity, [assigned(push, group)]) == {"nightly"}
	denied(fixtures.system_identity, [object.union(assigned(push, group), {"id": null})]) == {"nightly"}
}

test_a_role_on_the_registry_passes if {
	denied(fixtures.system_identity, [assigned(push, upper(fixtures.registry_id))]) == set()
	doubted(document(fixtures.system_identity, [assigned(push, fixtures.registry_id)])) == set()
}

test_user_assigned_identities_count if {
	denied(user_assigned({"principalId": upper(principal)}), [assigned(owner, null)]) == {"nightly"}
	doubted(document(user_assigned({"principalId": principal}), [])) == set()
}

test_a_task_without_identity_passes if {
	denied({}, [assigned(owner, group)]) == set()
	doubted(document({}, null)) == set()
}

test_what_was_not_read_is_unknown if {
	doubted({}) == {"/tasks"}
	doubted(document({"identity": null}, [])) == {"/tasks/0/identity"}
	doubted(document(fixtures.system_identity, null)) == {"/role_assignments"}
	doubted(document({"identity": {"type": "SystemAssigned"}}, [])) == {"/tasks/0/identity/principalId"}
	doubted(document(user_assigned({}), [])) == {"/tasks/0/identity/userAssignedIdentities"}
	doubted(document({"identity": {"type": "UserAssigned"}}, [])) == {"/tasks/0/identity/userAssignedIdentities"}
	doubted(document(fixtures.system_identity, [assigned(push, null)])) == {"/tasks/0/identity"}
	doubted(object.union(
		document(fixtures.system_identity, [assigned(push, group)]),
		{"registry": {"id": null}},
	)) == {"/tasks/0/identity"}
}

test_source_code if {
	hidden := fixtures.source(["/role_assignments"])
	push_at := object.union(document(fixtures.system_identity, [assigned(push, null)]), hidden)
	doubted(push_at) == {"/role_assignments"}
	findings := policy.deny with input as push_at
	findings == set()
	owner_at := object.union(document(fixtures.system_identity, [assigned(owner, null)]), hidden)
	some finding in policy.deny with input as owner_at
	contains(finding.msg, "holds Owner on a scope that is not known, and")
	doubted(object.union(document({}, []), hidden)) == set()
	unnamed := object.union(document(user_assigned({}), []), hidden)
	unread_parts := policy.unknown with input as unnamed
	{unread.msg | some unread in unread_parts} == {concat(" ", [
		"Registry contoso: of task nightly the user-assigned identities' principals are not known,",
		"so what its identity may do cannot be told.",
	])}
}

needs(rights) := {"task_needs": {"nightly": fixtures.need(rights)}}

test_what_the_steps_need_is_given_before_the_rest_is_taken if {
	given := document(fixtures.system_identity, [assigned(owner, fixtures.registry_id)])
	findings := policy.deny with input as object.union(given, needs({"pull", "push"}))
	some finding in findings
	contains(finding.fix[0], "az role assignment create --role AcrPush")
	startswith(finding.fix[1], "az role assignment delete --ids ")
	count(finding.fix) == 2
	held := document(
		fixtures.system_identity,
		[assigned(owner, fixtures.registry_id), assigned(push, fixtures.registry_id)],
	)
	others := policy.deny with input as object.union(held, needs({"pull", "push"}))
	some other in others
	count(other.fix) == 1
}

test_a_right_to_delete_that_no_step_needs if {
	remover := "c2f4ef07-c644-48eb-af81-4b1b4947fb11"
	given := document(
		fixtures.system_identity,
		[assigned(remover, fixtures.registry_id), assigned(push, fixtures.registry_id)],
	)
	findings := policy.deny with input as object.union(given, needs({"pull", "push"}))
	{assignment.role | some finding in findings; some assignment in finding.evidence.assignments} == {"AcrDelete"}
	purges := policy.deny with input as object.union(given, needs({"pull", "delete", "catalog"}))
	purges == set()
	hidden := policy.deny with input as given
	hidden == set()
}

test_roles_that_hand_out_roles_or_run_code if {
	every role in ["f58310d9-a9f6-439a-9e8d-f62e7b41a168", "fb382eab-e894-4461-af04-94435c366c3f"] {
		denied(fixtures.system_identity, [assigned(role, fixtures.registry_id)]) == {"nightly"}
	}
}
