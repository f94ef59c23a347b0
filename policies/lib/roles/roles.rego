# Azure's built-in roles as far as they matter to a registry, and the assignments that give a principal some.
# https://learn.microsoft.com/azure/role-based-access-control/built-in-roles
package lib.roles

import data.lib.declared
import data.lib.verdict

# Roles whose holder may pull where permissions are registry-wide.
legacy := {
	"8e3af657-a8ff-443c-a75c-2fe8c4bcb635",
	"b24988ac-6180-42a0-ab88-20f7382dd24c",
	"acdd72a7-3385-48ef-bd42-f606fba81ae7",
	"7f951dda-4ed3-4680-a7ca-43fe172d538d",
	"8311e382-0749-4cb8-b61a-304f252e45ec",
	"c2f4ef07-c644-48eb-af81-4b1b4947fb11",
}

# Roles whose holder may pull where repository permissions are attribute-based.
abac := {
	"b93aa761-3e63-49ed-ac28-beffa264f7ac",
	"2a1e307c-b015-4ebd-883e-5b7698a07328",
	"2efddaa5-3f1f-4df3-97df-af3f13818f4c",
}

# Roles that hand out roles, or do everything else.
privileged := {
	"8e3af657-a8ff-443c-a75c-2fe8c4bcb635",
	"b24988ac-6180-42a0-ab88-20f7382dd24c",
	"18d7d88d-d35e-4fb5-a5c3-7773c20a72d9",
}

# What a role that is not here grants is not known: it may be one of the customer's own.
names := {
	"8e3af657-a8ff-443c-a75c-2fe8c4bcb635": "Owner",
	"b24988ac-6180-42a0-ab88-20f7382dd24c": "Contributor",
	"acdd72a7-3385-48ef-bd42-f606fba81ae7": "Reader",
	"18d7d88d-d35e-4fb5-a5c3-7773c20a72d9": "User Access Administrator",
	"7f951dda-4ed3-4680-a7ca-43fe172d538d": "AcrPull",
	"8311e382-0749-4cb8-b61a-304f252e45ec": "AcrPush",
	"c2f4ef07-c644-48eb-af81-4b1b4947fb11": "AcrDelete",
	"b93aa761-3e63-49ed-ac28-beffa264f7ac": "Container Registry Repository Reader",
	"2a1e307c-b015-4ebd-883e-5b7698a07328": "Container Registry Repository Writer",
	"2efddaa5-3f1f-4df3-97df-af3f13818f4c": "Container Registry Repository Contributor",
	"bfdb9389-c9a5-478a-bb2f-ba9ca092c3c7": "Container Registry Repository Catalog Lister",
	"fb382eab-e894-4461-af04-94435c366c3f": "Container Registry Tasks Contributor",
}

# Why the list answers nothing; undefined when it was read.
list_unread := {"field": "/role_assignments", "why": verdict.why("the list of role assignments", as_read)} if {
	not is_array(as_read)
}

as_read := object.get(input, "role_assignments", null)

# Why the list does not answer for roles that it does not show.
may_hold_more := declared.may_hold_more("/role_assignments", "roles may be assigned that this source does not declare")

# The role's id: the last segment of roleDefinitionId, "" when it was not read.
role(assignment) := id if {
	definition := verdict.lower_or_undefined(verdict.member(assignment, ["properties", "roleDefinitionId"]))
	parts := split(definition, "/")
	id := parts[count(parts) - 1]
} else := ""

known(assignment) if {
	id := role(assignment)
	names[id]
}

role_name(assignment) := object.get(names, role(assignment), role(assignment))

# Lower-cased principal id -> {position: assignment}. Merging objects groups in one pass over the list.
by_principal := object.union_n([entry |
	some index, assignment in as_read
	principal := verdict.lower_or_undefined(verdict.member(assignment, ["properties", "principalId"]))
	entry := {principal: {sprintf("%d", [index]): assignment}}
]) if {
	is_array(as_read)
}

# The assignments of a principal itself; what it holds as a member of a group is not read.
held(principal) := [assignment | some assignment in object.get(by_principal, lower(principal), {})]
