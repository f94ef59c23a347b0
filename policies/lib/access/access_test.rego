package lib.access_test

import data.lib.access
import data.lib.fixtures_test as fixtures

standing(changes) := found if {
	found := access.standing with input as object.union(
		fixtures.document({"tasks": [fixtures.task("t", {})]}),
		changes,
	)
}

open := {"registry": {"properties": {"networkRuleSet": {"defaultAction": "Allow"}}}}

closed := {"registry": {"properties": {"publicNetworkAccess": "Disabled"}}}

test_an_open_registry if {
	found := standing(open)
	found.posture == "open"
	found.tasks[0].answer == "yes"
	found.tasks[0].way == "open_registry"
	found.tasks_unread == null
}

test_a_closed_registry if {
	found := standing(closed)
	found.posture == "closed"
	found.tasks[0].answer == "no"
	found.tasks[0].way == null
	startswith(found.tasks[0].reason, "cannot reach it: ")
}

test_what_was_not_read if {
	found := standing({"registry": {"properties": {"publicNetworkAccess": null}}, "firewall": null, "tasks": null})
	found.posture == "unknown"
	found.rules_may_hold_more
	is_string(found.tasks_unread)
	unread := standing({"registry": {"properties": {"publicNetworkAccess": null}}}).tasks[0]
	unread.answer == "unknown"
	unread.way == null
	unread.reason != ""
}

test_selected_networks if {
	found := standing({})
	found.posture == "selected"
	not found.rules_may_hold_more
}

test_rules_that_admit_nobody if {
	rules := {"firewall": {"rules": [
		{"value": "10.0.0.0/8", "family": "ipv4", "cidr": "10.0.0.0/8", "field": "/a"},
		{"value": "131.107.8.0/24", "family": "ipv4", "cidr": "131.107.8.0/24", "field": "/b"},
	]}}
	standing(rules).nobody == ["10.0.0.0/8"]
}

test_a_run_that_speaks_against_a_refusal if {
	ran := object.union(closed, {"runs": {
		"registry_changed": "2026-01-01T00:00:00Z",
		"tasks_changed": {"t": "2026-01-01T00:00:00Z"},
		"tasks": {"t": {"count": 1, "succeeded": 1, "failed": 0, "last_success": "2026-02-01T00:00:00Z"}},
	}})
	found := standing(ran).tasks[0]
	found.answer == "unknown"
	endswith(found.reason, "yet a run of it succeeded since the last change")
}

# A task "t" of this kind.
way_of(task, changes) := found.way if {
	given := object.union(fixtures.document({"tasks": [object.union(fixtures.task("t", {}), task)]}), changes)
	answers := access.standing with input as given
	found := answers.tasks[0]
	found.answer == "yes"
	is_string(found.reason)
}

connected := {"registry": {"properties": {"privateEndpointConnections": [{
	"name": "e",
	"properties": {"privateLinkServiceConnectionState": {"status": "Approved"}},
}]}}}

whole_tag := {"service_tag": fixtures.service_tag([], [])}

test_ways_that_lead_there if {
	pooled := {"agent_pools": [fixtures.vnet_pool("p")]}
	way_of(fixtures.on_pool("p"), object.union(connected, pooled)) == "virtual_network"
	way_of({}, whole_tag) == "public_addresses"
	unread := {"agent_pools": [{"name": "p", "properties": null}]}
	either := object.union(connected, object.union(unread, whole_tag))
	way_of(fixtures.on_pool("p"), either) == "virtual_network_or_public_addresses"
	granted := object.union(fixtures.bypassed, object.union(
		fixtures.needs({"pull"}),
		fixtures.held([fixtures.acr_push]),
	))
	way_of(object.union(fixtures.system_identity, fixtures.own_login), granted) == "bypass"
	nowhere := {"properties": {"credentials": {"sourceRegistry": {"loginMode": "None"}}}}
	nothing := object.union(fixtures.needs(set()), {"task_credentials": {"t": {
		"login_mode": "None",
		"source_identity": null,
		"custom_registries": {},
	}}})
	way_of(nowhere, nothing) == "none_needed"
}
