//! Bounds of the work, and where a value stands once an attribute has it.

use super::super::hcl::ByteSpan;
use super::Evaluator;
use crate::model::file_gap::FileGap;
use crate::model::limits;
use crate::model::path::display_path;
use crate::source::code::declared::{Node, NodeValue, Span};

/// Steps of evaluation for one configuration: enough for ten thousand registries, and a matter of seconds.
const MAX_STEPS: u64 = 10_000_000;

/// How deep evaluation goes: expressions within one another, and from value to value by reference.
const MAX_DEPTH: usize = 4_000;

/// How deep a value may be: a document that is read as JSON holds 128 levels.
const MAX_VALUE_DEPTH: usize = 100;

/// How many values one value may consist of.
const MAX_VALUES: usize = 100_000;

/// How many places of use are kept of a value.
const MAX_USES: usize = 8;

impl Evaluator<'_> {
    /// Whether there are steps left to go one deeper.
    pub(super) fn enter(&mut self, span: ByteSpan) -> bool {
        if self.is_given_up {
            return false;
        }
        self.steps += 1;
        if self.steps > MAX_STEPS {
            let what = "the configuration takes too many steps to evaluate; name fewer folders at once";
            let root = display_path(self.instances[0].folder);
            self.gaps.insert(FileGap::new(root, what));
            return false;
        }
        if self.depth >= MAX_DEPTH {
            let span = self.span(span).position();
            self.gaps
                .insert(FileGap::new(span, format!("values refer to one another over more than {MAX_DEPTH} steps")));
            return false;
        }
        self.depth += 1;
        true
    }

    /// Counts a value that was copied or made; false where there is no room for it.
    pub(super) fn may_hold(&mut self, node: &Node, span: ByteSpan) -> bool {
        let (mut values, mut bytes) = (0, 0);
        weigh(node, &mut values, &mut bytes);
        self.charge(values / 16 + bytes / 4096);
        if let Err(why) = limits::ask(values * size_of::<Node>() + bytes) {
            let span = self.span(span).position();
            self.gaps.insert(FileGap::new(span, format!("{why}; nothing more of this configuration is read")));
            self.is_given_up = true;
        }
        !self.is_given_up
    }

    pub(super) fn leave(&mut self) {
        self.depth -= 1;
    }

    /// Counts work that is no evaluation of an expression.
    pub(super) fn charge(&mut self, steps: usize) {
        self.steps = self.steps.saturating_add(steps as u64);
    }

    /// The value of an attribute: a literal stands where the whole attribute stands, what comes from elsewhere is used
    /// there.
    pub(super) fn attribute_value(&mut self, mut node: Node, attribute: ByteSpan) -> Node {
        let span = self.span(attribute);
        let mut count = 0;
        if !fits(&node, MAX_VALUE_DEPTH, &mut count) {
            self.gaps.insert(FileGap::new(span.position(), "the value is too large or too deep to be read"));
            node = Node::unknown("The value is too large or too deep to be read.");
        }
        self.charge(count);
        if node.provenance.span.as_ref().is_some_and(|own| is_within(own, &span)) {
            node.provenance.span = Some(span.clone());
        }
        used_at(&mut node, &span);
        node
    }
}

/// How many values there are, and how many bytes of text.
fn weigh(node: &Node, values: &mut usize, bytes: &mut usize) {
    *values += 1;
    match &node.value {
        NodeValue::List(items) => items.iter().for_each(|item| weigh(item, values, bytes)),
        NodeValue::Object(members) => members.iter().for_each(|(name, member)| {
            *bytes += name.len();
            weigh(member, values, bytes);
        }),
        NodeValue::String(text) => *bytes += text.len(),
        _ => {}
    }
}

fn is_within(inner: &Span, outer: &Span) -> bool {
    inner.start >= outer.start && inner.end <= outer.end && inner.file == outer.file
}

fn fits(node: &Node, depth_left: usize, count: &mut usize) -> bool {
    *count += 1;
    if depth_left == 0 || *count > MAX_VALUES {
        return false;
    }
    match &node.value {
        NodeValue::List(items) => items.iter().all(|item| fits(item, depth_left - 1, count)),
        NodeValue::Object(members) => members.iter().all(|(_, member)| fits(member, depth_left - 1, count)),
        NodeValue::String(text) => {
            *count += text.len() / 256;
            true
        }
        _ => true,
    }
}

fn used_at(node: &mut Node, span: &Span) {
    match &node.provenance.span {
        None => node.provenance.span = Some(span.clone()),
        Some(own) if is_within(own, span) => {}
        Some(_) if node.provenance.related.iter().any(|(_, known)| known == span) => {}
        Some(_) if node.provenance.related.len() >= MAX_USES => {}
        Some(_) => node.provenance.related.push(("used here", span.clone())),
    }
    match &mut node.value {
        NodeValue::List(items) => items.iter_mut().for_each(|item| used_at(item, span)),
        NodeValue::Object(members) => members.iter_mut().for_each(|(_, member)| used_at(member, span)),
        _ => {}
    }
}
