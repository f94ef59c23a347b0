//! Terraform: plans, and `.tf` files.

mod address;
mod azapi;
pub mod config;
mod evaluate;
mod functions;
pub mod hcl;
mod module;
mod plan;
mod resource;
pub mod tree;
mod value;

use super::code::{Found, Read};
use crate::service_tags::ServiceTags;

/// Reads every plan, and every configuration that no plan was made of.
pub fn read(_found: &Found, _tags: &ServiceTags) -> Read {
    Read::default()
}
