//! What can be made to go wrong, for which requests, and how often.

use std::ops::Range;

use super::http::{Request, Response};

/// What happens instead of the true answer.
#[derive(Clone)]
pub enum Action {
    /// Another answer.
    Answer(Response),
    /// The true answer without its last bytes, and the connection closed where they should have been.
    Truncate,
    /// The connection closed without an answer.
    HangUp,
    /// No answer until the client gives up.
    Stall,
}

/// One thing that goes wrong.
#[derive(Clone)]
pub struct Fault {
    /// Part of the path and query, lower-case.
    target: String,
    /// Which of the matching requests, counted from 0.
    which: Range<usize>,
    /// Of those, every so many.
    every: usize,
    seen: usize,
    action: Action,
}

impl Fault {
    /// Every request whose path and query hold `target`, whatever the case.
    pub fn on(target: &str, action: Action) -> Fault {
        Fault { target: target.to_lowercase(), which: 0..usize::MAX, every: 1, seen: 0, action }
    }

    /// Shorthand for the commonest fault.
    pub fn answer(target: &str, response: Response) -> Fault {
        Fault::on(target, Action::Answer(response))
    }

    /// Only the first `times` of them.
    pub fn times(self, times: usize) -> Fault {
        Fault { which: 0..times, ..self }
    }

    /// Only those after the first `spared`.
    pub fn after(self, spared: usize) -> Fault {
        Fault { which: spared..usize::MAX, ..self }
    }

    /// Only the last of every `count` of them.
    pub fn every(self, count: usize) -> Fault {
        Fault { every: count, ..self }
    }

    /// Counts the request where it matches, and says what to do where this is one of those to spoil.
    pub fn strike(&mut self, request: &Request) -> Option<Action> {
        if !request.target.to_lowercase().contains(&self.target) {
            return None;
        }
        self.seen += 1;
        (self.which.contains(&(self.seen - 1)) && self.seen.is_multiple_of(self.every)).then(|| self.action.clone())
    }
}
