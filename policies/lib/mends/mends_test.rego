package lib.mends_test

import data.lib.fixtures_test as fixtures
import data.lib.mends

test_a_principal_that_was_not_read if {
	mends.principal_spelled({"name": "t"}, {"kind": "user", "principal": null}) == "PRINCIPAL"
	mends.principal_spelled({"name": "t"}, {"kind": "user", "principal": "u"}) == "u"
}

test_no_command_for_what_none_mends if {
	mends.of({}, "pool") == []
	shut := {"task": {"name": "t", "on_vnet_pool": "yes"}}
	commands := mends.of(shut, "way") with input as fixtures.document({})
	commands == []
}
