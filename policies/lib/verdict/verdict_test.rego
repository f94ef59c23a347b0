package lib.verdict_test

import data.lib.verdict

test_conjunction if {
	verdict.conjunction(["yes", "yes"]) == "yes"
	verdict.conjunction(["unknown", "no"]) == "no"
	verdict.conjunction(["yes", "unknown"]) == "unknown"
	verdict.conjunction([]) == "yes"
}

test_disjunction if {
	verdict.disjunction(["no", "yes", "unknown"]) == "yes"
	verdict.disjunction(["no", "unknown"]) == "unknown"
	verdict.disjunction(["no"]) == "no"
	verdict.disjunction([]) == "no"
}

test_negation if {
	verdict.negation("yes") == "no"
	verdict.negation("no") == "yes"
	verdict.negation("unknown") == "unknown"
}

test_of_boolean if {
	verdict.of_boolean(true) == "yes"
	verdict.of_boolean(false) == "no"
	verdict.of_boolean(null) == "unknown"
	verdict.of_boolean("true") == "unknown"
	verdict.of_boolean(1) == "unknown"
}

test_why if {
	verdict.why("sku", null) == "sku was not read"
	verdict.why("sku", null) == "sku is not known" with input as {"origin": {"kind": "arm"}}
	verdict.why("sku", "Gold") == "sku is \"Gold\", a value this policy does not know"
	verdict.why("sku", [1]) == "sku has an unexpected type (array)"
}

test_lower_or_undefined if {
	verdict.lower_or_undefined("Enabled") == "enabled"
	not verdict.lower_or_undefined(null)
	not verdict.lower_or_undefined(["Enabled"])
}

test_member if {
	verdict.member({"a": {"b": 1}}, ["a", "b"]) == 1
	verdict.member({"a": "x"}, ["a", "b"]) == null
	verdict.member("x", ["a"]) == null
}
