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
use super::discover::SourceFiles;
use super::extraction::Extraction;
use crate::net::service_tags::ServiceTags;

/// Reads every plan, and every configuration that no plan was made of.
pub fn read(found: &SourceFiles, tags: &ServiceTags) -> Extraction {
    let mut extraction = Extraction::default();
    let mut planned = BTreeSet::new();
    let roots = Roots::load(found);
    for path in &found.plans {
        let plan = plan::read_plan(path, &roots.tree, tags);
        extraction.registries.extend(plan.registries);
        extraction.gaps.extend(plan.gaps);
        extraction.files_read.extend(plan.files_read);
        extraction.skipped.extend(plan.skipped);
        planned.extend(plan.folder.as_deref().map(crate::model::path::normalize));
    }
    roots.read(&planned, tags, &mut extraction);
    extraction
}
