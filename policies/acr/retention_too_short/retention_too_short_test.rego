package acr.retention_too_short_test

import data.acr.retention_too_short as policy
import data.lib.fixtures_test as fixtures

given(retention, soft) := fixtures.with_properties({"policies": {
	"retentionPolicy": retention,
	"softDeletePolicy": soft,
}})

on(days) := {"status": "enabled", "days": days}

kept(days) := {"status": "enabled", "retentionDays": days}

off := {"status": "disabled", "days": 1, "retentionDays": 1}

messages(document) := {finding.msg | some finding in found} if {
	found := policy.deny with input as document
}

doubted(document) := {unread.field | some unread in unread_parts} if {
	unread_parts := policy.unknown with input as document
}

test_too_few_days_are_denied if {
	messages(given(on(0), off)) == {"Registry contoso removes untagged manifests after 0 days, fewer than 7."}
	messages(given(off, kept(6))) == {"Registry contoso lets go of deleted images after 6 days, fewer than 7."}
	longer := policy.deny with input as given(on(29), off) with data.parameters.retention_too_short.days as 30
	count(longer) == 1
}

test_enough_days_and_what_is_off_pass if {
	basic := object.union(given(on(1), off), {"registry": {"sku": {"name": "Basic"}}})
	every document in [given(on(7), off), given(off, kept(7)), given(off, off), basic] {
		messages(document) == set()
		doubted(document) == set()
	}
}

test_what_was_not_read_is_unknown if {
	policies := "/registry/properties/policies"
	doubted(given(on(null), off)) == {sprintf("%s/retentionPolicy/days", [policies])}
	doubted(given({"status": null}, off)) == {sprintf("%s/retentionPolicy/status", [policies])}
	doubted(given({"status": null}, kept(30))) == set()
	doubted(given(off, kept("x"))) == {sprintf("%s/softDeletePolicy/retentionDays", [policies])}
	doubted(given(off, {"status": 7})) == {sprintf("%s/softDeletePolicy/status", [policies])}
	doubted(given(on(30), {"status": 7})) == set()
	doubted({"registry": null}) == {"/registry"}
}
