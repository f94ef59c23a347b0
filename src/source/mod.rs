//! Where registries are read from. A new source is one file here, one variant and one `match` arm.

pub mod azure;
pub mod code;
mod collected;
pub mod snapshot;

pub use self::collected::Collected;
