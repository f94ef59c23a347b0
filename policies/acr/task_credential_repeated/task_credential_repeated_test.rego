package acr.task_credential_repeated_test

import data.acr.task_credential_repeated as policy
import data.lib.fixtures_test as fixtures

document(source, servers) := fixtures.document({
	"tasks": [fixtures.task("t", fixtures.system_identity)],
	"task_credentials": {"t": {"login_mode": null, "source_identity": source, "custom_registries": servers}},
})

servers(source, entries) := {finding.evidence.login_server | some finding in findings} if {
	findings := policy.deny with input as document(source, entries)
}

test_one_server_in_two_spellings if {
	findings := policy.deny with input as document(null, {"a.azurecr.io": "[system]", "A.azurecr.io": null})
	findings == {{
		"msg": concat(" ", [
			"Registry contoso: task t has more than one credential for a.azurecr.io,",
			"and which of them a run uses is not said.",
		]),
		"field": "/tasks/0/properties/credentials",
		"key": "t a.azurecr.io",
		"evidence": {"task": "t", "login_server": "a.azurecr.io"},
	}}
}

test_several_entries_of_source_code if servers(null, {"a.azurecr.io": ["[system]", null]}) == {"a.azurecr.io"}

test_a_source_identity_beside_another if {
	servers("[system]", {"contoso.azurecr.io": null}) == {"contoso.azurecr.io"}
	servers("[system]", {"contoso.azurecr.io": "[system]"}) == set()
	servers("[system]", {"contoso.azurecr.io": "[unread]"}) == set()
}

test_one_credential_each_passes if {
	servers(null, {"a.azurecr.io": "[system]", "b.azurecr.io": null}) == set()
	off := fixtures.document({"tasks": [fixtures.task("t", {"properties": {"status": "Disabled"}})]})
	findings := policy.deny with input as off
	findings == set()
}

test_what_was_not_read if {
	unread_parts := policy.unknown with input as document(null, null)
	{unread.field | some unread in unread_parts} == {"/tasks/0/properties/credentials"}
	no_tasks := policy.unknown with input as fixtures.document({"tasks": null})
	{unread.field | some unread in no_tasks} == {"/tasks"}
}
