package acr.{name}_test

import data.acr.{name} as policy

test_a_registry_without_the_tag_is_denied if {
	found := policy.deny with input as {"registry": {"tags": {"env": "prod"}}}
	count(found) == 1
}

test_the_tag_satisfies if {
	count(policy.deny) == 0 with input as {"registry": {"tags": {"owner": "platform"}}}
}

test_the_tag_can_be_another if {
	found := policy.deny with input as {"registry": {"tags": {"owner": "platform"}}}
		with data.parameters.{name}.tag as "team"
	{finding.key | some finding in found} == {"team"}
}

test_tags_that_were_not_read_are_unknown if {
	found := policy.unknown with input as {"registry": null}
	count(found) == 1
}
