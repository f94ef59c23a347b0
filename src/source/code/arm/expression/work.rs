//! How much work the evaluation of one template may be, and what went wrong in it.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;

use crate::model::file_gap::FileGap;
use crate::model::limits;
use crate::source::code::declared::{Node, NodeValue, Span};

/// How many steps one template may take: each expression is one, and each value that is copied.
const MAX_STEPS: usize = 2_000_000;

/// About how many bytes a step copies: a value, or as much of a text.
const STEP: usize = 64;

/// How much work evaluation may still be, and what went wrong in it.
#[derive(Debug)]
pub struct Work {
    steps: Cell<usize>,
    gaps: RefCell<Gaps>,
    /// Why memory or time has run out.
    refused: RefCell<Option<String>>,
}

/// What could not be evaluated.
#[derive(Debug, Default)]
pub struct Gaps {
    all: BTreeSet<FileGap>,
    /// Whether evaluation was given up in it because it was too much work.
    pub ran_out: bool,
}

impl Default for Work {
    fn default() -> Work {
        Work { steps: Cell::new(MAX_STEPS), gaps: RefCell::default(), refused: RefCell::default() }
    }
}

impl Work {
    /// Reports something that could not be evaluated: what, and what to do.
    pub fn gap(&self, span: &Span, what: &str) {
        self.gaps.borrow_mut().all.insert(FileGap::new(span.position(), what));
    }

    /// Reports that evaluation is given up here: once, for whatever follows is too much as well.
    pub(super) fn run_out(&self, span: &Span) {
        if !self.ran_out() {
            match &*self.refused.borrow() {
                Some(why) => self.gap(span, &format!("{TOO_MUCH} ({why})")),
                None => self.gap(span, TOO_MUCH),
            }
            self.gaps.borrow_mut().ran_out = true;
        }
    }

    /// Runs something, and keeps what goes wrong in it apart.
    pub fn collect_gaps<T>(&self, run: impl FnOnce() -> T) -> (T, Gaps) {
        let before = self.gaps.take();
        let value = run();
        (value, self.gaps.replace(before))
    }

    /// Takes in what was kept apart.
    pub fn report(&self, gaps: &Gaps) {
        let mut own = self.gaps.borrow_mut();
        own.all.extend(gaps.all.iter().cloned());
        own.ran_out |= gaps.ran_out;
    }

    /// Whether evaluation was given up.
    pub fn ran_out(&self) -> bool {
        self.gaps.borrow().ran_out
    }

    /// What could not be evaluated, sorted.
    pub fn into_gaps(self) -> Vec<FileGap> {
        self.gaps.into_inner().all.into_iter().collect()
    }

    /// Takes steps; false where none are left.
    pub fn take(&self, steps: usize) -> bool {
        if let Err(why) = limits::ask(steps.saturating_mul(STEP)) {
            self.steps.set(0);
            self.refused.replace(Some(why));
            return false;
        }
        match self.steps.get().checked_sub(steps) {
            Some(rest) => {
                self.steps.set(rest);
                true
            }
            None => {
                self.steps.set(0);
                false
            }
        }
    }
}

/// What is told once where evaluation is given up.
const TOO_MUCH: &str = "evaluating the template is more work than is allowed, from here on values are unknown; \
                        check it for loops that multiply";

/// About how many values there are in a value, long texts and the places of its use counted for more; and how deep it
/// nests.
pub(super) fn value_size(node: &Node) -> (usize, usize) {
    let own = 1 + node.provenance.related.len();
    let measure = |nodes: &mut dyn Iterator<Item = &Node>| {
        nodes.map(value_size).fold((own, 1), |(size, depth), (s, d)| (size + s, depth.max(d + 1)))
    };
    match &node.value {
        NodeValue::String(text) => (own + text.len() / 32, 1),
        NodeValue::List(items) => measure(&mut items.iter()),
        NodeValue::Object(members) => measure(&mut members.iter().map(|(_, member)| member)),
        _ => (own, 1),
    }
}

/// Runs on a thread whose stack holds what the evaluator and the parsers need at their depth limits.
pub fn on_deep_stack<T: Send>(run: impl FnOnce() -> T + Send) -> T {
    const STACK: usize = 256 * 1024 * 1024;
    std::thread::scope(|scope| match std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, run) {
        Ok(thread) => thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
        Err(error) => unreachable!("a thread cannot be started: {error}"),
    })
}
