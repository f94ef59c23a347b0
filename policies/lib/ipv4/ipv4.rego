# IPv4 ranges as numbers, so that policies compare them without a built-in for it.
package lib.ipv4

# The range of a firewall rule: as the host computed it, where it did.
of(rule) := {"first": rule.first, "last": rule.last, "prefix": rule.prefix} if {
	is_number(rule.first)
	is_number(rule.last)
	is_number(rule.prefix)
} else := range(rule.cidr)

# {first, last, prefix} of a canonical range ("10.0.0.0/8") or a bare address; undefined for anything else.
range(cidr) := {"first": first, "last": (first + sizes[prefix]) - 1, "prefix": prefix} if {
	is_string(cidr)
	regex.match(`^[0-9]{1,3}([.][0-9]{1,3}){3}(/[0-9]{1,2})?$`, cidr)
	parts := split(cidr, "/")
	first := number(parts[0])
	prefix := prefix_of(parts)
}

number(address) := (((octets[0] * 16777216) + (octets[1] * 65536)) + (octets[2] * 256)) + octets[3] if {
	octets := [to_number(octet) | some octet in split(address, ".")]
	every octet in octets {
		octet < 256
	}
}

prefix_of(parts) := to_number(parts[1]) if {
	count(parts) == 2
} else := 32

# Prefix length -> how many addresses.
sizes := [
	4294967296, 2147483648, 1073741824, 536870912, 268435456, 134217728, 67108864, 33554432,
	16777216, 8388608, 4194304, 2097152, 1048576, 524288, 262144, 131072,
	65536, 32768, 16384, 8192, 4096, 2048, 1024, 512,
	256, 128, 64, 32, 16, 8, 4, 2, 1,
]

# What a range that no public client comes from is called; undefined for any other.
special(range) := "a multicast or reserved range" if {
	range.first >= 3758096384
} else := known.name if {
	# Looked up by the first octet, so that a rule meets one range or none.
	some known in object.get(special_ranges, floor(range.first / 16777216), [])
	range.first >= known.first
	range.last <= known.last
}

# Ranges for documentation (203.0.113.0/24 and its like) are left out: nobody runs a client there, and every example
# of a firewall is written with them.
special_ranges := {
	0: [{"name": "the range for \"this network\"", "first": 0, "last": 16777215}],
	10: [{"name": "a private range", "first": 167772160, "last": 184549375}],
	100: [{"name": "the range for carrier-grade NAT", "first": 1681915904, "last": 1686110207}],
	127: [{"name": "the loopback range", "first": 2130706432, "last": 2147483647}],
	168: [{"name": "an address of Azure's own inside virtual networks", "first": 2822734096, "last": 2822734096}],
	169: [{"name": "the link-local range", "first": 2851995648, "last": 2852061183}],
	172: [{"name": "a private range", "first": 2886729728, "last": 2887778303}],
	192: [
		{"name": "a range for protocol assignments", "first": 3221225472, "last": 3221225727},
		{"name": "a private range", "first": 3232235520, "last": 3232301055},
	],
	198: [{"name": "the range for benchmarks", "first": 3323068416, "last": 3323199487}],
}
