package lib.needs_test

import data.lib.fixtures_test as fixtures
import data.lib.needs

of(document) := need if {
	need := needs.of({"name": "t"}) with input as document
}

test_what_is_known if {
	need := of(fixtures.needs({"pull", "delete", "catalog"}))
	needs.wanted(need) == ["pull", "delete", "catalog"]
	needs.touches(need) == "yes"
	needs.touches(of(fixtures.needs(set()))) == "no"
}

test_steps_that_were_not_read_pull_at_least if {
	every facts in [null, {}, {"t": null}, {"t": {"steps_read": false}}, "odd"] {
		need := of({"task_needs": facts})
		needs.wanted(need) == ["pull"]
		need.push == "unknown"
		not need.steps_read
	}
}

test_nothing_but_what_is_sure if {
	sure := needs.surely(of({}))
	sure.push == "no"
	sure.pull == "yes"
}

test_why_steps_were_not_read if {
	why := needs.unread_why({"name": "t"}) with input as {"task_needs": {"t": {"unread": "its steps are not YAML"}}}
	why == "its steps are not YAML"
	none := needs.unread_why({"name": "t"}) with input as {}
	none == "its steps were not read"
}
