//! The run of a scope: which results are its.

use crate::model::finding::ScopeName;
use crate::model::registry_id::RegistryId;

/// Whether a result of the baseline is of a scope, by its resource's id.
pub fn is_of(resource: &str, scope: &ScopeName) -> bool {
    match (RegistryId::parse(resource), scope) {
        (Some(id), ScopeName::Subscription(subscription)) => id.subscription.eq_ignore_ascii_case(subscription),
        (None, ScopeName::Source) => true,
        _ => false,
    }
}
