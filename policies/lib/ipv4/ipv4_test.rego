package lib.ipv4_test

import data.lib.ipv4

test_range if {
	ipv4.range("10.0.0.0/8") == {"first": 167772160, "last": 184549375, "prefix": 8}
	ipv4.range("0.0.0.0/0") == {"first": 0, "last": 4294967295, "prefix": 0}
	ipv4.range("203.0.113.7") == {"first": 3405803783, "last": 3405803783, "prefix": 32}
}

test_of_a_rule if {
	rule := {"cidr": "10.0.0.0/8", "first": 167772160, "last": 184549375, "prefix": 8}
	ipv4.of(rule) == ipv4.range(rule.cidr)
	ipv4.of({"cidr": "10.0.0.0/8"}) == ipv4.range("10.0.0.0/8")
	ipv4.of({"cidr": "10.0.0.0/8", "first": null, "last": "x", "prefix": 8}) == ipv4.range("10.0.0.0/8")
	not ipv4.of({"cidr": null})
}

test_what_is_no_range if {
	every text in ["", "x", "10.0.0.0/33", "10.0.0.256", "10.0.0", "::1", "10.0.0.0/8\n", null, 7] {
		not ipv4.range(text)
	}
}
