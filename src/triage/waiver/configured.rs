//! A waiver of `acrscan.toml`: which findings it matches, and whether it still does anything.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use wildmatch::WildMatch;

use super::super::coverage::Coverage;
use super::{WaiverRemark, nearest};
use crate::config::{ConfigError, WaiverTable};
use crate::model::finding::{Finding, ResultKind, ScopeName, Waived};
use crate::model::inventory::{Declaration, Origin};
use crate::model::visible::cut;

/// So much of a pattern is shown.
const MAX_SHOWN: usize = 200;

/// A waiver whose policy exists.
#[derive(Debug)]
pub struct ConfiguredWaiver {
    table: WaiverTable,
    /// As source code has it: addresses tell letter case.
    exact: WildMatch,
    /// As ARM has it: ids and names do not.
    ignoring_case: WildMatch,
}

impl ConfiguredWaiver {
    /// # Errors
    /// No policy has the id.
    pub fn new(table: &WaiverTable, known: &[String]) -> Result<ConfiguredWaiver, ConfigError> {
        let WaiverTable { policy, policy_place, resource, .. } = table;
        if policy.contains(['*', '?']) {
            return Err(policy_place.refuses(format!(
                "a waiver names one policy, and {policy:?} is a pattern: write a waiver for each policy"
            )));
        }
        if !known.contains(policy) {
            let nearest = nearest(policy, known).join(", ");
            return Err(policy_place.refuses(format!(
                "no policy has the id {policy:?}; the nearest are {nearest}; `acrscan policies` lists all"
            )));
        }
        let (exact, ignoring_case) = (WildMatch::new(resource), WildMatch::new_case_insensitive(resource));
        Ok(ConfiguredWaiver { table: table.clone(), exact, ignoring_case })
    }

    /// Marks what it waives, and tells if it has expired or matches nothing.
    pub fn apply(
        &self,
        findings: &mut [Finding],
        coverage: &Coverage<'_>,
        declared: &BTreeMap<&str, &Declaration>,
        today: NaiveDate,
    ) -> Option<WaiverRemark> {
        let table = &self.table;
        let expired = table.expires.filter(|last| *last < today);
        let mut matched = false;
        // Whether a finding that it is for may be behind a result that could not tell.
        let mut hidden = false;
        // Findings of the policy whose key is another, or whose registry is.
        let mut other_key = None;
        for finding in findings.iter_mut().filter(|finding| self.is_about(finding, declared)) {
            if table.key.is_some() && table.key != finding.key {
                hidden |= finding.kind == ResultKind::Unknown;
                other_key = other_key.or_else(|| finding.key.clone());
                continue;
            }
            matched = true;
            if expired.is_none() && finding.waived.is_none() {
                finding.waived = Some(self.waived());
            }
        }
        let WaiverTable { policy, resource, .. } = table;
        let resource = cut(resource, MAX_SHOWN);
        let key = table.key.as_ref().map(|key| format!(", key {key}")).unwrap_or_default();
        let whose = format!("the waiver of {policy} for {resource}{key}");
        let message = match expired {
            Some(day) if matched => format!("{whose} expired on {day}: what it waived counts again"),
            Some(day) => format!("{whose} expired on {day}: renew it or remove it"),
            None if !matched && !hidden && self.would_show(coverage) => {
                match (other_key, self.names_any(coverage, declared)) {
                    (Some(key), _) => format!("{whose} hides nothing: the finding there has the key {key:?}"),
                    (None, true) => format!("{whose} matches nothing any more: the finding is gone; remove it"),
                    (None, false) => {
                        format!(
                            "{whose} matches nothing any more: no registry that was read has that name; mend it or remove it"
                        )
                    }
                }
            }
            None => return None,
        };
        Some(WaiverRemark { path: table.place.file.clone(), line: line(table), message })
    }

    fn is_about(&self, finding: &Finding, declared: &BTreeMap<&str, &Declaration>) -> bool {
        let pattern = match finding.scope {
            ScopeName::Subscription(_) => &self.ignoring_case,
            ScopeName::Source => &self.exact,
        };
        let names = [&finding.resource, &finding.logical, &finding.name];
        finding.policy == self.table.policy
            && (names.into_iter().any(|name| pattern.matches(name))
                || declared.get(finding.resource.as_str()).is_some_and(|declaration| self.names_declared(declaration)))
    }

    /// Whether it names a registry that source code declares by the name or the id that it has in Azure.
    fn names_declared(&self, declaration: &Declaration) -> bool {
        let Some(name) = &declaration.registry_name else { return false };
        if self.ignoring_case.matches(name) {
            return true;
        }
        // Of an id, source code has the name, and maybe the resource group; names are unique in all of Azure.
        let lower = self.table.resource.to_lowercase();
        let Some((before, own)) = lower.rsplit_once("/registries/") else { return false };
        let group = before.split_once("/resourcegroups/").map(|(_, rest)| rest.split('/').next().unwrap_or(rest));
        let same_group = match (group, &declaration.resource_group) {
            (Some(group), Some(declared)) => WildMatch::new(group).matches(&declared.to_lowercase()),
            _ => true,
        };
        same_group && WildMatch::new(own).matches(&name.to_lowercase())
    }

    /// Whether any registry that was read is one that it names.
    fn names_any(&self, coverage: &Coverage<'_>, declared: &BTreeMap<&str, &Declaration>) -> bool {
        let own_name = |id: &str| id.rsplit('/').next().unwrap_or(id).to_owned();
        let live = coverage.inventory.registries.iter().filter(|record| record.scope != ScopeName::Source);
        let mut live = live.map(|record| record.id.as_str());
        live.any(|id| self.ignoring_case.matches(id) || self.ignoring_case.matches(&own_name(id)))
            || declared.iter().any(|(id, declaration)| {
                let logical = declaration.logical.as_ref().unwrap_or(&declaration.address);
                self.names_declared(declaration)
                    || [id, logical.as_str(), declaration.address.as_str()]
                        .into_iter()
                        .any(|name| self.exact.matches(name))
            })
    }

    fn waived(&self) -> Waived {
        Waived {
            reason: self.table.reason.clone(),
            expires: self.table.expires.map(|day| day.to_string()),
            approved_by: self.table.approved_by.clone(),
            in_source: false,
            path: self.table.place.file.clone(),
            line: line(&self.table),
        }
    }

    /// Whether this scan would have seen what it is for.
    fn would_show(&self, coverage: &Coverage<'_>) -> bool {
        let resource = &self.table.resource;
        let lower = resource.to_lowercase();
        let read = match lower.strip_prefix("/subscriptions/").map(|rest| rest.split('/').next().unwrap_or(rest)) {
            Some(id) if !id.contains(['*', '?']) => coverage.whole(&ScopeName::Subscription(id.to_owned())),
            Some(_) => coverage.whole_azure(),
            // A pattern of ARM ids.
            None if lower.contains("/registries/") => coverage.whole_azure(),
            None => coverage.whole_source(resource),
        };
        read && coverage.ran(&self.table.policy)
            && !coverage.blind(&self.table.policy, None, |id| self.ignoring_case.matches(id))
    }
}

/// Where each registry of the source code is declared, by its id.
pub fn declared<'a>(coverage: &Coverage<'a>) -> BTreeMap<&'a str, &'a Declaration> {
    let declared = coverage.inventory.registries.iter().filter_map(|record| match &record.origin {
        Origin::Source(declaration) => Some((record.id.as_str(), declaration.as_ref())),
        Origin::Azure | Origin::Snapshot { .. } => None,
    });
    declared.collect()
}

fn line(table: &WaiverTable) -> u32 {
    u32::try_from(table.place.line).unwrap_or(u32::MAX)
}
