package acr.export_policy_test

import data.acr.export_policy as policy
import data.lib.fixtures_test as fixtures

findings(changes) := found if {
	found := policy.deny with input as fixtures.document(changes)
}

doubted(changes) := {unread.field | some unread in unread_parts} if {
	unread_parts := policy.unknown with input as fixtures.document(changes)
}

# A registry with this access and this export policy.
given(access, status) := {"registry": {"properties": {
	"publicNetworkAccess": access,
	"policies": {"exportPolicy": {"status": status}},
}}}

test_export_from_a_closed_registry_is_denied if {
	findings(given("Disabled", "enabled")) == {{
		"msg": "Registry contoso is closed to the public network but lets its content be exported.",
		"field": "/registry/properties/policies/exportPolicy/status",
		"fix": [concat(" ", [
			"az resource patch --ids",
			fixtures.registry_id,
			`--api-version 2025-11-01 --properties '{"policies":{"exportPolicy":{"status":"disabled"}}}'`,
			"--subscription",
			fixtures.subscription,
		])],
	}}
}

test_export_that_is_off_or_without_effect_passes if {
	every changes in [given("Disabled", "disabled"), given("Enabled", "enabled"), given(null, "disabled")] {
		findings(changes) == set()
		doubted(changes) == set()
	}
}

test_not_read_is_unknown if {
	doubted(given("Disabled", null)) == {"/registry/properties/policies/exportPolicy/status"}
	doubted(given(null, "enabled")) == {"/registry/properties/publicNetworkAccess"}
}
