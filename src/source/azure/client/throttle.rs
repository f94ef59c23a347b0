//! What one subscription is asked at most: as Azure says, as its answers show, and no more than leaves room for others.
//!
//! Azure Resource Manager grants each subscription and principal a bucket of 250 reads that fills by 25 a second:
//! <https://learn.microsoft.com/azure/azure-resource-manager/management/request-limits-and-throttling>. Each answer says
//! what is left; a server that says nothing and refuses nothing is not paced.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::{HeaderMap, HeaderName};
use tokio::time::Instant;

use super::response::{Response, TransportError};

const BUCKET: f64 = 250.0;
const BUCKET_PER_SECOND: f64 = 25.0;
/// What answers say is left, of reads and of what counts as a write.
const REMAINING: [HeaderName; 2] = [
    HeaderName::from_static("x-ms-ratelimit-remaining-subscription-reads"),
    HeaderName::from_static("x-ms-ratelimit-remaining-tenant-reads"),
];
/// So many are left to whoever else uses the same principal.
const SPARED: f64 = 2.0;

/// The state of one subscription, shared by all its requests.
pub struct Throttle {
    /// Before this time the server asked not to be bothered.
    until: Cell<Option<Instant>>,
    bucket: Cell<Option<Bucket>>,
    in_flight: Cell<usize>,
    /// How many may be under way at once; halved when refused, one more for each round without refusal.
    allowed: Cell<f64>,
    /// When it was halved last: a burst of refusals counts once.
    halved: Cell<Option<Instant>>,
    last_answer: Cell<Instant>,
    /// Why it is asked no more.
    stopped: RefCell<Option<String>>,
}

/// What is left of what the server grants.
#[derive(Clone, Copy)]
struct Bucket {
    left: f64,
    at: Instant,
}

impl Default for Throttle {
    fn default() -> Throttle {
        Throttle {
            until: Cell::default(),
            bucket: Cell::default(),
            in_flight: Cell::default(),
            allowed: Cell::new(f64::MAX),
            halved: Cell::default(),
            last_answer: Cell::new(Instant::now()),
            stopped: RefCell::default(),
        }
    }
}

impl Throttle {
    /// Nothing is asked before this time.
    pub fn extend(&self, until: Instant) {
        self.until.set(self.until.get().max(Some(until)));
    }

    /// The time before which nothing is asked, where that is ahead.
    pub fn active(&self) -> Option<Instant> {
        self.until.get().filter(|until| *until > Instant::now())
    }

    /// How long the next request has to wait for the bucket to hold one.
    pub fn wait(&self) -> Option<Duration> {
        let bucket = self.bucket.get()?;
        let left = bucket.left + bucket.at.elapsed().as_secs_f64() * BUCKET_PER_SECOND;
        let lacking = SPARED + 1.0 - left;
        (lacking > 0.0).then(|| Duration::from_secs_f64((lacking / BUCKET_PER_SECOND).max(0.001)))
    }

    /// Whether one more may be under way.
    pub fn has_room(&self) -> bool {
        (self.in_flight.get() as f64) < self.allowed.get().max(1.0)
    }

    /// How many are under way.
    pub fn in_flight(&self) -> usize {
        self.in_flight.get()
    }

    /// One request leaves.
    pub fn begin(&self, concurrency: usize) {
        self.in_flight.set(self.in_flight.get() + 1);
        self.allowed.set(self.allowed.get().min(concurrency as f64));
        if let Some(bucket) = self.bucket.get() {
            let left = bucket.left + bucket.at.elapsed().as_secs_f64() * BUCKET_PER_SECOND;
            self.bucket.set(Some(Bucket { left: left.min(BUCKET.max(bucket.left)) - 1.0, at: Instant::now() }));
        }
    }

    /// One request is over: what its answer says of what is left, and whether the server had too many at once.
    pub fn end(&self, outcome: &Result<Response, TransportError>, asked_to_wait: bool, concurrency: usize) {
        self.in_flight.set(self.in_flight.get().saturating_sub(1));
        let refused = match outcome {
            Ok(answer) => {
                if let Some(left) = remaining(&answer.headers) {
                    // Those under way are not counted yet.
                    let left = left - self.in_flight.get() as f64;
                    self.bucket.set(Some(Bucket { left, at: Instant::now() }));
                }
                let is_busy = matches!(answer.status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE);
                if answer.status == StatusCode::TOO_MANY_REQUESTS && asked_to_wait {
                    self.bucket.set(Some(Bucket { left: 0.0, at: Instant::now() }));
                }
                is_busy
            }
            Err(error) => error.transient,
        };
        if outcome
            .as_ref()
            .is_ok_and(|answer| answer.status.is_success() || answer.status.is_client_error() && !refused)
        {
            self.last_answer.set(Instant::now());
        }
        match refused && !asked_to_wait {
            true => self.halve(),
            false if !refused => {
                let allowed = self.allowed.get().max(1.0);
                self.allowed.set((allowed + 1.0 / allowed).min(concurrency as f64));
            }
            false => {}
        }
    }

    /// Twice in a tenth of a second would be for the same burst.
    fn halve(&self) {
        let now = Instant::now();
        if self.halved.get().is_none_or(|then| now.saturating_duration_since(then) > Duration::from_millis(100)) {
            self.halved.set(Some(now));
            let busy = (self.in_flight.get() + 1) as f64;
            self.allowed.set((self.allowed.get().min(busy) / 2.0).max(1.0));
        }
    }

    /// For how long nothing came back that could be used.
    pub fn silent_for(&self) -> Duration {
        self.last_answer.get().elapsed()
    }

    /// From now on nothing more is asked, for this reason.
    pub fn stop(&self, reason: String) {
        self.stopped.borrow_mut().get_or_insert(reason);
    }

    /// Why nothing more is asked.
    pub fn stopped(&self) -> Option<String> {
        self.stopped.borrow().clone()
    }
}

fn remaining(headers: &HeaderMap) -> Option<f64> {
    REMAINING.iter().filter_map(|name| headers.get(name)?.to_str().ok()?.trim().parse::<f64>().ok()).reduce(f64::min)
}

#[cfg(test)]
mod tests {
    use super::super::response::Body;
    use super::*;

    fn answer(status: u16, left: Option<&str>) -> Result<Response, TransportError> {
        let mut headers = HeaderMap::new();
        if let Some(left) = left {
            headers.insert(REMAINING[0].clone(), left.parse().expect("a value"));
        }
        let status = StatusCode::from_u16(status).expect("a status");
        Ok(Response { status, headers, body: Body::read(b"{}"), tries: 1 })
    }

    fn exchange(throttle: &Throttle, outcome: &Result<Response, TransportError>, waits: bool) {
        throttle.begin(64);
        throttle.end(outcome, waits, 64);
    }

    #[test]
    fn a_server_that_says_nothing_is_not_paced() {
        let throttle = Throttle::default();
        (0..1000).for_each(|_| exchange(&throttle, &answer(200, None), false));
        assert_eq!(throttle.wait(), None);
        assert!(throttle.has_room());
    }

    #[test]
    fn what_an_answer_says_is_left_is_kept_to() {
        let throttle = Throttle::default();
        exchange(&throttle, &answer(200, Some("500")), false);
        assert_eq!(throttle.wait(), None);
        exchange(&throttle, &answer(200, Some("1")), false);
        let wait = throttle.wait().expect("a wait").as_secs_f64();
        assert!((0.04..0.2).contains(&wait), "{wait}");
        exchange(&throttle, &answer(429, None), true);
        assert!(throttle.wait().is_some());
    }

    #[test]
    fn concurrency_halves_when_refused_and_grows_by_one() {
        let throttle = Throttle::default();
        (0..8).for_each(|_| throttle.begin(64));
        assert!(throttle.has_room());
        throttle.end(&answer(503, None), false, 64);
        assert!(!throttle.has_room(), "seven under way, four allowed");
        throttle.end(&answer(503, None), false, 64);
        (0..3).for_each(|_| throttle.end(&answer(200, None), false, 64));
        assert!(throttle.has_room(), "a burst counts once");
        let grown = throttle.allowed.get();
        assert!((4.5..5.5).contains(&grown), "{grown}");
        // Where the server says when to come back, that is enough.
        exchange(&throttle, &answer(429, None), true);
        assert!(throttle.allowed.get() >= grown);
    }
}
