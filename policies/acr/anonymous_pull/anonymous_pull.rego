# METADATA
# scope: package
# title: Anybody may pull without logging in
# description: >-
#   Finds registries that allow anonymous pull. Whoever reaches the registry may then pull every image in it without
#   logging in, and nobody can tell afterwards who did. Basic registries do not have the feature: they pass where
#   nothing is said, and where it is said the finding is low, since Azure refuses it.
# related_resources:
# - ref: https://learn.microsoft.com/azure/container-registry/anonymous-pull-access
#   description: Make your container registry content publicly available
# custom:
#   severity: high
#   profile: hardening
#   remediation: >-
#     Disable anonymous pull. Images meant for the public belong in a registry of their own.
#   reads: []
#   controls: {}
#   parameters: {}
package acr.anonymous_pull

import data.lib.az
import data.lib.registry

deny contains {
	"msg": sprintf("%s lets anybody who reaches it pull images without logging in.", [registry.label]),
	"field": "/registry/properties/anonymousPullEnabled",
	"fix": [az.acr("update", ["--anonymous-pull-enabled false"])],
} if {
	registry.flag(path) == "yes"
	registry.sku != "basic"
}

deny contains {
	"msg": sprintf("%s: %s, and this one is Basic: Azure refuses it.", [
		registry.label,
		"anonymousPullEnabled takes the Standard or Premium SKU",
	]),
	"field": "/registry/properties/anonymousPullEnabled",
	"severity": "low",
	"evidence": {"sku": registry.setting(registry.sku_path)},
} if {
	registry.flag(path) == "yes"
	registry.sku == "basic"
}

unknown contains {
	"msg": sprintf("%s: %s, so whether anybody may pull cannot be told.", [registry.label, unread.why]),
	"field": unread.field,
	"reason": unread.why,
} if {
	registry.flag(path) == "unknown"
	not without_feature
	unread := registry.unread(path)
}

without_feature if {
	registry.sku == "basic"
	registry.setting(path) == null
}

path := ["properties", "anonymousPullEnabled"]
