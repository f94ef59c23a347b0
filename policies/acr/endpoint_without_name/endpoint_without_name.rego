# METADATA
# scope: package
# title: A private endpoint without a DNS name
# description: >-
#   Finds approved private endpoints of a registry that write to no private DNS zone: the registry's name still leads to
#   its public address, which is shut, so that clients in the virtual network are refused although the endpoint is
#   there. Finds endpoints of one registry that write to one zone as well, where the last one to write takes the name
#   from the others. Live, this needs --network.
# related_resources:
# - ref: https://learn.microsoft.com/azure/private-link/private-endpoint-dns-integration
#   description: Azure Private Endpoint private DNS zone values and integration
# - ref: https://learn.microsoft.com/azure/container-registry/container-registry-private-link
#   description: Connect privately to a registry with Azure Private Link
# custom:
#   severity: low
#   profile: network
#   remediation: >-
#     Give the endpoint a DNS zone group for privatelink.azurecr.io whose zone is linked to the clients' virtual
#     networks. Where several virtual networks need an endpoint each, give each a zone of its own, or use one endpoint
#     for all of them.
#   reads: [network]
#   controls: {}
#   parameters:
#     zone_groups_by_policy:
#       default: false
#       type: boolean
#       description: >-
#         An Azure Policy of yours makes the zone groups of private endpoints, so one without is not reported.
package acr.endpoint_without_name

import data.lib.declared
import data.lib.network
import data.lib.pointer
import data.lib.registry
import data.lib.verdict

deny contains {
	"msg": sprintf("%s: private endpoint %s writes to no DNS zone, so %s.", [
		registry.label,
		endpoint.name,
		"the registry's name leads its clients to the public address",
	]),
	"field": endpoint.field,
	"key": key(endpoint),
	"evidence": {"endpoint": endpoint.id, "zones": []},
} if {
	zone_groups_by_policy != true
	some endpoint in endpoints
	is_array(endpoint.groups)
	count(unread_zones(endpoint)) == 0
	count(zones(endpoint)) == 0
}

deny contains {
	"msg": sprintf("%s: private endpoints %s write to one DNS zone (%s), so %s.", [
		registry.label,
		concat(" and ", names),
		network.name(zone),
		"each overwrites the address of the other",
	]),
	"field": "/registry/properties/privateEndpointConnections",
	"key": zone,
	"evidence": {"zone": zone, "endpoints": names},
} if {
	some zone in all_zones
	names := sort([endpoint.name | some endpoint in endpoints; zone in zones(endpoint)])
	count({endpoint.id | some endpoint in endpoints; zone in zones(endpoint)}) > 1
}

unknown contains {
	"msg": sprintf("%s: %s, so whether its private endpoints have a name cannot be told.", [
		registry.label,
		unread.why,
	]),
	"field": unread.field,
	"reason": unread.why,
} if {
	some unread in registry_unread
}

unknown contains {
	"msg": sprintf("%s: the DNS zones of private endpoint %s %s, so whether it has a name cannot be told.", [
		registry.label,
		endpoint.name,
		declared.none_read,
	]),
	"field": endpoint.field,
	"key": key(endpoint),
	"reason": sprintf("the DNS zones of private endpoint %s %s", [endpoint.name, declared.none_read]),
} if {
	some endpoint in endpoints
	zones_unread(endpoint)
}

# Two endpoints may call their connections alike in source code.
key(endpoint) := endpoint.name if {
	count([other | some other in endpoints; other.name == endpoint.name]) == 1
} else := endpoint.id

default zone_groups_by_policy := false

zone_groups_by_policy := data.parameters.endpoint_without_name.zone_groups_by_policy

path := ["properties", "privateEndpointConnections"]

connections := registry.setting(path) if is_array(registry.setting(path))

registry_unread contains network.unread if not network.not_asked

registry_unread contains registry.unread(path) if {
	not network.not_asked
	not connections
}

# The approved ones whose endpoint is named, each with its zone groups: null where they were not read.
endpoints := array.concat(
	[endpoint |
		is_object(network.as_read)
		some index, connection in approved
		id := verdict.member(connection, ["properties", "privateEndpoint", "id"])
		is_string(id)
		endpoint := {
			"id": lower(id),
			"name": network.name(id),
			"field": field(index),
			"groups": network.resource("dns_zone_groups", id),
		}
	],
	[endpoint |
		declared.yes
		some index, connection in approved
		"privateDnsZoneGroups" in object.keys(private_endpoint(connection))
		name := connection_name(index, connection)
		endpoint := {
			"id": object.get(private_endpoint(connection), "id", name),
			"name": name,
			"field": field(index),
			"groups": private_endpoint(connection).privateDnsZoneGroups,
		}
	],
)

approved := {index: connection |
	some index, connection in connections
	status := verdict.member(connection, ["properties", "privateLinkServiceConnectionState", "status"])
	verdict.lower_or_undefined(status) == "approved"
}

field(index) := pointer.join(array.concat(["registry"], array.concat(path, [index])))

# Source code says beside a connection to which zones its endpoint writes; Azure does not.
private_endpoint(connection) := endpoint if {
	endpoint := verdict.member(connection, ["properties", "privateEndpoint"])
	is_object(endpoint)
} else := {}

connection_name(index, connection) := connection.name if {
	is_string(connection.name)
} else := sprintf("#%d", [index])

configs(endpoint) := [config |
	some group in endpoint.groups
	some config in listed(verdict.member(group, ["properties", "privateDnsZoneConfigs"]))
]

listed(value) := value if {
	is_array(value)
} else := []

# The zones of registries that an endpoint writes to; a zone for anything else gives the registry no name. What source
# code refers to is taken for one.
zones(endpoint) := {zone |
	some config in configs(endpoint)
	zone := verdict.lower_or_undefined(verdict.member(config, ["properties", "privateDnsZoneId"]))
	of_registries(zone)
}

of_registries(zone) if startswith(network.name(zone), "privatelink.azurecr.")

of_registries(zone) if {
	declared.yes
	not contains(zone, "privatelink.")
}

unread_zones(endpoint) := array.concat(
	[config |
		some config in configs(endpoint)
		not is_string(verdict.member(config, ["properties", "privateDnsZoneId"]))
	],
	[group |
		some group in endpoint.groups
		not is_array(verdict.member(group, ["properties", "privateDnsZoneConfigs"]))
	],
)

zones_unread(endpoint) if not is_array(endpoint.groups)

zones_unread(endpoint) if {
	is_array(endpoint.groups)
	count(unread_zones(endpoint)) > 0
	count(zones(endpoint)) == 0
}

all_zones := {zone | some endpoint in endpoints; is_array(endpoint.groups); some zone in zones(endpoint)}
