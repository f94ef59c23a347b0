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
