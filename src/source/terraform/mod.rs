//! Terraform: plans, and `.tf` files.

mod address;
mod azapi;
mod plan;
mod resource;

use super::code::{Found, Read};
use crate::service_tags::ServiceTags;

/// Reads every plan, and every configuration that no plan was made of.
pub fn read(_found: &Found, _tags: &ServiceTags) -> Read {
    Read::default()
}
