# The registry's private endpoint connections.
package lib.endpoints

import data.lib.declared
import data.lib.pointer
import data.lib.registry
import data.lib.verdict

path := ["properties", "privateEndpointConnections"]

field := "/registry/properties/privateEndpointConnections"

connections := registry.setting(path) if is_array(registry.setting(path))

entries := [describe(index, connection) | some index, connection in connections]

describe(index, connection) := {
	"name": connection_name(index, connection),
	"field": pointer.join(["registry", "properties", "privateEndpointConnections", index]),
	"state": state(connection),
	"approved": approval(state(connection)),
}

connection_name(index, connection) := connection.name if {
	is_string(connection.name)
} else := sprintf("#%d", [index])

state(connection) := word if {
	status := verdict.member(connection, ["properties", "privateLinkServiceConnectionState", "status"])
	word := verdict.lower_or_undefined(status)
} else := ""

approval(word) := "yes" if {
	word == "approved"
} else := "no" if {
	word in {"pending", "rejected", "disconnected"}
} else := "unknown"

# Whether a private endpoint leads to the registry.
approved := verdict.disjunction(array.concat(
	[entry.approved | some entry in entries],
	["unknown" | may_hold_more],
)) if {
	is_array(connections)
} else := "unknown"

pending := sort([entry.name | some entry in entries; entry.state == "pending"])

may_hold_more := declared.may_hold_more(field, "private endpoints may exist that this source does not declare")

# Why it is unknown whether one leads there.
unread_parts contains registry.unread(path) if not connections

unread_parts contains may_hold_more if {
	connections
	approved == "unknown"
}

unread_parts contains {"field": entry.field, "why": unread_state(entry)} if {
	approved == "unknown"
	some entry in entries
	entry.approved == "unknown"
}

unread_state(entry) := sprintf("the state of private endpoint connection %s %s", [entry.name, declared.not_read])
