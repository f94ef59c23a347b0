package lib.related_test

import data.lib.fixtures_test as fixtures
import data.lib.related

test_lists_are_told_from_what_was_not_read if {
	related.items("locks") == [{"name": "a"}] with input as fixtures.document({"locks": [{"name": "a"}]})
	related.items("locks") == [] with input as fixtures.document({})
	related.unread("locks", "the list of locks") == {
		"field": "/locks",
		"why": "the list of locks was not read",
	} with input as fixtures.document({})
	not related.unread("locks", "x") with input as fixtures.document({"locks": []})
	related.unread("locks", "x").field == "/registry" with input as {}
}

test_a_list_of_source_code_may_lack_what_it_does_not_show if {
	given := fixtures.document(object.union(fixtures.source(["/locks"]), {"locks": []}))
	related.may_lack("locks", "the list of locks").field == "/locks" with input as given
	related.may_lack("locks", "x").field == "/locks" with input as fixtures.document({"locks": null})
	not related.may_lack("locks", "x") with input as fixtures.document({"locks": []})
}

test_items_are_found_by_id_in_any_casing if {
	given := fixtures.document({"scope_maps": [{"id": "/A/b"}, {"name": "c"}]})
	related.by_id("scope_maps", "/a/B") == {"id": "/A/b"} with input as given
	related.by_id("scope_maps", "/c") == null with input as given
	related.by_id("scope_maps", null) == null with input as given
	related.name({"name": ""}, 3) == "#3"
	related.name({"name": "t"}, 3) == "t"
}

test_the_home_region_is_no_replica if {
	given := fixtures.document({"replications": [
		{"name": "eastus", "location": "East US"},
		{"name": "westeurope", "location": "West Europe", "properties": {"zoneRedundancy": "Enabled"}},
		{"name": "odd"},
	]})
	names := [replica.name | some replica in related.replicas] with input as given
	names == ["westeurope", "odd"]
	locations := [replica.location | some replica in related.replicas] with input as given
	locations == ["westeurope", "a region that is not known"]
}

test_a_registry_without_a_region_has_replicas_only if {
	replications := [{"name": "westeurope", "location": "West Europe"}]
	given := {"registry": {"location": null}, "replications": replications}
	names := [replica.name | some replica in related.replicas] with input as given
	names == ["westeurope"]
}
