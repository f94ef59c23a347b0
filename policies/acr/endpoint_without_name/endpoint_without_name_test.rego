package acr.endpoint_without_name_test

import data.acr.endpoint_without_name as policy
import data.lib.fixtures_test as fixtures

endpoint(name) := concat("", ["/subscriptions/s/resourceGroups/n/providers/Microsoft.Network/privateEndpoints/", name])

zone(group, name) := concat("/", [
	"/subscriptions/s/resourceGroups", group,
	"providers/Microsoft.Network/privateDnsZones", name,
])

connection(name, status) := {
	"name": name,
	"properties": {
		"privateEndpoint": {"id": endpoint(name)},
		"privateLinkServiceConnectionState": {"status": status},
	},
}

group(zones) := {
	"name": "default",
	"properties": {"privateDnsZoneConfigs": [config |
		some id in zones
		config := {"name": "acr", "properties": {"privateDnsZoneId": id}}
	]},
}

document(connections, groups) := object.union(
	fixtures.with_properties({"privateEndpointConnections": connections}),
	{"network": {"dns_zone_groups": groups}},
)

keys(given) := {finding.key | some finding in denied} if {
	denied := policy.deny with input as given
}

doubted(given) := {doubt.field | some doubt in unread} if {
	unread := policy.unknown with input as given
}

one := [connection("pe-a", "Approved")]

named := group([zone("dns", "privatelink.azurecr.io")])

test_an_endpoint_without_a_zone_group_is_denied if {
	given := document(one, {lower(endpoint("pe-a")): []})
	denied := policy.deny with input as given
	denied == {{
		"msg": concat(" ", [
			"Registry contoso: private endpoint pe-a writes to no DNS zone,",
			"so the registry's name leads its clients to the public address.",
		]),
		"field": "/registry/properties/privateEndpointConnections/0",
		"key": "pe-a",
		"evidence": {"endpoint": lower(endpoint("pe-a")), "zones": []},
	}}
	doubted(given) == set()
	other := group([zone("dns", "privatelink.blob.core.windows.net")])
	keys(document(one, {lower(endpoint("pe-a")): [other]})) == {"pe-a"}
	keys(document(one, {lower(endpoint("pe-a")): [group([])]})) == {"pe-a"}
}

test_the_parameter_leaves_zone_groups_to_a_policy if {
	given := document(one, {lower(endpoint("pe-a")): []})
	denied := policy.deny with input as given
		with data.parameters.endpoint_without_name as {"zone_groups_by_policy": true}
	denied == set()
}

test_a_named_one_and_one_that_is_not_approved_pass if {
	keys(document(one, {lower(endpoint("pe-a")): [named]})) == set()
	keys(document([connection("pe-a", "Pending"), "odd"], {})) == set()
	doubted(document([connection("pe-a", "Pending"), "odd"], {})) == set()
}

test_two_endpoints_of_one_zone_are_denied if {
	two := [connection("pe-a", "Approved"), connection("pe-b", "Approved")]
	shared := zone("dns", "privatelink.azurecr.io")
	given := document(two, {lower(endpoint("pe-a")): [named], lower(endpoint("pe-b")): [group([upper(shared)])]})
	keys(given) == {lower(shared)}
	denied := policy.deny with input as given
	{finding.evidence.endpoints | some finding in denied} == {["pe-a", "pe-b"]}
	apart := group([zone("other", "privatelink.azurecr.io")])
	keys(document(two, {lower(endpoint("pe-a")): [named], lower(endpoint("pe-b")): [apart]})) == set()
}

test_what_was_not_read_is_unknown_and_what_was_not_asked_for_is_not if {
	field := "/registry/properties/privateEndpointConnections/0"
	doubted(document(one, {lower(endpoint("pe-a")): null})) == {field}
	doubted(document(one, {})) == {field}
	doubted(document(one, {lower(endpoint("pe-a")): [group([null])]})) == {field}
	doubted(document(one, {lower(endpoint("pe-a")): ["odd"]})) == {field}
	keys(document(one, {lower(endpoint("pe-a")): ["odd"]})) == set()
	doubted(document(null, {})) == {"/registry/properties/privateEndpointConnections"}
	doubted(fixtures.with_properties({"privateEndpointConnections": one})) == set()
	doubted(fixtures.document({"network": null})) == {"/network"}
	every given in fixtures.nothing {
		doubted(given) == {"/network", "/registry"}
	}
	doubted(fixtures.odd) == set()
}

declared_connection(name, endpoint_members) := {
	"name": name,
	"properties": {
		"privateEndpoint": endpoint_members,
		"privateLinkServiceConnectionState": {"status": "Approved"},
	},
}

declared_as(connections) := object.union(
	fixtures.with_properties({"privateEndpointConnections": connections}),
	fixtures.source([]),
)

test_source_code_says_it_beside_the_connection if {
	bare := declared_connection("pe-a", {"privateDnsZoneGroups": []})
	keys(declared_as([bare])) == {"pe-a"}
	referring := group(["${azurerm_private_dns_zone.acr.id}"])
	given := declared_as([declared_connection("pe-a", {"privateDnsZoneGroups": [referring]})])
	keys(given) == set()
	doubted(given) == set()
	other := declared_connection("pe-b", {"privateDnsZoneGroups": [referring]})
	shared := declared_as([declared_connection("pe-a", {"privateDnsZoneGroups": [referring]}), other])
	keys(shared) == {"${azurerm_private_dns_zone.acr.id}"}
	unread := declared_as([declared_connection(null, {"privateDnsZoneGroups": null})])
	doubted(unread) == {"/registry/properties/privateEndpointConnections/0"}
	doubted(declared_as([declared_connection("pe-a", {}), declared_connection("pe-b", null)])) == set()
	alike := [
		declared_connection("registry", {"id": "a.id", "privateDnsZoneGroups": []}),
		declared_connection("registry", {"id": "b.id", "privateDnsZoneGroups": []}),
	]
	keys(declared_as(alike)) == {"a.id", "b.id"}
}
