# The network around the registry: read on request only, and known of source code as far as it is declared there.
package lib.network

import data.lib.registry
import data.lib.verdict

# Not asked for, so what rests on it does not apply. A registry that was not read is unknown all the same.
not_asked if {
	is_object(registry.as_read)
	not "network" in object.keys(input)
}

as_read := object.get(input, "network", null)

# Why it answers nothing; undefined when it was read.
unread := {"field": "/network", "why": verdict.why("the network of its pools and endpoints", as_read)} if {
	not is_object(as_read)
}

# A resource of a kind, by its id in whatever casing: null where it was refused or is not there.
resource(kind, id) := verdict.member(as_read, [kind, lower(id)]) if is_string(id)

# The last segment of an id.
name(id) := segments[count(segments) - 1] if segments := split(id, "/")
