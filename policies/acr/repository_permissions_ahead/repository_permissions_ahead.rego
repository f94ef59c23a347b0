# METADATA
# scope: package
# title: Tasks would break under repository permissions, the coming default
# description: >-
#   Finds what would stop working if the registry were moved to attribute-based repository permissions: tasks that log
#   in by default, which gives nothing there, and identities whose roles stop counting (AcrPull, AcrPush, AcrDelete,
#   Reader, Contributor, Owner). Microsoft has announced them as the coming default for all registries, by a breaking
#   migration.
# related_resources:
# - ref: https://learn.microsoft.com/azure/container-registry/container-registry-rbac-abac-repository-permissions
#   description: Attribute-based repository permissions
# custom:
#   severity: note
#   profile: network
#   remediation: >-
#     Before the mode changes, let each task log in to its source registry with an identity, and give that identity a
#     Container Registry Repository role beside the one it has.
#   reads: [tasks, role_assignments, role_definitions, task_credentials]
#   controls: {}
#   parameters: {}
package acr.repository_permissions_ahead

import data.lib.reach
import data.lib.registry
import data.lib.roles
import data.lib.tasks

deny contains {
	"msg": sprintf("%s: under repository permissions, the coming default, %s.", [
		registry.label,
		concat("; and ", faults),
	]),
	"field": "/registry/properties/roleAssignmentMode",
	"evidence": {"tasks_without_identity": by_default, "roles_that_stop": lost},
} if {
	registry.mode == "legacyregistrypermissions"
	count(faults) > 0
}

unknown contains {
	"msg": sprintf("%s: %s, so what repository permissions would break cannot be told.", [
		registry.label,
		unread.why,
	]),
	"field": unread.field,
	"reason": unread.why,
} if {
	some unread in unread_parts
}

unread_parts contains registry.unread(registry.mode_path) if registry.mode == "unknown"

unread_parts contains tasks.list_unread if registry.mode == "legacyregistrypermissions"

unread_parts contains roles.list_unread if {
	registry.mode == "legacyregistrypermissions"
	count(principals) > 0
}

concerned := [found | some found in reach.verdicts; found.touches != "no"]

faults := array.concat(
	[sprintf("tasks that log in by default would get nothing (%s)", [tasks_named]) | count(by_default) > 0],
	[sprintf("roles of tasks' identities would stop counting (%s)", [concat(", ", lost)]) | count(lost) > 0],
)

tasks_named := concat(", ", by_default)

by_default := sort([found.task.name |
	some found in concerned
	count(found.candidates) == 1
	some candidate in found.candidates
	candidate.kind == "default"
])

principals := {candidate.principal |
	some found in concerned
	some candidate in found.candidates
	is_string(candidate.principal)
}

# The roles of identities that log in, where none of theirs counts under repository permissions.
lost := sort({roles.role_name(assignment) |
	some principal in principals
	count(union({under_abac(held) | some held in roles.held(principal)})) == 0
	some assignment in roles.held(principal)
	count(roles.maybe(assignment, registry.mode)) > 0
})

# An import is not the registry's own.
under_abac(assignment) := roles.in_mode(roles.role(assignment), "abacrepositorypermissions").maybe - {"import"}
