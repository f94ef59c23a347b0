package acr.dedicated_data_endpoint_test

import data.acr.dedicated_data_endpoint as policy
import data.lib.fixtures_test as fixtures

findings(changes) := found if {
	found := policy.deny with input as fixtures.document(changes)
}

doubted(changes) := {unread.field | some unread in unread_parts} if {
	unread_parts := policy.unknown with input as fixtures.document(changes)
}

off := {"registry": {"properties": {"dataEndpointEnabled": false}}}

test_shared_storage_is_denied if {
	findings(off) == {{
		"msg": "Registry contoso serves layers from *.blob.core.windows.net, not from an endpoint of its own.",
		"field": "/registry/properties/dataEndpointEnabled",
		"fix": [concat(" ", [
			"az acr update --name contoso --data-endpoint-enabled true --subscription",
			fixtures.subscription,
		])],
	}}
}

test_dedicated_endpoint_passes if {
	findings({}) == set()
	doubted({}) == set()
}

test_closed_and_small_registries_pass if {
	every changes in [{"properties": {"publicNetworkAccess": "Disabled"}}, {"sku": {"name": "Standard"}}] {
		findings(object.union(off, {"registry": changes})) == set()
		doubted(object.union(off, {"registry": changes})) == set()
	}
}

test_not_read_is_unknown if {
	doubted({"registry": {"properties": {"dataEndpointEnabled": null}}}) == {
		"/registry/properties/dataEndpointEnabled",
	}
	doubted(object.union(off, {"registry": {"sku": null, "properties": {"publicNetworkAccess": null}}})) == {
		"/registry/sku/name",
		"/registry/properties/publicNetworkAccess",
	}
}
