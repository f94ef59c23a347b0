package acr.bypass_task_default_auth_test

import data.acr.bypass_task_default_auth as policy
import data.lib.fixtures_test as fixtures

# A registry that allows the bypass, with one task that has a system-assigned identity, changed so.
document(changes) := fixtures.document({
	"registry": {"properties": {"networkRuleBypassAllowedForTasks": true}},
	"tasks": [object.union(fixtures.task("nightly", fixtures.system_identity), changes)],
})

denied(changes) := {finding.key | some finding in findings} if {
	findings := policy.deny with input as document(changes)
}

doubted(changes) := {unread.field | some unread in unread_parts} if {
	unread_parts := policy.unknown with input as document(changes)
}

mode(name) := {"properties": {"credentials": {"sourceRegistry": {"loginMode": name}}}}

login_field := "/tasks/0/properties/credentials/sourceRegistry/loginMode"

test_default_login_is_denied if {
	findings := policy.deny with input as document({})
	some finding in findings
	finding.msg == concat(" ", [
		"Registry contoso lets task nightly bypass its network rules,",
		"but the task still logs in by default, which the bypass does not take.",
	])
	finding.field == login_field
	finding.severity == "medium"
	contains(finding.fix[0], "task credential add --registry contoso --name nightly --use-identity '[system]'")
	contains(finding.fix[1], "task update --registry contoso --name nightly --auth-mode None")
	denied(mode("default")) == {"nightly"}
	doubted({}) == set()
}

test_login_that_is_off_passes if {
	denied(mode("None")) == set()
	doubted(mode("None")) == set()
}

test_details_decide if {
	details := {"task_credentials": {"nightly": {"login_mode": "None", "source_identity": null}}}
	findings := policy.deny with input as object.union(document({}), details)
	count(findings) == 0
}

test_tasks_that_do_not_use_the_bypass_pass if {
	denied({"properties": {"status": "Disabled"}}) == set()
	denied({"identity": {"type": "UserAssigned"}}) == set()
	off := fixtures.document({"tasks": [fixtures.task("t", fixtures.system_identity)]})
	findings := policy.deny with input as off
	count(findings) == 0
}

test_what_was_not_read_is_unknown if {
	doubted({"properties": {"credentials": null}}) == {login_field}
	doubted({"properties": {"status": null}}) == {"/tasks/0/properties/status"}
	none_there := policy.unknown with input as fixtures.document({"registry": {"properties": {
		"networkRuleBypassAllowedForTasks": null,
	}}})
	{unread.field | some unread in none_there} == {"/registry/properties/networkRuleBypassAllowedForTasks"}
}

test_login_that_source_code_does_not_tell_is_unknown if {
	code := object.union(document({}), fixtures.source([]))
	findings := policy.deny with input as code
	findings == set()
	unread_parts := policy.unknown with input as code
	unread_parts == {{
		"msg": concat(" ", [
			"Registry contoso: of task nightly its login mode is not known,",
			"so how it logs in under the bypass cannot be told.",
		]),
		"field": login_field,
		"reason": "its login mode is not known",
		"key": "nightly",
	}}
}

test_a_task_that_gets_in_anyway if {
	findings := policy.deny with input as object.union(document({}), {"service_tag": fixtures.service_tag([], [])})
	some finding in findings
	finding.severity == "low"
	finding.fix == []
}
