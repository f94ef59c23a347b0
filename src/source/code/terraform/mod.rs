//! Terraform: plans, and `.tf` files.

mod address;
pub mod config;
mod evaluate;
pub mod hcl;
pub mod modules;
mod plan;
mod reconcile;
mod resource;
mod roots;
mod variants;

use std::collections::BTreeSet;

use self::reconcile::reconcile;
use self::roots::Roots;
use super::discover::SourceFiles;
use super::extraction::Extraction;
use crate::net::service_tags::ServiceTags;

/// Reads every configuration, and every plan beside it.
pub fn read(found: &SourceFiles, tags: &ServiceTags) -> Extraction {
    let loaded = Roots::load(found);
    let mut extraction = Extraction { gaps: loaded.tree.gaps.clone(), ..Extraction::default() };
    let mut roots = loaded.read(tags);
    let mut known: BTreeSet<(String, String)> = BTreeSet::new();
    // Those that are named first: what they stand for is not compared with the others.
    let (named, others): (Vec<_>, Vec<_>) = found.plans.iter().partition(|path| found.named.contains(*path));
    for (path, is_named) in
        named.into_iter().map(|path| (path, true)).chain(others.into_iter().map(|path| (path, false)))
    {
        let mut plan = plan::read_plan(path, &loaded.tree, tags);
        reconcile(path, is_named, &mut plan, &mut roots);
        for registry in &mut plan.registries {
            // Two plans of one folder.
            if !known.insert((registry.root.clone(), registry.address.clone())) {
                registry.root = crate::model::path::display_path(path);
            }
        }
        extraction.add(Extraction {
            registries: plan.registries,
            gaps: plan.gaps,
            files_read: plan.files_read.into_iter().collect(),
            skipped: plan.skipped,
        });
    }
    roots.into_iter().for_each(|root| extraction.add(root.extraction));
    extraction
}
