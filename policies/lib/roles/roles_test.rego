package lib.roles_test

import data.lib.roles

push := {"properties": {
	"principalId": "AAAA",
	"roleDefinitionId": "/subscriptions/s/providers/x/roleDefinitions/8311E382-0749-4cb8-b61a-304f252e45ec",
}}

own := {"properties": {"principalId": "bbbb", "roleDefinitionId": "1234"}}

test_role_is_the_last_segment if {
	roles.role(push) == "8311e382-0749-4cb8-b61a-304f252e45ec"
	roles.role_name(push) == "AcrPush"
	roles.role_name(own) == "1234"
	roles.role({"properties": {"roleDefinitionId": null}}) == ""
	roles.role("odd") == ""
	roles.known(push)
	not roles.known(own)
}

test_every_role_that_is_judged_has_a_name if {
	every id in (roles.legacy | roles.abac) | roles.privileged {
		roles.names[id]
	}
}

test_held_by_principal if {
	held := roles.held("aaaa") with input as {"role_assignments": [push, own, push, "odd", {"properties": null}]}
	held == [push, push]
	none := roles.held("cccc") with input as {"role_assignments": [push]}
	none == []
	empty := roles.held("aaaa") with input as {"role_assignments": []}
	empty == []
}

test_list_that_was_not_read if {
	unread := roles.list_unread with input as {}
	unread == {"field": "/role_assignments", "why": "the list of role assignments was not read"}
	not roles.list_unread with input as {"role_assignments": []}
	held := roles.held("aaaa") with input as {}
	held == []
}

test_list_that_may_hold_more if {
	unread := roles.may_hold_more with input as {"role_assignments": [], "partial": ["/role_assignments"]}
	unread.field == "/role_assignments"
	not roles.may_hold_more with input as {"role_assignments": []}
}
