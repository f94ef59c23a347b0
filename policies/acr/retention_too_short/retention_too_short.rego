# METADATA
# scope: package
# title: Images are removed after fewer days than agreed
# description: >-
#   Finds registries whose retention policy removes untagged manifests, or whose soft delete lets go of deleted images,
#   after fewer days than the parameter says. Retention for zero days removes a manifest the moment that its tag moves
#   on, while deployments may still pull it by its digest. Azure allows one of the two policies only, so the one that is
#   on is judged; where none is, retention-policy and soft-delete speak.
# related_resources:
# - ref: https://learn.microsoft.com/azure/container-registry/container-registry-retention-policy
#   description: Set a retention policy for untagged manifests
# - ref: https://learn.microsoft.com/azure/container-registry/container-registry-soft-delete-policy
#   description: Recover deleted artifacts with the soft delete policy
# custom:
#   severity: low
#   profile: hardening
#   remediation: >-
#     Set as many days as pass until no deployment refers to a former image by its digest any more, and until a loss is
#     noticed.
#   reads: [preview]
#   controls: {}
#   parameters:
#     days:
#       default: 7
#       type: number
#       minimum: 0
#       maximum: 365
#       description: The fewest days that pass.
package acr.retention_too_short

import data.lib.az
import data.lib.registry
import data.lib.soft_delete

deny contains {
	"msg": sprintf("%s removes untagged manifests after %v days, fewer than %v.", [registry.label, kept, days]),
	"field": "/registry/properties/policies/retentionPolicy/days",
	"fix": [az.command("az acr config retention update", [
		["--registry", az.registry_name],
		["--status", "enabled"],
		["--days", sprintf("%v", [days])],
		["--type", "UntaggedManifests"],
	])],
} if {
	retention == "enabled"
	is_number(kept)
	kept < days
}

deny contains {
	"msg": sprintf("%s lets go of deleted images after %v days, fewer than %v.", [registry.label, restorable, days]),
	"field": soft_delete.field("retentionDays"),
	"key": "soft-delete",
	"fix": [az.command("az acr config soft-delete update", [
		["--registry", az.registry_name],
		["--status", "enabled"],
		["--days", sprintf("%v", [days])],
	])],
} if {
	soft_delete.status == "enabled"
	is_number(restorable)
	restorable < days
}

unknown contains {
	"msg": sprintf("%s: %s, so whether images are kept long enough cannot be told.", [registry.label, unread.why]),
	"field": unread.field,
	"reason": unread.why,
} if {
	some unread in unread_parts
}

default days := 7

days := data.parameters.retention_too_short.days

path := ["properties", "policies", "retentionPolicy"]

status_path := array.concat(path, ["status"])

days_path := array.concat(path, ["days"])

retention := "disabled" if {
	# The policy and the firewall are features of the same SKU.
	registry.has_firewall == "no"
} else := registry.word(status_path, {"disabled", "enabled"})

kept := registry.setting(days_path)

restorable := soft_delete.member("retentionDays")

# Soft delete that is on excludes retention.
unread_parts contains registry.unread(status_path) if {
	retention == "unknown"
	soft_delete.status != "enabled"
}

unread_parts contains registry.unread(days_path) if {
	retention == "enabled"
	not is_number(kept)
}

unread_parts contains soft_delete.unread if {
	soft_delete.applies
	soft_delete.status == "unknown"
	retention != "enabled"
}

unread_parts contains {
	"field": soft_delete.field("retentionDays"),
	"why": "how long deleted images are kept is not known",
} if {
	soft_delete.status == "enabled"
	not is_number(restorable)
}
