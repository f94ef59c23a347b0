package lib.pointer_test

import data.lib.pointer

test_join if {
	pointer.join(["registry", "properties"]) == "/registry/properties"
	pointer.join(["tasks", 3, "identity"]) == "/tasks/3/identity"
	pointer.join([]) == ""
}

test_escape if pointer.join(["a/b", "c~d"]) == "/a~1b/c~0d"
