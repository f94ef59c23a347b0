package lib.soft_delete_test

import data.lib.fixtures_test as fixtures
import data.lib.soft_delete

policy(status) := {"policies": {"softDeletePolicy": {"status": status, "retentionDays": 7}}}

test_it_is_read_where_it_is_shown if {
	soft_delete.status == "enabled" with input as fixtures.with_properties(policy("Enabled"))
	second := fixtures.document({"preview": {"properties": policy("disabled")}})
	soft_delete.status == "disabled" with input as second
	soft_delete.field("status") == "/preview/properties/policies/softDeletePolicy/status" with input as second
	soft_delete.applies with input as second
}

test_what_no_version_showed_does_not_apply if {
	soft_delete.status == "unknown" with input as fixtures.document({})
	not soft_delete.applies with input as fixtures.document({})
	soft_delete.applies with input as {}
	asked := fixtures.document({"origin": {"preview_requested": true}, "preview": null})
	soft_delete.applies with input as asked
	soft_delete.unread.field == "/preview" with input as asked
	refused := fixtures.document(object.union(fixtures.source([]), {"preview": {"properties": {}}}))
	soft_delete.unread.field == "/registry/properties/policies/softDeletePolicy/status" with input as refused
	odd := fixtures.with_properties(policy(7))
	soft_delete.unread.field == "/registry/properties/policies/softDeletePolicy/status" with input as odd
}
