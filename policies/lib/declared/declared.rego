# What is different about a registry that was read from source code: it may not exist yet, and some of it may not be
# known before it does.
package lib.declared

# The registry stands in source code.
yes if input.origin.kind in {"terraform", "arm", "bicep"}

# What is said of a value that is not there. Azure was not asked for it or did not answer; source code does not say it.
default not_read := "was not read"

not_read := "is not known" if yes

# The same of several.
default none_read := "were not read"

none_read := "are not known" if yes

# What is said of a value that is there and makes no sense.
default unreadable := "could not be read"

unreadable := "is not known" if yes

# Pointers to lists that may hold more than they show, and to properties whose null does not say that there is none.
pointers contains pointer if {
	is_array(input.partial)
	some pointer in input.partial
}

# Why a list that was read does not answer for what it does not show; undefined where it shows everything.
may_hold_more(pointer, why) := {"field": pointer, "why": why} if pointer in pointers
