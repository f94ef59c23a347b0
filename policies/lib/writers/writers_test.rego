package lib.writers_test

import data.lib.fixtures_test as fixtures
import data.lib.writers

contributor := "b24988ac-6180-42a0-ab88-20f7382dd24c"

labels(kind) := found if {
	assignment := object.union(fixtures.assignment(contributor, "p"), {"properties": {"principalType": kind}})
	found := writers.labels with input as {"role_assignments": [assignment]}
}

test_labels if {
	labels("User") == ["user p (Contributor)"]
	labels("Group") == ["group p (Contributor)"]
	labels("ServicePrincipal") == ["service principal p (Contributor)"]
	labels(null) == ["principal p (Contributor)"]
}

test_who_writes if {
	sure := writers.sure with input as {"role_assignments": [fixtures.push_role]}
	sure == []
	perhaps := writers.perhaps with input as {"role_assignments": [fixtures.assignment("0", "p"), "odd"]}
	count(perhaps) == 2
	none := writers.entries with input as {}
	none == []
}

test_everybody if {
	writers.everybody with input as {"origin": {"role_assignments": "all"}}
	not writers.everybody with input as {}
}
