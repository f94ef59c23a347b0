package acr.task_cannot_reach_registry_test

import data.acr.task_cannot_reach_registry as policy
import data.lib.fixtures_test as fixtures
import data.lib.roles

# A registry with the task "t", and what else is changed.
document(task, changes) := object.union(
	fixtures.document({"tasks": [object.union(fixtures.task("t", {}), task)]}),
	changes,
)

denied(task, changes) := finding if {
	findings := policy.deny with input as document(task, changes)
	count(findings) == 1
	some finding in findings
	finding.key == "t"
}

passes(task, changes) if {
	findings := policy.deny with input as document(task, changes)
	count(findings) == 0
	unread_parts := policy.unknown with input as document(task, changes)
	count(unread_parts) == 0
}

undecided(task, changes) := unread.reason if {
	findings := policy.deny with input as document(task, changes)
	count(findings) == 0
	unread_parts := policy.unknown with input as document(task, changes)
	count(unread_parts) == 1
	some unread in unread_parts
	unread.key == "t"
}

both(left, right) := object.union(left, right)

closed := {"registry": {"properties": {"publicNetworkAccess": "Disabled"}}}

open := {"registry": {"properties": {"networkRuleSet": {"defaultAction": "Allow"}}}}

abac := {"registry": {"properties": {"roleAssignmentMode": "AbacRepositoryPermissions"}}}

approved := {"registry": {"properties": {"privateEndpointConnections": [{
	"name": "pe",
	"properties": {"privateLinkServiceConnectionState": {"status": "Approved"}},
}]}}}

pooled := fixtures.on_pool("agents")

pool := {"agent_pools": [fixtures.vnet_pool("agents")]}

system := both(fixtures.system_identity, fixtures.own_login)

pushes := fixtures.needs({"pull", "push"})

held(ids) := fixtures.held(ids)

# The way.

test_no_way_into_a_closed_registry if {
	finding := denied({}, closed)
	finding.evidence.broken_link == "way"
	finding.evidence.ways == {
		"open_registry": "shut",
		"public_addresses": "shut",
		"virtual_network": "shut",
		"bypass": "shut",
	}
	finding.severity == "high"
	finding.field == "/tasks/0"
	finding.fix == []
	finding.msg == concat(" ", [
		"Registry contoso: task t cannot reach it: public access is Disabled, its pool is in no virtual",
		"network, and Tasks may not bypass its rules.",
		"What it needs was not read (its steps were not read); to pull is the least.",
	])
}

test_the_firewall_lacks_the_tag if {
	finding := denied({}, {})
	contains(finding.msg, "the firewall lacks ranges of AzureContainerRegistry.EastUS (20.62.128.0/26)")
	passes({}, {"service_tag": fixtures.service_tag([], [])})
	passes({}, open)
	undecided({}, {"service_tag": null}) == "no service tag of its region eastus is known"
	passes({"properties": {"status": "Disabled"}}, closed)
}

test_a_virtual_network_needs_an_endpoint_or_a_rule if {
	closed_pool := denied(pooled, both(closed, pool))
	contains(closed_pool.msg, "no private endpoint is approved for its pool")
	shown := {"registry": {"properties": {"networkRuleSet": {"virtualNetworkRules": []}}}}
	shut := denied(pooled, both(pool, shown))
	contains(shut.msg, "neither a private endpoint nor a firewall rule admits the subnet of its agent pool")
	passes(pooled, both(pool, approved))
	passes(pooled, both(pool, both(closed, approved)))
	rule := {"registry": {"properties": {"networkRuleSet": {"virtualNetworkRules": [{
		"id": fixtures.vnet_pool("agents").properties.virtualNetworkSubnetResourceId,
	}]}}}}
	passes(pooled, both(pool, rule))
}

test_what_a_virtual_network_leaves_unknown if {
	shown := {"registry": {"properties": {"networkRuleSet": {"virtualNetworkRules": []}}}}
	addresses := both(shown, fixtures.firewall([fixtures.rule(0, "203.0.113.7/32", "ipv4")]))
	contains(undecided(pooled, both(pool, addresses)), "whether the firewall holds the address of its subnet")
	undecided(pooled, pool) == "the registry at a preview api-version was not read"
	waiting := {"registry": {"properties": {"privateEndpointConnections": null}}}
	contains(undecided(pooled, both(pool, both(shown, waiting))), "privateEndpointConnections was not read")
	undecided(pooled, {"agent_pools": null}) == "the agent pool list was not read"
	undecided(pooled, both(pool, {"registry": {"sku": null}})) == "sku.name was not read"
}

test_a_pool_that_does_not_exist_never_runs if {
	finding := denied(pooled, open)
	finding.evidence.broken_link == "pool"
	finding.field == "/tasks/0/properties/agentPoolName"
	contains(finding.msg, "never runs: its agent pool agents does not exist")
	finding.fix == []
}

test_status_that_was_not_read if {
	undecided({"properties": {"status": null}}, closed) == "its status was not read"
	off := {"properties": {"status": null, "credentials": {"sourceRegistry": {"loginMode": "None"}}}}
	undecided(off, both(closed, pushes)) == "its status was not read"
	two := both(open, both(both_users, both(pushes, held([]))))
	switched := {"tasks": [both(both_users.tasks[0], {"properties": {"status": null}})]}
	undecided({}, both(two, switched)) == "its status was not read"
	passes({"properties": {"status": null}}, open)
}

# The login.

test_the_bypass_takes_the_system_assigned_identity if {
	passes(system, both(fixtures.bypassed, both(pushes, held([fixtures.acr_push]))))
	user := denied({"identity": {"type": "UserAssigned"}}, fixtures.bypassed)
	contains(user.msg, "it has no system-assigned identity for the bypass")
	contains(user.fix[0], "identity assign")
	by_default := denied(fixtures.system_identity, both(fixtures.bypassed, pushes))
	by_default.evidence.broken_link == "login"
	contains(by_default.msg, "it logs in by default, and over the network rule bypass only a system-assigned identity")
	by_default.field == "/tasks/0/properties/credentials"
}

test_what_the_bypass_leaves_unknown if {
	unread := {"registry": {"properties": {"networkRuleBypassAllowedForTasks": null}}}
	contains(
		undecided(system, both(fixtures.bypassed, both(both(pushes, held([fixtures.acr_push])), unread))),
		"networkRuleBypassAllowedForTasks was not read",
	)
	none := {"registry": {"properties": {"networkRuleBypassOptions": "None"}}}
	contains(
		undecided(system, both(fixtures.bypassed, both(none, held([fixtures.acr_push])))),
		"while networkRuleBypassOptions is not AzureServices",
	)
	in_anyway := both(fixtures.bypassed, both(open, {"registry": {"properties": {
		"publicNetworkAccess": "Enabled",
		"networkRuleBypassAllowedForTasks": null,
	}}}))
	undecided(system, both(in_anyway, {"role_assignments": null})) == "the list of role assignments was not read"
	identity := {"identity": null, "properties": fixtures.own_login.properties}
	contains(undecided(identity, fixtures.bypassed), "its identity was not read")
	in_pool := both(system, pooled)
	bypassed := both(both(fixtures.bypassed, pool), both(pushes, held([fixtures.acr_push])))
	contains(undecided(in_pool, bypassed), "whether the bypass also serves an agent pool in a virtual network")
}

test_logging_in_nowhere if {
	off := {"properties": {"credentials": {"sourceRegistry": {"loginMode": "None"}}}}
	finding := denied(off, both(open, pushes))
	contains(finding.msg, "logs in nowhere, but its steps pull and push")
	finding.fix == [sprintf("az acr task update --registry contoso --name t --auth-mode Default --subscription %s", [
		fixtures.subscription,
	])]
	passes(off, both(closed, fixtures.needs(set())))
	perhaps := {"task_needs": {"t": object.union(fixtures.need(set()), {"pull": null})}}
	contains(undecided(off, both(open, perhaps)), "its steps may need the registry")
}

test_a_login_alone_needs_the_way if {
	finding := denied({}, both(closed, fixtures.needs(set())))
	finding.evidence.broken_link == "way"
	passes({}, both(open, fixtures.needs(set())))
}

test_the_default_login_gives_nothing_under_repository_permissions if {
	finding := denied({}, both(open, both(abac, pushes)))
	contains(finding.msg, "under repository permissions only an identity logs in")
	contains(finding.fix[0], "identity assign")
	contains(finding.fix[1], "Container Registry Repository Writer")
	contains(finding.fix[2], "--source-acr-auth-id '[system]'")
	hidden := {"registry": {"properties": {"roleAssignmentMode": null}}}
	undecided({}, both(open, hidden)) == "roleAssignmentMode was not read"
}

credentials(entry) := {"task_credentials": {"t": {
	"login_mode": "None",
	"source_identity": null,
	"custom_registries": entry,
}}}

test_a_stored_password_is_no_identity if {
	password := credentials({"contoso.azurecr.io": null})
	contains(undecided(system, both(open, password)), "what its stored user name and password may do")
	finding := denied(system, both(fixtures.bypassed, both(password, pushes)))
	contains(finding.msg, "it logs in with a stored user name and password")
	contains(finding.fix[1], "credential update")
}

test_credentials_that_are_struck_out if {
	struck := {"properties": {"credentials": {
		"sourceRegistry": {"loginMode": "None"},
		"customRegistries": {"contoso.azurecr.io": null},
	}}}
	contains(undecided(both(fixtures.system_identity, struck), fixtures.bypassed), "--task-credentials asks for them")
	beside := both(fixtures.bypassed, both(pushes, credentials({"contoso.azurecr.io": ["[system]", "[unread]"]})))
	held_push := both(beside, held([fixtures.acr_push]))
	contains(undecided(fixtures.system_identity, held_push), "--task-credentials asks for them")
}

test_several_logins_of_which_one_way_takes_none if {
	perhaps := {"registry": {"properties": {"networkRuleBypassOptions": "None"}}}
	two := credentials({"contoso.azurecr.io": ["[system]", "[system]"]})
	given := both(both(fixtures.bypassed, perhaps), both(two, both(pushes, held([fixtures.acr_push]))))
	contains(undecided(system, given), "while networkRuleBypassOptions is not AzureServices")
}

test_several_logins if {
	both_kinds := credentials({"contoso.azurecr.io": "[system]", "CONTOSO.azurecr.io": null})
	reason := undecided(system, both(fixtures.bypassed, both(both_kinds, both(pushes, held([fixtures.acr_push])))))
	contains(reason, "more than one login")
	none := denied(system, both(open, both(both_users, both(pushes, held([])))))
	contains(none.msg, "none of the identities that it logs in with may not pull or push")
}

client := "11111111-2222-4333-8444-555555555555"

both_users := both(credentials({"contoso.azurecr.io": ["[system]", client]}), {"tasks": [
	object.union(fixtures.task("t", fixtures.system_identity), {"identity": {
		"type": "SystemAssigned, UserAssigned",
		"userAssignedIdentities": {"/u": {
			"clientId": client,
			"principalId": "99999999-2222-4333-8444-555555555555",
		}},
	}}),
]})

test_an_identity_that_the_task_does_not_have if {
	finding := denied({"properties": fixtures.own_login.properties}, both(open, pushes))
	contains(finding.msg, "it names its system-assigned identity and has none")
	unread := {"identity": null, "properties": fixtures.own_login.properties}
	contains(undecided(unread, both(open, pushes)), "its identity was not read")
}

# The role.

test_the_role_must_hold_what_the_steps_need if {
	finding := denied(system, both(fixtures.bypassed, both(pushes, held(["7f951dda-4ed3-4680-a7ca-43fe172d538d"]))))
	finding.evidence.broken_link == "role"
	finding.evidence.lacking == ["push"]
	finding.evidence.roles == ["AcrPull"]
	contains(finding.msg, "gets in and is then refused: the identity that it logs in with may not push.")
	contains(finding.msg, "It holds AcrPull.")
	contains(finding.fix[0], "--role AcrPush")
	nothing := denied(system, both(fixtures.bypassed, both(pushes, held([]))))
	contains(nothing.msg, "It holds no role on the registry.")
}

test_a_role_that_may_or_may_not_do if {
	unread := both(fixtures.bypassed, both(pushes, {"role_assignments": null}))
	undecided(system, unread) == "the list of role assignments was not read"
	group := object.union(fixtures.push_role, {"properties": {"principalId": "g", "principalType": "Group"}})
	through := both(fixtures.bypassed, both(pushes, {"role_assignments": [group]}))
	contains(undecided(system, through), "only through a group")
	pulls := both(fixtures.bypassed, held(["7f951dda-4ed3-4680-a7ca-43fe172d538d"]))
	contains(undecided(system, pulls), "what its steps need beyond pulling is not known")
	nameless := both(system, {"identity": {"principalId": null}})
	contains(undecided(nameless, both(fixtures.bypassed, pushes)), "principal of the identity")
	mode := {"registry": {"properties": {"roleAssignmentMode": null}}}
	in_mode := both(fixtures.bypassed, both(mode, both(pushes, held([fixtures.acr_push]))))
	undecided(system, in_mode) == "roleAssignmentMode was not read"
}

test_a_purge_too_old_for_repository_permissions if {
	old := object.union(fixtures.needs({"pull", "delete", "catalog"}), {"task_needs": {"t": {"outdated_purge": true}}})
	ids := ["2efddaa5-3f1f-4df3-97df-af3f13818f4c", "bfdb9389-c9a5-478a-bb2f-ba9ca092c3c7"]
	finding := denied(system, both(fixtures.bypassed, both(abac, both(old, held(ids)))))
	contains(finding.msg, "purges with acr-cli older than 0.19")
	current := fixtures.needs({"pull", "delete", "catalog"})
	passes(system, both(fixtures.bypassed, both(abac, both(current, held(ids)))))
}

test_an_import_is_azure_resource_managers if {
	imports := fixtures.needs({"import"})
	finding := denied(fixtures.system_identity, both(open, both(imports, held([fixtures.acr_push]))))
	finding.evidence.broken_link == "import"
	contains(finding.msg, "imports images, which takes registries/importImage/action")
	contains(finding.fix[0], "'Container Registry Data Importer and Data Reader'")
	passes(fixtures.system_identity, both(open, both(imports, held(["b24988ac-6180-42a0-ab88-20f7382dd24c"]))))
	unread := both(open, both(imports, {"role_assignments": null}))
	contains(undecided(fixtures.system_identity, unread), "import images")
	without := denied({}, both(open, imports))
	without.evidence.broken_link == "import"
}

test_source_code_that_gives_too_little if {
	code := both(fixtures.source(["/role_assignments"]), both(fixtures.bypassed, pushes))
	logged_in := {"task_credentials": {"t": {
		"login_mode": "None",
		"source_identity": null,
		"custom_registries": {"contoso.azurecr.io": "[system]"},
	}}}
	pulls := held(["7f951dda-4ed3-4680-a7ca-43fe172d538d"])
	finding := denied(fixtures.system_identity, both(code, both(logged_in, pulls)))
	finding.severity == "medium"
	reason := undecided(fixtures.system_identity, both(code, both(logged_in, held([]))))
	reason == roles.may_hold_more.why with input as both(code, held([]))
	whole := both(fixtures.source([]), both(fixtures.bypassed, both(pushes, both(logged_in, held([])))))
	nothing := denied(fixtures.system_identity, whole)
	nothing.severity == "medium"
	contains(nothing.msg, "this source gives the identity that it logs in with no role: its steps pull and push.")
}

test_nothing_read_is_unknown if {
	every nothing in array.concat(fixtures.nothing, [fixtures.odd]) {
		findings := policy.deny with input as nothing
		count(findings) == 0
		unread_parts := policy.unknown with input as nothing
		count(unread_parts) > 0
	}
}

test_items_that_make_no_sense if {
	every task in ["odd", 7, null, {"name": "t"}, {"name": "t", "properties": 7}] {
		findings := policy.deny with input as fixtures.document({"tasks": [task]})
		count(findings) == 0
		unread_parts := policy.unknown with input as fixtures.document({"tasks": [task]})
		count(unread_parts) > 0
	}
}

# What ran.

ran(quick, of_t, changed) := {"runs": object.union(fixtures.runs(quick, {"t": of_t}), {
	"registry_changed": changed,
	"tasks_changed": {"t": changed},
})}

none := fixtures.tally(0, 0, 0)

succeeded := object.union(fixtures.tally(2, 1, 1), {"last_success": "2026-11-20T10:00:00Z"})

test_a_run_that_succeeded_since_speaks_against_it if {
	since := both(closed, ran(none, succeeded, "2026-11-01T00:00:00Z"))
	why := undecided({}, since)
	contains(why, "by its settings it cannot reach it: public access is Disabled")
	contains(why, "yet the run of 2026-11-20T10:00:00Z succeeded, which is newer than what was changed last")
	unread_parts := policy.unknown with input as document({}, since)
	some unread in unread_parts
	unread.evidence.contradicted_by_run == "2026-11-20T10:00:00Z"
	before := both(closed, ran(none, succeeded, "2026-11-21T00:00:00Z"))
	finding := denied({}, before)
	finding.evidence.runs.succeeded == 1
}

test_runs_without_a_task_are_refused_by_a_closed_registry if {
	given := fixtures.document(both(closed, ran(fixtures.tally(2, 0, 2), none, null)))
	findings := policy.deny with input as given
	findings == {{
		"msg": concat(" ", [
			"Registry contoso: runs without a task (az acr build, az acr run) cannot reach it: public network access",
			"is Disabled, and the network rule bypass is not theirs. There were 2 runs since 2026-10-28, of which 0",
			"succeeded; the last one, of 2026-11-20T10:00:00Z, is Failed. The last error: failed to login, ran out of",
			"retries",
		]),
		"field": "/registry/properties/publicNetworkAccess",
		"key": "quick runs",
		"evidence": {"runs": fixtures.tally(2, 0, 2)},
	}}
	silent := fixtures.document(both(closed, ran(none, none, null)))
	count(policy.deny) == 0 with input as silent
	whole := {"service_tag": fixtures.service_tag([], [])}
	selected := fixtures.document(both(whole, ran(fixtures.tally(2, 0, 2), none, null)))
	count(policy.deny) == 0 with input as selected
}

test_a_run_without_a_task_that_succeeded_speaks_against_it if {
	given := fixtures.document(both(closed, ran(succeeded, none, "2026-11-01T00:00:00Z")))
	count(policy.deny) == 0 with input as given
	unread_parts := policy.unknown with input as given
	some unread in unread_parts
	unread.key == "quick runs"
	contains(unread.msg, "yet the run of 2026-11-20T10:00:00Z succeeded")
}

test_a_list_of_runs_that_was_refused_is_unknown if {
	unread_parts := policy.unknown with input as fixtures.document(both(closed, {"runs": null}))
	{unread.field | some unread in unread_parts} == {"/runs"}
}
