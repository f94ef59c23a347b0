//! The commands, a file or folder each.

pub mod policies;
pub mod scan;
pub mod service_tags;
