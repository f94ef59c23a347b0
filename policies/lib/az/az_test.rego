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
	command := az.acr("update", [["--sku", "Premium"]]) with input as fixtures.document({})
	command == sprintf("az acr update --name contoso --sku Premium --subscription %s", [fixtures.subscription])
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

test_push_role_looks_up_what_was_not_read if {
	command := az.push_role("t") with input as {"registry": {"name": "contoso"}}
	command == concat(" ", [
		"az role assignment create --role AcrPush --assignee-object-id",
		`"$(az acr task show --registry contoso --name t --query identity.principalId --output tsv)"`,
		"--assignee-principal-type ServicePrincipal",
		`--scope "$(az acr show --name contoso --query id --output tsv)"`,
	])
}

test_push_role_on_attribute_based_permissions if {
	registry := {"id": "/r", "properties": {"roleAssignmentMode": "abacRepositoryPermissions"}}
	command := az.push_role("t") with input as {"registry": registry}
	startswith(command, "az role assignment create --role 'Container Registry Repository Writer' --assignee")
	endswith(command, "--scope /r")
}

test_login_server if {
	server := az.login_server with input as fixtures.document({})
	server == "contoso.azurecr.io"
	hostile := az.login_server with input as {"registry": {"properties": {"loginServer": "a b"}}}
	hostile == "'a b'"
}

test_property if {
	command := az.property("networkRuleBypassAllowedForTasks", "false") with input as {"registry": {"id": "/r"}}
	command == concat(" ", [
		"az resource update --ids /r --api-version 2025-11-01",
		"--set properties.networkRuleBypassAllowedForTasks=false",
	])
}

test_login_commands if {
	off := az.default_login_off("t") with input as {"registry": {"name": "contoso"}}
	off == "az acr task update --registry contoso --name t --auth-mode None"
	credential := az.system_credential("t") with input as {"registry": {"name": "contoso"}}
	credential == concat(" ", [
		"az acr task credential add --registry contoso --name t --use-identity '[system]'",
		`--login-server "$(az acr show --name contoso --query loginServer --output tsv)"`,
	])
}
