# METADATA
# scope: package
# title: A restricted registry lets trusted Azure services in
# description: >-
#   Finds registries with restricted public access that let Azure's trusted services pass their network rules, which
#   is how a registry is created. Container Instances, Machine Learning, Defender and the import from other registries
#   then reach it from anywhere, provided that they authenticate. ACR Tasks are not among them any more.
# related_resources:
# - ref: https://learn.microsoft.com/azure/container-registry/allow-access-trusted-services
#   description: Allow trusted services to access a network-restricted registry
# custom:
#   severity: low
#   profile: network
#   remediation: >-
#     Switch the exception off if none of those services is used. Defender's scan of images and the import into the
#     registry stop working without it where the registry is closed.
#   reads: []
#   controls: {}
#   parameters: {}
package acr.trusted_services_bypass

import data.lib.az
import data.lib.reach
import data.lib.registry
import data.lib.verdict

deny contains {
	"msg": sprintf("%s restricts public access and lets trusted Azure services pass its network rules.", [
		registry.label,
	]),
	"field": "/registry/properties/networkRuleBypassOptions",
	"fix": fix,
} if {
	let_in == "yes"
}

unknown contains {
	"msg": sprintf("%s: %s, so whether trusted services pass its network rules cannot be told.", [
		registry.label,
		unread.why,
	]),
	"field": unread.field,
	"reason": unread.why,
} if {
	let_in == "unknown"
	some unread in unread_parts
}

# What the bypass for Tasks is without this one is not documented, so that no command is offered where tasks ride it.
fix := [] if {
	count(reach.riders) > 0
} else := [az.acr("update", ["--allow-trusted-services false"])]

let_in := verdict.conjunction([registry.restricted, exception])

path := ["properties", "networkRuleBypassOptions"]

exception := {"azureservices": "yes", "none": "no", "unknown": "unknown"}[option]

option := registry.word(path, {"azureservices", "none"})

unread_parts contains registry.unread(path) if exception == "unknown"

unread_parts contains unread if {
	registry.restricted == "unknown"
	some unread in registry.network_unread
}
