package lib.endpoints_test

import data.lib.endpoints
import data.lib.fixtures_test as fixtures

given(connections, changes) := object.union(
	fixtures.with_properties({"privateEndpointConnections": connections}),
	changes,
)

connection(status) := {"name": "pe", "properties": {"privateLinkServiceConnectionState": {"status": status}}}

fields(connections, changes) := {unread.field | some unread in unread_parts} if {
	unread_parts := endpoints.unread_parts with input as given(connections, changes)
}

test_approved if {
	endpoints.approved == "yes" with input as given([connection("Approved")], {})
	endpoints.approved == "no" with input as given([connection("Pending")], {})
	endpoints.approved == "unknown" with input as given(["odd"], {})
	endpoints.approved == "unknown" with input as given(null, {})
}

test_why_it_is_unknown if {
	fields(null, {}) == {"/registry/properties/privateEndpointConnections"}
	fields(["odd"], {}) == {"/registry/properties/privateEndpointConnections/0"}
	hidden := fixtures.source(["/registry/properties/privateEndpointConnections"])
	fields([], hidden) == {"/registry/properties/privateEndpointConnections"}
	fields([connection("Approved")], hidden) == set()
}
