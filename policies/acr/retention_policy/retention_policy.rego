# METADATA
# scope: package
# title: Untagged manifests are kept for ever
# description: >-
#   Finds Premium registries without a retention policy. Each push to a tag that exists leaves the former manifest
#   behind without a tag: it costs storage, and a vulnerable image stays there to be pulled by its digest. The policy
#   is a feature of the Premium SKU, so Basic and Standard registries pass. Azure allows no retention policy beside soft
#   delete, so a registry that is known to have soft delete passes as well.
# related_resources:
# - ref: https://learn.microsoft.com/azure/container-registry/container-registry-retention-policy
#   description: Set a retention policy for untagged manifests
# custom:
#   severity: low
#   profile: hardening
#   remediation: >-
#     Enable the retention policy with a period after which no deployment refers to a former image by its digest any
#     more.
#   reads: []
#   controls: {}
#   parameters: {}
package acr.retention_policy

import data.lib.az
import data.lib.registry
import data.lib.soft_delete
import data.lib.verdict

deny contains {
	"msg": sprintf("%s keeps untagged manifests for ever.", [registry.label]),
	"field": "/registry/properties/policies/retentionPolicy/status",
	"fix": [az.command(
		"az acr config retention update",
		[
			["--registry", az.registry_name],
			["--status", "enabled"],
			["--days", "30"],
			["--type", "UntaggedManifests"],
		],
	)],
} if {
	off == "yes"
}

unknown contains {
	"msg": sprintf("%s: %s, so whether untagged manifests are removed cannot be told.", [registry.label, unread.why]),
	"field": unread.field,
	"reason": unread.why,
} if {
	off == "unknown"
	some unread in unread_parts
}

path := ["properties", "policies", "retentionPolicy", "status"]

status := registry.word(path, {"disabled", "enabled"})

# The policy and the firewall are features of the same SKU.
off := verdict.conjunction([
	registry.has_firewall,
	{"disabled": "yes", "enabled": "no", "unknown": "unknown"}[status],
	{"enabled": "no", "disabled": "yes", "unknown": "yes"}[soft_delete.status],
])

unread_parts contains registry.unread(path) if status == "unknown"

unread_parts contains registry.unread(registry.sku_path) if registry.has_firewall == "unknown"
