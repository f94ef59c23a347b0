# METADATA
# scope: package
# title: Images are not encrypted with a key of one's own
# description: >-
#   Finds registries whose content is encrypted with a key that Microsoft manages, not with one in a key vault of the
#   customer's. A key of one's own can be withdrawn, rotated and audited. It is a feature of the Premium SKU and has
#   to be chosen when a registry is created, so Basic and Standard registries, which cannot have it, are reported as
#   well.
# related_resources:
# - ref: https://learn.microsoft.com/azure/container-registry/tutorial-enable-customer-managed-keys
#   description: Encrypt a registry with a customer-managed key
# custom:
#   severity: low
#   profile: hardening
#   remediation: >-
#     Create a Premium registry with a customer-managed key and import the images into it; the setting cannot be
#     changed on an existing registry.
#   reads: []
#   controls:
#     MCSB: [DP-5]
#     NIST-800-53-r5: [SC-12]
#   parameters: {}
package acr.customer_managed_key

import data.lib.registry

deny contains {
	"msg": sprintf("%s is encrypted with a key that Microsoft manages.", [registry.label]),
	"field": "/registry/properties/encryption/status",
} if {
	status == "disabled"
}

unknown contains {
	"msg": sprintf("%s: %s, so with whose key it is encrypted cannot be told.", [registry.label, unread.why]),
	"field": unread.field,
	"reason": unread.why,
} if {
	status == "unknown"
	unread := registry.unread(path)
}

path := ["properties", "encryption", "status"]

status := registry.word(path, {"disabled", "enabled"})
