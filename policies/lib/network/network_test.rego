package lib.network_test

import data.lib.fixtures_test as fixtures
import data.lib.network

test_what_was_not_asked_for_is_no_gap if {
	network.not_asked with input as fixtures.document({})
	not network.not_asked with input as fixtures.document({"network": null})
	not network.not_asked with input as {}
	network.unread.field == "/network" with input as fixtures.document({"network": null})
	not network.unread with input as fixtures.document({"network": {}})
}

test_ids_are_found_in_any_casing if {
	given := {"network": {"subnets": {"/a/b": {"name": "b"}, "/a/c": null}}}
	network.resource("subnets", "/A/B") == {"name": "b"} with input as given
	network.resource("subnets", "/a/c") == null with input as given
	network.resource("subnets", "/a/d") == null with input as given
	not network.resource("subnets", 7) with input as given
	network.name("/a/b") == "b"
}
