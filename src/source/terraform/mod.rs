//! Terraform: plans, and `.tf` files.

mod address;
mod azapi;
mod choices;
pub mod config;
mod evaluate;
mod functions;
pub mod hcl;
mod module;
mod plan;
mod resource;
mod roots;
pub mod tree;
mod value;

use std::collections::BTreeSet;

use self::roots::Roots;
use super::code::{Found, Read};
use crate::service_tags::ServiceTags;

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
        planned.extend(plan.folder.as_deref().map(crate::source::path::normal));
    }
    roots.read(&planned, tags, &mut read);
    read
}
