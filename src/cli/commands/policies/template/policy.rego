# METADATA
# scope: package
# title: The registry carries no owner tag
# description: >-
#   Finds registries without the tag that names their owner. When a registry is found open, somebody must be asked, and
#   nobody knows whom.
# custom:
#   severity: low
#   profile: hardening
#   remediation: Set the tag to the team that owns the registry.
#   reads: []
#   parameters:
#     tag:
#       default: owner
#       type: string
#       description: The tag's name.
package acr.{name}

wanted := object.get(data.parameters, ["{name}", "tag"], "owner")

# Tags that were not read are not known: only an object tells that the tag is missing.
tags := object.get(input, ["registry", "tags"], null)

deny contains {
	"msg": sprintf("The registry has no tag %s.", [wanted]),
	"field": "/registry/tags",
	"key": wanted,
	"evidence": {"tags": tags},
} if {
	is_object(tags)
	object.get(tags, wanted, "") == ""
}

unknown contains {
	"msg": "The registry's tags were not read, so whether it has an owner cannot be told.",
	"field": "/registry/tags",
	"reason": "its tags were not read",
} if {
	not is_object(tags)
}
