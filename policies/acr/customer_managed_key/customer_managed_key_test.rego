package acr.customer_managed_key_test

import data.acr.customer_managed_key as policy
import data.lib.fixtures_test as fixtures

findings(changes) := found if {
	found := policy.deny with input as fixtures.document(changes)
}

doubted(changes) := {unread.field | some unread in unread_parts} if {
	unread_parts := policy.unknown with input as fixtures.document(changes)
}

# A registry with this value.
given(value) := {"registry": {"properties": {"encryption": {"status": value}}}}

test_disabled_is_denied if {
	some finding in findings(given("disabled"))
	finding.msg == "Registry contoso is encrypted with a key that Microsoft manages."
	finding.field == "/registry/properties/encryption/status"
	doubted(given("disabled")) == set()
}

test_enabled_passes if {
	findings(given("enabled")) == set()
	doubted(given("enabled")) == set()
}

test_not_read_is_unknown if {
	every value in [null, "Odd", true, 7] {
		findings(given(value)) == set()
		doubted(given(value)) == {"/registry/properties/encryption/status"}
	}
	doubted({"registry": null}) == {"/registry"}
}
