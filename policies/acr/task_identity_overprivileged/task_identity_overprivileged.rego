# METADATA
# scope: package
# title: A task's identity holds more than it needs
# description: >-
#   Finds ACR Tasks whose managed identity holds Owner, Contributor, User Access Administrator, Role Based Access
#   Control Administrator or Container Registry Tasks Contributor, any role above the registry, or a right to delete
#   that no step of the task needs. A task runs whatever its steps say and hands its identity's token to them, so
#   whoever may write tasks, or change the source a task builds from, gets everything the identity may do. Tasks that
#   are switched off are reported too, as the identity stays.
# related_resources:
# - ref: https://learn.microsoft.com/azure/container-registry/container-registry-tasks-authentication-managed-identity
#   description: Use an Azure-managed identity in ACR Tasks
# - ref: https://learn.microsoft.com/azure/role-based-access-control/best-practices
#   description: Best practices for Azure RBAC
# custom:
#   severity: medium
#   profile: network
#   remediation: >-
#     Remove the assignment, and give the identity what the task does and no more, on the registry itself: AcrPush or
#     AcrPull, or a Container Registry Repository role with a condition where permissions are attribute-based.
#   reads: [tasks, role_assignments, role_definitions]
#   controls: {}
#   parameters: {}
package acr.task_identity_overprivileged

import data.lib.az
import data.lib.declared
import data.lib.needs
import data.lib.registry
import data.lib.roles
import data.lib.tasks
import data.lib.verdict

deny contains {
	"msg": sprintf("%s: the identity of task %s holds %s, and whoever may write the task gets that.", [
		registry.label,
		task.name,
		concat(", ", {sprintf("%s on %s", [held.role, held.scope]) | some held in excess}),
	]),
	"field": sprintf("%s/identity", [task.field]),
	"key": task.name,
	"evidence": {"task": task.name, "assignments": excess},
	"fix": fix(task, excess),
} if {
	some task in tasks.entries
	excess := [spoken(assignment) | some assignment in held_by(task); excessive(task, assignment) == "yes"]
	count(excess) > 0
}

unknown contains {
	"msg": sprintf("%s: %s, so what its tasks' identities may do cannot be told.", [registry.label, unread.why]),
	"field": unread.field,
	"reason": unread.why,
} if {
	some unread in registry_unread
}

unknown contains {
	"msg": sprintf("%s: of task %s %s, so what its identity may do cannot be told.", [
		registry.label,
		task.name,
		unread.why,
	]),
	"field": unread.field,
	"reason": sprintf("of task %s %s", [task.name, unread.why]),
	"key": task.name,
} if {
	some task in tasks.entries
	some unread in unread_parts(task)
}

registry_unread contains unread if unread := tasks.list_unread

registry_unread contains roles.list_unread if {
	some task in tasks.entries
	count(principals(task)) > 0
}

registry_unread contains roles.may_hold_more if {
	some task in tasks.entries
	count(principals(task)) > 0
}

# The principals that a task's identities stand for, as far as they were read.
principals(task) := system_principal(task) | user_principals(task)

user_principals(task) := {id |
	some identity in user_identities(task)
	id := verdict.member(identity, ["principalId"])
	is_string(id)
}

system_principal(task) := {id} if {
	id := verdict.member(task.item, ["identity", "principalId"])
	is_string(id)
} else := set()

user_identities(task) := identities if {
	identities := verdict.member(task.item, ["identity", "userAssignedIdentities"])
	is_object(identities)
} else := {}

held_by(task) := [assignment |
	some principal in principals(task)
	some assignment in roles.held(principal)
]

# Too powerful a role, one that reaches beyond the registry, or one that deletes for steps that delete nothing.
excessive(task, assignment) := verdict.disjunction([
	verdict.of_boolean(roles.role(assignment) in roles.privileged),
	verdict.conjunction([
		verdict.of_boolean("delete" in roles.in_mode(roles.role(assignment), registry.mode).sure),
		verdict.of_boolean(needs.of(task)["delete"] == "no"),
	]),
	above(assignment),
])

# The list holds assignments at and above the registry, so what is not at it is above it. In source code it holds
# those at the registry, whatever they call it.
above(assignment) := "no" if {
	declared.yes
} else := verdict.of_boolean(lower(scope) != lower(registry.id)) if {
	scope := verdict.member(assignment, ["properties", "scope"])
	is_string(scope)
	registry.id != null
} else := "unknown"

# How an assignment is spoken of.
spoken(assignment) := {
	"role": roles.role_name(assignment),
	"scope": text(verdict.member(assignment, ["properties", "scope"])),
	"id": verdict.member(assignment, ["id"]),
}

# What the steps need is given first. Of steps that were not read, and of an identity that others may share, it is not
# known whom the removal would shut out.
fix(task, excess) := array.concat(given(task, excess), removals(excess)) if {
	needs.of(task).steps_read
	count(user_principals(task)) == 0
} else := []

removals(excess) := [az.unassign(held.id) | some held in excess; is_string(held.id)]

given(task, excess) := [az.role(name, az.system_principal(task.name)) |
	some name in roles.roles_for({right | some right in needs.wanted(needs.of(task))}, registry.mode)
	not name in modest(task, excess)
]

modest(task, excess) := {roles.role_name(assignment) |
	some assignment in held_by(task)
	not spoken(assignment) in excess
}

text(value) := value if {
	is_string(value)
} else := sprintf("a scope that %s", [declared.not_read])

unread_parts(task) := identity_unread(task) | assignment_unread(task)

# ARM says "None", or leaves the key out, where there is no identity.
identity_unread(task) := tasks.unread_parts(task, ["system_identity"]) if {
	task.system_identity == "unknown"
} else := unread_principals(task)

unread_principals(task) := {{
	"field": sprintf("%s/identity/principalId", [task.field]),
	"why": verdict.why("the identity's principal", null),
}} if {
	task.system_identity == "yes"
	count(system_principal(task)) == 0
} else := {{
	"field": sprintf("%s/identity/userAssignedIdentities", [task.field]),
	"why": sprintf("the user-assigned identities' principals %s", [declared.none_read]),
}} if {
	"userassigned" in tasks.identity_words(task.item)
	count(user_principals(task)) < max([1, count(user_identities(task))])
} else := set()

assignment_unread(task) := {{
	"field": sprintf("%s/identity", [task.field]),
	"why": verdict.why("the scope of a role assignment", null),
}} if {
	holds_unjudged(task)
} else := set()

holds_unjudged(task) if {
	some assignment in held_by(task)
	excessive(task, assignment) == "unknown"
}
