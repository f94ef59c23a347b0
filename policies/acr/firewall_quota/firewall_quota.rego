# METADATA
# scope: package
# title: The firewall has no room for the rules it needs
# description: >-
#   Finds registries whose IP rules, with the service tag ranges that are missing from a list in force added, exceed
#   what the registry allows. Azure refuses the rule that is one too many, so a list cannot be completed, and the
#   limit is not raised on request. The limit is the registry's own where it was read, else a parameter.
# related_resources:
# - ref: https://learn.microsoft.com/azure/container-registry/container-registry-skus
#   description: Azure Container Registry service tiers and limits
# custom:
#   severity: medium
#   profile: network
#   remediation: >-
#     Merge rules that overlap or adjoin and remove those that are no longer needed, or take ACR Tasks off the list by
#     running them on an agent pool in a virtual network.
#   reads: [service_tag, usages]
#   controls: {}
#   parameters:
#     limit:
#       default: 100
#       type: number
#       minimum: 1
#       description: How many IP rules a registry may have, where its own limit was not read.
package acr.firewall_quota

import data.lib.declared
import data.lib.firewall
import data.lib.registry
import data.lib.verdict

deny contains {
	"msg": sprintf("%s needs %d IP rules and may have %d: %s.%s", [
		registry.label,
		size + missing,
		quota,
		breakdown,
		advice,
	]),
	"field": "/registry/properties/networkRuleSet/ipRules",
	"evidence": {"rules": size, "missing": missing, "limit": quota, "merged": merged},
} if {
	full == "yes"
}

unknown contains {
	"msg": sprintf("%s: %s, so whether its firewall has room cannot be told.", [registry.label, unread.why]),
	"field": unread.field,
	"reason": unread.why,
} if {
	some unread in unread_parts
}

# Entries that could not be read take their room all the same.
size := count(input.firewall.rules) if firewall.known

# What a list that is in force lacks of the service tag; undefined when that is not known.
missing := 0 if {
	registry.selected == "no"
} else := 0 if {
	# What is not known of the list may be just that.
	firewall.may_hold_more
} else := count(firewall.service_tag.missing_ipv4) if {
	registry.selected == "yes"
}

full := "yes" if {
	size + missing > quota
} else := "unknown" if {
	firewall.may_hold_more
} else := "no" if {
	size + missing <= quota
} else := "no" if {
	firewall.absent
} else := "no" if {
	far_from_full
} else := "unknown"

# In source code the region is often not known. No region's tag has had more than 15 ranges, and a rule inside of one
# leaves at most 10 of it.
far_from_full if {
	declared.yes
	quota >= 20 + (10 * size)
}

unread_parts contains firewall.list_unread if full == "unknown"

unread_parts contains firewall.may_hold_more if full == "unknown"

unread_parts contains firewall.service_tag_unread if {
	full == "unknown"
	registry.selected == "yes"
}

unread_parts contains unread if {
	full == "unknown"
	registry.selected == "unknown"
	some unread in registry.network_unread
}

# Negative limits mean that there is none.
quota := own_limit if {
	own_limit >= 0
} else := unlimited if {
	own_limit < 0
} else := limit

unlimited := 4294967296

own_limit := min(limits) if count(limits) > 0

limits := {usage.limit |
	some usage in usages
	verdict.lower_or_undefined(verdict.member(usage, ["name"])) == "iprules"
	is_number(usage.limit)
	floor(usage.limit) == usage.limit
}

usages := input.usages if is_array(input.usages)

default limit := 100

limit := data.parameters.firewall_quota.limit

breakdown := sprintf("at least %d in the list", [size]) if {
	firewall.may_hold_more
} else := sprintf("%d in the list, %d missing from the service tag", [size, missing])

merged := count(input.firewall.union_ipv4) if {
	is_array(input.firewall.union_ipv4)
} else := null

advice := sprintf(" Merging those that overlap or adjoin leaves %d.", [merged]) if {
	is_number(merged)
	merged < size
} else := ""
