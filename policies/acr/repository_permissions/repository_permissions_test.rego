package acr.repository_permissions_test

import data.acr.repository_permissions as policy
import data.lib.fixtures_test as fixtures

findings(changes) := found if {
	found := policy.deny with input as fixtures.document(changes)
}

doubted(changes) := {unread.field | some unread in unread_parts} if {
	unread_parts := policy.unknown with input as fixtures.document(changes)
}

# A registry with this value.
given(value) := {"registry": {"properties": {"roleAssignmentMode": value}}}

test_legacyregistrypermissions_is_denied if {
	some finding in findings(given("LegacyRegistryPermissions"))
	finding.msg == "Registry contoso has permissions for the whole registry only, not for single repositories."
	finding.field == "/registry/properties/roleAssignmentMode"
	doubted(given("LegacyRegistryPermissions")) == set()
}

test_abacrepositorypermissions_passes if {
	findings(given("AbacRepositoryPermissions")) == set()
	doubted(given("AbacRepositoryPermissions")) == set()
}

test_not_read_is_unknown if {
	every value in [null, "Odd", true, 7] {
		findings(given(value)) == set()
		doubted(given(value)) == {"/registry/properties/roleAssignmentMode"}
	}
	doubted({"registry": null}) == {"/registry"}
}
