package acr.bypass_task_without_credential_test

import data.acr.bypass_task_without_credential as policy
import data.lib.fixtures_test as fixtures

# A registry that allows the bypass, with one task that has a system-assigned identity, and its credentials.
document(details) := fixtures.document({
	"registry": {"properties": {"networkRuleBypassAllowedForTasks": true}},
	"tasks": [fixtures.task("nightly", fixtures.system_identity)],
	"task_credentials": {"nightly": details},
})

denied(details) := {finding.key | some finding in findings} if {
	findings := policy.deny with input as document(details)
}

doubted(given) := {unread.field | some unread in unread_parts} if {
	unread_parts := policy.unknown with input as given
}

details(source, custom) := {"login_mode": "None", "source_identity": source, "custom_registries": custom}

test_no_credential_is_denied if {
	findings := policy.deny with input as document(details(null, {}))
	some finding in findings
	finding.msg == concat(" ", [
		"Registry contoso lets task nightly bypass its network rules,",
		"but the task has no [system] credential for contoso.azurecr.io, so it is refused with 403.",
	])
	finding.field == "/tasks/0/properties/credentials"
	doubted(document(details(null, {}))) == set()
}

test_credential_for_another_server_or_identity_is_denied if {
	denied(details(null, {"other.azurecr.io": "[system]"})) == {"nightly"}
	denied(details(null, {"contoso.azurecr.io": null})) == {"nightly"}
	denied(details(null, {"contoso.azurecr.io": "5e4a2c60-1111-4444-8888-0123456789ab"})) == {"nightly"}
	denied(details("5e4a2c60-1111-4444-8888-0123456789ab", {})) == {"nightly"}
}

test_system_credential_passes if {
	denied(details(null, {"CONTOSO.azurecr.io": "[system]"})) == set()
	denied(details("[System]", null)) == set()
	doubted(document(details("system", null))) == set()
}

test_credentials_that_were_not_read_are_unknown if {
	struck := {"tasks": [fixtures.task("nightly", object.union(
		fixtures.system_identity,
		{"properties": {"credentials": {"customRegistries": {"contoso.azurecr.io": null}}}},
	))]}
	doubted(object.union(document(null), struck)) == {"/tasks/0/properties/credentials"}
	doubted(document(details(null, null))) == {"/tasks/0/properties/credentials"}
	doubted(fixtures.with_properties({"networkRuleBypassAllowedForTasks": null})) == {
		"/registry/properties/networkRuleBypassAllowedForTasks",
	}
	unnamed := object.union(
		document(details(null, {"a.azurecr.io": null})),
		{"registry": {"properties": {"loginServer": null}}},
	)
	doubted(unnamed) == {"/registry/properties/loginServer"}
	findings := policy.deny with input as unnamed
	count(findings) == 0
}

test_task_that_was_not_read_is_unknown_for_that if {
	half := object.union(
		document(details(null, {})),
		{"tasks": [fixtures.task("nightly", {"identity": null})]},
	)
	doubted(half) == {"/tasks/0/identity"}
}

test_bypass_that_is_off_passes if {
	off := object.union(document(null), {"registry": {"properties": {"networkRuleBypassAllowedForTasks": false}}})
	doubted(off) == set()
}

# A registry in source code, which has no login server yet.
declared(custom) := object.union(document(details(null, custom)), object.union(
	fixtures.source([]),
	{"registry": {"properties": {"networkRuleBypassAllowedForTasks": true, "loginServer": null}}},
))

test_source_code_names_the_server_in_its_own_way if {
	every server in ["contoso.azurecr.io", "azurerm_container_registry.main.login_server"] {
		named := declared({server: "[system]"})
		findings := policy.deny with input as named
		findings == set()
		doubted(named) == set()
	}
	findings := policy.deny with input as declared({"other.azurecr.io": "[system]"})
	some finding in findings
	contains(finding.msg, "the task has no [system] credential for the registry, so")
}

test_a_task_that_needs_nothing_needs_no_credential if {
	quiet := {"task_needs": {"nightly": fixtures.need(set())}}
	off := {"task_credentials": {"nightly": {"login_mode": "None", "source_identity": null, "custom_registries": {}}}}
	findings := policy.deny with input as object.union(document(null), object.union(quiet, off))
	findings == set()
}

test_severity_follows_the_other_ways if {
	password := document(details(null, {"contoso.azurecr.io": null}))
	anyway := object.union(password, {"service_tag": fixtures.service_tag([], [])})
	findings := policy.deny with input as anyway
	some finding in findings
	finding.severity == "low"
	finding.fix == []
	endswith(finding.msg, "which it does not need today: it gets in without the bypass, or needs no way.")
	others := policy.deny with input as object.union(password, {"service_tag": null})
	some other in others
	other.severity == "medium"
	endswith(other.msg, "and whether it needs the bypass is not known.")
	contains(other.fix[0], "task credential update")
}
