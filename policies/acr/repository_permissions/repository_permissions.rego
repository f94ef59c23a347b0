# METADATA
# scope: package
# title: Permissions cannot be limited to repositories
# description: >-
#   Finds registries whose role assignments count for the whole registry. With attribute-based repository permissions
#   a role assignment can be limited to some repositories, so that a pipeline pushes its own images and nobody else's,
#   and Owner and Contributor no longer grant access to images. Existing assignments of AcrPull and AcrPush stop
#   working when the mode is changed.
# related_resources:
# - ref: https://learn.microsoft.com/azure/container-registry/container-registry-rbac-abac-repository-permissions
#   description: Attribute-based repository permissions
# custom:
#   severity: low
#   profile: hardening
#   remediation: >-
#     Change the registry's permission mode, after giving the identities that pull and push a Container Registry
#     Repository role. ACR Tasks and quick builds then need an identity for the source registry too. Whoever relies on
#     AcrPull or AcrPush is refused from then on, so no command is offered; repository-permissions-ahead names the
#     tasks.
#   reads: []
#   controls: {}
#   parameters: {}
package acr.repository_permissions

import data.lib.registry

deny contains {
	"msg": sprintf("%s has permissions for the whole registry only, not for single repositories.", [registry.label]),
	"field": "/registry/properties/roleAssignmentMode",
} if {
	status == "legacyregistrypermissions"
}

unknown contains {
	"msg": sprintf("%s: %s, so how far its permissions reach cannot be told.", [registry.label, unread.why]),
	"field": unread.field,
	"reason": unread.why,
} if {
	status == "unknown"
	unread := registry.unread(path)
}

path := ["properties", "roleAssignmentMode"]

status := registry.word(path, {"abacrepositorypermissions", "legacyregistrypermissions"})
