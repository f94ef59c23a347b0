package lib.registry_test

import data.lib.fixtures_test as fixtures
import data.lib.registry

# [open, selected, restricted] for a registry with these settings; null is not read.
verdicts(sku, public, action) := [open, selected, restricted] if {
	document := {"registry": {
		"sku": {"name": sku},
		"properties": {"publicNetworkAccess": public, "networkRuleSet": {"defaultAction": action}},
	}}
	open := registry.open with input as document
	selected := registry.selected with input as document
	restricted := registry.restricted with input as document
}

test_who_may_connect if {
	verdicts("Premium", "Enabled", "Allow") == ["yes", "no", "no"]
	verdicts("Premium", "Enabled", "Deny") == ["no", "yes", "yes"]
	verdicts("Premium", "Disabled", "Allow") == ["no", "no", "yes"]
	verdicts("Basic", "Enabled", null) == ["yes", "no", "no"]
	verdicts("Standard", "Disabled", null) == ["no", "no", "no"]
}

test_what_was_not_read_stays_unknown_only_where_it_matters if {
	verdicts(null, "Enabled", "Allow") == ["yes", "no", "no"]
	verdicts(null, "Enabled", "Deny") == ["unknown", "unknown", "unknown"]
	verdicts("Premium", "Enabled", null) == ["unknown", "unknown", "unknown"]
	verdicts("Premium", null, "Deny") == ["no", "unknown", "yes"]
	verdicts("Premium", null, "Allow") == ["unknown", "no", "unknown"]
	verdicts("Gold", "Enabled", "Deny") == ["unknown", "unknown", "unknown"]
}

test_closed if {
	registry.closed == "yes" with input as fixtures.with_properties({"publicNetworkAccess": "Disabled"})
	registry.closed == "no" with input as fixtures.document({})
	registry.closed == "unknown" with input as {}
	standard := {"registry": {"sku": {"name": "Standard"}, "properties": {"publicNetworkAccess": "Disabled"}}}
	registry.closed == "no" with input as standard
}

test_labels if {
	registry.label == "Registry contoso" with input as fixtures.document({})
	registry.label == "This registry" with input as {"registry": {"name": 7}}
}

test_subscription if {
	# Named first: regorus leaves another package's rule undefined inside an expression with `with`.
	expected := fixtures.subscription
	registry.subscription == expected with input as fixtures.document({})
	registry.subscription == null with input as {"registry": {"id": "azurerm_container_registry.main"}}
}

test_unread if {
	nothing := registry.network_unread with input as {}
	nothing == {{"field": "/registry", "why": "the registry itself was not read"}}
	empty := registry.network_unread with input as {"registry": {}}
	{unread.field | some unread in empty} == {
		"/registry/sku/name",
		"/registry/properties/publicNetworkAccess",
		"/registry/properties/networkRuleSet/defaultAction",
	}
	{unread.why | some unread in empty} == {
		"sku.name was not read",
		"publicNetworkAccess was not read",
		"networkRuleSet.defaultAction was not read",
	}
}

test_label_of_source_code if {
	code := fixtures.source([])
	registry.label == "Registry contoso" with input as fixtures.document(code)
	registry.label == "Registry azurerm_container_registry.main" with input as code
	registry.label == "This registry" with input as {"origin": {"address": 7}}
}

test_login_server if {
	registry.login_server == "contoso.azurecr.io" with input as fixtures.document({})
	registry.login_server == null with input as {}
}

test_mode if {
	registry.mode == "unknown" with input as {}
	registry.abac with input as fixtures.with_properties({"roleAssignmentMode": "abacRepositoryPermissions"})
	not registry.abac with input as fixtures.document({})
}
