# The ways a task may have to its registry: an agent pool in a virtual network, the service tag's addresses in the
# firewall, and the network rule bypass. A task without any is reported once, by the policy of the way that was begun.
package lib.paths

import data.lib.firewall
import data.lib.registry
import data.lib.tasks
import data.lib.verdict

# Whether the public addresses that tasks on the shared pool come from are let in.
public_addresses := "no" if {
	registry.closed == "yes"
} else := "yes" if {
	registry.open == "yes"
} else := "unknown" if {
	registry.selected != "yes"
} else := "unknown" if {
	not firewall.known
} else := "unknown" if {
	not firewall.service_tag
} else := "yes" if {
	count(firewall.service_tag.missing_ipv4) == 0
} else := "unknown" if {
	firewall.may_hold_more
} else := "no"

# Whether an enabled task has no other way than those addresses.
depends(task) := verdict.conjunction([
	task.enabled,
	verdict.negation(task.on_vnet_pool),
	verdict.negation(task.bypass),
])

dependents := [task | some task in tasks.entries; depends(task) == "yes"]

undecided := [task | some task in tasks.entries; depends(task) == "unknown"]

dependent_names := sort([task.name | some task in dependents])

# Whether any task depends on those addresses.
any_dependent := "yes" if {
	count(dependents) > 0
} else := "unknown" if {
	tasks.list_unread
} else := "unknown" if {
	count(undecided) > 0
} else := "no"

# Why it is unknown, where no single task is to blame.
task_unread contains unread if unread := tasks.list_unread

task_unread contains registry.unread(registry.bypass_path) if {
	tasks.bypass_allowed == "unknown"
	some task in undecided
	task.bypass == "unknown"
}

# Why the firewall's part is unknown: the settings, the list, or the tag.
address_unread contains unread if {
	registry.selected == "unknown"
	some unread in registry.network_unread
}

address_unread contains firewall.list_unread if registry.selected == "yes"

address_unread contains firewall.service_tag_unread if registry.selected == "yes"

# The same for a policy that asks whether the addresses are let in at all, be it by an open registry.
reach_unread contains unread if {
	registry.selected != "yes"
	public_addresses == "unknown"
	some unread in registry.network_unread
}

reach_unread contains unread if {
	registry.selected == "yes"
	some unread in address_unread
}

reach_unread contains firewall.may_hold_more if {
	registry.selected == "yes"
	count(firewall.service_tag.missing_ipv4) > 0
}

# Whether an enabled task goes to the registry by the bypass.
uses_bypass(task) := verdict.conjunction([task.enabled, verdict.negation(task.on_vnet_pool), task.bypass])

# Why nothing can be said about tasks under the bypass.
bypass_unread contains registry.unread(registry.bypass_path) if tasks.bypass_allowed == "unknown"

bypass_unread contains tasks.list_unread if tasks.bypass_allowed == "yes"

# What a task's own doubts are about when it is undecided.
aspects := ["enabled", "system_identity", "on_vnet_pool"]
