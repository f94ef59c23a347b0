package lib.exposure_test

import data.lib.exposure
import data.lib.fixtures_test as fixtures

facts(changes) := found if {
	found := exposure.facts with input as fixtures.document(changes)
}

task(changes, document) := found if {
	listed := {"tasks": [object.union(fixtures.task("t", {}), changes)]}
	found := facts(object.union(listed, document)).tasks[0]
}

closed := {"registry": {"properties": {"publicNetworkAccess": "Disabled"}}}

open := {"registry": {"properties": {"networkRuleSet": {"defaultAction": "Allow"}}}}

test_the_posture_is_a_word if {
	facts({}).posture == "selected"
	facts(open).posture == "open"
	facts(closed).posture == "closed"
	facts({"registry": {"properties": {"publicNetworkAccess": null}}}).posture == "unknown"
	facts({"registry": {"sku": {"name": "Basic"}}}).posture == "open"
}

test_what_passes_by if {
	lets := {"registry": {"properties": {"networkRuleBypassOptions": "AzureServices"}}}
	facts(lets).trusted_services == "yes"
	facts(object.union(lets, open)).trusted_services == "no"
	facts({}).trusted_services == "no"
	facts(fixtures.bypassed).tasks_bypass == "yes"
}

test_ranges_and_whom_they_admit if {
	tagged := fixtures.rule(0, "20.62.128.0/26", "ipv4")
	private := fixtures.rule(1, "10.0.0.0/8", "ipv4")
	old := fixtures.rule(2, "2603::/64", "ipv6")
	listed := object.union(
		fixtures.firewall([tagged, private, old]),
		{"service_tag": fixtures.service_tag([], ["20.62.128.0/26"])},
	)
	facts(listed).rules == [
		{"value": "20.62.128.0/26", "admits": "yes", "tag": "AzureContainerRegistry.EastUS"},
		{"value": "10.0.0.0/8", "admits": "no", "tag": null},
		{"value": "2603::/64", "admits": "no", "tag": null},
	]
	facts(object.union(listed, closed)).rules[0].admits == "no"
	facts({"firewall": null}).rules == null
}

test_endpoints if {
	connection := {"name": "e", "properties": {"privateLinkServiceConnectionState": {"status": "Approved"}}}
	found := facts({"registry": {"properties": {"privateEndpointConnections": [connection]}}})
	found.endpoints == [{"name": "e", "approved": "yes", "state": "approved"}]
	facts({"registry": {"properties": {"privateEndpointConnections": null}}}).endpoints == null
}

test_the_way_that_a_run_takes if {
	found := task({}, open)
	found.reaches == "yes"
	found.way == "public"
	found.broken_link == null
	found.ways == {"public": "yes", "virtual_network": "no", "bypass": "no"}
}

test_no_way if {
	found := task({}, closed)
	found.reaches == "no"
	found.way == null
	found.broken_link == "way"
}

test_a_pool_in_a_virtual_network if {
	connection := {"name": "e", "properties": {"privateLinkServiceConnectionState": {"status": "Approved"}}}
	document := object.union(
		{"agent_pools": [fixtures.vnet_pool("p")]},
		{"registry": {"properties": {
			"publicNetworkAccess": "Disabled",
			"privateEndpointConnections": [connection],
		}}},
	)
	task(fixtures.on_pool("p"), document).way == "virtual_network"
	task(fixtures.on_pool("gone"), document).broken_link == "pool"
	task(fixtures.on_pool("gone"), document).ways.public == "no"
}

test_the_bypass if {
	may_pull := object.union(fixtures.needs({"pull"}), fixtures.held([fixtures.acr_push]))
	granted := object.union(fixtures.bypassed, may_pull)
	task(object.union(fixtures.system_identity, fixtures.own_login), granted).way == "bypass"
	task(fixtures.system_identity, fixtures.bypassed).way == "bypass"
}

test_tasks_that_were_not_read if {
	facts({"tasks": null}).tasks == null
	not facts({"tasks": null}).tasks_complete
	facts({}).tasks == []
	facts({}).tasks_complete
}

test_it_is_defined_whatever_the_document_holds if {
	every document in array.concat(fixtures.nothing, [fixtures.odd]) {
		found := exposure.facts with input as document
		found.posture == "unknown"
		found.tasks == null
		found.rules == null
	}
}
