//! What a source hands over.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::inventory::Inventory;
use crate::net::service_tags::ServiceTags;

/// What a source read.
#[derive(Debug, Default)]
pub struct Collected {
    /// Registries, scopes and gaps.
    pub inventory: Inventory,
    /// The service tags that the source brought with it, where it did.
    pub service_tags: Option<ServiceTags>,
    /// Subscriptions that were not read for a reason that was asked for, by id, and a sentence on each.
    pub left_out: BTreeMap<String, String>,
    /// What else is worth knowing: sentences for the user.
    pub remarks: Vec<String>,
    /// Registries that were listed, and not read once more.
    pub kept: BTreeSet<String>,
    /// How far Azure's clock is ahead of this machine's, in seconds.
    pub clock_skew: i64,
    /// Why the source brought no service tags although it was asked to: a sentence for the user.
    pub service_tags_refused: Option<String>,
}
