package acr.bypass_task_without_role_test

import data.acr.bypass_task_without_role as policy
import data.lib.fixtures_test as fixtures

principal := "f078dfc9-30ec-4039-8eeb-30c1abdecc23"

push := "8311e382-0749-4cb8-b61a-304f252e45ec"

writer := "2a1e307c-b015-4ebd-883e-5b7698a07328"

assigned(role, condition) := {"properties": {
	"principalId": upper(principal),
	"roleDefinitionId": concat("/", ["/providers/Microsoft.Authorization/roleDefinitions", role]),
	"condition": condition,
}}

# A registry that allows the bypass, with one task that has a system-assigned identity, and these assignments.
document(mode, assignments) := fixtures.document({
	"registry": {"properties": {"networkRuleBypassAllowedForTasks": true, "roleAssignmentMode": mode}},
	"tasks": [fixtures.task("nightly", fixtures.system_identity)],
	"role_assignments": assignments,
})

# "deny", "unknown" or "pass"
outcome(mode, assignments) := "deny" if {
	findings := policy.deny with input as document(mode, assignments)
	count(findings) > 0
} else := "unknown" if {
	unread_parts := policy.unknown with input as document(mode, assignments)
	count(unread_parts) > 0
} else := "pass"

doubted(given) := {unread.field | some unread in unread_parts} if {
	unread_parts := policy.unknown with input as given
}

legacy := "LegacyRegistryPermissions"

abac := "AbacRepositoryPermissions"

test_no_role_is_denied if {
	findings := policy.deny with input as document(legacy, [])
	some finding in findings
	finding.msg == concat(" ", [
		"Registry contoso lets task nightly bypass its network rules,",
		"but the task's identity holds no role on the registry.",
	])
	finding.field == "/tasks/0/identity/principalId"
	contains(finding.fix[0], "--role AcrPull")
	finding.severity == "high"
	doubted(document(legacy, [])) == set()
}

test_a_role_counts_in_its_own_mode if {
	outcome(legacy, [assigned(push, null)]) == "pass"
	outcome(abac, [assigned(push, null)]) == "deny"
	outcome(abac, [assigned(writer, null)]) == "pass"
	outcome(legacy, [assigned(writer, null)]) == "deny"
	outcome(legacy, [assigned("c2f4ef07-c644-48eb-af81-4b1b4947fb11", null)]) == "deny"
}

test_message_on_attribute_based_permissions if {
	findings := policy.deny with input as document(abac, [assigned(push, null)])
	some finding in findings
	contains(finding.msg, "but the task's identity may not pull there.")
	contains(finding.fix[0], "Container Registry Repository Reader")
}

test_the_role_is_the_one_that_the_steps_need if {
	need := fixtures.need({"pull", "delete", "catalog"})
	purges := {"task_needs": {"nightly": object.union(need, {"outdated_purge": true})}}
	findings := policy.deny with input as object.union(document(legacy, [assigned(push, null)]), purges)
	some finding in findings
	contains(finding.msg, "may not delete there")
	finding.evidence.lacking == ["delete"]
	old := policy.deny with input as object.union(document(abac, [assigned(writer, null)]), purges)
	some outdated in old
	contains(outdated.msg, "purges with acr-cli older than 0.19")
	no_need := fixtures.need(set())
	nothing := {"task_needs": {"nightly": no_need}}
	none := policy.deny with input as object.union(document(legacy, []), nothing)
	none == set()
}

test_severity_follows_the_other_ways if {
	anyway := object.union(document(legacy, []), {"service_tag": fixtures.service_tag([], [])})
	findings := policy.deny with input as anyway
	some finding in findings
	finding.severity == "low"
	contains(finding.msg, "it gets in without the bypass")
	perhaps := object.union(document(legacy, []), {"service_tag": null})
	others := policy.deny with input as perhaps
	some other in others
	other.severity == "medium"
}

test_a_condition_makes_it_unknown if {
	outcome(abac, [assigned(writer, "@Resource[...]")]) == "unknown"
	outcome(abac, [assigned(writer, "@Resource[...]"), assigned(writer, "")]) == "pass"
}

test_a_role_of_ones_own_makes_it_unknown if {
	outcome(legacy, [assigned("00000000-aaaa-bbbb-cccc-000000000000", null)]) == "unknown"
	doubted(document(legacy, [assigned("0", null)])) == {"/tasks/0/identity/principalId"}
}

test_mode_that_was_not_read if {
	outcome(null, []) == "deny"
	outcome(null, [assigned(push, null)]) == "unknown"
	doubted(document(null, [assigned(push, null)])) == {"/registry/properties/roleAssignmentMode"}
}

test_assignments_that_were_not_read if doubted(document(legacy, null)) == {"/role_assignments"}

test_principal_that_was_not_read if {
	none_there := object.union(
		document(legacy, []),
		{"tasks": [fixtures.task("nightly", {"identity": {"type": "SystemAssigned"}})]},
	)
	doubted(none_there) == {"/tasks/0/identity/principalId"}
}

test_bypass_that_was_not_read if {
	doubted(fixtures.with_properties({"networkRuleBypassAllowedForTasks": null})) == {
		"/registry/properties/networkRuleBypassAllowedForTasks",
	}
}

test_task_that_does_not_use_the_bypass_passes if {
	other := object.union(document(legacy, []), {"tasks": [fixtures.task("nightly", {})]})
	findings := policy.deny with input as other
	count(findings) == 0
	doubted(other) == set()
}

test_half_read_task_is_unknown_for_that_alone if {
	half := object.union(document(legacy, []), {"tasks": [fixtures.task("nightly", object.union(
		fixtures.system_identity,
		{"properties": {"status": null}},
	))]})
	doubted(half) == {"/tasks/0/properties/status"}
}

test_roles_that_are_not_all_known if {
	hidden := fixtures.source(["/role_assignments"])
	doubted(object.union(document(legacy, []), hidden)) == {"/role_assignments"}
	short := policy.deny with input as object.union(document(abac, [assigned(push, null)]), hidden)
	{finding.severity | some finding in short} == {"medium"}
	doubted(object.union(document(legacy, [assigned("0", null)]), hidden)) == {"/tasks/0/identity/principalId"}
	given := object.union(document(legacy, [assigned(push, null)]), hidden)
	doubted(given) == set()
	findings := policy.deny with input as object.union(document(legacy, []), hidden)
	findings == set()
}
