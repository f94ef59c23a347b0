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
mod state;
mod variants;

use std::collections::BTreeSet;

use self::reconcile::reconcile;
use self::roots::Roots;
use super::discover::SourceFiles;
use super::extraction::Extraction;
use crate::model::inventory::SkippedFile;
use crate::net::service_tags::ServiceTags;

/// Reads every configuration, and every plan beside it.
pub fn read(found: &SourceFiles, tags: &ServiceTags) -> Extraction {
    let loaded = Roots::load(found);
    let mut extraction = Extraction { gaps: loaded.tree.gaps.clone(), ..Extraction::default() };
    let replaced = loaded.tree.replaced.iter().cloned();
    extraction.skipped.extend(replaced.map(|(path, why)| SkippedFile::new(path, why)));
    let mut roots = loaded.read(tags);
    let mut known: BTreeSet<(String, String)> = BTreeSet::new();
    // Those that are named first: what they stand for is not compared with the others.
    let all = found.plans.iter().map(|path| (path, false)).chain(found.states.iter().map(|path| (path, true)));
    let (named, others): (Vec<_>, Vec<_>) = all.partition(|(path, _)| found.named.contains(*path));
    let named = named.into_iter().map(|one| (one, true));
    for ((path, is_state), is_named) in named.chain(others.into_iter().map(|one| (one, false))) {
        let mut plan = match is_state {
            true => state::read_state(path, &loaded.tree, tags),
            false => plan::read_plan(path, &loaded.tree, tags),
        };
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
