//! Terraform: plans, and `.tf` files.

mod address;
pub mod config;
mod evaluate;
pub mod hcl;
pub mod modules;
mod plan;
mod resource;
mod roots;
mod variants;

use std::collections::BTreeSet;

use self::roots::Roots;
use super::{Found, Read};
use crate::net::service_tags::ServiceTags;

/// Reads every plan, and every configuration that no plan was made of.
pub fn read(found: &Found, tags: &ServiceTags) -> Read {
    let mut read = Read::default();
    let mut planned = BTreeSet::new();
    let roots = Roots::load(found);
    for path in &found.plans {
        let plan = plan::read_plan(path, &roots.tree, tags);
        read.registries.extend(plan.registries);
        read.gaps.extend(plan.gaps);
        read.taken.extend(plan.taken);
        read.left.extend(plan.left);
        planned.extend(plan.folder.as_deref().map(crate::model::path::normalize));
    }
    roots.read(&planned, tags, &mut read);
    read
}
