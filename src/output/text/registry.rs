//! The block of one registry: a heading, its file once, a line or two a finding, and what mends them.

use std::fmt::Write as _;

use anstyle::Style;
use serde_json::Value;

use super::super::report::sentence::{sentence, whole};
use super::super::report::standing::{Standing, phrases};
use super::super::report::{Report, grouping};
use super::super::visible;
use super::entries::{Entry, entries, line_of};
use super::excerpt;
use super::options::{TextOptions, Verbosity};
use super::paint::{BOLD, DIM, Terminal, UNKNOWN, severity_style, wrap};
use crate::model::finding::{BaselineState, Finding, Location, ResultKind, ScopeName};

/// Where sentences begin: two blanks, the longest severity, a blank.
pub const INDENT: usize = 11;

/// What blocks are rendered with.
#[derive(Clone, Copy)]
pub struct Blocks<'a> {
    pub report: &'a Report,
    pub options: &'a TextOptions,
    pub terminal: Terminal,
}

impl Blocks<'_> {
    /// The heading and these findings of a registry.
    pub fn registry(self, text: &mut String, standing: &Standing, findings: &[&Finding]) {
        self.heading(text, standing);
        match standing.registry.scope {
            ScopeName::Subscription(_) => {
                self.file(text, standing, findings);
                match self.options.fix || self.options.verbosity == Verbosity::Verbose {
                    true => findings.iter().for_each(|finding| self.finding(text, finding)),
                    false => entries(findings).iter().for_each(|entry| self.grouped(text, entry)),
                }
                self.fix_hint(text, standing, findings);
            }
            ScopeName::Source => {
                let _ = writeln!(text, "{}", self.terminal.paint(DIM, &visible(&standing.registry.resource)));
                self.source(text, findings);
            }
        }
        text.push('\n');
    }

    fn heading(self, text: &mut String, standing: &Standing) {
        let registry = standing.registry;
        let name = visible(&registry.name);
        let facts: Vec<_> = [&registry.sku, &registry.location].into_iter().filter(|fact| !fact.is_empty()).collect();
        let facts = facts.iter().map(|fact| visible(fact)).collect::<Vec<_>>().join(", ");
        let facts = [facts].into_iter().filter(|facts| !facts.is_empty());
        let rest = facts.chain(phrases(&registry.exposure)).collect::<Vec<_>>().join(" · ");
        let lines = wrap(&format!("{name}  {rest}"), self.terminal.width);
        for (index, line) in lines.iter().enumerate() {
            let _ = match line.strip_prefix(name.as_ref()).filter(|_| index == 0) {
                Some(rest) => writeln!(text, "{}{rest}", self.terminal.paint(BOLD, &name)),
                None => writeln!(text, "  {line}"),
            };
        }
    }

    /// The registry's file where it has one, else its id.
    fn file(self, text: &mut String, standing: &Standing, findings: &[&Finding]) {
        let path = findings.iter().find_map(|finding| match &finding.location {
            Location::File { path, .. } => Some(path.as_str()),
            _ => None,
        });
        let line = match path {
            Some(path) => self.terminal.link(&file_address(path), &self.fitted(&visible(path))),
            None => visible(&standing.registry.resource).into_owned(),
        };
        let _ = writeln!(text, "{}", self.terminal.paint(DIM, &line));
    }

    /// Where a click opens it, a path may lack its middle.
    fn fitted(self, path: &str) -> String {
        let length = path.chars().count();
        if !self.terminal.links || length <= self.terminal.width {
            return path.to_owned();
        }
        let half = self.terminal.width / 2 - 1;
        let head: String = path.chars().take(half).collect();
        let tail: String = path.chars().skip(length - half).collect();
        format!("{head}…{tail}")
    }

    fn grouped(self, text: &mut String, entry: &Entry) {
        let first = entry.findings[0];
        let after = visible(&entry.after()).into_owned();
        let tail = Tail { before: &new(first), policy: &first.policy, after: &after };
        self.entry(text, label(first), &entry.sentence(), tail);
    }

    fn finding(self, text: &mut String, finding: &Finding) {
        let is_verbose = self.options.verbosity == Verbosity::Verbose;
        let said = if is_verbose { whole(finding) } else { sentence(finding) };
        let line = line_of(finding).map(|line| format!(" :{line}")).unwrap_or_default();
        let tail = Tail { before: &new(finding), policy: &finding.policy, after: &line };
        self.entry(text, label(finding), &said, tail);
        if is_verbose {
            self.evidence(text, finding);
        }
        if is_verbose || self.options.fix {
            for command in &finding.fix {
                let _ = writeln!(text, "{:INDENT$}{} {}", "", self.terminal.paint(DIM, "fix"), visible(command));
            }
        }
    }

    /// A severity, a sentence, and at its end or below it the policy.
    pub fn entry(self, text: &mut String, (label, style): (&str, Style), said: &str, tail: Tail) {
        let lines = wrap(&visible(said), self.terminal.width - INDENT);
        self.lines(text, (label, style), lines, tail);
    }

    /// The same of lines that are not too long.
    pub fn lines(self, text: &mut String, (label, style): (&str, Style), mut lines: Vec<String>, tail: Tail) {
        let room = self.terminal.width - INDENT;
        let label = self.terminal.paint(style, &format!("{:<8}", label.to_uppercase()));
        let shown = format!("{}{}{}", tail.before, visible(tail.policy), tail.after);
        let length = textwrap::core::display_width(&shown);
        let last = lines.last().map_or(0, |line| textwrap::core::display_width(line));
        if last + 2 + length > room {
            lines.push(String::new());
        }
        if length > room {
            lines.pop();
            for (index, line) in lines.into_iter().chain(wrap(&shown, room)).enumerate() {
                let begin = if index == 0 { format!("  {label} ") } else { " ".repeat(INDENT) };
                let _ = writeln!(text, "{begin}{line}");
            }
            return;
        }
        let count = lines.len();
        for (index, line) in lines.iter().enumerate() {
            let begin = if index == 0 { format!("  {label} ") } else { " ".repeat(INDENT) };
            let end = match index + 1 == count {
                true => {
                    let blanks = room.saturating_sub(textwrap::core::display_width(line) + length);
                    format!("{}{}", " ".repeat(blanks), self.tail(tail))
                }
                false => String::new(),
            };
            let _ = writeln!(text, "{begin}{line}{end}");
        }
    }

    /// The policy leads to the page that explains it.
    fn tail(self, tail: Tail) -> String {
        let policy = self.report.policies.iter().find(|policy| policy.id == tail.policy);
        let page = policy.and_then(|policy| policy.metadata.related_resources.first());
        let shown = visible(tail.policy);
        let linked = page.map_or_else(|| shown.clone().into_owned(), |page| self.terminal.link(&page.url, &shown));
        self.terminal.paint(DIM, &format!("{}{linked}{}", tail.before, tail.after))
    }

    /// The property and what the policy saw, a line for each.
    fn evidence(self, text: &mut String, finding: &Finding) {
        let mut line = |name: &str, value: &str| {
            let shown = format!("{}: {}", visible(name), visible(value));
            let _ = writeln!(text, "{:INDENT$}{}", "", self.terminal.paint(DIM, &shown));
        };
        line("at", &grouping::property(finding));
        match &finding.evidence {
            Value::Object(members) => members.iter().for_each(|(name, value)| line(name, &value.to_string())),
            Value::Null => {}
            other => line("evidence", &other.to_string()),
        }
    }

    /// One command that mends what has commands.
    fn fix_hint(self, text: &mut String, standing: &Standing, findings: &[&Finding]) {
        let commands = findings.iter().map(|finding| finding.fix.len()).sum::<usize>();
        if commands == 0 || self.options.fix || self.options.verbosity == Verbosity::Verbose {
            return;
        }
        let command = self.options.fix_command(&standing.registry.name);
        let _ = writeln!(text, "  {:<8} {}", self.terminal.paint(DIM, "fix     "), visible(&command));
    }

    /// Source code shows what it says, one excerpt a place; what a value leaves open takes one line, for it leaves it open
    /// for many policies.
    fn source(self, text: &mut String, findings: &[&Finding]) {
        let fails = findings.iter().copied().filter(|finding| finding.kind == ResultKind::Fail);
        for at_one_place in grouping::at_one_place(grouping::alike(fails)) {
            let _ = writeln!(text, "\n{}", excerpt::render(self.report, &at_one_place, self.terminal.colour));
        }
        let reasons = grouping::unknown_reasons(findings.iter().copied());
        if !reasons.is_empty() {
            text.push('\n');
        }
        for group in reasons {
            let label = self.terminal.paint(UNKNOWN, "unknown");
            let (place, policies) = (grouping::location(group.first), group.policies.join(", "));
            let line = format!("{place}: {} ({policies})", group.reason);
            let _ = writeln!(text, "{label}: {}", visible(&line));
        }
    }
}

fn label(finding: &Finding) -> (&'static str, Style) {
    match finding.kind {
        ResultKind::Fail => (finding.severity.as_str(), severity_style(finding.severity)),
        ResultKind::Unknown => ("unknown", UNKNOWN),
    }
}

fn new(finding: &Finding) -> String {
    finding.baseline.and_then(BaselineState::label).map(|new| format!("{new} ")).unwrap_or_default()
}

/// What stands behind a sentence: the policy, and what is before and after it.
#[derive(Clone, Copy)]
pub struct Tail<'a> {
    pub before: &'a str,
    pub policy: &'a str,
    pub after: &'a str,
}

fn file_address(path: &str) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    format!("file://{}", here.join(path).display())
}
