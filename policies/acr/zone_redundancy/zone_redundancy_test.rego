package acr.zone_redundancy_test

import data.acr.zone_redundancy as policy
import data.lib.fixtures_test as fixtures

findings(changes) := found if {
	found := policy.deny with input as fixtures.document(changes)
}

doubted(changes) := {unread.field | some unread in unread_parts} if {
	unread_parts := policy.unknown with input as fixtures.document(changes)
}

# A registry with this value.
given(value) := {"registry": {"properties": {"zoneRedundancy": value}}}

test_disabled_is_denied if {
	some finding in findings(given("Disabled"))
	finding.msg == "Registry contoso is not declared zone redundant."
	finding.field == "/registry/properties/zoneRedundancy"
	doubted(given("Disabled")) == set()
}

test_enabled_passes if {
	findings(given("Enabled")) == set()
	doubted(given("Enabled")) == set()
}

test_not_read_is_unknown if {
	every value in [null, "Odd", true, 7] {
		findings(given(value)) == set()
		doubted(given(value)) == {"/registry/properties/zoneRedundancy"}
	}
	doubted({"registry": null}) == {"/registry"}
}
