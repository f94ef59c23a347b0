package lib.reach_test

import data.lib.fixtures_test as fixtures
import data.lib.reach

verdict(task, changes) := found if {
	verdicts := reach.verdicts with input as object.union(
		fixtures.document({"tasks": [object.union(fixtures.task("t", {}), task)]}),
		changes,
	)
	found := verdicts[0]
}

imports := fixtures.needs({"import"})

open := {"registry": {"properties": {"networkRuleSet": {"defaultAction": "Allow"}}}}

test_who_imports if {
	given := object.union(open, imports)
	verdict({}, given).imports == "no"
	verdict({"identity": {"type": "UserAssigned"}}, given).imports == "unknown"
	verdict({"identity": {"type": "SystemAssigned"}}, given).imports == "unknown"
	verdict(fixtures.system_identity, given).imports == "no"
	perhaps := {"task_needs": {"t": object.union(imports.task_needs.t, {"import": null})}}
	verdict({}, object.union(open, perhaps)).imports == "unknown"
	verdict({}, object.union(open, perhaps)).reaches == "unknown"
}

test_several_logins_that_agree if {
	details := {"task_credentials": {"t": {
		"login_mode": "Default",
		"source_identity": null,
		"custom_registries": {"contoso.azurecr.io": "[system]"},
	}}}
	given := object.union(object.union(open, details), object.union(
		fixtures.needs({"pull", "push"}),
		{"role_assignments": [fixtures.push_role]},
	))
	verdict(fixtures.system_identity, given).reaches == "yes"
	without := object.union(given, {"role_assignments": []})
	verdict(fixtures.system_identity, without).reaches == "unknown"
}

test_a_task_that_may_be_switched_off if {
	verdict({"properties": {"status": null}}, open).reaches == "yes"
	verdict({"properties": {"status": null}}, {}).reaches == "unknown"
}

test_a_login_for_nothing_needs_no_role if {
	details := {"task_credentials": {"t": {
		"login_mode": "None",
		"source_identity": null,
		"custom_registries": {"contoso.azurecr.io": "[system]"},
	}}}
	nothing := object.union(fixtures.needs(set()), {"role_assignments": []})
	given := object.union(object.union(open, details), nothing)
	verdict(fixtures.system_identity, given).reaches == "yes"
}
