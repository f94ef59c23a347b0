# The second read of the registry, at a preview api-version, which is made on request only.
package lib.preview

import data.lib.pointer
import data.lib.registry
import data.lib.verdict

# Not asked for, so policies that rest on it do not apply. A registry that was not read is unknown all the same.
not_asked if {
	is_object(registry.as_read)
	as_read == null
	verdict.member(input, ["origin", "preview_requested"]) != true
}

as_read := object.get(input, "preview", null)

setting(path) := verdict.member(as_read, path)

# Why a setting of it answers nothing.
unread(path) := {"field": "/preview", "why": verdict.why("the registry at a preview api-version", as_read)} if {
	not is_object(as_read)
} else := {
	"field": pointer.join(array.concat(["preview"], path)),
	"why": verdict.why(registry.spoken(path), setting(path)),
}
