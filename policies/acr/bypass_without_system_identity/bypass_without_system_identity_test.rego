package acr.bypass_without_system_identity_test

import data.acr.bypass_without_system_identity as policy
import data.lib.fixtures_test as fixtures

# A registry that allows the bypass, with these tasks.
document(tasks) := fixtures.document({
	"registry": {"properties": {"networkRuleBypassAllowedForTasks": true}},
	"tasks": tasks,
	"agent_pools": [fixtures.vnet_pool("inside"), fixtures.public_pool("outside")],
})

denied_names(tasks) := {finding.key | some finding in findings} if {
	findings := policy.deny with input as document(tasks)
}

doubted_fields(tasks) := {unread.field | some unread in unread_parts} if {
	unread_parts := policy.unknown with input as document(tasks)
}

test_task_without_identity_is_denied if {
	findings := policy.deny with input as document([fixtures.task("nightly", {})])
	findings == {{
		"msg": concat(" ", [
			"Registry contoso lets Tasks bypass its network rules,",
			"but task nightly has no system-assigned identity,",
			"and it has no other way: it is refused with 403.",
		]),
		"field": "/tasks/0/identity",
		"key": "nightly",
		"severity": "high",
		"evidence": {"task": "nightly", "identity": null},
		"fix": [
			on_task("identity assign", "--identities '[system]'"),
			concat(" ", [
				"az role assignment create --role AcrPull --assignee-object-id",
				sprintf("\"$(%s)\"", [on_task("show", "--query identity.principalId --output tsv")]),
				"--assignee-principal-type ServicePrincipal --scope",
				fixtures.registry_id, "--subscription", fixtures.subscription,
			]),
			on_task("credential add", "--use-identity '[system]' --login-server contoso.azurecr.io"),
			on_task("update", "--auth-mode None"),
		],
	}}
	doubted_fields([fixtures.task("nightly", {})]) == set()
}

on_task(words, options) := sprintf("az acr task %s --registry contoso --name nightly %s --subscription %s", [
	words,
	options,
	fixtures.subscription,
])

test_user_assigned_identity_only_is_denied if {
	findings := policy.deny with input as document([fixtures.task("nightly", {"identity": {"type": "userAssigned"}})])
	some finding in findings
	contains(finding.msg, "a user-assigned identity only, which may not use the bypass")
	finding.evidence.identity == "userAssigned"
}

test_identity_of_type_none_is_denied if {
	denied_names([fixtures.task("nightly", {"identity": {"type": "None"}})]) == {"nightly"}
}

test_system_assigned_identity_passes_in_any_casing if {
	every kind in ["SystemAssigned", "systemAssigned, userAssigned", "USERASSIGNED,SYSTEMASSIGNED"] {
		denied_names([fixtures.task("nightly", {"identity": {"type": kind}})]) == set()
		doubted_fields([fixtures.task("nightly", {"identity": {"type": kind}})]) == set()
	}
}

test_only_pools_in_a_virtual_network_excuse if {
	denied_names([
		fixtures.task("a", fixtures.on_pool("INSIDE")),
		fixtures.task("b", fixtures.on_pool("outside")),
		fixtures.task("c", fixtures.on_pool("gone")),
		fixtures.task("d", fixtures.on_pool("")),
	]) == {"b", "c", "d"}
}

test_disabled_task_passes if {
	task := fixtures.task("nightly", {"properties": {"status": "Disabled"}})
	denied_names([task]) == set()
	doubted_fields([task]) == set()
}

test_bypass_that_is_off_passes if {
	off := fixtures.document({"tasks": [fixtures.task("nightly", {})]})
	findings := policy.deny with input as off
	count(findings) == 0
	unread_parts := policy.unknown with input as off
	count(unread_parts) == 0
}

test_public_access_does_not_matter if {
	changes := {"registry": {"properties": {"publicNetworkAccess": "Disabled"}}}
	closed := object.union(document([fixtures.task("nightly", {})]), changes)
	findings := policy.deny with input as closed
	count(findings) == 1
}

test_abac_registries_get_other_commands if {
	changes := {"registry": {"properties": {"roleAssignmentMode": "AbacRepositoryPermissions"}}}
	abac := object.union(document([fixtures.task("nightly", {})]), changes)
	findings := policy.deny with input as abac
	some finding in findings
	startswith(finding.fix[1], "az role assignment create --role 'Container Registry Repository Reader' --assignee")
	finding.fix[3] == on_task("update", "--source-acr-auth-id '[system]'")
}

test_user_assigned_identities_and_the_pool_are_kept if {
	task := object.union(fixtures.task("nightly", fixtures.on_pool("outside")), {"identity": {
		"type": "UserAssigned",
		"userAssignedIdentities": {"/u/builder": {}},
	}})
	findings := policy.deny with input as document([task])
	some finding in findings
	finding.fix[0] == on_task("identity assign", "--identities '[system]' /u/builder")
	finding.fix[4] == on_task("update", "--agent-pool outside")
}

test_severity_follows_the_other_ways if {
	anyway := object.union(document([fixtures.task("t", {})]), {"service_tag": fixtures.service_tag([], [])})
	findings := policy.deny with input as anyway
	some finding in findings
	finding.severity == "low"
	finding.fix == []
	endswith(finding.msg, "today it gets in without the bypass, or needs no way.")
	perhaps := object.union(document([fixtures.task("t", {})]), {"service_tag": null})
	others := policy.deny with input as perhaps
	some other in others
	other.severity == "medium"
	endswith(other.msg, "whether it has another way in is not known.")
}

test_bypass_that_was_not_read_is_unknown if {
	every value in [null, "true", 1] {
		changes := {"networkRuleBypassAllowedForTasks": value}
		unread_parts := policy.unknown with input as fixtures.with_properties(changes)
		{unread.field | some unread in unread_parts} == {"/registry/properties/networkRuleBypassAllowedForTasks"}
	}
}

test_tasks_that_were_not_read_are_unknown if {
	doubted_fields(null) == {"/tasks"}
	doubted_fields("none") == {"/tasks"}
}

test_task_of_which_too_little_is_known if {
	doubted_fields([fixtures.task("t", {"properties": {"status": null}})]) == {"/tasks/0/properties/status"}
	doubted_fields([fixtures.task("t", {"identity": null})]) == {"/tasks/0/identity"}
	doubted_fields([fixtures.task("t", {"identity": {"type": ["SystemAssigned"]}})]) == {"/tasks/0/identity"}
	doubted_fields([fixtures.task("t", {"identity": {"type": "Federated"}})]) == {"/tasks/0/identity"}
	doubted_fields([fixtures.task("t", fixtures.on_pool(7))]) == {"/tasks/0/properties/agentPoolName"}
	doubted_fields(["odd"]) == {
		"/tasks/0/identity",
		"/tasks/0/properties/status",
		"/tasks/0/properties/agentPoolName",
	}
}

test_pools_that_were_not_read_are_unknown if {
	none_there := object.union(
		document([fixtures.task("nightly", fixtures.on_pool("inside"))]),
		{"agent_pools": null},
	)
	unread_parts := policy.unknown with input as none_there
	unread_parts == {{
		"msg": concat(" ", [
			"Registry contoso: of task nightly the agent pool list was not read,",
			"so whether it is left out of the bypass cannot be told.",
		]),
		"field": "/agent_pools",
		"reason": "the agent pool list was not read",
		"key": "nightly",
	}}
}

test_nothing_read_is_unknown if {
	every nothing in array.concat(fixtures.nothing, [fixtures.odd]) {
		findings := policy.deny with input as nothing
		count(findings) == 0
		unread_parts := policy.unknown with input as nothing
		count(unread_parts) > 0
	}
}

test_source_code if {
	code := fixtures.document(object.union(fixtures.source(["/tasks"]), {
		"registry": {"properties": {"networkRuleBypassAllowedForTasks": true}},
		"tasks": [fixtures.task("without", {}), fixtures.task("hidden", {"identity": {}})],
	}))
	findings := policy.deny with input as code
	{finding.key | some finding in findings} == {"without"}
	unread_parts := policy.unknown with input as code
	{unread.field | some unread in unread_parts} == {"/tasks", "/tasks/1/identity"}
}
