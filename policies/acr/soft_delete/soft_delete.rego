# METADATA
# scope: package
# title: Deleted images are lost at once
# description: >-
#   Finds registries in which neither soft delete nor the retention policy is on. Without soft delete, an image that is
#   deleted by mistake, or by an intruder, is gone. Azure allows one of the two only, so a registry with the retention
#   policy passes; one that is replicated, or that caches images, cannot have soft delete and passes where that is
#   known. The setting is in preview, and preview api-versions alone show it: live, without the second read (--preview)
#   this policy does not apply and says nothing.
# related_resources:
# - ref: https://learn.microsoft.com/azure/container-registry/container-registry-soft-delete-policy
#   description: Recover deleted artifacts with the soft delete policy
# - ref: https://learn.microsoft.com/azure/container-registry/container-registry-retention-policy
#   description: Set a retention policy for untagged manifests
# custom:
#   severity: low
#   profile: hardening
#   remediation: >-
#     Enable the soft delete policy with as many days as it takes to notice a loss. What is deleted is billed until
#     then.
#   reads: [preview]
#   controls: {}
#   parameters: {}
package acr.soft_delete

import data.lib.az
import data.lib.registry
import data.lib.related
import data.lib.soft_delete
import data.lib.verdict

deny contains {
	"msg": sprintf("%s has soft delete off, so what is deleted in it is lost at once.", [registry.label]),
	"field": soft_delete.field("status"),
	"fix": [az.command(
		"az acr config soft-delete update",
		[["--registry", az.registry_name], ["--status", "enabled"], ["--days", "7"]],
	)],
} if {
	off == "yes"
}

unknown contains {
	"msg": sprintf("%s: %s, so whether deleted images can be restored cannot be told.", [registry.label, unread.why]),
	"field": unread.field,
	"reason": unread.why,
} if {
	soft_delete.applies
	off == "unknown"
	some unread in unread_parts
}

off := verdict.conjunction([
	{"disabled": "yes", "enabled": "no", "unknown": "unknown"}[soft_delete.status],
	{"disabled": "yes", "enabled": "no", "unknown": "unknown"}[retention],
	verdict.negation(cannot_have_it),
])

retention_path := ["properties", "policies", "retentionPolicy", "status"]

retention := registry.word(retention_path, {"disabled", "enabled"})

# Soft delete supports neither replicated registries nor those that cache images.
cannot_have_it := "yes" if {
	count(related.replicas) > 0
} else := "yes" if {
	count(related.items("cache_rules")) > 0
} else := "no"

unread_parts contains soft_delete.unread if soft_delete.status == "unknown"

unread_parts contains registry.unread(retention_path) if retention == "unknown"
