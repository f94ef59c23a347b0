# The verdict on each enabled task: whether it reaches its registry and may do there what its steps want. Four links
# make it: what the steps need, the way, the login, and the role of the identity that logs in.
package lib.reach

import data.lib.logins
import data.lib.needs
import data.lib.paths
import data.lib.registry
import data.lib.roles
import data.lib.runs
import data.lib.tasks
import data.lib.verdict

# One entry per task that is enabled, or may be.
verdicts := [judge(task) | some task in tasks.entries; task.enabled != "no"]

judge(task) := object.union(found, {
	"reaches": in_use(task, answer(found), contradicted(task, answer(found))),
	"answer": answer(found),
	"contradicted": contradicted(task, answer(found)),
}) if {
	need := needs.of(task)
	candidates := logins.candidates(task)
	touches := needs.touches(need)
	direct := paths.direct(task)
	bypass := paths.over_bypass(task)
	judged := [judge_candidate(candidate, need, touches) | some candidate in candidates]
	found := {
		"task": task,
		"need": need,
		"touches": touches,
		"direct": direct,
		"bypass": bypass,
		"candidates": judged,
		"login": access(touches, [candidate.login | some candidate in judged]),
		"login_over_bypass": access(touches, [candidate.over_bypass | some candidate in over_bypass(judged)]),
		"access": access(touches, [candidate.direct | some candidate in judged]),
		"access_over_bypass": access(touches, [candidate.bypass | some candidate in over_bypass(judged)]),
		"imports": imports(task, need),
		"system": of_system(system_granted(task, registry.mode), need, touches),
	}
}

# The task's system-assigned identity, where it matters, which is under the bypass: what it holds, what it lacks, and
# whether it may do what the steps need for sure.
of_system(granted, need, touches) := {
	"granted": granted,
	"lacks": lacks(granted, need),
	"role": role_of({"kind": "system"}, granted, needs.surely(need), touches),
}

system_granted(task, mode) := null if {
	task.bypass == "no"
} else := granted_to(logins.system_principal(task), "yes", mode)

# A login with what comes of it: whether it works, and whether its identity may do what the steps need.
judge_candidate(candidate, need, touches) := {
	"kind": candidate.kind,
	"identity": candidate.identity,
	"principal": candidate.principal,
	"login": login,
	"over_bypass": over,
	"role": role,
	"granted": granted,
	"lacks": lacks(granted, need),
	"direct": verdict.conjunction([login, role]),
	"bypass": verdict.conjunction([over, role]),
} if {
	login := works(candidate)
	over := works_over_bypass(candidate)
	granted := granted_to(candidate.principal, touches, registry.mode)
	role := role_of(candidate, granted, need, touches)
}

# What the identity holds, where that matters.
granted_to(principal, touches, mode) := null if {
	principal == null
} else := null if {
	touches == "no"
} else := roles.granted(principal, mode)

# The rights that are needed for sure, and for sure not held.
lacks(granted, need) := {right | some right in data_rights; need[right] == "yes"} if {
	granted == null
} else := {right | some right in data_rights; need[right] == "yes"; roles.has(granted, right) == "no"}

# Off the bypass the default login works but for repository permissions, where a registry gives it nothing.
works(candidate) := by_default if {
	candidate.kind == "default"
} else := candidate.assigned if {
	candidate.kind == "system"
} else := "yes" if {
	candidate.kind == "user"
} else := "unknown"

by_default := {
	"legacyregistrypermissions": "yes",
	"abacrepositorypermissions": "no",
	"unknown": "unknown",
}[registry.mode]

# The bypass is for system-assigned identities alone.
works_over_bypass(candidate) := candidate.assigned if {
	candidate.kind == "system"
} else := "unknown" if {
	candidate.kind == "unknown"
} else := "no"

# A task that touches nothing here needs the login, and no role.
role_of(candidate, granted, need, touches) := "yes" if {
	touches == "no"
} else := "yes" if {
	candidate.kind == "default"
} else := "unknown" if {
	granted == null
} else := suffices(granted, need, registry.mode)

data_rights := ["pull", "push", "delete", "catalog"]

# The mode is handed in: on regorus' interpreter a condition that is another package's rule may take the wrong branch.
suffices(granted, need, mode) := "unknown" if {
	not granted.read
} else := "no" if {
	mode == "abacrepositorypermissions"
	need.outdated_purge
} else := verdict.conjunction([right_answer(need[right], roles.has(granted, right)) | some right in data_rights])

right_answer(needed, has) := "yes" if {
	needed == "no"
} else := "yes" if {
	has == "yes"
} else := has if {
	needed == "yes"
} else := "unknown"

# The default login beside a credential is a warning over the bypass, which takes the credential.
over_bypass(judged) := [candidate | some candidate in judged; candidate.kind != "default"] if {
	count(judged) > 1
} else := judged

# What the logins agree on. Where it is not said which of several a run uses, it is not known.
access(touches, answers) := nowhere[touches] if {
	count(answers) == 0
} else := "yes" if {
	not "no" in answers
	not "unknown" in answers
} else := "no" if {
	not "yes" in answers
	not "unknown" in answers
} else := "unknown"

# A task that logs in nowhere.
nowhere := {"no": "yes", "yes": "no", "unknown": "unknown"}

# An import goes through Azure Resource Manager, as the identity that az logs in with.
imports(task, need) := "yes" if {
	need["import"] == "no"
} else := right_answer(need["import"], may_import(task))

may_import(task) := "no" if {
	task.system_identity == "no"
	not user_assigned(task)
} else := "unknown" if {
	task.system_identity != "yes"
} else := "unknown" if {
	logins.system_principal(task) == null
} else := holds_import(roles.granted(logins.system_principal(task), registry.mode))

holds_import(granted) := "unknown" if {
	not granted.read
} else := roles.has(granted, "import")

user_assigned(task) if "userassigned" in tasks.identity_words(task.item)

# Whether the task needs anything here at all.
indifferent(found) if {
	found.touches == "no"
	count(found.candidates) == 0
}

answer(found) := "no" if {
	found.task.pool_missing
} else := found.imports if {
	indifferent(found)
} else := verdict.conjunction([gets_in(found), found.imports])

gets_in(found) := verdict.disjunction([
	verdict.conjunction([found.direct, found.access]),
	verdict.conjunction([found.bypass, found.access_over_bypass]),
])

# A run of it succeeded although, as far as can be read, it is refused: then what was read is not all there is.
contradicted(task, answer) if {
	answer == "no"
	runs.succeeds_as_it_is(task.name)
} else := false

# Of a task that may be switched off it is not known whether it is refused.
in_use(task, answer, contradiction) := "unknown" if {
	contradiction
} else := answer if {
	task.enabled == "yes"
} else := "yes" if {
	answer == "yes"
} else := "unknown"

# The first link that breaks.
broken_link(found) := "pool" if {
	found.task.pool_missing
} else := "import" if {
	found.imports == "no"
} else := "way" if {
	found.direct == "no"
	found.bypass == "no"
} else := "login" if {
	login_refused(found)
} else := "role"

login_refused(found) if {
	verdict.conjunction([found.direct, found.login]) == "no"
	verdict.conjunction([found.bypass, found.login_over_bypass]) == "no"
}

by_name := {found.task.field: found | some found in verdicts}

# Whether a task gets to the registry in another way than by the bypass, or needs none: for policies of a way.
needless(task) if by_name[task.field].direct == "yes"

needless(task) if indifferent(by_name[task.field])

# How grave a fault of one way is for a task that could use it: it depends on it, gets in anyway, or it is not known.
gravity(task) := "low" if {
	needless(task)
} else := "high" if {
	by_name[task.field].direct == "no"
} else := "medium"

# The tasks that a registry is reached by over the bypass.
riders := [found.task.name |
	some found in verdicts
	found.direct != "yes"
	verdict.conjunction([found.bypass, found.access_over_bypass]) != "no"
]
