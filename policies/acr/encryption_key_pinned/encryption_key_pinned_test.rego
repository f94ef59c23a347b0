package acr.encryption_key_pinned_test

import data.acr.encryption_key_pinned as policy
import data.lib.fixtures_test as fixtures

vault := "https://contoso-kv.vault.azure.net"

client := "4233eb55-7ff9-49b7-87fd-a173fe2fbd72"

encrypted(key) := {"encryption": {"status": "enabled", "keyVaultProperties": key}}

given(key) := fixtures.with_properties(encrypted(key))

by_id(id) := given({"keyIdentifier": id})

# A key that follows, read with this client, by a registry with this identity.
read_with(reader, identity) := fixtures.document({"registry": {
	"identity": identity,
	"properties": encrypted({"keyIdentifier": concat("", [vault, "/keys/acr"]), "identity": reader}),
}})

user(client_id) := {"type": "userAssigned", "userAssignedIdentities": {"/ids/acr": {"clientId": client_id}}}

fields(document) := {finding.field | some finding in found} if {
	found := policy.deny with input as document
}

doubted(document) := {unread.field | some unread in unread_parts} if {
	unread_parts := policy.unknown with input as document
}

path := "/registry/properties/encryption/keyVaultProperties"

test_a_version_is_denied if {
	pinned := {concat("", [path, "/keyIdentifier"])}
	version := "1a2b3c4d5e6f708192a3b4c5d6e7f809"
	fields(by_id(concat("/", [vault, "keys/acr", version]))) == pinned
	fields(by_id(concat("/", ["HTTPS://Contoso.ManagedHSM.azure.net:443", "KEYS/acr", version, ""]))) == pinned
	fields(given({"keyIdentifier": concat("", [vault, "/keys/acr"]), "keyRotationEnabled": false})) == pinned
	terraform := object.union(by_id("azurerm_key_vault_key.acr.id"), fixtures.source([]))
	fields(terraform) == pinned
}

test_a_key_that_rotates_passes if {
	follows := {"keyIdentifier": concat("", [vault, "/keys/acr/1a2b"]), "keyRotationEnabled": true}
	terraform := object.union(by_id("azurerm_key_vault_key.acr.versionless_id"), fixtures.source([]))
	off := fixtures.with_properties({"encryption": {"status": "disabled"}})
	every document in [by_id(concat("", [vault, "/keys/acr"])), given(follows), terraform, off] {
		fields(document) == set()
		doubted(document) == set()
	}
}

test_an_identity_that_is_not_the_registrys_is_denied if {
	denied := {concat("", [path, "/identity"])}
	fields(read_with(client, user("f0000000-0000-0000-0000-000000000000"))) == denied
	fields(read_with(client, null)) == denied
	fields(read_with("[system]", user(client))) == denied
	every identity in [user(client), user(upper(client))] {
		fields(read_with(client, identity)) == set()
		doubted(read_with(client, identity)) == set()
	}
	fields(read_with("system", {"type": "SystemAssigned, UserAssigned"})) == set()
}

test_what_cannot_be_read_is_unknown if {
	key_id := concat("", [path, "/keyIdentifier"])
	every id in ["https://example.com/keys/acr/1", concat("", [vault, "/secrets/acr/1"]), "acr", "https:", null, 7] {
		fields(by_id(id)) == set()
		doubted(by_id(id)) == {key_id}
	}
	doubted(object.union(by_id("var.key"), fixtures.source([]))) == {key_id}
	doubted(read_with(client, user(null))) == {"/registry/identity"}
	doubted(read_with(client, {})) == {"/registry/identity"}
	doubted(read_with(7, user(client))) == {"/registry/identity"}
	odd := fixtures.with_properties({"encryption": {"status": "Odd"}})
	doubted(odd) == {"/registry/properties/encryption/status"}
	doubted({"registry": null}) == {"/registry"}
}
