# METADATA
# scope: package
# title: The admin user is enabled
# description: >-
#   Finds registries with the admin user enabled. It is one shared account with two passwords and full rights to pull,
#   push and delete, not tied to a person, not limited by roles, and of no use in an audit. Its passwords do not
#   expire and are often found in pipelines.
# related_resources:
# - ref: https://learn.microsoft.com/azure/container-registry/container-registry-authentication
#   description: Authenticate with Azure Container Registry
# custom:
#   severity: medium
#   profile: hardening
#   remediation: >-
#     Disable the admin user, and let people and services log in with Microsoft Entra identities, or with
#     repository-scoped tokens where that cannot be.
#   reads: []
#   controls:
#     MCSB: [IM-1]
#   parameters: {}
package acr.admin_user

import data.lib.az
import data.lib.registry

deny contains {
	"msg": sprintf("%s has the admin user enabled, a shared account with full rights.", [registry.label]),
	"field": "/registry/properties/adminUserEnabled",
	"fix": [az.acr("update", ["--admin-enabled false"])],
} if {
	registry.flag(path) == "yes"
}

unknown contains {
	"msg": sprintf("%s: %s, so whether the admin user is enabled cannot be told.", [registry.label, unread.why]),
	"field": unread.field,
	"reason": unread.why,
} if {
	registry.flag(path) == "unknown"
	unread := registry.unread(path)
}

path := ["properties", "adminUserEnabled"]
