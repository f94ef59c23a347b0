# METADATA
# scope: package
# title: Zone redundancy is not declared
# description: >-
#   Finds registries whose zoneRedundancy setting is Disabled. Azure now spreads every registry over the zones of a
#   region that has some, whatever this setting says, and the setting may not show it; so this is a note. It matters
#   in a region without zones, and for whoever has to prove the property.
# related_resources:
# - ref: https://learn.microsoft.com/azure/container-registry/zone-redundancy
#   description: Zone redundancy in Azure Container Registry
# custom:
#   severity: note
#   profile: hardening
#   remediation: >-
#     Nothing has to be done in a region with availability zones. Elsewhere, replicate the registry to another region.
#     In code, declare zoneRedundancy Enabled where the registry is Premium and the region has zones.
#   reads: []
#   controls: {}
#   parameters: {}
package acr.zone_redundancy

import data.lib.registry

deny contains {
	"msg": sprintf("%s is not declared zone redundant.", [registry.label]),
	"field": "/registry/properties/zoneRedundancy",
} if {
	status == "disabled"
}

unknown contains {
	"msg": sprintf("%s: %s, so whether it is declared zone redundant cannot be told.", [registry.label, unread.why]),
	"field": unread.field,
	"reason": unread.why,
} if {
	status == "unknown"
	unread := registry.unread(path)
}

path := ["properties", "zoneRedundancy"]

status := registry.word(path, {"disabled", "enabled"})
