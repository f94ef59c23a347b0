//! What source code declares, whatever the language: values with their places, and registries made of them.

mod default_locations;
mod elsewhere;
pub mod few_values;
mod json;
mod node;
mod open_object;
mod registry;
mod secrets;
mod spelling;
mod symbolic;
mod yaml;

pub use self::elsewhere::join_elsewhere;
pub use self::json::{json_of, jsonc_of, select, whole_file};
pub use self::node::{Node, NodeValue, Provenance, Span};
pub use self::open_object::{
    Members, doubt_of_members, is_marker, mark_perhaps, may_hold_others, open, overlay_unknown,
};
pub use self::registry::DeclaredRegistry;
pub use self::symbolic::{Segment, SymbolicText, is_symbolic, json_with_symbols, segments};
pub use self::yaml::{YamlDialect, YamlError, yaml_of};
