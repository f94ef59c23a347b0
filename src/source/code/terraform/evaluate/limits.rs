//! Bounds of the work, and where a value stands once an attribute has it.

use super::super::hcl::Span;
use super::Evaluator;
use crate::source::code::declared::{Node, Place, Val};

/// Steps of evaluation for one configuration: enough for ten thousand registries, and a matter of seconds.
const MOST_STEPS: u64 = 10_000_000;

/// How deep evaluation goes: expressions within one another, and from value to value by reference.
const MOST_DEEP: usize = 4_000;

/// How deep a value may be: a document that is read as JSON holds 128 levels.
const MOST_VALUE_DEEP: usize = 100;

/// How many values one value may consist of.
const MOST_VALUES: usize = 100_000;

/// How many places of use are kept of a value.
const MOST_USES: usize = 8;

impl Evaluator<'_> {
    /// Whether there are steps left to go one deeper.
    pub(super) fn enter(&mut self, span: Span) -> bool {
        self.steps += 1;
        if self.steps > MOST_STEPS {
            self.gaps
                .insert("the configuration takes too many steps to evaluate; name fewer folders at once".to_owned());
            return false;
        }
        if self.depth >= MOST_DEEP {
            let place = self.place(span).shown();
            self.gaps.insert(format!("{place}: values refer to one another over more than {MOST_DEEP} steps"));
            return false;
        }
        self.depth += 1;
        true
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
    pub(super) fn attribute_value(&mut self, mut node: Node, attribute: Span) -> Node {
        let place = self.place(attribute);
        let mut count = 0;
        if !fits(&node, MOST_VALUE_DEEP, &mut count) {
            self.gaps.insert(format!("{}: the value is too large or too deep to be read", place.shown()));
            node = Node::unknown("The value is too large or too deep to be read.");
        }
        self.charge(count);
        if node.site.place.as_ref().is_some_and(|own| within(own, &place)) {
            node.site.place = Some(place.clone());
        }
        used_at(&mut node, &place);
        node
    }
}

fn within(inner: &Place, outer: &Place) -> bool {
    inner.start >= outer.start && inner.end <= outer.end && inner.file == outer.file
}

fn fits(node: &Node, depth_left: usize, count: &mut usize) -> bool {
    *count += 1;
    if depth_left == 0 || *count > MOST_VALUES {
        return false;
    }
    match &node.value {
        Val::List(items) => items.iter().all(|item| fits(item, depth_left - 1, count)),
        Val::Object(members) => members.iter().all(|(_, member)| fits(member, depth_left - 1, count)),
        Val::String(text) => {
            *count += text.len() / 256;
            true
        }
        _ => true,
    }
}

fn used_at(node: &mut Node, place: &Place) {
    match &node.site.place {
        None => node.site.place = Some(place.clone()),
        Some(own) if within(own, place) => {}
        Some(_) if node.site.related.iter().any(|(_, known)| known == place) => {}
        Some(_) if node.site.related.len() >= MOST_USES => {}
        Some(_) => node.site.related.push(("used here", place.clone())),
    }
    match &mut node.value {
        Val::List(items) => items.iter_mut().for_each(|item| used_at(item, place)),
        Val::Object(members) => members.iter_mut().for_each(|(_, member)| used_at(member, place)),
        _ => {}
    }
}
