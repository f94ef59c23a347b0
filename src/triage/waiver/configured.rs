//! A waiver of `acrscan.toml`: which findings it matches, and whether it still does anything.

use chrono::NaiveDate;
use wildmatch::WildMatch;

use super::super::coverage::Coverage;
use super::{WaiverRemark, nearest};
use crate::config::{ConfigError, WaiverTable};
use crate::model::finding::{Finding, ResultKind, ScopeName, Waived};

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
    pub fn apply(&self, findings: &mut [Finding], coverage: &Coverage<'_>, today: NaiveDate) -> Option<WaiverRemark> {
        let table = &self.table;
        let expired = table.expires.filter(|last| *last < today);
        let mut matched = false;
        // Whether a finding that it is for may be behind a result that could not tell.
        let mut hidden = false;
        for finding in findings.iter_mut().filter(|finding| self.is_about(finding)) {
            if table.key.is_some() && table.key != finding.key {
                hidden |= finding.kind == ResultKind::Unknown;
                continue;
            }
            matched = true;
            if expired.is_none() && finding.waived.is_none() {
                finding.waived = Some(self.waived());
            }
        }
        let WaiverTable { policy, resource, .. } = table;
        let key = table.key.as_ref().map(|key| format!(", key {key}")).unwrap_or_default();
        let whose = format!("the waiver of {policy} for {resource}{key}");
        let message = match expired {
            Some(day) if matched => format!("{whose} expired on {day}: what it waived counts again"),
            Some(day) => format!("{whose} expired on {day}: renew it or remove it"),
            None if !matched && !hidden && self.would_show(coverage) => {
                format!("{whose} matches nothing any more: remove it")
            }
            None => return None,
        };
        Some(WaiverRemark { path: table.place.file.clone(), line: line(table), message })
    }

    fn is_about(&self, finding: &Finding) -> bool {
        let pattern = match finding.scope {
            ScopeName::Subscription(_) => &self.ignoring_case,
            ScopeName::Source => &self.exact,
        };
        let names = [&finding.resource, &finding.logical, &finding.name];
        finding.policy == self.table.policy && names.into_iter().any(|name| pattern.matches(name))
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

fn line(table: &WaiverTable) -> u32 {
    u32::try_from(table.place.line).unwrap_or(u32::MAX)
}
