package acr.private_endpoint_missing_test

import data.acr.private_endpoint_missing as policy
import data.lib.fixtures_test as fixtures

connection(name, status) := {
	"name": name,
	"properties": {"privateLinkServiceConnectionState": {"status": status}},
}

closed(connections) := fixtures.with_properties({
	"publicNetworkAccess": "Disabled",
	"privateEndpointConnections": connections,
})

findings(given) := found if {
	found := policy.deny with input as given
}

doubted(given) := {unread.field | some unread in unread_parts} if {
	unread_parts := policy.unknown with input as given
}

test_closed_without_an_endpoint_is_denied if {
	findings(closed([])) == {{
		"msg": concat(" ", [
			"Registry contoso: public network access is Disabled",
			"and no private endpoint is approved, so nobody reaches it.",
		]),
		"field": "/registry/properties/privateEndpointConnections",
		"severity": "medium",
		"evidence": {
			"pending": [],
			"connections": 0,
			"tasks_over_bypass": [],
			"tasks_in_virtual_networks": [],
		},
		"fix": [],
	}}
	doubted(closed([])) == set()
}

test_pending_endpoints_are_named if {
	some finding in findings(closed([
		connection("pe.b", "Pending"),
		connection("pe.a", "pending"),
		connection("x", "Rejected"),
	]))
	endswith(finding.msg, "so nobody reaches it; waiting to be approved: pe.a, pe.b.")
	finding.fix[0] == concat(" ", [
		"az acr private-endpoint-connection approve --registry-name contoso --name pe.a --subscription",
		fixtures.subscription,
	])
}

test_an_approved_endpoint_passes if {
	given := closed([connection("pe.a", "Pending"), connection("pe.b", "Approved"), "odd"])
	findings(given) == set()
	doubted(given) == set()
}

test_a_registry_that_is_not_closed_passes if {
	findings(fixtures.document({})) == set()
	doubted(fixtures.with_properties({"privateEndpointConnections": null})) == set()
}

test_what_was_not_read_is_unknown if {
	doubted(closed(null)) == {"/registry/properties/privateEndpointConnections"}
	doubted(closed([connection("pe.a", "Waiting")])) == {"/registry/properties/privateEndpointConnections/0"}
	doubted(closed(["odd"])) == {"/registry/properties/privateEndpointConnections/0"}
	doubted(fixtures.with_properties({"publicNetworkAccess": null})) == {"/registry/properties/publicNetworkAccess"}
}

test_endpoints_that_are_not_all_known if {
	hidden := fixtures.source(["/registry/properties/privateEndpointConnections"])
	somewhere := object.union(closed([]), hidden)
	findings(somewhere) == set()
	unread_parts := policy.unknown with input as somewhere
	unread_parts == {{
		"msg": concat(" ", [
			"Registry contoso: private endpoints may exist that this source does not declare,",
			"so whether a private endpoint leads to it cannot be told.",
		]),
		"field": "/registry/properties/privateEndpointConnections",
		"reason": "private endpoints may exist that this source does not declare",
	}}
	approved := object.union(closed([connection("pe.a", "Approved")]), hidden)
	findings(approved) == set()
	doubted(approved) == set()
	doubted(fixtures.document(hidden)) == set()
}

test_a_task_over_the_bypass_still_gets_in if {
	some finding in findings(object.union(closed([]), {
		"registry": {"properties": {
			"networkRuleBypassAllowedForTasks": true,
			"networkRuleBypassOptions": "AzureServices",
		}},
		"tasks": [object.union(fixtures.task("t", fixtures.system_identity), fixtures.own_login)],
		"role_assignments": [fixtures.push_role],
	}))
	finding.severity == "low"
	finding.evidence.tasks_over_bypass == ["t"]
	contains(finding.msg, "so no virtual network does, and only tasks over the network rule bypass get in")
}

test_a_task_in_a_virtual_network_has_no_other_way if {
	some finding in findings(object.union(closed([]), {
		"tasks": [fixtures.task("t", fixtures.on_pool("agents"))],
		"agent_pools": [fixtures.vnet_pool("agents")],
	}))
	finding.severity == "high"
	finding.evidence.tasks_in_virtual_networks == ["t"]
}
