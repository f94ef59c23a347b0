//! What a scan covered: whether something that is not among its findings would be, were it there. Nothing is called
//! gone that could not be seen.

use std::collections::BTreeSet;

use crate::model::finding::{Notification, ScopeName};
use crate::model::inventory::Inventory;

/// What a scan covered.
pub struct Coverage<'a> {
    /// What was read.
    pub inventory: &'a Inventory,
    /// What was not read, and what failed.
    notifications: Vec<Notification>,
    /// The ids of the policies that ran.
    policies: BTreeSet<&'a str>,
    /// The files and folders that were named, as a user would open them.
    paths: Vec<String>,
}

impl<'a> Coverage<'a> {
    /// Of what was read, by which policies, what the evaluation had to say of itself, and which paths were named.
    pub fn new(
        inventory: &'a Inventory,
        policies: impl IntoIterator<Item = &'a str>,
        failed: &[Notification],
        paths: Vec<String>,
    ) -> Coverage<'a> {
        let gaps = inventory.gaps.iter().map(|gap| gap.notification());
        Coverage {
            inventory,
            notifications: failed.iter().cloned().chain(gaps).collect(),
            policies: policies.into_iter().collect(),
            paths,
        }
    }

    /// Whether a policy ran.
    pub fn ran(&self, policy: &str) -> bool {
        self.policies.contains(policy)
    }

    /// Whether all of a scope was read, to its end.
    pub fn whole(&self, scope: &ScopeName) -> bool {
        self.inventory.scopes.iter().any(|read| read.name == *scope && read.complete && read.only.is_empty())
    }

    /// Whether a registry would have been read, were it there: its subscription was read to its end, all of it or a part
    /// that the registry is in.
    pub fn saw(&self, subscription: &ScopeName, registry: &str) -> bool {
        self.inventory.scopes.iter().any(|read| read.name == *subscription && read.complete && read.covers(registry))
    }

    /// Whether any subscription was read, and all that were named were read to their end.
    pub fn whole_azure(&self) -> bool {
        let mut subscriptions = self.inventory.scopes.iter().filter(|scope| scope.name != ScopeName::Source).peekable();
        subscriptions.peek().is_some() && subscriptions.all(|scope| scope.complete && scope.only.is_empty())
    }

    /// Whether all source code was read that was named, and a resource with this address would be in it.
    pub fn whole_source(&self, address: &str) -> bool {
        let below = |path: &String, root: &str| {
            path.is_empty()
                || root.strip_prefix(path.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let named = root(address).is_none_or(|root| self.paths.iter().any(|path| below(path, root)));
        named && self.whole(&ScopeName::Source)
    }

    /// Whether something that a policy needs of a resource was not read, or the policy failed there; in one scope, or in
    /// any.
    pub fn blind(&self, policy: &str, scope: Option<&ScopeName>, is_resource: impl Fn(&str) -> bool) -> bool {
        self.notifications.iter().any(|notification| {
            notification.policy.as_deref().is_none_or(|failed| failed == policy)
                && (scope.is_none() || notification.scope.is_none() || notification.scope.as_ref() == scope)
                && notification.resource.as_deref().is_none_or(&is_resource)
        })
    }
}

/// What an address of source code is relative to: what is before the first colon, unless that belongs to a key.
fn root(address: &str) -> Option<&str> {
    let (root, _) = address.split_once(':')?;
    (!root.contains(['[', '"', '*', '?'])).then_some(root)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::inventory::ScanScope;

    #[test]
    fn source_code_that_was_not_named_was_not_seen() {
        let scopes = vec![ScanScope { name: ScopeName::Source, complete: true, only: Vec::new() }];
        let inventory = Inventory { scopes, ..Inventory::default() };
        let seen = |path: &str, address: &str| {
            Coverage::new(&inventory, ["p"], &[], vec![path.to_owned()]).whole_source(address)
        };
        assert!(seen("infra", "infra/prod:a.b") && seen("infra/prod", "infra/prod:a.b") && seen("", "infra:a.b"));
        assert!(!seen("infra/test", "infra/prod:a.b") && !seen("infra/prod", "infra/production:a.b"));
        assert!(seen("infra", "a.b") && seen("infra", "a.b[\"x:y\"]"));
        let none = Inventory::default();
        assert!(!Coverage::new(&none, ["p"], &[], vec![String::new()]).whole_source("a.b"));
    }
}
