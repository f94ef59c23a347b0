//! Subscriptions that show nothing where an earlier scan saw registries: an identity that lost its role sees the same.

use std::collections::BTreeSet;

use super::baseline::Baseline;
use crate::model::finding::ScopeName;
use crate::model::inventory::{Gap, Inventory, Part, ScanScope};

/// What each subscription that shows nothing is told by. `left_out` are those that were not to be read, where all that
/// the identity sees were asked for: then one that the baseline knows and nobody left out is missing.
pub fn find(inventory: &Inventory, baseline: &Baseline, left_out: Option<&BTreeSet<String>>) -> Vec<Gap> {
    let mut gaps = Vec::new();
    for (subscription, registries) in baseline.registries() {
        let name = ScopeName::Subscription(subscription.clone());
        let count = match registries.len() {
            1 => "1 registry".to_owned(),
            count => format!("{count} registries"),
        };
        let advice =
            "An identity that lost its role sees the same. Give it Reader, or take it for true with --allow-empty.";
        let reason = match inventory.scopes.iter().find(|scope| scope.name == name) {
            Some(scope) if !scope.complete => continue,
            Some(scope) => {
                let shows = inventory.registries.iter().any(|record| record.scope == name);
                if shows || !registries.iter().any(|id| scope.covers(id)) {
                    continue;
                }
                format!("Azure lists none, and the baseline has results of {count}. {advice}")
            }
            None if left_out.is_some_and(|ids| !ids.contains(&subscription)) => {
                format!("the identity does not see the subscription, and the baseline has results of {count}. {advice}")
            }
            None => continue,
        };
        gaps.push(Gap { scope: name, resource: None, part: Part::AnyRegistry, location: None, reason });
    }
    gaps
}

/// Their lists are not taken for read.
pub fn record(gaps: Vec<Gap>, inventory: &mut Inventory) {
    for gap in gaps {
        match inventory.scopes.iter_mut().find(|scope| scope.name == gap.scope) {
            Some(scope) => scope.complete = false,
            None => inventory.scopes.push(ScanScope { name: gap.scope.clone(), complete: false, only: Vec::new() }),
        }
        inventory.gaps.push(gap);
    }
    inventory.sort();
}
