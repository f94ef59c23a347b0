package acr.soft_delete_test

import data.acr.soft_delete as policy
import data.lib.fixtures_test as fixtures

given(soft, retention) := fixtures.with_properties({"policies": {
	"softDeletePolicy": {"status": soft, "retentionDays": 7},
	"retentionPolicy": {"status": retention, "days": 7},
}})

fields(document) := {finding.field | some finding in found} if {
	found := policy.deny with input as document
}

doubted(document) := {unread.field | some unread in unread_parts} if {
	unread_parts := policy.unknown with input as document
}

field := "/registry/properties/policies/softDeletePolicy/status"

test_neither_of_the_two_is_denied if {
	fields(given("disabled", "disabled")) == {field}
	second := fixtures.document({
		"registry": {"properties": {"policies": {"retentionPolicy": {"status": "disabled"}}}},
		"preview": {"properties": {"policies": {"softDeletePolicy": {"status": "disabled"}}}},
	})
	fields(second) == {"/preview/properties/policies/softDeletePolicy/status"}
}

test_one_of_the_two_passes if {
	every document in [given("enabled", "disabled"), given("disabled", "enabled"), given("enabled", null)] {
		fields(document) == set()
		doubted(document) == set()
	}
}

test_registries_that_cannot_have_it_pass if {
	replica := {"replications": [{"name": "westus", "location": "westus", "properties": {}}]}
	cached := {"cache_rules": [{"name": "hub", "properties": {"sourceRepository": "docker.io/library/nginx"}}]}
	every more in [replica, cached] {
		document := object.union(given("disabled", "disabled"), more)
		fields(document) == set()
		doubted(document) == set()
	}
}

test_what_was_not_read_is_unknown_and_what_was_not_asked_for_is_not if {
	doubted(given(null, "disabled")) == {field}
	doubted(given("disabled", "Odd")) == {"/registry/properties/policies/retentionPolicy/status"}
	asked := {"origin": {"preview_requested": true}, "preview": null}
	retention := {"registry": {"properties": {"policies": {"retentionPolicy": {"status": "disabled"}}}}}
	doubted(fixtures.document(object.union(asked, retention))) == {"/preview"}
	doubted(fixtures.document(retention)) == set()
	doubted({"registry": null}) == {"/registry"}
}
