package acr.anonymous_pull_test

import data.acr.anonymous_pull as policy
import data.lib.fixtures_test as fixtures

findings(changes) := found if {
	found := policy.deny with input as fixtures.document(changes)
}

doubted(changes) := {unread.field | some unread in unread_parts} if {
	unread_parts := policy.unknown with input as fixtures.document(changes)
}

test_enabled_is_denied if {
	findings({"registry": {"properties": {"anonymousPullEnabled": true}}}) == {{
		"msg": "Registry contoso lets anybody who reaches it pull images without logging in.",
		"field": "/registry/properties/anonymousPullEnabled",
		"fix": [concat(" ", [
			"az acr update --name contoso --anonymous-pull-enabled false --subscription",
			fixtures.subscription,
		])],
	}}
}

test_basic_does_not_take_it if {
	some finding in findings({"registry": {"sku": {"name": "Basic"}, "properties": {"anonymousPullEnabled": true}}})
	finding.severity == "low"
	contains(finding.msg, "takes the Standard or Premium SKU, and this one is Basic: Azure refuses it")
	unread := {"registry": {"sku": null, "properties": {"anonymousPullEnabled": true}}}
	every other in findings(unread) {
		object.get(other, "severity", "its own") == "its own"
	}
	count(findings(unread)) == 1
}

test_disabled_passes if {
	findings({}) == set()
	doubted({}) == set()
}

test_basic_registry_without_a_word_passes if {
	doubted({"registry": {"sku": {"name": "Basic"}, "properties": {"anonymousPullEnabled": null}}}) == set()
}

test_not_read_is_unknown if {
	doubted({"registry": {"properties": {"anonymousPullEnabled": null}}}) == {
		"/registry/properties/anonymousPullEnabled",
	}
	doubted({"registry": {"sku": {"name": "Basic"}, "properties": {"anonymousPullEnabled": 1}}}) == {
		"/registry/properties/anonymousPullEnabled",
	}
}
