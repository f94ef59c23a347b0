package acr.arm_audience_token_test

import data.acr.arm_audience_token as policy
import data.lib.fixtures_test as fixtures

findings(changes) := found if {
	found := policy.deny with input as fixtures.document(changes)
}

doubted(changes) := {unread.field | some unread in unread_parts} if {
	unread_parts := policy.unknown with input as fixtures.document(changes)
}

# A registry with this value.
given(value) := {"registry": {"properties": {"policies": {"azureADAuthenticationAsArmPolicy": {"status": value}}}}}

test_enabled_is_denied if {
	some finding in findings(given("enabled"))
	finding.msg == "Registry contoso accepts tokens whose audience is Azure Resource Manager."
	finding.field == "/registry/properties/policies/azureADAuthenticationAsArmPolicy/status"
	doubted(given("enabled")) == set()
}

test_disabled_passes if {
	findings(given("disabled")) == set()
	doubted(given("disabled")) == set()
}

test_not_read_is_unknown if {
	every value in [null, "Odd", true, 7] {
		findings(given(value)) == set()
		doubted(given(value)) == {"/registry/properties/policies/azureADAuthenticationAsArmPolicy/status"}
	}
	doubted({"registry": null}) == {"/registry"}
}
