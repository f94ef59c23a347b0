# METADATA
# scope: package
# title: The registry accepts tokens meant for Azure Resource Manager
# description: >-
#   Finds registries that accept Microsoft Entra tokens whose audience is Azure Resource Manager. Such a token opens
#   everything its holder may do in Azure; where only tokens for the registry are accepted, one that leaks from a
#   build is worth less, and Conditional Access can be set for registries alone.
# related_resources:
# - ref: https://learn.microsoft.com/azure/container-registry/container-registry-disable-authentication-as-arm
#   description: Disable ARM audience token authentication
# custom:
#   severity: low
#   profile: hardening
#   remediation: >-
#     Disable authentication with ARM tokens, after making sure that clients ask for registry tokens: older versions
#     of the Azure CLI do not.
#   reads: []
#   controls: {}
#   parameters: {}
package acr.arm_audience_token

import data.lib.az
import data.lib.registry

deny contains {
	"msg": sprintf("%s accepts tokens whose audience is Azure Resource Manager.", [registry.label]),
	"field": "/registry/properties/policies/azureADAuthenticationAsArmPolicy/status",
	"fix": [az.command(
		"az acr config authentication-as-arm update",
		[["--registry", az.registry_name], ["--status", "disabled"]],
	)],
} if {
	status == "enabled"
}

unknown contains {
	"msg": sprintf("%s: %s, so which tokens it accepts cannot be told.", [registry.label, unread.why]),
	"field": unread.field,
	"reason": unread.why,
} if {
	status == "unknown"
	unread := registry.unread(path)
}

path := ["properties", "policies", "azureADAuthenticationAsArmPolicy", "status"]

status := registry.word(path, {"disabled", "enabled"})
