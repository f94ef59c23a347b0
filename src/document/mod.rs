//! What a policy sees of a registry.

pub mod export;
pub mod input;
pub mod registry;
