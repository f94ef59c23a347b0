package lib.az_test

import data.lib.az
import data.lib.fixtures_test as fixtures

test_plain_values_stay_bare if {
	every value in ["contoso", "20.42.66.0/24", "2603:1030:210:402::90/125", "a_b-c.d@e"] {
		az.quote(value) == value
	}
}

test_hostile_values_are_quoted if {
	az.quote("") == "''"
	az.quote("$(reboot)") == "'$(reboot)'"
	az.quote("a b;c") == "'a b;c'"
	az.quote("it's") == `'it'\''s'`
	az.quote("a\nb") == "'a\nb'"
	az.option("--name", "--debug") == "--name=--debug"
	az.option("--name", "-x y") == "--name='-x y'"
}

test_command_names_registry_and_subscription if {
	command := az.acr("update", ["--sku Premium"]) with input as fixtures.document({})
	command == sprintf("az acr update --name contoso --sku Premium --subscription %s", [fixtures.subscription])
}

test_options_are_quoted if {
	command := az.command("az acr x", [["--name", "a b"], ["--count", "1"]]) with input as fixtures.document({})
	command == sprintf("az acr x --name 'a b' --count 1 --subscription %s", [fixtures.subscription])
}

test_command_without_registry_id if {
	every id in [null, 7, "", "contoso", "/providers/x", "/subscriptions//x"] {
		command := az.task("show", "t", []) with input as {"registry": {"id": id, "name": "contoso"}}
		command == "az acr task show --registry contoso --name t"
	}
}

test_command_without_registry_name if {
	command := az.acr("update", []) with input as {"registry": {"name": ""}}
	command == "az acr update --name REGISTRY"
}

test_role_looks_up_what_was_not_read if {
	command := az.role("AcrPush", "P") with input as {"registry": {"name": "contoso"}}
	command == concat(" ", [
		"az role assignment create --role AcrPush --assignee-object-id P",
		"--assignee-principal-type ServicePrincipal",
		`--scope "$(az acr show --name contoso --query id --output tsv)"`,
	])
}

test_role_of_a_system_assigned_identity if {
	principal := az.system_principal("t") with input as fixtures.document({})
	principal == sprintf(`"$(%s %s)"`, [
		"az acr task show --registry contoso --name t --query identity.principalId --output tsv --subscription",
		fixtures.subscription,
	])
	role := az.role("Container Registry Repository Writer", "P") with input as fixtures.document({})
	startswith(role, "az role assignment create --role 'Container Registry Repository Writer' --assignee-object-id P")
	endswith(role, sprintf("--scope %s --subscription %s", [fixtures.registry_id, fixtures.subscription]))
	taken := az.unassign("/a b") with input as fixtures.document({})
	taken == sprintf("az role assignment delete --ids '/a b' --subscription %s", [fixtures.subscription])
}

test_login_server if {
	server := az.login_server with input as fixtures.document({})
	server == "contoso.azurecr.io"
	hostile := az.login_server with input as {"registry": {"properties": {"loginServer": "a b"}}}
	hostile == "'a b'"
	unread := az.login_server with input as {"registry": {"name": "contoso"}}
	unread == `"$(az acr show --name contoso --query loginServer --output tsv)"`
}

test_patch if {
	command := az.patch(`{"a":1}`) with input as {"registry": {"id": "/r"}}
	command == `az resource patch --ids /r --api-version 2025-11-01 --properties '{"a":1}'`
}
