//! Comments that waive: `acrscan:ignore <policy> <reason>`, on or above a line that the finding shows, the line that
//! opens the block it stands in, or the call of the module that makes it.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use chrono::NaiveDate;

use super::super::coverage::Coverage;
use super::comments::{Comments, Holds, comments, is_json};
use super::configured::declared;
use super::written::{self, MARK, Written};
use super::{WaiverRemark, members, nearest};
use crate::model::finding::{Finding, Location, Related, ScopeName, Waived};
use crate::model::inventory::{Declaration, SourceLocation};
use crate::model::text_file::TextFile;

/// One policy that one comment waives.
pub struct Ignore {
    pub policy: String,
    pub reason: String,
    expires: Option<NaiveDate>,
    approved_by: Option<String>,
    key: Option<String>,
    /// The comment's own line.
    pub line: u32,
    /// The lines that it is for.
    pub covers: Vec<RangeInclusive<u32>>,
    used: bool,
}

/// A file with comments that waive.
pub struct Commented<'a> {
    found: Comments<'a>,
    is_json: bool,
    pub ignores: Vec<Ignore>,
}

/// Marks the findings that comments waive, and tells of comments that do nothing.
pub fn apply(
    findings: &mut [Finding],
    coverage: &Coverage<'_>,
    known: &BTreeSet<String>,
    today: NaiveDate,
) -> Vec<WaiverRemark> {
    let declarations = declared(coverage);
    let mut remarks = Vec::new();
    let mut commented: BTreeMap<String, Commented<'_>> = BTreeMap::new();
    for file in files(declarations.values().copied()) {
        if let Some(read) = read(file, known, &mut remarks) {
            commented.insert(file.path.clone(), read);
        }
    }
    if commented.is_empty() {
        return remarks;
    }
    for finding in findings.iter_mut().filter(|finding| finding.scope == ScopeName::Source) {
        let declaration = declarations.get(finding.resource.as_str()).copied();
        let mut waived = None;
        for (path, line) in shown(finding, declaration) {
            let Some(Commented { found, is_json, ignores }) = commented.get_mut(&path) else { continue };
            let lines = lines(found, *is_json, line, start_in(declaration, &path));
            for ignore in ignores.iter_mut().filter(|ignore| ignore.is_about(finding)) {
                if lines.iter().any(|line| ignore.covers.iter().any(|covered| covered.contains(line))) {
                    ignore.used = true;
                    if ignore.expires.is_none_or(|last| last >= today) {
                        waived.get_or_insert_with(|| ignore.waived(&path));
                    }
                }
            }
        }
        finding.waived = finding.waived.take().or(waived);
    }
    for (path, Commented { ignores, .. }) in &commented {
        for ignore in ignores {
            if let Some(message) = ignore.remark(path, findings, &declarations, coverage, today) {
                remarks.push(WaiverRemark { path: path.clone(), line: ignore.line, message });
            }
        }
    }
    remarks
}

/// The places that a finding shows: its own, those where the value is used or the module is called, and the head of its
/// resource with the calls that make it.
fn shown(finding: &Finding, declaration: Option<&Declaration>) -> Vec<(String, u32)> {
    let place = |file: &TextFile, line: u32| (file.path.clone(), line);
    let own = match &finding.location {
        Location::Source { file, region } => Some(place(file, region.start_line)),
        Location::File { .. } | Location::Live => None,
    };
    let related = |related: &Related| place(&related.file, related.region.start_line);
    let block = declaration.map(|declaration| &declaration.block);
    own.into_iter()
        .chain(finding.related.iter().map(related))
        .chain(block.map(|block| place(&block.file, block.region.start_line)))
        .chain(block.into_iter().flat_map(|block| &block.related).map(related))
        .collect()
}

/// A line, and those on which the blocks open that it stands in: up to the resource, or to the outermost of the file.
fn lines(found: &Comments<'_>, is_json: bool, line: u32, resource: Option<u32>) -> Vec<u32> {
    let mut openers: Vec<u32> = found.openers(line).collect();
    // The outermost bracket of JSON is the whole file.
    if is_json && openers.len() == found.openers(line).count() {
        openers.pop();
    }
    let within = resource.filter(|start| line >= *start && (line == *start || openers.contains(start)));
    openers.retain(|opener| within.is_none_or(|start| *opener >= start));
    openers.push(line);
    openers
}

/// The line of a file on which the resource's block starts.
fn start_in(declaration: Option<&Declaration>, path: &str) -> Option<u32> {
    let block = &declaration?.block;
    (block.file.path == path).then_some(block.region.start_line)
}

/// The files that have anything to do with a registry; by path.
fn files<'a>(declarations: impl Iterator<Item = &'a Declaration>) -> impl Iterator<Item = &'a TextFile> {
    let mut files: BTreeMap<&str, &TextFile> = BTreeMap::new();
    for declaration in declarations {
        for SourceLocation { file, related, .. } in
            std::iter::once(&declaration.block).chain(declaration.properties.values())
        {
            for file in std::iter::once(file).chain(related.iter().map(|related| &related.file)) {
                files.entry(&file.path).or_insert(file);
            }
        }
    }
    files.into_values()
}

/// One comment: its line, its text, and the lines that it is for.
type Placed<'a> = (u32, &'a str, Vec<RangeInclusive<u32>>);

pub fn read<'a>(
    file: &'a TextFile,
    known: &BTreeSet<String>,
    remarks: &mut Vec<WaiverRemark>,
) -> Option<Commented<'a>> {
    // Whoever publishes a module accepts nothing for whoever uses it. Most files have none, and are not taken apart.
    if file.is_foreign || !mentions(&file.text) {
        return None;
    }
    let found = comments(file);
    let is_json = is_json(&file.path);
    let mut placed: Vec<Placed<'_>> = Vec::with_capacity(found.lines.len());
    // What is said in one block of comments is for the same lines.
    let mut block: Option<RangeInclusive<u32>> = None;
    for &(line, text) in &found.lines {
        let is_comment = found.holds.get(line as usize - 1) == Some(&Holds::Comment);
        let covers = match block.filter(|block| is_comment && block.contains(&line)) {
            Some(block) => line..=*block.end(),
            None => covers(file, &found, line),
        };
        block = Some(covers.clone());
        placed.push((line, text, vec![covers]));
    }
    if is_json {
        let members = members::comments(&file.text, &found);
        placed.extend(members.into_iter().map(|member| {
            (member.line, member.text, vec![covers(file, &found, member.line), member.object..=member.object])
        }));
    }
    let mut ignores = Vec::new();
    for (line, text, covers) in placed {
        let text = text.trim_start_matches(['#', '/', '*', ' ', '\t']);
        let mut remark = |message: String| remarks.push(WaiverRemark { path: file.path.clone(), line, message });
        let Written { policies, reason, expires, approved_by, key } = match written::read(text) {
            None => continue,
            Some(Ok(written)) => written,
            Some(Err(message)) => {
                remark(message);
                continue;
            }
        };
        for policy in policies {
            if known.contains(policy) {
                ignores.push(Ignore {
                    policy: policy.to_owned(),
                    reason: reason.clone(),
                    expires,
                    approved_by: approved_by.clone(),
                    key: key.clone(),
                    line,
                    covers: covers.clone(),
                    used: false,
                });
            } else {
                let nearest = nearest(policy, known).join(", ");
                let policy: String = policy.chars().take(100).collect();
                remark(format!("no policy has the id {policy:?}, so nothing is ignored; the nearest are {nearest}"));
            }
        }
    }
    Some(Commented { found, is_json, ignores })
}

/// Whether a text may hold a comment of ours, or one that was meant to be.
fn mentions(text: &str) -> bool {
    let name = &MARK.as_bytes()[..MARK.len() - 1];
    text.as_bytes().windows(name.len()).any(|window| window.eq_ignore_ascii_case(name))
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

impl Ignore {
    fn is_about(&self, finding: &Finding) -> bool {
        self.policy == finding.policy && (self.key.is_none() || self.key == finding.key)
    }

    fn waived(&self, path: &str) -> Waived {
        Waived {
            reason: self.reason.clone(),
            expires: self.expires.map(|day| day.to_string()),
            approved_by: self.approved_by.clone(),
            in_source: true,
            path: path.to_owned(),
            line: self.line,
        }
    }

    /// What there is to say of it: that it has expired, or hides nothing although this scan would have seen what it is for.
    fn remark(
        &self,
        path: &str,
        findings: &[Finding],
        declarations: &BTreeMap<&str, &Declaration>,
        coverage: &Coverage<'_>,
        today: NaiveDate,
    ) -> Option<String> {
        let whose = format!("the comment that ignores {}", self.policy);
        if let Some(day) = self.expires.filter(|day| *day < today) {
            return Some(match self.used {
                true => format!("{whose} expired on {day}: what it waived counts again"),
                false => format!("{whose} expired on {day}: renew it or remove it"),
            });
        }
        let source = ScopeName::Source;
        let seen = coverage.ran(&self.policy) && coverage.whole(&source);
        if self.used || !seen || coverage.blind(&self.policy, Some(&source), |_| true) {
            return None;
        }
        let of_policy = || {
            findings
                .iter()
                .filter(|finding| finding.scope == source && finding.policy == self.policy && finding.waived.is_none())
        };
        let is_near = |finding: &&Finding| {
            let declaration = declarations.get(finding.resource.as_str()).copied();
            shown(finding, declaration).iter().any(|(shown, _)| shown == path)
        };
        let Some(finding) = of_policy().find(is_near) else {
            return Some(format!("{whose} matches nothing any more: remove it"));
        };
        let place = match &finding.location {
            Location::Source { file, region } => format!("{}:{}", file.path, region.start_line),
            Location::File { .. } | Location::Live => finding.name.clone(),
        };
        Some(match &self.key {
            Some(key) if of_policy().any(|finding| is_near(&finding) && finding.key.as_ref() != Some(key)) => {
                format!("{whose} hides nothing: no finding there has the key {key:?}; one stands at {place}")
            }
            _ => format!("{whose} hides nothing: the finding stands at {place}; put the comment there"),
        })
    }
}
