# Azure's roles as far as they matter to a registry, and the assignments that give a principal some.
# https://learn.microsoft.com/azure/role-based-access-control/built-in-roles
package lib.roles

import data.lib.declared
import data.lib.verdict

names := {
	"8e3af657-a8ff-443c-a75c-2fe8c4bcb635": "Owner",
	"b24988ac-6180-42a0-ab88-20f7382dd24c": "Contributor",
	"acdd72a7-3385-48ef-bd42-f606fba81ae7": "Reader",
	"18d7d88d-d35e-4fb5-a5c3-7773c20a72d9": "User Access Administrator",
	"f58310d9-a9f6-439a-9e8d-f62e7b41a168": "Role Based Access Control Administrator",
	"7f951dda-4ed3-4680-a7ca-43fe172d538d": "AcrPull",
	"8311e382-0749-4cb8-b61a-304f252e45ec": "AcrPush",
	"c2f4ef07-c644-48eb-af81-4b1b4947fb11": "AcrDelete",
	"b93aa761-3e63-49ed-ac28-beffa264f7ac": "Container Registry Repository Reader",
	"2a1e307c-b015-4ebd-883e-5b7698a07328": "Container Registry Repository Writer",
	"2efddaa5-3f1f-4df3-97df-af3f13818f4c": "Container Registry Repository Contributor",
	"bfdb9389-c9a5-478a-bb2f-ba9ca092c3c7": "Container Registry Repository Catalog Lister",
	"fb382eab-e894-4461-af04-94435c366c3f": "Container Registry Tasks Contributor",
	"577a9874-89fd-4f24-9dbd-b5034d0ad23a": "Container Registry Data Importer and Data Reader",
	"3bc748fc-213d-45c1-8d91-9da5725539b9": contributor_name,
	"69b07be0-09bf-439a-b9a6-e73de851bd59": reader_name,
	"bf94e731-3a51-4a7c-8c54-a1ab9971dfc1": "Container Registry Transfer Pipeline Contributor",
}

contributor_name := "Container Registry Contributor and Data Access Configuration Administrator"

reader_name := "Container Registry Configuration Reader and Data Access Configuration Reader"

all_rights := {"pull", "push", "delete", "catalog", "import"}

# What a role grants for sure, by the registry's permission mode. A role that has a name and is not here grants nothing.
# Outside repository permissions whoever may pull may list the catalog, and a role that reads everything may pull.
rights := {
	"legacyregistrypermissions": {
		"8e3af657-a8ff-443c-a75c-2fe8c4bcb635": all_rights,
		"b24988ac-6180-42a0-ab88-20f7382dd24c": all_rights,
		"acdd72a7-3385-48ef-bd42-f606fba81ae7": {"pull", "catalog"},
		"18d7d88d-d35e-4fb5-a5c3-7773c20a72d9": {"pull", "catalog"},
		"f58310d9-a9f6-439a-9e8d-f62e7b41a168": {"pull", "catalog"},
		"7f951dda-4ed3-4680-a7ca-43fe172d538d": {"pull", "catalog"},
		"8311e382-0749-4cb8-b61a-304f252e45ec": {"pull", "push", "catalog"},
		"c2f4ef07-c644-48eb-af81-4b1b4947fb11": {"delete"},
		"577a9874-89fd-4f24-9dbd-b5034d0ad23a": {"pull", "catalog", "import"},
	},
	"abacrepositorypermissions": {
		"8e3af657-a8ff-443c-a75c-2fe8c4bcb635": {"import"},
		"b24988ac-6180-42a0-ab88-20f7382dd24c": {"import"},
		"b93aa761-3e63-49ed-ac28-beffa264f7ac": {"pull"},
		"2a1e307c-b015-4ebd-883e-5b7698a07328": {"pull", "push"},
		"2efddaa5-3f1f-4df3-97df-af3f13818f4c": {"pull", "push", "delete"},
		"bfdb9389-c9a5-478a-bb2f-ba9ca092c3c7": {"catalog"},
		"577a9874-89fd-4f24-9dbd-b5034d0ad23a": {"pull", "catalog", "import"},
	},
	"unknown": {},
}

# Roles that hand out roles, run code with a registry's rights, or do everything.
privileged := {
	"8e3af657-a8ff-443c-a75c-2fe8c4bcb635",
	"b24988ac-6180-42a0-ab88-20f7382dd24c",
	"18d7d88d-d35e-4fb5-a5c3-7773c20a72d9",
	"f58310d9-a9f6-439a-9e8d-f62e7b41a168",
	"fb382eab-e894-4461-af04-94435c366c3f",
}

# Roles whose holder may write tasks and start their runs.
writers := {
	"8e3af657-a8ff-443c-a75c-2fe8c4bcb635",
	"b24988ac-6180-42a0-ab88-20f7382dd24c",
	"fb382eab-e894-4461-af04-94435c366c3f",
}

# Why the list answers nothing; undefined when it was read.
list_unread := {"field": "/role_assignments", "why": verdict.why("the list of role assignments", as_read)} if {
	not is_array(as_read)
}

as_read := object.get(input, "role_assignments", null)

# Why the list does not answer for roles that it does not show.
may_hold_more := declared.may_hold_more("/role_assignments", "roles may be assigned that this source does not declare")

default partial := false

partial if may_hold_more

# The role's id: the last segment of roleDefinitionId, "" when it was not read.
role(assignment) := id if {
	definition := verdict.lower_or_undefined(verdict.member(assignment, ["properties", "roleDefinitionId"]))
	parts := split(definition, "/")
	id := parts[count(parts) - 1]
} else := ""

# Whether it is known what a role grants.
known(assignment) if names[role(assignment)]

known(assignment) if definitions[role(assignment)]

role_name(assignment) := name_of(role(assignment))

name_of(id) := names[id] if {
	names[id]
} else := definitions[id].name if {
	definitions[id]
} else := id

# Lower-cased principal id -> {position: assignment}. Merging objects groups in one pass over the list.
by_principal := object.union_n([entry |
	some index, assignment in as_read
	principal := verdict.lower_or_undefined(verdict.member(assignment, ["properties", "principalId"]))
	entry := {principal: {sprintf("%d", [index]): assignment}}
]) if {
	is_array(as_read)
}

# The assignments of a principal itself.
held(principal) := [assignment | some assignment in object.get(by_principal, lower(principal), {})]

# Those of groups: whether a task's identity is a member is not shown by Azure Resource Manager.
default of_groups := []

of_groups := [assignment |
	some assignment in as_read
	is_group(assignment)
] if {
	is_array(as_read)
}

is_group(assignment) if {
	kind := verdict.lower_or_undefined(verdict.member(assignment, ["properties", "principalType"]))
	kind in {"group", "foreigngroup"}
}

# What an assignment grants in a permission mode: for sure, and perhaps. A condition may leave the task's
# repositories out, and a role that nobody knows may grant anything.
sure(assignment, mode) := set() if {
	conditional(assignment)
} else := in_mode(role(assignment), mode).sure

maybe(assignment, mode) := in_mode(role(assignment), mode).maybe

conditional(assignment) if not verdict.member(assignment, ["properties", "condition"]) in {null, ""}

in_mode(id, mode) := {"sure": set(), "maybe": in_either_mode(id)} if {
	mode == "unknown"
	names[id]
} else := {"sure": found, "maybe": found} if {
	names[id]
	found := object.get(rights[mode], id, set())
} else := definitions[id][mode] if {
	definitions[id]
} else := {"sure": set(), "maybe": all_rights}

in_either_mode(id) := union({object.get(table, id, set()) | some table in rights})

# What a principal may do on the registry, by itself and perhaps through a group.
granted(principal, mode) := {
	"sure": union({sure(assignment, mode) | some assignment in held(principal)}),
	"maybe": union({maybe(assignment, mode) | some assignment in held(principal)}) | through_groups(mode),
	"held": count(held(principal)),
	"read": is_array(as_read),
	"partial": partial,
}

through_groups(mode) := union({maybe(assignment, mode) | some assignment in of_groups})

# Whether the principal has a right. That the list is partial is handed in: on regorus' interpreter a condition that is
# another rule may take the wrong branch.
has(granted_rights, right) := "yes" if {
	right in granted_rights.sure
} else := "unknown" if {
	right in granted_rights.maybe
} else := "unknown" if {
	# Where source code gives the identity a role here, that is what it is meant to have.
	granted_rights.partial
	granted_rights.held == 0
} else := "no"

# The customer's own roles, as far as their definitions were read: id -> what they grant by mode, and whether their
# holder may write tasks.
default definitions := {}

definitions := {id: defined(definition) |
	some definition in input.role_definitions
	id := definition_id(definition)
	is_array(definition.properties.permissions)
	not too_intricate(definition)
} if {
	is_array(input.role_definitions)
}

definition_id(definition) := parts[count(parts) - 1] if {
	is_string(definition.id)
	parts := split(lower(definition.id), "/")
} else := lower(definition.name) if {
	is_string(definition.name)
}

defined(definition) := {
	"name": definition_name(definition),
	"legacyregistrypermissions": {"sure": legacy, "maybe": legacy},
	"abacrepositorypermissions": {"sure": abac, "maybe": abac},
	"unknown": {"sure": legacy & abac, "maybe": legacy | abac},
	"task_actions": [action | some action in task_actions; allows(definition, "actions", action)],
} if {
	legacy := {right | some right, action in legacy_actions; allows(definition, "actions", action)}
	abac := data_rights(definition) | {right | some right in legacy; right == "import"}
}

data_rights(definition) := {right |
	some right, action in abac_actions
	allows(definition, "dataActions", action)
}

definition_name(definition) := definition.properties.roleName if {
	is_string(definition.properties.roleName)
} else := definition_id(definition)

legacy_actions := {
	"pull": "microsoft.containerregistry/registries/pull/read",
	"push": "microsoft.containerregistry/registries/push/write",
	"delete": "microsoft.containerregistry/registries/artifacts/delete",
	"catalog": "microsoft.containerregistry/registries/pull/read",
	"import": "microsoft.containerregistry/registries/importimage/action",
}

abac_actions := {
	"pull": "microsoft.containerregistry/registries/repositories/content/read",
	"push": "microsoft.containerregistry/registries/repositories/content/write",
	"delete": "microsoft.containerregistry/registries/repositories/content/delete",
	"catalog": "microsoft.containerregistry/registries/catalog/read",
}

# Whoever holds one of them decides what a task of the registry runs, or that it runs.
task_actions := [
	"microsoft.containerregistry/registries/tasks/write",
	"microsoft.containerregistry/registries/schedulerun/action",
]

allows(definition, kind, action) if {
	some permission in definition.properties.permissions
	some pattern in patterns(permission, kind)
	matches(split(lower(pattern), "*"), action)
	not takes_back(permission, not_kinds[kind], action)
}

not_kinds := {"actions": "notActions", "dataActions": "notDataActions"}

patterns(permission, kind) := [pattern | some pattern in permission[kind]; is_string(pattern)] if {
	is_array(verdict.member(permission, [kind]))
} else := []

takes_back(permission, kind, action) if {
	some pattern in patterns(permission, kind)
	matches(split(lower(pattern), "*"), action)
}

# Whether what stands between the stars of a pattern is found in an action, in that order.
matches(parts, action) if {
	count(parts) == 1
	parts[0] == action
}

matches(parts, action) if {
	count(parts) == 2
	ends_match(parts[0], parts[1], action)
}

matches(parts, action) if {
	count(parts) == 3
	ends_match(parts[0], parts[2], action)
	between := substring(action, count(parts[0]), (count(action) - count(parts[0])) - count(parts[2]))
	contains(between, parts[1])
}

ends_match(first, last, action) if {
	startswith(action, first)
	endswith(action, last)
	count(action) >= count(first) + count(last)
}

# A definition with more stars in a pattern, or with a condition, is left unread: then the role may grant anything.
too_intricate(definition) if {
	some permission in definition.properties.permissions
	some kind in ["actions", "notActions", "dataActions", "notDataActions"]
	some pattern in patterns(permission, kind)
	count(split(pattern, "*")) > 3
}

too_intricate(definition) if {
	some permission in definition.properties.permissions
	not verdict.member(permission, ["condition"]) in {null, ""}
}

too_intricate(definition) if {
	some permission in definition.properties.permissions
	not is_object(permission)
}

# The roles that give an identity what it lacks, in a mode.
roles_for(lacking, mode) := sort(in_abac_mode(lacking) | importer(lacking)) if {
	mode == "abacrepositorypermissions"
} else := sort(in_legacy_mode(lacking) | importer(lacking))

importer(lacking) := {"Container Registry Data Importer and Data Reader"} if {
	"import" in lacking
} else := set()

in_legacy_mode(lacking) := {"AcrDelete" | "delete" in lacking} | push_or_pull(lacking)

push_or_pull(lacking) := {"AcrPush"} if {
	"push" in lacking
} else := {"AcrPull"} if {
	count({"pull", "catalog"} & {right | some right in lacking}) > 0
} else := set()

in_abac_mode(lacking) := {"Container Registry Repository Catalog Lister" | "catalog" in lacking} | repository(lacking)

repository(lacking) := {"Container Registry Repository Contributor"} if {
	"delete" in lacking
} else := {"Container Registry Repository Writer"} if {
	"push" in lacking
} else := {"Container Registry Repository Reader"} if {
	"pull" in lacking
} else := set()
