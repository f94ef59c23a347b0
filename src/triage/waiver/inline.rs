//! Comments that waive: `acrscan:ignore <policy> <reason>`, on the line that a finding or its resource starts on, or
//! above it.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use super::super::coverage::Coverage;
use super::comments::{Comments, Holds, comments};
use super::{WaiverRemark, nearest};
use crate::model::finding::{Finding, Location, ScopeName, Waived};
use crate::model::inventory::{Declaration, Origin};
use crate::model::text_file::TextFile;

/// What a comment begins with.
const MARK: &str = "acrscan:";

/// One policy that one comment waives.
struct Ignore<'a> {
    policy: &'a str,
    reason: &'a str,
    /// The comment's own line.
    line: u32,
    /// The lines that it is for.
    covers: RangeInclusive<u32>,
    used: bool,
}

/// Marks the findings that comments waive, and tells of comments that do nothing.
pub fn apply(findings: &mut [Finding], coverage: &Coverage<'_>, known: &BTreeSet<String>) -> Vec<WaiverRemark> {
    let declarations = declarations(coverage);
    let mut remarks = Vec::new();
    let mut ignores: BTreeMap<&str, Vec<Ignore<'_>>> = BTreeMap::new();
    for file in files(declarations.values().copied()) {
        let read = read(file, known, &mut remarks);
        if !read.is_empty() {
            ignores.insert(&file.path, read);
        }
    }
    if ignores.is_empty() {
        return remarks;
    }
    for finding in findings.iter_mut().filter(|finding| finding.scope == ScopeName::Source) {
        let own = match &finding.location {
            Location::Source { file, region } => Some((file.path.as_str(), region.start_line)),
            Location::File { .. } | Location::Live => None,
        };
        let block = declarations.get(finding.resource.as_str()).map(|declaration| &declaration.block);
        let block = block.map(|block| (block.file.path.as_str(), block.region.start_line));
        let mut waived = None;
        for (path, line) in own.into_iter().chain(block) {
            for ignore in ignores.get_mut(path).into_iter().flatten() {
                if ignore.policy == finding.policy && ignore.covers.contains(&line) {
                    ignore.used = true;
                    waived.get_or_insert_with(|| ignore.waived(path));
                }
            }
        }
        finding.waived = finding.waived.take().or(waived);
    }
    for (path, ignores) in &ignores {
        remarks.extend(ignores.iter().filter(|ignore| ignore.is_stale(coverage)).map(|ignore| {
            let message = format!("the comment that ignores {} matches nothing any more: remove it", ignore.policy);
            WaiverRemark { path: (*path).to_owned(), line: ignore.line, message }
        }));
    }
    remarks
}

/// Where each resource of the source code is declared.
fn declarations<'a>(coverage: &Coverage<'a>) -> BTreeMap<&'a str, &'a Declaration> {
    let declared = coverage.inventory.registries.iter().filter_map(|record| match &record.origin {
        Origin::Source(declaration) => Some((record.id.as_str(), declaration.as_ref())),
        Origin::Azure | Origin::Snapshot { .. } => None,
    });
    declared.collect()
}

/// The files that have anything to do with a registry; by path.
fn files<'a>(declarations: impl Iterator<Item = &'a Declaration>) -> impl Iterator<Item = &'a TextFile> {
    let mut files: BTreeMap<&str, &TextFile> = BTreeMap::new();
    for declaration in declarations {
        for spot in std::iter::once(&declaration.block).chain(declaration.properties.values()) {
            files.entry(&spot.file.path).or_insert(&spot.file);
        }
    }
    files.into_values()
}

fn read<'a>(file: &'a TextFile, known: &BTreeSet<String>, remarks: &mut Vec<WaiverRemark>) -> Vec<Ignore<'a>> {
    let mut ignores = Vec::new();
    // Whoever publishes a module accepts nothing for whoever uses it. Most files have none, and are not taken apart.
    if file.is_foreign || !file.text.contains(MARK) {
        return ignores;
    }
    let found = comments(file);
    for &(line, text) in &found.lines {
        let text = text.trim_start_matches(['#', '/', '*', ' ', '\t']);
        let Some(rest) = text.strip_prefix(MARK) else { continue };
        let mut remark = |message: String| remarks.push(WaiverRemark { path: file.path.clone(), line, message });
        let (ids, reason) = match parse(rest) {
            Ok(parsed) => parsed,
            Err(message) => {
                remark(message.to_owned());
                continue;
            }
        };
        for policy in ids {
            if known.contains(policy) {
                let covers = covers(file, &found, line);
                ignores.push(Ignore { policy, reason, line, covers, used: false });
            } else {
                let nearest = nearest(policy, known).join(", ");
                remark(format!("no policy has the id {policy:?}, so nothing is ignored; the nearest are {nearest}"));
            }
        }
    }
    ignores
}

/// What follows the mark: the ids, joined by commas, and the reason.
fn parse(rest: &str) -> Result<(Vec<&str>, &str), &'static str> {
    let after = rest.strip_prefix("ignore").filter(|after| after.is_empty() || after.starts_with([' ', '\t']));
    let Some(mut reason) = after.map(str::trim) else {
        return Err("not understood, so nothing is ignored; write `acrscan:ignore <policy> <reason>`");
    };
    let mut ids = Vec::new();
    loop {
        let (word, others) = reason.split_once(char::is_whitespace).unwrap_or((reason, ""));
        ids.extend(word.split(',').filter(|id| !id.is_empty()));
        reason = others.trim_start();
        if !word.ends_with(',') && !reason.starts_with(',') {
            break;
        }
    }
    match (ids.is_empty(), reason.contains(char::is_alphanumeric)) {
        (true, _) => Err("names no policy, so nothing is ignored; write `acrscan:ignore <policy> <reason>`"),
        (_, false) => Err("needs a reason, and counts as none without; write `acrscan:ignore <policy> <reason>`"),
        _ => Ok((ids, reason)),
    }
}

/// The lines that a comment is for: its own where anything else stands there, else those down to the first that says
/// something. Other comments, decorators and opening brackets say nothing; an empty line ends the search.
fn covers(file: &TextFile, found: &Comments<'_>, line: u32) -> RangeInclusive<u32> {
    let holds = |line: u32| found.holds.get(line as usize - 1).copied().unwrap_or_default();
    let mut last = line;
    if holds(line) == Holds::Code {
        return line..=last;
    }
    while holds(last + 1) != Holds::Nothing {
        last += 1;
        let text = file.line(last).trim();
        let says_nothing = holds(last) == Holds::Comment || text.starts_with('@') || matches!(text, "{" | "[");
        if !says_nothing {
            break;
        }
    }
    line..=last
}

impl Ignore<'_> {
    fn waived(&self, path: &str) -> Waived {
        Waived {
            reason: self.reason.to_owned(),
            expires: None,
            approved_by: None,
            in_source: true,
            path: path.to_owned(),
            line: self.line,
        }
    }

    /// Whether it matches nothing, and this scan would have seen what it is for.
    fn is_stale(&self, coverage: &Coverage<'_>) -> bool {
        let source = ScopeName::Source;
        let seen = coverage.ran(self.policy) && coverage.whole(&source);
        !self.used && seen && !coverage.blind(self.policy, Some(&source), |_| true)
    }
}
