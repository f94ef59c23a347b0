# What ran in the registry of late, which is read on request only.
package lib.runs

import data.lib.firewall
import data.lib.ipv4
import data.lib.registry
import data.lib.verdict

# Not asked for, so what rests on it does not apply. A registry that was not read is unknown all the same.
not_asked if {
	is_object(registry.as_read)
	not "runs" in object.keys(input)
}

as_read := object.get(input, "runs", null)

# Why it answers nothing; undefined when it was read.
unread := {"field": "/runs", "why": verdict.why("the list of runs", as_read)} if not is_object(as_read)

# The runs without a task, and those of one; {} where there were none or none was read.
quick := tally(verdict.member(as_read, ["quick"]))

of_task(name) := tally(verdict.member(as_read, ["tasks", name]))

tally(value) := value if {
	is_object(value)
	is_number(value.count)
	is_number(value.succeeded)
	is_number(value.failed)
} else := {"count": 0, "succeeded": 0, "failed": 0}

# The same as evidence: null where nobody asked, or nothing was read.
told(tally) := tally if {
	is_object(as_read)
} else := null

# Nothing but failures: what ended, ended badly.
only_failures(tally) if {
	tally.failed > 0
	tally.succeeded == 0
}

# A run of the task succeeded after the registry and the task were last changed.
succeeds_as_it_is(name) if {
	success := verdict.member(of_task(name), ["last_success"])
	registry_changed := verdict.member(as_read, ["registry_changed"])
	task_changed := verdict.member(as_read, ["tasks_changed", name])
	is_string(success)
	is_string(registry_changed)
	is_string(task_changed)
	success > registry_changed
	success > task_changed
}

# A run without a task succeeded after the registry was last changed.
quick_succeeds_as_it_is if {
	success := verdict.member(quick, ["last_success"])
	registry_changed := verdict.member(as_read, ["registry_changed"])
	is_string(success)
	is_string(registry_changed)
	success > registry_changed
}

# "3 runs since 2026-10-28, 1 of them succeeded; the last ended as Failed on 2026-11-20T10:00:00Z".
summary(tally) := concat("; ", array.concat([counted(tally)], last(tally)))

counted(tally) := sprintf("%s%d %s since %s, of which %d succeeded", [
	at_least,
	tally.count,
	noun(tally.count),
	since,
	tally.succeeded,
])

default since := "the first that was read"

since := as_read.since if is_string(as_read.since)

default at_least := ""

at_least := "at least " if as_read.complete == false

noun(count) := "run" if {
	count == 1
} else := "runs"

last(tally) := [sprintf("the last one, of %s, is %s", [tally.last_time, tally.last_status])] if {
	is_string(verdict.member(tally, ["last_time"]))
	is_string(verdict.member(tally, ["last_status"]))
} else := []

# The last error, and the range of the region's tag that the refused address lies in.
error(tally) := error_beside(tally, service_tag)

default service_tag := {"id": null, "ipv4": []}

service_tag := firewall.service_tag

# The tag is handed in: on regorus' interpreter a condition that is another package's rule may take the wrong branch.
error_beside(tally, tag) := concat(" ", array.concat(
	[sprintf("The last error: %s", [tally.last_error])],
	refused(tally, tag_ranges(tally, tag), tag.id),
)) if {
	is_string(verdict.member(tally, ["last_error"]))
} else := ""

refused(tally, ranges, tag) := [sentence] if {
	count(ranges) > 0
	sentence := sprintf("The address %s lies in %s of %s.", [tally.refused_address, ranges[0], tag])
} else := []

tag_ranges(tally, tag) := [range |
	address := ipv4.range(verdict.member(tally, ["refused_address"]))
	some range in tag.ipv4
	within := ipv4.range(range)
	within.first <= address.first
	address.last <= within.last
]
