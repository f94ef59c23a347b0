# METADATA
# scope: package
# title: Clients need access to all of Azure's blob storage
# description: >-
#   Finds Premium registries without dedicated data endpoints that are reached over the public network. Layers then
#   come from *.blob.core.windows.net, so a client's firewall has to let out to every storage account there is, and
#   whoever runs code behind it can send data to an account of their own. Registries closed to the public network
#   serve layers over the private endpoint and pass, as do Basic and Standard ones, which do not have the feature.
# related_resources:
# - ref: https://learn.microsoft.com/azure/container-registry/container-registry-dedicated-data-endpoints
#   description: Dedicated data endpoints
# - ref: https://learn.microsoft.com/azure/container-registry/container-registry-firewall-access-rules
#   description: Rules to access a registry behind a firewall
# custom:
#   severity: low
#   profile: hardening
#   remediation: >-
#     Enable dedicated data endpoints, and first let clients' firewalls out to REGISTRY.REGION.data.azurecr.io, as
#     pulls fail otherwise.
#   reads: []
#   controls: {}
#   parameters: {}
package acr.dedicated_data_endpoint

import data.lib.az
import data.lib.registry
import data.lib.verdict

deny contains {
	"msg": sprintf("%s serves layers from *.blob.core.windows.net, not from an endpoint of its own.", [registry.label]),
	"field": "/registry/properties/dataEndpointEnabled",
	"fix": [az.acr("update", ["--data-endpoint-enabled true"])],
} if {
	shared == "yes"
}

unknown contains {
	"msg": sprintf("%s: %s, so where its layers come from cannot be told.", [registry.label, unread.why]),
	"field": unread.field,
	"reason": unread.why,
} if {
	shared == "unknown"
	some unread in unread_parts
}

path := ["properties", "dataEndpointEnabled"]

# Dedicated data endpoints and the firewall are features of the same SKU.
shared := verdict.conjunction([
	registry.has_firewall,
	registry.enabled,
	verdict.negation(registry.flag(path)),
])

unread_parts contains registry.unread(path) if registry.flag(path) == "unknown"

unread_parts contains registry.unread(registry.public_path) if registry.enabled == "unknown"

unread_parts contains registry.unread(registry.sku_path) if registry.has_firewall == "unknown"
