package lib.declared_test

import data.lib.declared

test_source_code_is_told_from_what_azure_answered if {
	every kind in ["terraform", "arm", "bicep"] {
		declared.yes with input as {"origin": {"kind": kind}}
	}
	every document in [{}, {"origin": null}, {"origin": "arm"}, {"origin": {"kind": "snapshot"}}] {
		not declared.yes with input as document
	}
}

test_words if {
	code := {"origin": {"kind": "bicep"}}
	declared.not_read == "was not read" with input as {}
	declared.not_read == "is not known" with input as code
	declared.none_read == "were not read" with input as {}
	declared.none_read == "are not known" with input as code
	declared.unreadable == "could not be read" with input as {}
	declared.unreadable == "is not known" with input as code
}

test_more if {
	unread := declared.may_hold_more("/tasks", "there may be more") with input as {"partial": ["/tasks", 7]}
	unread == {"field": "/tasks", "why": "there may be more"}
	every document in [{}, {"partial": null}, {"partial": "/tasks"}, {"partial": ["/agent_pools"]}] {
		not declared.may_hold_more("/tasks", "") with input as document
	}
}
