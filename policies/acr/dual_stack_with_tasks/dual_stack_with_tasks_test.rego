package acr.dual_stack_with_tasks_test

import data.acr.dual_stack_with_tasks as policy
import data.lib.fixtures_test as fixtures

with_protocol(protocol, tasks) := fixtures.document({
	"preview": {"properties": {"endpointProtocol": protocol}},
	"tasks": tasks,
})

findings(given) := found if {
	found := policy.deny with input as given
}

doubted(given) := {unread.field | some unread in unread_parts} if {
	unread_parts := policy.unknown with input as given
}

nightly := [fixtures.task("nightly", {}), fixtures.task("off", {"properties": {"status": "Disabled"}})]

test_dual_stack_with_tasks_is_denied if {
	findings(with_protocol("IPv4AndIPv6", nightly)) == {{
		"msg": concat(" ", [
			"Registry contoso has dual-stack endpoints, where ACR Tasks do not work,",
			"and enabled tasks: nightly.",
		]),
		"field": "/preview/properties/endpointProtocol",
		"evidence": {"tasks": ["nightly"]},
	}}
	doubted(with_protocol("IPv4AndIPv6", nightly)) == set()
}

test_ipv4_or_no_tasks_pass if {
	every given in [
		with_protocol("IPv4", nightly),
		with_protocol("IPv4", null),
		with_protocol("IPv4AndIPv6", []),
		with_protocol(null, []),
		with_protocol("Odd", [fixtures.task("off", {"properties": {"status": "Disabled"}})]),
	] {
		findings(given) == set()
		doubted(given) == set()
	}
}

test_not_asked_for_is_not_applicable if doubted(fixtures.document({"tasks": nightly})) == set()

test_what_was_not_read_is_unknown if {
	doubted({}) == {"/preview", "/tasks"}
	asked := {"preview": null, "tasks": nightly, "origin": {"preview_requested": true}}
	doubted(fixtures.document(asked)) == {"/preview"}
	doubted(with_protocol("Odd", nightly)) == {"/preview/properties/endpointProtocol"}
	doubted(with_protocol("IPv4AndIPv6", null)) == {"/tasks"}
	doubted(with_protocol("IPv4AndIPv6", ["odd"])) == {"/tasks/0/properties/status"}
}

# The registry itself shows the protocol.
declared(protocol, partial) := object.union(
	fixtures.document({"registry": {"properties": {"endpointProtocol": protocol}}, "tasks": nightly}),
	fixtures.source(partial),
)

test_the_registry_itself_may_show_it if {
	some finding in findings(declared("IPv4AndIPv6", ["/tasks"]))
	finding.field == "/registry/properties/endpointProtocol"
	doubted(declared("IPv4AndIPv6", ["/tasks"])) == set()
	doubted(declared("IPv4", ["/tasks"])) == set()
	doubted(declared("Odd", [])) == {"/registry/properties/endpointProtocol"}
}

test_source_code_that_does_not_tell if {
	doubted(declared(null, [])) == set()
	doubted(declared(null, ["/registry/properties/endpointProtocol"])) == {"/registry/properties/endpointProtocol"}
	dual := object.union(declared("IPv4AndIPv6", ["/tasks"]), {"tasks": []})
	doubted(dual) == {"/tasks"}
}
