# METADATA
# scope: package
# title: An agent pool's subnet shuts the pool off
# description: >-
#   Finds agent pools in a subnet whose network security group or route table shuts one of the services that a pool
#   cannot work without: Key Vault, Storage, Event Hubs, Entra ID and Azure Monitor. Runs on such a pool stay queued for
#   ever, and nothing says why. What a firewall or a gateway that the route table sends traffic through allows is not
#   known. Live, this needs --network.
# related_resources:
# - ref: https://learn.microsoft.com/azure/container-registry/tasks-agent-pools
#   description: Run ACR Tasks in dedicated agent pools
# - ref: https://learn.microsoft.com/azure/virtual-network/service-tags-overview
#   description: Azure service tags
# custom:
#   severity: medium
#   profile: network
#   remediation: >-
#     Allow the subnet outbound TCP 443 to the service tags AzureKeyVault, Storage, EventHub, AzureActiveDirectory and
#     AzureMonitor, by rules of a higher priority than the one that denies, and give them a route that leads there.
#   reads: [agent_pools, network]
#   controls: {}
#   parameters: {}
package acr.agent_pool_egress

import data.lib.declared
import data.lib.ipv4
import data.lib.network
import data.lib.pointer
import data.lib.registry
import data.lib.tasks
import data.lib.verdict

deny contains {
	"msg": sprintf("%s: the subnet of agent pool %s cannot reach %s: %s. Runs on the pool stay queued.", [
		registry.label,
		pool.name,
		concat(", ", shut),
		concat("; ", sort(reasons)),
	]),
	"field": pool.field,
	"key": pool.name,
	"evidence": {"agent_pool": pool.name, "subnet": pool.subnet, "shut": shut},
} if {
	some index, pool in pools
	shut := [path.service | some path in paths; path.pool == index; path.answer == "no"]
	count(shut) > 0
	reasons := {why | some path in paths; path.pool == index; some why in path.blockers}
}

unknown contains {
	"msg": sprintf("%s: %s, so whether its agent pools reach what they need cannot be told.", [
		registry.label,
		unread.why,
	]),
	"field": unread.field,
	"reason": unread.why,
} if {
	some unread in registry_unread
}

unknown contains {
	"msg": sprintf("%s: %s, so whether agent pool %s reaches what it needs cannot be told.", [
		registry.label,
		concat(" and ", sort(reasons)),
		pool.name,
	]),
	"field": pool.field,
	"key": pool.name,
	"reason": concat(" and ", sort(reasons)),
} if {
	some index, pool in pools
	answers := {path.answer | some path in paths; path.pool == index}
	not "no" in answers
	"unknown" in answers
	reasons := {why | some path in paths; path.pool == index; some why in path.doubts}
}

# What a pool cannot work without, as service tags call it.
services := ["AzureActiveDirectory", "AzureKeyVault", "AzureMonitor", "EventHub", "Storage"]

registry_unread contains network.unread if not network.not_asked

registry_unread contains {
	"field": "/agent_pools",
	"why": verdict.why("the agent pool list", tasks.pools_as_read),
} if {
	not network.not_asked
	not is_array(tasks.pools_as_read)
}

# The pools with a subnet, each with what filters it: null where that was not read, {} where there is none.
pools := [pool |
	is_object(network.as_read)
	some index, item in tasks.pool_list
	id := verdict.member(item, ["properties", "virtualNetworkSubnetResourceId"])
	is_string(id)
	id != ""
	subnet := network.resource("subnets", id)
	filter := attached(subnet, "networkSecurityGroup", "security_groups")
	pool := {
		"name": pool_name(index, item),
		"field": pointer.join(["agent_pools", index]),
		"subnet": lower(id),
		"filter": filter,
		"rules": rules(filter, prefixes(subnet)),
		"routes": attached(subnet, "routeTable", "route_tables"),
		"endpoints": service_endpoints(subnet),
	}
]

pool_name(index, item) := item.name if {
	is_string(item.name)
} else := sprintf("#%d", [index])

attached(subnet, member, kind) := null if {
	not is_object(verdict.member(subnet, ["properties"]))
} else := {} if {
	not member in object.keys(subnet.properties)
} else := network.resource(kind, verdict.member(subnet, ["properties", member, "id"])) if {
	is_string(verdict.member(subnet, ["properties", member, "id"]))
} else := null

prefixes(subnet) := {prefix |
	some prefix in array.concat(
		listed(verdict.member(subnet, ["properties", "addressPrefixes"])),
		[verdict.member(subnet, ["properties", "addressPrefix"])],
	)
	is_string(prefix)
}

listed(value) := value if {
	is_array(value)
} else := []

# Services that the subnet reaches past its routes.
service_endpoints(subnet) := {word |
	some endpoint in listed(verdict.member(subnet, ["properties", "serviceEndpoints"]))
	word := verdict.lower_or_undefined(verdict.member(endpoint, ["service"]))
}

endpoint_of := {
	"AzureActiveDirectory": "microsoft.azureactivedirectory",
	"AzureKeyVault": "microsoft.keyvault",
	"EventHub": "microsoft.eventhub",
	"Storage": "microsoft.storage",
}

# Each pool's way to each service, worked out once: whether it leads there, and why it does not or cannot be told.
paths := [path |
	some index, pool in pools
	some service in services
	filter := filter_verdict(pool, lower(service))
	route := route_verdict(pool, service)
	answer := verdict.conjunction([filter.answer, route.answer])
	path := {
		"pool": index,
		"service": service,
		"answer": answer,
		"blockers": [way.why | some way in [filter, route]; way.answer == "no"],
		"doubts": [way.why | some way in [filter, route]; way.answer == "unknown"],
	}
]

# The network security group: the first rule that holds for all of the traffic decides, unless one before it holds for a
# part of it and says the opposite.
filter_verdict(pool, _) := {
	"answer": "unknown",
	"why": sprintf("the network security group of subnet %s %s", [network.name(pool.subnet), declared.not_read]),
} if {
	not is_object(pool.filter)
} else := {"answer": "yes", "why": ""} if {
	pool.filter == {}
}

filter_verdict(pool, service) := decided(pool, [ranked |
	some rule in pool.rules
	destination := destination_extent(rule.destinations, service)
	destination != "none"
	ranked := object.union(rule, {"extent": smallest([rule.extent, destination])})
]) if {
	is_object(pool.filter)
	pool.filter != {}
}

decided(pool, ranked) := {
	"answer": "unknown",
	"why": sprintf("rules of the network security group of subnet %s hold for a part of the traffic only", [
		network.name(pool.subnet),
	]),
} if {
	first := deciding(ranked)
	contrary := [rule |
		some rule in ranked
		rule.extent == "part"
		rule.priority <= first.priority
		rule.answer != first.answer
	]
	count(contrary) > 0
} else := {
	"answer": first.answer,
	"why": sprintf("rule %s of its network security group denies it", [first.name]),
} if {
	first := deciding(ranked)
}

# Without any, Azure's own default rule lets everything out.
deciding(ranked) := whole[0] if {
	priority := min([rule.priority | some rule in ranked; rule.extent == "whole"])
	whole := [rule | some rule in ranked; rule.extent == "whole"; rule.priority == priority]
	count(whole) > 0
} else := {"priority": 65001, "name": "AllowInternetOutBound", "answer": "yes"}

# The rules for outbound TCP traffic to port 443, each with whether it holds for all of the subnet's or for a part.
rules(filter, subnet_prefixes) := [described |
	some rule in array.concat(
		listed(verdict.member(filter, ["properties", "securityRules"])),
		listed(verdict.member(filter, ["properties", "defaultSecurityRules"])),
	)
	verdict.lower_or_undefined(verdict.member(rule, ["properties", "direction"])) == "outbound"
	is_number(verdict.member(rule, ["properties", "priority"]))
	extent := smallest([
		protocol_extent(rule.properties),
		port_extent(rule.properties),
		source_extent(rule.properties, subnet_prefixes),
	])
	extent != "none"
	described := {
		"name": rule_name(rule),
		"priority": rule.properties.priority,
		"answer": access(rule.properties),
		"extent": extent,
		"destinations": words(rule.properties, "destinationAddressPrefix", "destinationAddressPrefixes"),
	}
]

rule_name(rule) := rule.name if {
	is_string(rule.name)
} else := sprintf("of priority %d", [rule.properties.priority])

access(rule) := "yes" if {
	verdict.lower_or_undefined(rule.access) == "allow"
} else := "no"

smallest(extents) := "none" if {
	"none" in extents
} else := "part" if {
	"part" in extents
} else := "whole"

protocol_extent(rule) := "whole" if {
	verdict.lower_or_undefined(rule.protocol) in {"*", "tcp"}
} else := "none" if {
	is_string(rule.protocol)
} else := "part"

port_extent(rule) := "whole" if {
	holds_port(words(rule, "destinationPortRange", "destinationPortRanges"))
} else := "none"

holds_port(ranges) if "*" in ranges

holds_port(ranges) if "443" in ranges

holds_port(ranges) if {
	some range in ranges
	regex.match(`^[0-9]{1,5}-[0-9]{1,5}$`, range)
	ends := split(range, "-")
	to_number(ends[0]) <= 443
	to_number(ends[1]) >= 443
}

source_extent(rule, subnet_prefixes) := "whole" if {
	count(words(rule, "sourceAddressPrefix", "sourceAddressPrefixes") & {"*", "virtualnetwork", "0.0.0.0/0"}) > 0
} else := "whole" if {
	count(subnet_prefixes) > 0
	count(subnet_prefixes - words(rule, "sourceAddressPrefix", "sourceAddressPrefixes")) == 0
} else := "part"

# One region of a service or of Azure, and public addresses, may be a part of the service.
destination_extent(destinations, service) := "whole" if {
	count(destinations & {"*", "internet", "azurecloud", "0.0.0.0/0", service}) > 0
} else := "part" if {
	some_region(destinations, [sprintf("%s.", [service]), "azurecloud."])
} else := "part" if {
	some_public(destinations)
} else := "none"

some_region(destinations, regions) if {
	some word in destinations
	some region in regions
	startswith(word, region)
}

some_public(destinations) if {
	some word in destinations
	range := ipv4.range(word)
	not private(range)
}

private(range) if {
	some block in ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16", "127.0.0.0/8"]
	whole := ipv4.range(block)
	whole.first <= range.first
	range.last <= whole.last
}

# What a rule says in one word or in a list of them.
words(rule, one, several) := {word |
	some value in array.concat([object.get(rule, one, null)], listed(object.get(rule, several, null)))
	word := verdict.lower_or_undefined(value)
}

# The route table: the route for the service itself, else for Azure, else the default route.
route_verdict(pool, service) := {"answer": "yes", "why": ""} if {
	endpoint_of[service] in pool.endpoints
} else := {
	"answer": "unknown",
	"why": sprintf("the route table of subnet %s %s", [network.name(pool.subnet), declared.not_read]),
} if {
	not is_object(pool.routes)
} else := {"answer": "yes", "why": ""} if {
	count(routes_to(pool, service)) == 0
} else := route_answer(pool, routes_to(pool, service)[0])

route_answer(_, route) := {"answer": "yes", "why": ""} if {
	route.hop == "internet"
} else := {"answer": "no", "why": sprintf("route %s of its route table drops it", [route.name])} if {
	route.hop == "none"
}

route_answer(pool, route) := {
	"answer": "unknown",
	"why": sprintf("route %s of subnet %s leads through a firewall or gateway whose rules are not known", [
		route.name,
		network.name(pool.subnet),
	]),
} if {
	not route.hop in {"internet", "none"}
}

# The routes that a service's traffic may take, the one that it takes first.
routes_to(pool, service) := [found |
	some prefix in [lower(service), "azurecloud", "0.0.0.0/0"]
	some route in listed(verdict.member(pool.routes, ["properties", "routes"]))
	verdict.lower_or_undefined(verdict.member(route, ["properties", "addressPrefix"])) == prefix
	found := {"name": route_name(route), "hop": hop(route)}
]

route_name(route) := route.name if {
	is_string(route.name)
} else := "without a name"

hop(route) := word if {
	word := verdict.lower_or_undefined(verdict.member(route, ["properties", "nextHopType"]))
} else := ""
