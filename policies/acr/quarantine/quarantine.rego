# METADATA
# scope: package
# title: Images can be pulled before anybody has looked at them
# description: >-
#   Finds Premium registries that do not hold new images back. With quarantine, a preview, an image that was pushed
#   can be pulled only after a scanner has released it. Without a scanner that does so, every new image stays locked,
#   so this is a note for those who have one.
# related_resources:
# - ref: https://learn.microsoft.com/azure/container-registry/container-registry-faq
#   description: Azure Container Registry questions and answers
# custom:
#   severity: note
#   profile: hardening
#   remediation: >-
#     Enable the quarantine policy once a scanner is in place that releases images. Before, every pull of a new image
#     fails, so no command is offered.
#   reads: []
#   controls: {}
#   parameters: {}
package acr.quarantine

import data.lib.registry
import data.lib.verdict

deny contains {
	"msg": sprintf("%s does not hold new images back until they are scanned.", [registry.label]),
	"field": "/registry/properties/policies/quarantinePolicy/status",
} if {
	off == "yes"
}

unknown contains {
	"msg": sprintf("%s: %s, so whether new images are held back cannot be told.", [registry.label, unread.why]),
	"field": unread.field,
	"reason": unread.why,
} if {
	off == "unknown"
	some unread in unread_parts
}

path := ["properties", "policies", "quarantinePolicy", "status"]

status := registry.word(path, {"disabled", "enabled"})

# The policy and the firewall are features of the same SKU.
off := verdict.conjunction([
	registry.has_firewall,
	{"disabled": "yes", "enabled": "no", "unknown": "unknown"}[status],
])

unread_parts contains registry.unread(path) if status == "unknown"

unread_parts contains registry.unread(registry.sku_path) if registry.has_firewall == "unknown"
