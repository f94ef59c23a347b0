//! The run of a scope: its category, and which results are its.

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

/// What is before the last slash is the category by which GitHub tells uploads apart.
pub fn category(scope: &ScopeName, prefix: Option<&str>) -> String {
    let prefix = prefix.map(|prefix| prefix.trim_end_matches('/'));
    match scope {
        ScopeName::Subscription(id) => format!("{}/{id}/", prefix.unwrap_or("acrscan/live")),
        ScopeName::Source => format!("{}/", prefix.unwrap_or("acrscan/iac")),
    }
}
