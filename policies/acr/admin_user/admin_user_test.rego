package acr.admin_user_test

import data.acr.admin_user as policy
import data.lib.fixtures_test as fixtures

findings(changes) := found if {
	found := policy.deny with input as fixtures.document(changes)
}

doubted(changes) := {unread.field | some unread in unread_parts} if {
	unread_parts := policy.unknown with input as fixtures.document(changes)
}

test_enabled_is_denied if {
	findings({"registry": {"properties": {"adminUserEnabled": true}}}) == {{
		"msg": "Registry contoso has the admin user enabled, a shared account with full rights.",
		"field": "/registry/properties/adminUserEnabled",
		"fix": [concat(" ", [
			"az acr update --name contoso --admin-enabled false --subscription",
			fixtures.subscription,
		])],
	}}
}

test_disabled_passes if {
	findings({}) == set()
	doubted({}) == set()
}

test_not_read_is_unknown if {
	doubted({"registry": {"properties": {"adminUserEnabled": null}}}) == {"/registry/properties/adminUserEnabled"}
	doubted({"registry": {"properties": {"adminUserEnabled": "true"}}}) == {"/registry/properties/adminUserEnabled"}
	doubted({"registry": null}) == {"/registry"}
}
