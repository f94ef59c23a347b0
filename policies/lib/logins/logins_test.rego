package lib.logins_test

import data.lib.fixtures_test as fixtures
import data.lib.logins

default_login(item, details) := answer if {
	task := {"name": "t", "item": item}
	answer := logins.default_login(task) with input as {"task_credentials": {"t": details}}
}

# A task whose credentials hold this source registry.
source(registry) := {"properties": {"credentials": {"sourceRegistry": registry}}}

test_details_come_first if {
	default_login(source({"loginMode": "Default"}), {"login_mode": "None", "source_identity": null}) == "no"
	default_login({}, {"login_mode": "Default", "source_identity": null}) == "yes"
	default_login({}, {"login_mode": null, "source_identity": "[system]"}) == "no"
	default_login({}, {"login_mode": null, "source_identity": null}) == "yes"
	default_login({}, {"login_mode": "Other", "source_identity": null}) == "unknown"
	default_login({}, {"login_mode": null, "source_identity": 7}) == "unknown"
}

test_without_details_the_task_itself if {
	default_login({"properties": {}}, null) == "yes"
	default_login({"properties": {"credentials": null}}, null) == "unknown"
	default_login(source(null), null) == "unknown"
	default_login(source({"loginMode": "None"}), null) == "no"
	default_login(source({"loginMode": "Default"}), null) == "yes"
	default_login(source({"identity": "[system]"}), null) == "no"
	default_login(source({}), null) == "yes"
	default_login("odd", null) == "unknown"
}

test_source_code_without_details_is_known_by_its_mode_alone if {
	every answer, item in {
		"yes": source({"loginMode": "Default"}),
		"no": source({"loginMode": "None"}),
		"unknown": source({"identity": "[system]"}),
	} {
		task := {"name": "t", "item": item}
		logins.default_login(task) == answer with input as {"origin": {"kind": "arm"}}
	}
	task := {"name": "t", "item": {"properties": {}}}
	logins.default_login(task) == "unknown" with input as {"origin": {"kind": "arm"}}
	servers := logins.servers(task) with input as {"origin": {"kind": "arm"}}
	servers == null
	identity := logins.source_identity(task) with input as {"origin": {"kind": "arm"}}
	identity == null
	why := logins.unread_why with input as {"origin": {"kind": "arm"}}
	why == "its credentials are not known"
}

servers(item) := found if {
	found := logins.servers({"name": "t", "item": item}) with input as {}
}

shown(servers) := {"properties": {"credentials": {"customRegistries": servers}}}

test_servers_as_the_task_shows_them if {
	servers({"properties": {}}) == {}
	servers(shown({"a": null, "b": {"identity": "[system]"}})) == {"a": "[unread]", "b": "[system]"}
	servers(source({})) == {}
	servers(shown(["odd"])) == null
	servers({"properties": {"credentials": "odd"}}) == null
	servers("odd") == null
}

# The kinds of logins of a task with both identities, by these details and on such a registry.
kinds(details, properties) := {candidate.kind | some candidate in candidates} if {
	task := {
		"name": "t",
		"system_identity": "yes",
		"item": {"identity": {
			"principalId": "P",
			"userAssignedIdentities": {"/u": {"clientId": "C", "principalId": "U"}},
		}},
	}
	document := object.union(fixtures.with_properties(properties), {"task_credentials": {"t": details}})
	candidates := logins.candidates(task) with input as document
}

details(mode, source_identity, servers) := {
	"login_mode": mode,
	"source_identity": source_identity,
	"custom_registries": servers,
}

abac := {"roleAssignmentMode": "AbacRepositoryPermissions"}

test_candidates if {
	kinds(details(null, null, {}), {}) == {"default"}
	kinds(details("None", null, {}), {}) == set()
	kinds(details("None", null, {"CONTOSO.azurecr.io": "System"}), {}) == {"system"}
	kinds(details("None", null, {"contoso.azurecr.io": "c"}), {}) == {"user"}
	kinds(details("None", null, {"contoso.azurecr.io": null}), {}) == {"password"}
	kinds(details("None", null, {"contoso.azurecr.io": "[caller]"}), {}) == {"unknown"}
	kinds(details("None", null, {"contoso.azurecr.io": 7}), {}) == {"unknown"}
	kinds(details("None", null, {"contoso.azurecr.io": ["[system]", null]}), {}) == {"system", "password"}
	kinds(details("None", null, {"other.azurecr.io": "[system]"}), {}) == set()
	kinds(details(null, "[system]", {}), {}) == {"system"}
	kinds(details("None", null, null), {}) == {"unknown"}
	kinds(details("Odd", null, {}), {}) == {"unknown"}
}

test_the_default_login_beside_a_credential if {
	kinds(details("Default", null, {"contoso.azurecr.io": "[system]"}), {}) == {"system", "default"}
	kinds(details("Default", null, {"contoso.azurecr.io": "[system]"}), abac) == {"system"}
	kinds(details("Default", null, {}), abac) == {"default"}
}

test_a_registry_whose_server_is_not_known if {
	unnamed := {"loginServer": null}
	kinds(details("None", null, {"a.azurecr.io": "[system]"}), unnamed) == {"unknown"}
	kinds(details("None", null, {}), unnamed) == set()
}

test_source_code_names_its_own_server if {
	own := logins.own_servers with input as {
		"registry": {"name": "Contoso"},
		"origin": {"kind": "terraform", "address": "azurerm_container_registry.Main"},
	}
	own == {"contoso.azurecr.io", "azurerm_container_registry.main.login_server"}
}

with_label(scope) := {
	"registry": {"name": "Contoso", "properties": {"autoGeneratedDomainNameLabelScope": scope}},
	"origin": {"kind": "bicep", "address": "acr"},
}

test_a_domain_name_label_makes_another_server if {
	own := logins.own_servers with input as with_label("TenantReuse")
	own == {"acr.login_server"}
	logins.is_own("contoso-a1b2.azurecr.io") with input as with_label("TenantReuse")
	not logins.is_own("contoso.azurecr.io") with input as with_label("TenantReuse")
	logins.is_own("contoso.azurecr.io") with input as with_label("Unsecure")
	not logins.is_own("contoso-a1b2.azurecr.io") with input as with_label("Unsecure")
}

test_principals if {
	task := {"item": {"identity": {"principalId": "P", "userAssignedIdentities": {
		"/u": {"clientId": "C", "principalId": "U"},
		"/odd": 7,
	}}}}
	logins.principal(task, "system", "[system]") == "P"
	logins.principal(task, "user", "c") == "U"
	logins.principal(task, "user", "d") == null
	logins.principal(task, "unknown", "") == null
	logins.system_principal({"item": "odd"}) == null
}
