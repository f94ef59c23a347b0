package acr.retention_policy_test

import data.acr.retention_policy as policy
import data.lib.fixtures_test as fixtures

findings(changes) := found if {
	found := policy.deny with input as fixtures.document(changes)
}

doubted(changes) := {unread.field | some unread in unread_parts} if {
	unread_parts := policy.unknown with input as fixtures.document(changes)
}

# A registry with this value.
given(value) := {"registry": {"properties": {"policies": {"retentionPolicy": {"status": value}}}}}

test_disabled_is_denied if {
	some finding in findings(given("disabled"))
	finding.msg == "Registry contoso keeps untagged manifests for ever."
	finding.field == "/registry/properties/policies/retentionPolicy/status"
	doubted(given("disabled")) == set()
}

test_enabled_passes if {
	findings(given("enabled")) == set()
	doubted(given("enabled")) == set()
}

test_not_read_is_unknown if {
	every value in [null, "Odd", true, 7] {
		findings(given(value)) == set()
		doubted(given(value)) == {"/registry/properties/policies/retentionPolicy/status"}
	}
	doubted({"registry": null}) == {"/registry"}
}

test_basic_registry_is_not_applicable if {
	without := object.union(given("disabled"), {"registry": {"sku": {"name": "Basic"}}})
	findings(without) == set()
	doubted(without) == set()
}

test_sku_that_was_not_read_is_unknown if {
	none_there := object.union(given("disabled"), {"registry": {"sku": null}})
	findings(none_there) == set()
	doubted(none_there) == {"/registry/sku/name"}
}

test_soft_delete_excludes_it if {
	soft := {"registry": {"properties": {"policies": {"softDeletePolicy": {"status": "enabled"}}}}}
	findings(object.union(given("disabled"), soft)) == set()
	doubted(object.union(given("disabled"), soft)) == set()
}
