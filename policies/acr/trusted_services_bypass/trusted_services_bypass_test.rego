package acr.trusted_services_bypass_test

import data.acr.trusted_services_bypass as policy
import data.lib.fixtures_test as fixtures

fields(changes) := {finding.field | some finding in findings} if {
	findings := policy.deny with input as fixtures.with_properties(changes)
}

doubted(changes) := {unread.field | some unread in unread_parts} if {
	unread_parts := policy.unknown with input as fixtures.with_properties(changes)
}

services := {"networkRuleBypassOptions": "AzureServices"}

test_restricted_registry_with_the_exception_is_denied if {
	findings := policy.deny with input as fixtures.with_properties(services)
	findings == {{
		"msg": concat(" ", [
			"Registry contoso restricts public access and lets trusted Azure services",
			"pass its network rules.",
		]),
		"field": "/registry/properties/networkRuleBypassOptions",
		"fix": [concat(" ", [
			"az acr update --name contoso --allow-trusted-services false --subscription",
			fixtures.subscription,
		])],
	}}
	doubted(services) == set()
}

test_without_the_exception_it_passes if {
	fields({}) == set()
	doubted({}) == set()
	doubted({"publicNetworkAccess": null, "networkRuleSet": null}) == set()
}

test_an_open_registry_passes if {
	open := {"networkRuleBypassOptions": null, "networkRuleSet": {"defaultAction": "Allow"}}
	fields(open) == set()
	doubted(open) == set()
}

test_what_was_not_read_is_unknown if {
	doubted({"networkRuleBypassOptions": null}) == {"/registry/properties/networkRuleBypassOptions"}
	doubted({"networkRuleBypassOptions": "Some"}) == {"/registry/properties/networkRuleBypassOptions"}
	doubted(object.union(services, {"networkRuleSet": null})) == {
		"/registry/properties/networkRuleSet/defaultAction",
	}
}

test_no_command_where_tasks_ride_the_other_bypass if {
	rider := object.union(fixtures.task("t", {}), fixtures.system_identity)
	properties := object.union(services, {"networkRuleBypassAllowedForTasks": true})
	findings := policy.deny with input as object.union(
		fixtures.with_properties(properties),
		{"tasks": [rider], "role_assignments": null, "task_credentials": {"t": {
			"login_mode": "None",
			"source_identity": null,
			"custom_registries": {"contoso.azurecr.io": "[system]"},
		}}},
	)
	{finding.fix | some finding in findings} == {[]}
}
