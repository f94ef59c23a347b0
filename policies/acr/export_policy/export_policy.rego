# METADATA
# scope: package
# title: A closed registry still lets images be exported
# description: >-
#   Finds registries with public network access Disabled that still allow artifacts to be imported into other
#   registries or exported with a transfer pipeline. Closing the network keeps strangers out; disabling export keeps
#   whoever may manage the registry from moving its content elsewhere. The setting has an effect only where public
#   network access is Disabled, so other registries pass.
# related_resources:
# - ref: https://learn.microsoft.com/azure/container-registry/data-loss-prevention
#   description: Disable export of artifacts from a container registry
# custom:
#   severity: medium
#   profile: hardening
#   remediation: >-
#     Disable the export policy. Public network access cannot be enabled again before the policy is.
#   reads: []
#   controls: {}
#   parameters: {}
package acr.export_policy

import data.lib.az
import data.lib.registry
import data.lib.verdict

deny contains {
	"msg": sprintf("%s is closed to the public network but lets its content be exported.", [registry.label]),
	"field": "/registry/properties/policies/exportPolicy/status",
	"fix": [az.patch(`{"policies":{"exportPolicy":{"status":"disabled"}}}`)],
} if {
	exported == "yes"
}

unknown contains {
	"msg": sprintf("%s: %s, so whether its content may be exported cannot be told.", [registry.label, unread.why]),
	"field": unread.field,
	"reason": unread.why,
} if {
	exported == "unknown"
	some unread in unread_parts
}

exported := verdict.conjunction([registry.closed, allowed])

allowed := {"enabled": "yes", "disabled": "no", "unknown": "unknown"}[registry.word(path, {"enabled", "disabled"})]

path := ["properties", "policies", "exportPolicy", "status"]

unread_parts contains registry.unread(registry.public_path) if registry.closed == "unknown"

unread_parts contains registry.unread(path) if allowed == "unknown"
