# JSON pointers (RFC 6901) into the input document.
package lib.pointer

# Segments may come from data, so `~` and `/` in them are escaped.
join(segments) := concat("", [sprintf("/%s", [escape(segment)]) | some segment in segments])

escape(segment) := replace(replace(segment, "~", "~0"), "/", "~1") if is_string(segment)

escape(segment) := sprintf("%d", [segment]) if is_number(segment)
