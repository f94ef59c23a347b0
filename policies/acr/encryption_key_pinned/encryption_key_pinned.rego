# METADATA
# scope: package
# title: The customer-managed key does not follow a rotation
# description: >-
#   Finds registries encrypted with a key of one's own whose id names a version, so that the registry stays with that
#   version when the vault rotates the key. Finds those as well whose key is read with an identity that is not assigned
#   to the registry: once the vault is asked anew, Azure shuts the registry's content until the key can be read.
# related_resources:
# - ref: https://learn.microsoft.com/azure/container-registry/tutorial-rotate-revoke-customer-managed-keys
#   description: Rotate and revoke a customer-managed key
# - ref: https://learn.microsoft.com/azure/container-registry/tutorial-troubleshoot-customer-managed-keys
#   description: Troubleshoot a customer-managed key
# custom:
#   severity: low
#   profile: hardening
#   remediation: >-
#     Give the key's id without its version, and have the vault rotate the key. Assign the identity that reads the key
#     to the registry, and let it get, wrap and unwrap the key.
#   reads: []
#   controls: {}
#   parameters: {}
package acr.encryption_key_pinned

import data.lib.declared
import data.lib.registry
import data.lib.verdict

deny contains {
	"msg": sprintf("%s is encrypted with one version of a key, and stays with it when the key is rotated.", [
		registry.label,
	]),
	"field": "/registry/properties/encryption/keyVaultProperties/keyIdentifier",
} if {
	encrypted == "enabled"
	pinned == "yes"
}

deny contains {
	"msg": sprintf("%s: %s, so Azure shuts the registry's content once it asks for the key anew.", [
		registry.label,
		"its key is read with an identity that is not assigned to it",
	]),
	"field": "/registry/properties/encryption/keyVaultProperties/identity",
	"key": "identity",
	"severity": "medium",
} if {
	encrypted == "enabled"
	assigned == "no"
}

unknown contains {
	"msg": sprintf("%s: %s, so whether its key can be rotated cannot be told.", [registry.label, unread.why]),
	"field": unread.field,
	"reason": unread.why,
} if {
	some unread in unread_parts
}

status_path := ["properties", "encryption", "status"]

encrypted := registry.word(status_path, {"disabled", "enabled"})

key(name) := registry.setting(["properties", "encryption", "keyVaultProperties", name])

unread_parts contains registry.unread(status_path) if encrypted == "unknown"

unread_parts contains {
	"field": "/registry/properties/encryption/keyVaultProperties/keyIdentifier",
	"why": sprintf("the id of its key is none of a key in Key Vault (%s)", [key("keyIdentifier")]),
} if {
	encrypted == "enabled"
	pinned == "unknown"
	is_string(key("keyIdentifier"))
}

unread_parts contains registry.unread(["properties", "encryption", "keyVaultProperties", "keyIdentifier"]) if {
	encrypted == "enabled"
	pinned == "unknown"
	not is_string(key("keyIdentifier"))
}

unread_parts contains {
	"field": "/registry/identity",
	"why": "which identities are assigned to it is not known to the end, one that was deleted perhaps",
} if {
	encrypted == "enabled"
	assigned == "unknown"
}

# Azure says itself whether it follows the key; else the id does.
pinned := "yes" if {
	key("keyRotationEnabled") == false
} else := "no" if {
	key("keyRotationEnabled") == true
} else := named_version

# https://VAULT/keys/NAME is the key, and one more segment a version of it. Terraform refers to the one or the other.
named_version := "no" if {
	count(segments) == 5
	of_a_vault
} else := "yes" if {
	count(segments) == 6
	of_a_vault
} else := reference if {
	declared.yes
} else := "unknown"

id := key("keyIdentifier") if is_string(key("keyIdentifier"))

segments := split(trim_right(id, "/"), "/")

of_a_vault if {
	lower(segments[0]) == "https:"
	lower(segments[3]) == "keys"
	host := lower(segments[2])
	some domain in vault_domains
	endswith(trim_suffix(host, ":443"), domain)
}

vault_domains := [
	".vault.azure.net",
	".vault.azure.cn",
	".vault.usgovcloudapi.net",
	".managedhsm.azure.net",
	".managedhsm.azure.cn",
	".managedhsm.usgovcloudapi.net",
]

reference := "yes" if {
	endswith(id, ".id")
	contains(id, "azurerm_key_vault_key.")
} else := "no" if {
	endswith(id, ".versionless_id")
} else := "unknown"

# The identity that reads the key is told by its client id; the registry's own is called "system".
reader := verdict.lower_or_undefined(key("identity"))

assigned := "unknown" if {
	not reader
	key("identity") != null
} else := "yes" if {
	# Nothing is said of it.
	not reader
} else := system if {
	reader in {"system", "[system]"}
} else := "yes" if {
	reader in clients
} else := "unknown" if {
	count(nameless) > 0
} else := "unknown" if {
	is_object(identity)
	count(identity) == 0
} else := "no"

identity := registry.setting(["identity"])

users := listed if {
	listed := verdict.member(identity, ["userAssignedIdentities"])
	is_object(listed)
} else := {}

clients := {client | some user in users; client := verdict.lower_or_undefined(verdict.member(user, ["clientId"]))}

nameless := [account | some account, user in users; not is_string(verdict.member(user, ["clientId"]))]

system := "yes" if {
	contains(verdict.lower_or_undefined(verdict.member(identity, ["type"])), "systemassigned")
} else := "no"
