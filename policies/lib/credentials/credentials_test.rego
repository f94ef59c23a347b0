package lib.credentials_test

import data.lib.credentials

default_login(item, details) := answer if {
	task := {"name": "t", "item": item}
	answer := credentials.default_login(task) with input as {"task_credentials": {"t": details}}
}

# A task whose credentials hold this source registry.
source(registry) := {"properties": {"credentials": {"sourceRegistry": registry}}}

test_details_come_first if {
	default_login(source({"loginMode": "Default"}), {"login_mode": "None", "source_identity": null}) == "no"
	default_login({}, {"login_mode": "Default", "source_identity": null}) == "yes"
	default_login({}, {"login_mode": null, "source_identity": "[system]"}) == "no"
	default_login({}, {"login_mode": null, "source_identity": null}) == "yes"
	default_login({}, {"login_mode": "Odd", "source_identity": null}) == "unknown"
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

test_details if {
	credentials.details({"name": "t"}) == {"login_mode": null} with input as {"task_credentials": {"t": {
		"login_mode": null,
	}}}
	not credentials.details({"name": "t"}) with input as {"task_credentials": null}
	not credentials.details({"name": "t"}) with input as {}
}

test_system_names if "[system]" in credentials.system_names

test_source_code_without_details_is_known_by_its_mode_alone if {
	every answer, item in {
		"yes": source({"loginMode": "Default"}),
		"no": source({"loginMode": "None"}),
		"unknown": source({"identity": "[system]"}),
	} {
		task := {"name": "t", "item": item}
		credentials.default_login(task) == answer with input as {"origin": {"kind": "arm"}}
	}
	task := {"name": "t", "item": {"properties": {}}}
	credentials.default_login(task) == "unknown" with input as {"origin": {"kind": "arm"}}
}
