//! The text of a template: its JSON, and the expressions in it.

pub(crate) mod json;
pub(crate) mod node;
pub(crate) mod parser;
