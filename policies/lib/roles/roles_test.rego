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
	every table in roles.rights {
		every id, _ in table {
			roles.names[id]
		}
	}
	every id in roles.privileged | roles.writers {
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

# What the principal "p" holds for sure and perhaps, in a mode, with these assignments and definitions.
granted(mode, assignments, definitions) := found if {
	found := roles.granted("p", mode) with input as {
		"role_assignments": assignments,
		"role_definitions": definitions,
	}
}

assignment(role, changes) := {"properties": object.union(
	{"principalId": "P", "principalType": "ServicePrincipal", "roleDefinitionId": role},
	changes,
)}

acr_push := "8311e382-0749-4cb8-b61a-304f252e45ec"

legacy := "legacyregistrypermissions"

abac := "abacrepositorypermissions"

test_a_role_counts_in_its_own_mode if {
	granted(legacy, [assignment(acr_push, {})], null) == {
		"sure": {"pull", "push", "catalog"},
		"maybe": {"pull", "push", "catalog"},
		"held": 1,
		"read": true,
		"partial": false,
	}
	granted(abac, [assignment(acr_push, {})], null).maybe == set()
	hidden := granted("unknown", [assignment(acr_push, {})], null)
	hidden.sure == set()
	"push" in hidden.maybe
}

test_what_may_or_may_not_count if {
	granted(legacy, [assignment(acr_push, {"condition": "x"})], null).sure == set()
	"push" in granted(legacy, [assignment(acr_push, {"condition": "x"})], null).maybe
	through := granted(legacy, [assignment(acr_push, {"principalId": "g", "principalType": "Group"})], null)
	through == {"sure": set(), "maybe": {"pull", "push", "catalog"}, "held": 0, "read": true, "partial": false}
	granted(legacy, [assignment("0", {})], null).maybe == roles.all_rights
}

test_whether_a_right_is_held if {
	found := {"sure": {"pull"}, "maybe": {"pull", "push"}, "held": 1, "partial": true}
	roles.has(found, "pull") == "yes"
	roles.has(found, "push") == "unknown"
	roles.has(found, "delete") == "no"
	nothing := {"sure": set(), "maybe": set(), "held": 0, "partial": true}
	roles.has(nothing, "pull") == "unknown"
	of_code := {"partial": ["/role_assignments"], "role_assignments": []}
	found_of_code := roles.granted("p", "unknown") with input as of_code
	found_of_code.partial
}

custom := "11111111-0000-4000-8000-000000000000"

definition(permission) := [{
	"id": sprintf("/providers/Microsoft.Authorization/roleDefinitions/%s", [upper(custom)]),
	"properties": {"roleName": "Ours", "permissions": [permission]},
}]

of_custom(mode, permission) := granted(mode, [assignment(custom, {})], definition(permission)).sure

test_a_role_of_the_customers_own if {
	pulls := {"actions": ["Microsoft.ContainerRegistry/registries/pull/read"]}
	of_custom(legacy, pulls) == {"pull", "catalog"}
	of_custom(abac, pulls) == set()
	everything := {"actions": ["*"], "notActions": ["Microsoft.ContainerRegistry/*/delete"]}
	of_custom(legacy, everything) == {"pull", "push", "catalog", "import"}
	of_custom(abac, everything) == {"import"}
	repositories := {
		"dataActions": ["Microsoft.ContainerRegistry/registries/*/content/*", 7],
		"notDataActions": [7, "*/write"],
	}
	of_custom(abac, repositories) == {"pull", "delete"}
	of_custom(legacy, {"actions": null}) == set()
}

test_a_definition_that_is_too_intricate_is_left_unread if {
	every permission in [{"actions": ["*/a*b*c"]}, {"actions": [], "condition": "x"}, "odd"] {
		of_custom(legacy, permission) == set()
		granted(legacy, [assignment(custom, {})], definition(permission)).maybe == roles.all_rights
	}
}

test_a_definition_without_a_name if {
	plain := [{"name": upper(custom), "properties": {"permissions": [{"actions": ["*/read"]}]}}]
	granted(legacy, [assignment(custom, {})], plain).sure == {"pull", "catalog"}
	name := roles.role_name(assignment(custom, {})) with input as {"role_definitions": plain}
	name == custom
	granted(legacy, [assignment(custom, {})], ["odd", {"properties": {"permissions": []}}]).maybe == roles.all_rights
}

names(mode, lacking) := roles.roles_for(lacking, mode)

test_roles_by_need if {
	names(legacy, {"pull"}) == ["AcrPull"]
	names(legacy, {"pull", "push"}) == ["AcrPush"]
	names(legacy, {"pull", "delete", "catalog"}) == ["AcrDelete", "AcrPull"]
	names(legacy, {"delete"}) == ["AcrDelete"]
	names(legacy, {"import"}) == ["Container Registry Data Importer and Data Reader"]
	names(abac, {"pull"}) == ["Container Registry Repository Reader"]
	names(abac, {"pull", "push"}) == ["Container Registry Repository Writer"]
	names(abac, {"delete", "catalog"}) == [
		"Container Registry Repository Catalog Lister",
		"Container Registry Repository Contributor",
	]
	names(abac, {"catalog"}) == ["Container Registry Repository Catalog Lister"]
	names(abac, {"import"}) == ["Container Registry Data Importer and Data Reader"]
}

test_groups_of_a_list_that_was_not_read if {
	found := roles.of_groups with input as {}
	found == []
}
