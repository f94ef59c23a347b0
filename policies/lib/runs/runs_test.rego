package lib.runs_test

import data.lib.fixtures_test as fixtures
import data.lib.runs

tally(count, succeeded, failed) := {
	"count": count,
	"succeeded": succeeded,
	"failed": failed,
	"last_status": "Failed",
	"last_time": "2026-11-20T10:00:00Z",
	"last_success": "2026-11-19T10:00:00Z",
	"last_error": "denied: client with IP '20.62.128.7' is not allowed access.",
	"refused_address": "20.62.128.7",
}

read(tasks, changed) := fixtures.document({"runs": {
	"since": "2026-10-28",
	"complete": true,
	"quick": tally(2, 0, 2),
	"tasks": tasks,
	"registry_changed": "2026-11-01T00:00:00Z",
	"tasks_changed": changed,
}})

test_what_was_not_asked_for_is_no_gap if {
	runs.not_asked with input as fixtures.document({})
	not runs.not_asked with input as fixtures.document({"runs": null})
	not runs.not_asked with input as {}
	runs.unread.field == "/runs" with input as fixtures.document({"runs": null})
	not runs.unread with input as read({}, {})
}

test_odd_shapes_count_nothing if {
	runs.quick.count == 0 with input as fixtures.document({"runs": {"quick": "odd"}})
	runs.of_task("t").count == 0 with input as fixtures.document({"runs": {"tasks": ["t"]}})
	runs.quick.count == 0 with input as fixtures.document({})
}

test_a_success_counts_when_nothing_was_changed_since if {
	given := {"t": tally(1, 1, 0)}
	runs.succeeds_as_it_is("t") with input as read(given, {"t": "2026-11-02T00:00:00Z"})
	not runs.succeeds_as_it_is("t") with input as read(given, {"t": "2026-11-19T11:00:00Z"})
	not runs.succeeds_as_it_is("t") with input as read(given, {})
	not runs.succeeds_as_it_is("u") with input as read(given, {"u": "2026-11-02T00:00:00Z"})
}

test_the_summary_counts_and_the_error_names_the_range if {
	given := read({}, {})
	summary := runs.summary(tally(2, 0, 2)) with input as given
	summary == concat(" ", [
		"2 runs since 2026-10-28, of which 0 succeeded;",
		"the last one, of 2026-11-20T10:00:00Z, is Failed",
	])
	more := runs.summary({"count": 1, "succeeded": 1, "failed": 0}) with input as {"runs": {"complete": false}}
	more == "at least 1 run since the first that was read, of which 1 succeeded"
	error := runs.error(tally(2, 0, 2)) with input as given
	error == concat(" ", [
		"The last error: denied: client with IP '20.62.128.7' is not allowed access.",
		"The address 20.62.128.7 lies in 20.62.128.0/26 of AzureContainerRegistry.EastUS.",
	])
	elsewhere := object.union(tally(2, 0, 2), {"refused_address": "9.9.9.9"})
	shorter := runs.error(elsewhere) with input as given
	shorter == "The last error: denied: client with IP '20.62.128.7' is not allowed access."
	runs.error({}) == ""
}

test_only_failures if {
	runs.only_failures(tally(2, 0, 2))
	not runs.only_failures(tally(2, 1, 1))
	not runs.only_failures(tally(1, 0, 0))
}
