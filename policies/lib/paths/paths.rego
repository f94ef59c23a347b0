# The ways a task may have to its registry: an open registry, the service tag's addresses in the firewall, a virtual
# network with a private endpoint or a rule of its own, and the network rule bypass.
package lib.paths

import data.lib.declared
import data.lib.endpoints
import data.lib.firewall
import data.lib.ipv4
import data.lib.preview
import data.lib.registry
import data.lib.tasks
import data.lib.verdict

# Whether the public addresses that tasks come from, on the shared pool and on one without a subnet, are let in.
public_addresses := "no" if {
	registry.closed == "yes"
} else := "yes" if {
	registry.restricted == "no"
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

# Whether an enabled task has no other way than those addresses, as far as its pool, its identity and the bypass say.
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

# The tasks that go there by the bypass, or may.
bypass_users := [{"task": task, "uses": uses} |
	some task in tasks.entries
	task.bypass != "no"
	uses := uses_bypass(task)
	uses != "no"
]

# Why nothing can be said about tasks under the bypass.
bypass_unread contains registry.unread(registry.bypass_path) if tasks.bypass_allowed == "unknown"

bypass_unread contains tasks.list_unread if tasks.bypass_allowed == "yes"

# What a task's own unknowns are about when it is undecided.
aspects := ["enabled", "system_identity", "on_vnet_pool"]

# Whether a task gets to the registry other than by the bypass.
direct(task) := by_location(task, public_addresses, from_pool(task))

# What is known of the registry is handed in, here and below: on regorus' interpreter a condition of a function that is
# a rule may take the wrong branch.
by_location(task, public, pooled) := "no" if {
	task.pool_missing
} else := public if {
	task.on_vnet_pool == "no"
} else := pooled if {
	task.on_vnet_pool == "yes"
} else := public if {
	# Whichever it is, the answer is the same.
	pooled == public
} else := "unknown"

# Whether a virtual network leads to the registry: over a private endpoint, over a rule for the pool's own subnet, or
# over an address in the firewall that may be the one its subnet goes out through.
from_pool(task) := from_subnets(from_any_subnet, subnets_of(task), admitted_in_force)

from_subnets(answer, subnets, admitted) := "yes" if {
	count(subnets) > 0
	count(subnets - admitted) == 0
} else := answer

# The same of a subnet that no rule admits.
from_any_subnet := "yes" if {
	registry.restricted == "no"
} else := "yes" if {
	endpoints.approved == "yes"
} else := "no" if {
	registry.closed == "yes"
	endpoints.approved == "no"
} else := "unknown" if {
	registry.selected != "yes"
} else := "unknown" if {
	endpoints.approved == "unknown"
} else := "unknown" if {
	subnet_rules_unread
} else := "unknown" if {
	admits_some_address
} else := "no"

default admitted_in_force := set()

admitted_in_force := admitted_subnets if registry.selected == "yes"

subnets_of(task) := subnets_of_its_pool(task) if {
	is_string(task.pool)
} else := set()

subnets_of_its_pool(task) := {lower(pool.properties.virtualNetworkSubnetResourceId) |
	some pool in object.get(tasks.pools, lower(task.pool), {})
	is_string(pool.properties.virtualNetworkSubnetResourceId)
}

subnet_rules_path := ["properties", "networkRuleSet", "virtualNetworkRules"]

# The rules that let subnets in: in the registry, if its api-version shows them, else in the second read.
subnet_rules := {"rules": rules, "field": "/registry/properties/networkRuleSet/virtualNetworkRules"} if {
	rules := registry.setting(subnet_rules_path)
	is_array(rules)
} else := {"rules": rules, "field": "/preview/properties/networkRuleSet/virtualNetworkRules"} if {
	rules := preview.setting(subnet_rules_path)
	is_array(rules)
} else := {"rules": [], "field": "/registry/properties/networkRuleSet/virtualNetworkRules"} if {
	# A rule set that is declared without them has none.
	declared.yes
	is_object(registry.setting(["properties", "networkRuleSet"]))
}

# The key was `id` once and is virtualNetworkSubnetResourceId now.
subnet(rule) := rule.virtualNetworkSubnetResourceId if {
	is_string(verdict.member(rule, ["virtualNetworkSubnetResourceId"]))
} else := rule.id if {
	is_string(verdict.member(rule, ["id"]))
} else := null

admitted_subnets := {lower(subnet(rule)) |
	some rule in subnet_rules.rules
	subnet(rule) != null
}

# Why it is not known which subnets are let in; undefined where it is.
subnet_rules_unread := hidden_subnet_rules if {
	hidden_subnet_rules
} else := preview.unread(subnet_rules_path) if {
	not subnet_rules
} else := {
	"field": subnet_rules.field,
	"why": "a rule that admits a subnet could not be read",
} if {
	unreadable_subnet_rule
}

hidden_subnet_rules := declared.may_hold_more(
	"/registry/properties/networkRuleSet/virtualNetworkRules",
	"its virtual network rules are not all known",
)

unreadable_subnet_rule if {
	some rule in subnet_rules.rules
	subnet(rule) == null
}

# Whether the firewall lets any public address in that a subnet could go out through.
admits_some_address if not firewall.known

admits_some_address if firewall.may_hold_more

admits_some_address if count(firewall.entry_unread) > 0

admits_some_address if {
	some rule in firewall.rules
	rule.family == "ipv4"
	not admits_nobody(rule)
}

admits_nobody(rule) if {
	range := ipv4.of(rule)
	ipv4.special(range)
}

options_path := ["properties", "networkRuleBypassOptions"]

# Whether the bypass is a way for a task. Its option None beside it, and a pool in a virtual network: what then holds is
# not documented.
over_bypass(task) := bypass_way(task, options)

bypass_way(task, option) := "no" if {
	task.pool_missing
} else := "unknown" if {
	task.bypass == "yes"
	option != "azureservices"
} else := "unknown" if {
	task.bypass == "yes"
	task.on_vnet_pool != "no"
} else := task.bypass

options := registry.word(options_path, {"azureservices", "none"})
