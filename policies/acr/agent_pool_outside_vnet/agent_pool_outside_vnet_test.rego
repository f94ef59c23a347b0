package acr.agent_pool_outside_vnet_test

import data.acr.agent_pool_outside_vnet as policy
import data.lib.fixtures_test as fixtures

pooled := fixtures.task("nightly", fixtures.on_pool("Agents"))

document(pools) := fixtures.document({"tasks": [pooled], "agent_pools": pools})

faults(pools) := {fault | some finding in findings; some fault in finding.evidence.faults} if {
	findings := policy.deny with input as document(pools)
}

doubted(given) := {unread.field | some unread in unread_parts} if {
	unread_parts := policy.unknown with input as given
}

# A pool inside a virtual network, with these properties changed.
pool(changes) := object.union(fixtures.vnet_pool("agents"), {"properties": changes})

test_pool_without_a_subnet_is_denied if {
	findings := policy.deny with input as document([fixtures.vnet_pool("other"), fixtures.public_pool("agents")])
	findings == {{
		"msg": concat(" ", [
			"Registry contoso restricts public access and task nightly runs on agent pool Agents,",
			"which has no subnet.",
		]),
		"field": "/agent_pools/1",
		"key": "nightly",
		"severity": "high",
		"evidence": {"task": "nightly", "agent_pool": "Agents", "faults": ["has no subnet"]},
		"fix": [],
	}}
	doubted(document([fixtures.public_pool("agents")])) == set()
}

test_pool_that_does_not_exist_is_denied if {
	findings := policy.deny with input as document([])
	some finding in findings
	finding.field == "/tasks/0/properties/agentPoolName"
	finding.evidence.faults == ["does not exist"]
	doubted(document([])) == set()
}

test_pool_that_failed_or_is_empty_is_denied if {
	faults([pool({"provisioningState": "Failed"})]) == {"failed"}
	faults([pool({"count": 0, "provisioningState": "canceled"})]) == {"failed", "has no machines"}
	findings := policy.deny with input as document([pool({"count": 0})])
	some finding in findings
	finding.fix == [concat(" ", [
		"az acr agentpool update --registry contoso --name Agents --count 1 --subscription",
		fixtures.subscription,
	])]
}

test_pool_inside_passes if {
	faults([pool({})]) == set()
	faults([pool({"provisioningState": "Updating"})]) == set()
	doubted(document([pool({})])) == set()
}

test_open_registry_shared_pool_or_disabled_task_pass if {
	open := {"registry": {"properties": {"networkRuleSet": {"defaultAction": "Allow"}}}, "tasks": null}
	doubted(fixtures.document(open)) == set()
	shared := fixtures.document({"tasks": [fixtures.task("t", {})], "agent_pools": null})
	doubted(shared) == set()
	findings := policy.deny with input as shared
	count(findings) == 0
	off := object.union(pooled, {"properties": {"status": "Disabled"}})
	doubted(fixtures.document({"tasks": [off], "agent_pools": null})) == set()
	doubted(fixtures.document({"registry": {"sku": null}})) == set()
}

test_what_was_not_read_is_unknown if {
	doubted(fixtures.document({"tasks": null})) == {"/tasks"}
	doubted(fixtures.document({"tasks": null, "registry": {"sku": null}})) == {"/registry/sku/name"}
	doubted(object.union(document([]), {"registry": {"sku": null}})) == {"/registry/sku/name"}
	doubted(document(null)) == {"/agent_pools"}
	doubted(document([pool({"count": null})])) == {"/agent_pools/0"}
	doubted(document([pool({"provisioningState": "Odd"})])) == {"/agent_pools/0"}
	doubted(document([pool({"virtualNetworkSubnetResourceId": null})])) == {"/tasks/0/properties/agentPoolName"}
	doubted(fixtures.document({"tasks": [fixtures.task("t", fixtures.on_pool(7))]})) == {
		"/tasks/0/properties/agentPoolName",
	}
	doubted(fixtures.document({"tasks": ["odd"]})) == {
		"/tasks/0/properties/agentPoolName",
		"/tasks/0/properties/status",
	}
}

test_source_code if {
	untried := pool({"provisioningState": null})
	doubted(object.union(document([untried]), fixtures.source([]))) == set()
	faults([pool({"provisioningState": null})]) == set()
	elsewhere := object.union(document([]), fixtures.source(["/agent_pools"]))
	doubted(elsewhere) == {"/tasks/0/properties/agentPoolName"}
	findings := policy.deny with input as elsewhere
	findings == set()
	unread_parts := policy.unknown with input as object.union(document([pool({"count": null})]), fixtures.source([]))
	some unread in unread_parts
	contains(unread.msg, "whether its agent pool has no machines is not known, so")
}

test_a_pool_whose_task_gets_in_over_the_bypass_is_low if {
	task := object.union(fixtures.task("t", fixtures.on_pool("agents")), object.union(
		fixtures.system_identity,
		fixtures.own_login,
	))
	given := object.union(fixtures.document(object.union(fixtures.bypassed, fixtures.needs({"pull"}))), {
		"tasks": [task],
		"agent_pools": [fixtures.public_pool("agents")],
		"role_assignments": [fixtures.push_role],
	})
	findings := policy.deny with input as given
	{finding.severity | some finding in findings} == {"low"}
}
