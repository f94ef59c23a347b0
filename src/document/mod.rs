//! What a policy sees of a registry.

pub mod export;
pub mod input;
pub mod registry;

/// The version of registry documents and of the input document, which is made of one.
pub const SCHEMA_VERSION: u64 = 1;

/// The top-level members that the input document may have. `policies/input.schema.json` says what each holds.
pub const INPUT_MEMBERS: [&str; 16] = [
    "schema_version",
    "registry",
    "tasks",
    "agent_pools",
    "role_assignments",
    "role_definitions",
    "usages",
    "task_credentials",
    "task_needs",
    "preview",
    "runs",
    "network",
    "firewall",
    "service_tag",
    "origin",
    "partial",
];

/// What ARM has at the top of a registry. A property that is absent may be pointed at; a word that is none may not.
pub const REGISTRY_MEMBERS: [&str; 10] =
    ["id", "name", "type", "location", "tags", "sku", "identity", "properties", "systemData", "etag"];
