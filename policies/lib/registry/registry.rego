# The registry as ARM gave it: its name, its settings, and what the network settings add up to.
package lib.registry

import data.lib.pointer
import data.lib.verdict

# Empty when the registry was not read, so that every look-up in it answers null.
default arm := {}

arm := as_read if is_object(as_read)

as_read := object.get(input, "registry", null)

default name := null

name := input.registry.name if {
	is_string(input.registry.name)
	input.registry.name != ""
}

# How a message begins.
label := sprintf("Registry %s", [name]) if {
	name != null
} else := sprintf("Registry %s", [address]) if {
	address != null
} else := "This registry"

# Where it stands in source code, whose registries often have no name yet.
default address := null

address := input.origin.address if {
	is_string(input.origin.address)
	input.origin.address != ""
}

default id := null

id := input.registry.id if is_string(input.registry.id)

default subscription := null

subscription := parts[2] if {
	id != null
	parts := split(id, "/")
	lower(parts[1]) == "subscriptions"
	parts[2] != ""
}

setting(path) := object.get(arm, path, null)

# An enumeration's value in lower case (ARM's casing varies), or "unknown".
word(path, known) := value if {
	value := verdict.lower_or_undefined(setting(path))
	value in known
} else := "unknown"

flag(path) := verdict.of_boolean(setting(path))

# Why a setting of the registry answers nothing, and the field to look at.
unread(path) := {"field": "/registry", "why": verdict.why("the registry itself", as_read)} if {
	not is_object(as_read)
} else := {"field": pointer.join(array.concat(["registry"], path)), "why": verdict.why(spoken(path), setting(path))}

# ["properties", "networkRuleSet", "defaultAction"] is spoken of as networkRuleSet.defaultAction.
spoken(path) := concat(".", [segment | some segment in path; segment != "properties"])

sku_path := ["sku", "name"]

public_path := ["properties", "publicNetworkAccess"]

default_action_path := ["properties", "networkRuleSet", "defaultAction"]

bypass_path := ["properties", "networkRuleBypassAllowedForTasks"]

sku := word(sku_path, {"basic", "standard", "premium"})

public_access := word(public_path, {"enabled", "disabled"})

default_action := word(default_action_path, {"allow", "deny"})

# Only Premium has a firewall.
has_firewall := {"premium": "yes", "standard": "no", "basic": "no", "unknown": "unknown"}[sku]

enabled := {"enabled": "yes", "disabled": "no", "unknown": "unknown"}[public_access]

denies := {"deny": "yes", "allow": "no", "unknown": "unknown"}[default_action]

# The firewall's list decides who gets in: Enabled and Deny on a Premium registry.
selected := verdict.conjunction([enabled, denies, has_firewall])

# Everybody may connect. Disabled overrides the firewall, so Disabled and Allow is closed.
open := verdict.conjunction([enabled, verdict.negation(verdict.conjunction([denies, has_firewall]))])

# Closed to the public, or open to a list only. Basic and Standard cannot be, whatever their settings say: Azure refuses
# those.
restricted := "no" if {
	has_firewall == "no"
} else := verdict.negation(open)

# Nobody may connect but through private endpoints, or over a bypass.
closed := "no" if {
	has_firewall == "no"
} else := verdict.negation(enabled)

# The network settings that answer nothing, for the `unknown` side of a policy that rests on them.
network_unread contains unread(public_path) if public_access == "unknown"

network_unread contains unread(default_action_path) if default_action == "unknown"

network_unread contains unread(sku_path) if sku == "unknown"

mode_path := ["properties", "roleAssignmentMode"]

mode := word(mode_path, {"abacrepositorypermissions", "legacyregistrypermissions"})

# Repository permissions are attribute-based: AcrPush and AcrPull grant nothing there.
abac if mode == "abacrepositorypermissions"

login_server_path := ["properties", "loginServer"]

default login_server := null

login_server := setting(login_server_path) if is_string(setting(login_server_path))
