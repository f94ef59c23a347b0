# Whether deleted images are kept for a while: a preview feature, which preview api-versions alone show.
package lib.soft_delete

import data.lib.declared
import data.lib.pointer
import data.lib.preview
import data.lib.registry
import data.lib.verdict

path := ["properties", "policies", "softDeletePolicy"]

status_path := array.concat(path, ["status"])

# Where it stands: in the registry, if its api-version shows it, else in the second read.
shown := "registry" if {
	registry.setting(path) != null
} else := "preview"

member(name) := verdict.member(registry.setting(path), [name]) if {
	shown == "registry"
} else := preview.setting(array.concat(path, [name]))

field(name) := pointer.join(array.concat([shown], array.concat(path, [name])))

status := word if {
	word := verdict.lower_or_undefined(member("status"))
	word in {"enabled", "disabled"}
} else := "unknown"

# Source code that says nothing of it is as good as a registry that was read without it.
default applies := false

applies if not preview.not_asked

applies if shown == "registry"

unread := registry.unread(status_path) if {
	shown == "registry"
} else := registry.unread(status_path) if {
	not preview_may_tell
} else := preview.unread(status_path)

preview_may_tell if {
	is_object(registry.as_read)
	not declared.yes
}
