package acr.agent_pool_egress_test

import data.acr.agent_pool_egress as policy
import data.lib.fixtures_test as fixtures

subnet_id := "/subscriptions/s/resourceGroups/r/virtualNetworks/v/subnets/agents"

resources(subnet, groups, tables) := {"network": {
	"subnets": {lower(subnet_id): subnet},
	"security_groups": groups,
	"route_tables": tables,
}}

document(network) := fixtures.document(object.union({"agent_pools": [fixtures.vnet_pool("pool")]}, network))

subnet(more) := {"id": subnet_id, "properties": object.union({"addressPrefix": "10.1.2.0/27"}, more)}

filtered := subnet({"networkSecurityGroup": {"id": "/NSG"}})

routed := subnet({"routeTable": {"id": "/RT"}})

rule(name, priority, access, destination) := {"name": name, "properties": {
	"priority": priority,
	"direction": "Outbound",
	"access": access,
	"protocol": "*",
	"sourceAddressPrefix": "*",
	"destinationAddressPrefix": destination,
	"destinationPortRange": "*",
}}

changed(rule, properties) := object.union(rule, {"properties": properties})

default_rules := [
	rule("AllowVnetOutBound", 65000, "Allow", "VirtualNetwork"),
	rule("AllowInternetOutBound", 65001, "Allow", "Internet"),
	rule("DenyAllOutBound", 65500, "Deny", "*"),
]

group(rules) := {"properties": {"securityRules": rules, "defaultSecurityRules": default_rules}}

with_rules(rules) := document(resources(filtered, {"/nsg": group(rules)}, {}))

# One rule that denies everything, with these properties changed.
with_rule(properties) := with_rules([changed(deny_all, properties)])

route(name, prefix, hop) := {"name": name, "properties": {"addressPrefix": prefix, "nextHopType": hop}}

table(routes) := {"/rt": {"properties": {"routes": routes}}}

with_routes(routes) := document(resources(routed, {}, table(routes)))

with_subnet(changed_subnet) := document(resources(changed_subnet, {}, {}))

shut(given) := {service | some finding in denied; some service in finding.evidence.shut} if {
	denied := policy.deny with input as given
}

doubted(given) := {doubt.field | some doubt in unread} if {
	unread := policy.unknown with input as given
}

reasons(given) := {doubt.reason | some doubt in unread} if {
	unread := policy.unknown with input as given
}

everything := {"AzureActiveDirectory", "AzureKeyVault", "AzureMonitor", "EventHub", "Storage"}

deny_all := rule("deny-all", 4000, "Deny", "*")

test_a_rule_that_denies_everything_is_named if {
	denied := policy.deny with input as with_rules([deny_all])
	denied == {{
		"msg": concat(" ", [
			"Registry contoso: the subnet of agent pool pool cannot reach",
			"AzureActiveDirectory, AzureKeyVault, AzureMonitor, EventHub, Storage:",
			"rule deny-all of its network security group denies it. Runs on the pool stay queued.",
		]),
		"field": "/agent_pools/0",
		"key": "pool",
		"evidence": {"agent_pool": "pool", "subnet": lower(subnet_id), "shut": sort(everything)},
	}}
	doubted(with_rules([deny_all])) == set()
}

test_what_is_allowed_before_is_open if {
	allowed := [rule(service, 100 + index, "Allow", service) |
		some index, service in ["AzureActiveDirectory", "AzureKeyVault", "AzureMonitor", "EventHub"]
	]
	shut(with_rules(array.concat(allowed, [deny_all]))) == {"Storage"}
	early := rule("azure", 200, "Allow", "AzureCloud")
	late := rule("late", 4001, "Allow", "AzureCloud")
	shut(with_rules([deny_all, early])) == set()
	shut(with_rules([deny_all, late])) == everything
	several := changed(rule("some", 200, "Allow", null), {
		"destinationAddressPrefixes": ["Storage", "eventhub"],
		"destinationPortRange": null,
		"destinationPortRanges": ["80", "440-450"],
		"protocol": "TCP",
	})
	shut(with_rules([deny_all, several])) == everything - {"Storage", "EventHub"}
}

test_a_group_without_any_rule_lets_everything_out if {
	bare := {"properties": {"securityRules": [], "defaultSecurityRules": []}}
	shut(document(resources(filtered, {"/nsg": bare}, {}))) == set()
}

test_a_route_of_which_nothing_is_told_is_unknown if {
	given := with_routes([route(null, "0.0.0.0/0", null)])
	shut(given) == set()
	doubted(given) == {"/agent_pools/0"}
}

test_rules_for_other_traffic_do_not_count if {
	every properties in [
		{"direction": "Inbound"},
		{"protocol": "Udp"},
		{"destinationPortRange": "80"},
		{"destinationPortRange": "80-442"},
		{"destinationAddressPrefix": "10.0.0.0/8"},
		{"destinationAddressPrefix": "Sql"},
		{"priority": "first"},
	] {
		shut(with_rule(properties)) == set()
		doubted(with_rule(properties)) == set()
	}
}

test_rules_for_a_part_of_the_traffic_are_unknown if {
	every properties in [
		{"destinationAddressPrefix": "52.0.0.0/8"},
		{"destinationAddressPrefix": "AzureCloud.EastUS"},
		{"sourceAddressPrefix": "10.9.0.0/16"},
		{"protocol": null},
	] {
		shut(with_rule(properties)) == set()
		doubted(with_rule(properties)) == {"/agent_pools/0"}
	}
	shut(with_rule({"sourceAddressPrefix": "10.1.2.0/27"})) == everything
	regional := rule("storage", 100, "Allow", "Storage.EastUS")
	shut(with_rules([deny_all, regional])) == everything - {"Storage"}
	shut_region := rule("storage", 100, "Deny", "Storage.EastUS")
	reasons(with_rules([shut_region])) == {concat(" ", [
		"rules of the network security group of subnet agents hold for a part of the traffic only",
	])}
}

drop := route("drop", "0.0.0.0/0", "None")

test_routes_that_drop_and_routes_that_lead_elsewhere if {
	shut(with_routes([drop])) == everything
	denied := policy.deny with input as with_routes([drop])
	{contains(finding.msg, "route drop of its route table drops it") | some finding in denied} == {true}
	appliance := route("firewall", "0.0.0.0/0", "VirtualAppliance")
	shut(with_routes([appliance])) == set()
	reasons(with_routes([appliance])) == {concat(" ", [
		"route firewall of subnet agents leads through a firewall or gateway whose rules are not known",
	])}
	doubted(with_routes([appliance, route("azure", "AzureCloud", "Internet")])) == set()
	out := route("out", "0.0.0.0/0", "Internet")
	doubted(with_routes([out])) == set()
	doubted(with_routes([])) == set()
	endpoints := {"serviceEndpoints": [{"service": "Microsoft.Storage"}, {"service": "Microsoft.KeyVault"}]}
	reached := subnet(object.union(endpoints, {"routeTable": {"id": "/rt"}}))
	dropped := document(resources(reached, {}, table([drop])))
	shut(dropped) == everything - {"Storage", "AzureKeyVault"}
}

test_a_subnet_without_filters_and_a_pool_without_a_subnet_pass if {
	plain := with_subnet(subnet({}))
	doubted(plain) == set()
	shut(plain) == set()
	public := [fixtures.public_pool("pool")]
	doubted(fixtures.document({"agent_pools": public, "network": {"subnets": {}}})) == set()
}

test_what_was_not_read_is_unknown_and_what_was_not_asked_for_is_not if {
	doubted(with_subnet(null)) == {"/agent_pools/0"}
	doubted(document(resources(filtered, {"/nsg": null}, {}))) == {"/agent_pools/0"}
	doubted(with_subnet(routed)) == {"/agent_pools/0"}
	odd_table := subnet({"routeTable": "odd"})
	doubted(with_subnet(odd_table)) == {"/agent_pools/0"}
	reasons(with_subnet(filtered)) == {"the network security group of subnet agents was not read"}
	doubted(document({})) == set()
	doubted(document({"network": null})) == {"/network"}
	doubted(fixtures.document({"agent_pools": null, "network": {"subnets": {}}})) == {"/agent_pools"}
	nameless := {"properties": {"virtualNetworkSubnetResourceId": subnet_id}}
	network := resources(filtered, {"/nsg": group([deny_all])}, {})
	given := fixtures.document(object.union({"agent_pools": [nameless]}, network))
	denied := policy.deny with input as given
	{finding.key | some finding in denied} == {"#0"}
	unnamed := {"properties": deny_all.properties}
	odd := policy.deny with input as with_rules([unnamed])
	{contains(finding.msg, "rule of priority 4000 of its network security group") | some finding in odd} == {true}
	every nothing in fixtures.nothing {
		doubted(nothing) == {"/agent_pools", "/network"}
	}
	doubted(fixtures.odd) == set()
}
