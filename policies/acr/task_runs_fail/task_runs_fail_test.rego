package acr.task_runs_fail_test

import data.acr.task_runs_fail as policy
import data.lib.fixtures_test as fixtures

tally(count, succeeded, failed) := fixtures.tally(count, succeeded, failed)

# A registry that is open to its tasks, unless it is changed.
with_runs(tasks) := object.union(
	{"runs": fixtures.runs(tally(0, 0, 0), tasks)},
	{"service_tag": fixtures.service_tag([], [])},
)

document(task_list, more) := fixtures.document(object.union({"tasks": task_list}, more))

findings(given) := {[finding.key, finding.field] | some finding in denied} if {
	denied := policy.deny with input as given
}

doubted(given) := {doubt.field | some doubt in unread} if {
	unread := policy.unknown with input as given
}

build := fixtures.task("build", {})

test_nothing_but_failures_is_denied_with_the_last_error if {
	given := document([build], with_runs({"build": tally(3, 0, 3)}))
	denied := policy.deny with input as given
	denied == {{
		"msg": concat(" ", [
			"Registry contoso: of task build no run succeeds: 3 runs since 2026-10-28, of which 0 succeeded;",
			"the last one, of 2026-11-20T10:00:00Z, is Failed. The last error: failed to login, ran out of retries",
		]),
		"field": "/runs/tasks/build",
		"key": "build",
		"evidence": {"task": "build", "runs": tally(3, 0, 3)},
	}}
	doubted(given) == set()
}

test_a_task_that_is_refused_is_told_elsewhere if {
	closed := {"registry": {"properties": {"publicNetworkAccess": "Disabled"}}}
	findings(document([build], object.union(with_runs({"build": tally(3, 0, 3)}), closed))) == set()
}

test_a_task_that_succeeds_is_disabled_or_did_not_run_passes if {
	findings(document([build], with_runs({"build": tally(3, 1, 2)}))) == set()
	findings(document([build], with_runs({}))) == set()
	disabled := fixtures.task("build", {"properties": {"status": "Disabled"}})
	findings(document([disabled], with_runs({"build": tally(3, 0, 3)}))) == set()
	findings(document([], with_runs({"gone": tally(3, 0, 3)}))) == set()
}

on_windows(pool) := fixtures.task("build", {"properties": {"platform": {"os": "Windows"}, "agentPoolName": pool}})

test_a_task_for_windows_on_linux_machines_is_denied if {
	given := document([on_windows("Pool")], {"agent_pools": [fixtures.public_pool("pool")]})
	findings(given) == {["build on Windows", "/tasks/0/properties/platform/os"]}
	doubted(given) == set()
	on_linux := fixtures.task("build", fixtures.on_pool("pool"))
	findings(document([on_linux], {"agent_pools": [fixtures.public_pool("pool")]})) == set()
	findings(document([on_windows("other")], {"agent_pools": [fixtures.public_pool("pool")]})) == set()
	findings(document([fixtures.task("build", {"properties": {"platform": {"os": "Windows"}}})], {})) == set()
}

test_machines_that_were_not_read_are_unknown if {
	pool := {"name": "pool", "properties": {"os": null}}
	doubted(document([on_windows("pool")], {"agent_pools": [pool]})) == {"/tasks/0/properties/agentPoolName"}
}

test_what_was_not_read_is_unknown_and_what_was_not_asked_for_is_not if {
	doubted(document([build], {})) == set()
	doubted(document([build], {"runs": null})) == {"/runs"}
	doubted(document(null, {})) == {"/tasks"}
	every given in fixtures.nothing {
		doubted(given) == {"/runs", "/tasks"}
	}
	doubted(fixtures.odd) == {"/tasks"}
}
