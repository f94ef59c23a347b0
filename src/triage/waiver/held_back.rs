//! Comments of a checkout that nobody accepted yet: they waive once they are in the commit that settings are taken from.

use std::collections::{BTreeMap, BTreeSet};

use super::super::coverage::Coverage;
use super::WaiverRemark;
use super::configured::declared;
use super::inline::{Ignore, read};
use crate::model::finding::{Finding, Location};
use crate::model::inventory::Declaration;
use crate::model::text_file::TextFile;

/// Takes back what comments waived that the accepted text of their file does not have for the same resource; tells of
/// each.
pub fn hold_back(
    findings: &mut [Finding],
    coverage: &Coverage<'_>,
    known: &BTreeSet<String>,
    accepted: &dyn Fn(&str) -> Option<String>,
) -> Vec<WaiverRemark> {
    let declarations = declared(coverage);
    let mut texts: BTreeMap<String, Option<TextFile>> = BTreeMap::new();
    let mut remarks = Vec::new();
    for finding in findings {
        let Some(waived) = finding.waived.as_ref().filter(|waived| waived.in_source) else { continue };
        let text = texts
            .entry(waived.path.clone())
            .or_insert_with(|| accepted(&waived.path).map(|text| TextFile::new(waived.path.as_str(), text)));
        let declaration = declarations.get(finding.resource.as_str()).copied();
        let head = declaration.map(|declaration| &declaration.block).filter(|block| block.file.path == waived.path);
        let head = head.map(|block| block.file.line(block.region.start_line));
        let own = file_of(finding, declaration, &waived.path);
        let is_same_comment = |ignore: &&Ignore| ignore.policy == finding.policy && ignore.reason == waived.reason;
        let holds = text.as_ref().zip(own).is_some_and(|(text, own)| {
            let accepted = read(text, known, &mut Vec::new()).map(|read| read.ignores).unwrap_or_default();
            let mut accepted = accepted.iter().filter(is_same_comment);
            if let Some(head) = head.filter(|head| head.contains(char::is_alphanumeric)) {
                return accepted.any(|ignore| is_of(text, ignore, head));
            }
            let here = read(own, known, &mut Vec::new()).map(|read| read.ignores).unwrap_or_default();
            let here = here.iter().filter(is_same_comment).find(|ignore| ignore.line == waived.line);
            let lines: Vec<&str> =
                here.iter().flat_map(|ignore| &ignore.covers).map(|to| own.line(*to.end())).collect();
            // What is said of one line is not said of a copy of it.
            let is_known = |line: &&str| {
                count(own, line) <= count(text, line)
                    && accepted.clone().flat_map(|ignore| &ignore.covers).any(|to| is_same(text.line(*to.end()), line))
            };
            lines.iter().any(is_known)
        });
        if !holds {
            remarks.push(WaiverRemark {
                path: waived.path.clone(),
                line: waived.line,
                message: format!("the comment that ignores {}: {}", finding.policy, waived.reason),
            });
            finding.waived = None;
        }
    }
    remarks.sort();
    remarks.dedup();
    remarks
}

/// The file of this path that a finding, or what it is about, has to do with.
fn file_of<'a>(finding: &'a Finding, declaration: Option<&'a Declaration>, path: &str) -> Option<&'a TextFile> {
    let own = match &finding.location {
        Location::Source { file, .. } => Some(file.as_ref()),
        Location::File { .. } | Location::Live => None,
    };
    let block = declaration.map(|declaration| &declaration.block);
    let called = block.into_iter().flat_map(|block| &block.related).map(|related| related.file.as_ref());
    own.into_iter()
        .chain(finding.related.iter().map(|related| related.file.as_ref()))
        .chain(block.map(|block| block.file.as_ref()))
        .chain(called)
        .find(|file| file.path == path)
}

/// Whether a comment stands at the head of a block, or within it: down to the next line that is indented no further.
fn is_of(text: &TextFile, ignore: &Ignore, head: &str) -> bool {
    let lines = u32::try_from(text.text.lines().count()).unwrap_or(u32::MAX);
    let indent = |line: &str| line.len() - line.trim_start().len();
    (1..=lines).filter(|&start| is_same(text.line(start), head)).any(|start| {
        let ends = |number: &u32| {
            let line = text.line(*number);
            !line.trim().is_empty()
                && indent(line) <= indent(text.line(start))
                && !line.trim().starts_with(['}', ')', ']'])
        };
        let end = (start + 1..=lines).find(ends).unwrap_or(lines + 1);
        let covers = &ignore.covers;
        covers.iter().any(|covered| covered.contains(&start))
            || (start < ignore.line && ignore.line < end && covers.iter().all(|covered| *covered.end() < end))
    })
}

fn count(file: &TextFile, line: &str) -> usize {
    file.text.lines().filter(|other| is_same(other, line)).count()
}

fn is_same(one: &str, other: &str) -> bool {
    one.trim() == other.trim()
}
