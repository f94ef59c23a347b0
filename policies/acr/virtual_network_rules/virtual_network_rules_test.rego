package acr.virtual_network_rules_test

import data.acr.virtual_network_rules as policy
import data.lib.fixtures_test as fixtures

subnet := "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/v/subnets/apps"

second_read(rules) := {"preview": {"properties": {"networkRuleSet": {"virtualNetworkRules": rules}}}}

findings(changes) := found if {
	found := policy.deny with input as fixtures.document(changes)
}

doubted(changes) := {unread.field | some unread in unread_parts} if {
	unread_parts := policy.unknown with input as fixtures.document(changes)
}

test_subnet_is_denied if {
	findings(second_read([{"virtualNetworkSubnetResourceId": subnet}])) == {{
		"msg": sprintf("%s %s over a service endpoint, where a private endpoint is advised.", [
			"Registry contoso admits subnet",
			subnet,
		]),
		"field": "/preview/properties/networkRuleSet/virtualNetworkRules/0",
		"key": subnet,
	}}
	doubted(second_read([{"virtualNetworkSubnetResourceId": subnet}])) == set()
}

test_the_registry_itself_may_show_them if {
	some finding in findings({"registry": {"properties": {"networkRuleSet": {
		"virtualNetworkRules": [{"id": subnet}],
	}}}})
	finding.field == "/registry/properties/networkRuleSet/virtualNetworkRules/0"
	finding.key == subnet
}

test_no_rules_pass if {
	findings(second_read([])) == set()
	doubted(second_read([])) == set()
}

test_rules_that_are_not_in_force_pass if {
	closed := {"registry": {"properties": {"publicNetworkAccess": "Disabled"}}}
	findings(object.union(second_read([{"id": subnet}]), closed)) == set()
	doubted(object.union({"preview": {}}, closed)) == set()
}

test_not_asked_for_is_not_applicable if doubted({}) == set()

test_what_was_not_read_is_unknown if {
	doubted({"registry": null}) == {"/preview"}
	doubted({"origin": {"preview_requested": true}}) == {"/preview"}
	doubted(second_read(null)) == {"/preview/properties/networkRuleSet/virtualNetworkRules"}
	doubted(second_read([7])) == {"/preview/properties/networkRuleSet/virtualNetworkRules/0"}
	doubted(object.union(second_read([{"id": subnet}]), {"registry": {"sku": null}})) == {"/registry/sku/name"}
}

test_source_code if {
	rules := {"registry": {"properties": {"networkRuleSet": {"virtualNetworkRules": [{"id": subnet}]}}}}
	hidden := fixtures.source(["/registry/properties/networkRuleSet/virtualNetworkRules"])
	doubted(object.union(rules, hidden)) == {"/registry/properties/networkRuleSet/virtualNetworkRules"}
	count(findings(object.union(rules, hidden))) == 1
	doubted(fixtures.source([])) == set()
	none := {"registry": {"properties": {"networkRuleSet": null}}}
	doubted(object.union(none, fixtures.source([]))) == {"/registry/properties/networkRuleSet"}
	doubted(object.union(none, object.union(hidden, {"registry": {"sku": {"name": "Basic"}}}))) == set()
}
