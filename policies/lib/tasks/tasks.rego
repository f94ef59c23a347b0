# The registry's ACR Tasks, each with what it is and which ways to the registry it has. Computed once per document
# and shared by every policy that asks about tasks.
package lib.tasks

import data.lib.declared
import data.lib.pointer
import data.lib.registry
import data.lib.verdict

# One entry per task; `enabled`, `system_identity`, `on_vnet_pool` and `bypass` are "yes", "no" or "unknown".
entries := [describe(index, item) | some index, item in list]

default list := []

list := as_read if is_array(as_read)

as_read := object.get(input, "tasks", null)

# Why the list does not answer for tasks that it does not show; undefined when it shows them all.
list_unread := {"field": "/tasks", "why": verdict.why("the task list", as_read)} if {
	not is_array(as_read)
} else := declared.may_hold_more("/tasks", "tasks may exist that this source does not declare")

# Whether the registry lets tasks with a system-assigned identity pass its network rules.
bypass_allowed := registry.flag(registry.bypass_path)

describe(index, item) := {
	"item": item,
	"name": task_name(index, item),
	"field": pointer.join(["tasks", index]),
	"enabled": enabled_verdict(item),
	"system_identity": system,
	"pool": pool,
	"on_vnet_pool": on_vnet,
	"pool_missing": pool_missing(pool, on_vnet),
	"bypass": verdict.conjunction([bypass_allowed, system]),
} if {
	system := system_identity_verdict(item)
	pool := verdict.member(item, ["properties", "agentPoolName"])
	on_vnet := pool_verdict(index, item)
}

# A pool that is named and certainly not there.
pool_missing(pool, on_vnet) := true if {
	on_vnet == "no"
	is_string(pool)
	pool != ""
	not pools[lower(pool)]
} else := false

# A task without a name is still a task, and must be told apart from the others.
task_name(index, item) := item.name if {
	is_string(item.name)
} else := sprintf("#%d", [index])

# A status that is absent was not read.
enabled_verdict(item) := "yes" if {
	status(item) == "enabled"
} else := "no" if {
	status(item) == "disabled"
} else := "unknown"

status(item) := verdict.lower_or_undefined(verdict.member(item, ["properties", "status"]))

# ARM leaves the key out when a task has no identity; a null says that it was not read.
system_identity_verdict(item) := "no" if {
	is_object(item)
	not "identity" in object.keys(item)
} else := "unknown" if {
	not identity_words(item)
} else := "unknown" if {
	count(identity_words(item) - {"systemassigned", "userassigned", "none"}) > 0
} else := "yes" if {
	"systemassigned" in identity_words(item)
} else := "no"

# "SystemAssigned, UserAssigned" in whatever casing; undefined when the type is no string.
identity_words(item) := {trim_space(word) | some word in split(kind, ",")} if {
	kind := verdict.lower_or_undefined(verdict.member(item, ["identity", "type"]))
}

# Whether the task runs on a pool inside a virtual network, as far as the pool list says. No name, or an empty one,
# is the shared pool.
pool_verdict(index, item) := "unknown" if {
	not is_object(verdict.member(item, ["properties"]))
} else := "no" if {
	verdict.member(item, ["properties", "agentPoolName"]) in {null, ""}
	not pointer.join(["tasks", index, "properties", "agentPoolName"]) in declared.pointers
} else := named_pool_verdict(verdict.member(item, ["properties", "agentPoolName"]))

named_pool_verdict(name) := "unknown" if {
	not is_string(name)
} else := "unknown" if {
	pool_list_unread
} else := verdict.conjunction({subnet_verdict(pool) | some pool in pools[lower(name)]}) if {
	pools[lower(name)]
} else := "unknown" if {
	unnamed_pool
} else := "unknown" if {
	may_hold_more_pools
} else := "no"

# A pool that could not be read may be the one named. On its own, as all loops are: regorus' virtual machine gives up a
# rule whose loop finds nothing before it reaches the next else.
unnamed_pool if {
	some pool in pool_list
	not pool_key(pool)
}

pool_list := pools_as_read if is_array(pools_as_read)

pools_as_read := object.get(input, "agent_pools", null)

pool_list_unread := {"field": "/agent_pools", "why": verdict.why("the agent pool list", pools_as_read)} if {
	not is_array(pools_as_read)
}

# Why a pool may exist that the list does not show.
may_hold_more_pools := declared.may_hold_more("/agent_pools", "agent pools may exist that this source does not declare")

# Lower-cased pool name -> {position: pool}. Nothing keeps a document from naming one twice; merging objects groups
# them in one pass.
pools := object.union_n([{key: {sprintf("%d", [index]): pool}} |
	some index, pool in pool_list
	key := pool_key(pool)
])

pool_key(pool) := verdict.lower_or_undefined(verdict.member(pool, ["name"]))

# ARM leaves the key out when a pool has no subnet; a null says that it was not read.
subnet_verdict(pool) := "unknown" if {
	not is_object(verdict.member(pool, ["properties"]))
} else := "no" if {
	object.get(pool.properties, "virtualNetworkSubnetResourceId", "") == ""
} else := "yes" if {
	is_string(pool.properties.virtualNetworkSubnetResourceId)
} else := "unknown"

# Why the aspects of a task that are "unknown" are so: a set of {field, why}.
unread_parts(task, aspects) := {unread |
	some aspect in aspects
	task[aspect] == "unknown"
	unread := unread_aspect(task, aspect)
}

unread_aspect(task, "enabled") := {
	"field": sprintf("%s/properties/status", [task.field]),
	"why": verdict.why("its status", verdict.member(task.item, ["properties", "status"])),
}

unread_aspect(task, "system_identity") := {
	"field": sprintf("%s/identity", [task.field]),
	"why": verdict.why("its identity", verdict.member(task.item, ["identity", "type"])),
}

unread_aspect(task, "on_vnet_pool") := {
	"field": sprintf("%s/properties/agentPoolName", [task.field]),
	"why": verdict.why("its agent pool", null),
} if {
	not is_string(task.pool)
} else := pool_list_unread if {
	not is_array(pools_as_read)
} else := {
	"field": sprintf("%s/properties/agentPoolName", [task.field]),
	"why": sprintf("its agent pool %s is not declared here", [task.pool]),
} if {
	may_hold_more_pools
	not pools[lower(task.pool)]
} else := {
	"field": sprintf("%s/properties/agentPoolName", [task.field]),
	"why": sprintf(pool_gap, [task.pool]),
}

default pool_gap := "its agent pool %s could not be read"

pool_gap := "whether its agent pool %s has a subnet is not known" if declared.yes
