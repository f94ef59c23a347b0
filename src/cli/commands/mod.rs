//! The commands, a file or folder each, with their arguments.

pub mod fix;
pub mod policies;
pub mod pull;
pub mod scan;
pub mod service_tags;
pub mod simulate;
pub mod test;
