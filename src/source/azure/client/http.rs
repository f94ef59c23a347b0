//! The one place that sends requests: bounded in number, in time and in size, and tried again where that may help.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::HashSet;
use std::error::Error;
use std::pin::pin;
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures_util::future::{Either, select};
use reqwest::header::{DATE, HeaderMap};
use reqwest::{Client, Request, StatusCode, Url, redirect};
use tokio::sync::{Notify, Semaphore, SemaphorePermit};
use tokio::time::{Instant, sleep_until, timeout_at};

use super::error::{AzureError, describe_tries};
use super::proxy::Proxy;
use super::response::{Body, Response, TransportError};
use super::secret::{Secret, quote};
pub use super::throttle::Throttle;
use super::{certificate, endpoint, retry};
use crate::model::limits;

/// The longest body that is read. The longest known, the service tags of all regions, is a tenth of it.
const MAX_BODY_BYTES: usize = 64 << 20;

/// Of longer ones, only one is read at a time: what is packed small may be large, and many may be in flight.
const LARGE_BODY_BYTES: usize = 1 << 20;

/// After a pause, requests that were refused go first: without this, hundreds that never were sent would use up what
/// the server grants, and the same ones would be refused again and again.
const HEAD_START: Duration = Duration::from_millis(100);

/// Longer than any scan; an `Instant` cannot hold "never".
const MAX_TIMEOUT: Duration = Duration::from_secs(10 * 365 * 24 * 3600);

/// A request that meets errors is tried for so many times the limit of one request at least: two minutes, unless the user
/// says otherwise.
const PERSISTENCE: u32 = 4;
/// Of the places in flight, this part is kept for subscriptions that have less than their share.
const RESERVE: usize = 4;

/// How one request differs from the others.
#[derive(Default)]
pub struct RequestOptions<'a> {
    /// The throttle of the subscription that is asked.
    pub throttle: Option<&'a Throttle>,
    /// To this machine or its host: past any proxy, whose machine has another identity than ours.
    pub local: bool,
    /// What to mask where the answer echoes it.
    pub secrets: &'a [&'a Secret],
    /// A limit of its own, and no second try before there was an answer: it may well be that nobody is there.
    pub probe: Option<Duration>,
}

/// What all requests of one collection keep to.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Requests in flight at once; at least 1.
    pub concurrency: usize,
    /// For one try of one request.
    pub request_timeout: Duration,
    /// For all of them together.
    pub timeout: Duration,
}

/// The HTTP client of one collection.
pub struct Http {
    client: Client,
    proxy: Proxy,
    /// Built when first needed: to load the system's certificates takes a while.
    local: OnceCell<Client>,
    connections: usize,
    permits: Semaphore,
    /// For the one answer that is large.
    large: Semaphore,
    request_timeout: Duration,
    timeout: Duration,
    deadline: Instant,
    /// Subscriptions that are being read.
    shares: Cell<usize>,
    /// Woken where a place may be free.
    freed: Notify,
    /// Why everything ends now.
    interrupted: Cell<Option<&'static str>>,
    interruption: Notify,
    /// The hosts that an answer came from: at any other, nobody may be there.
    answered: RefCell<HashSet<String>>,
    /// How far Azure's clock is from ours, in seconds, as the first answer says.
    clock_skew: Cell<Option<i64>>,
}

/// A place in flight; given back when dropped.
struct Place<'a> {
    http: &'a Http,
    _permit: SemaphorePermit<'a>,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.http.freed.notify_waiters();
    }
}

impl Http {
    /// The error says why no client could be built: no certificates on the system, most likely.
    pub fn new(limits: Limits) -> Result<Http, AzureError> {
        let connections = limits.concurrency.clamp(1, Semaphore::MAX_PERMITS);
        let proxy = Proxy::from_env(&|name| std::env::var(name).ok())?;
        Ok(Http {
            client: build_client(connections, Some(&proxy))?,
            proxy,
            local: OnceCell::new(),
            connections,
            permits: Semaphore::new(connections),
            large: Semaphore::new(1),
            request_timeout: limits.request_timeout.min(MAX_TIMEOUT),
            timeout: limits.timeout,
            deadline: Instant::now() + limits.timeout.min(MAX_TIMEOUT),
            shares: Cell::new(0),
            freed: Notify::new(),
            interrupted: Cell::new(None),
            interruption: Notify::new(),
            answered: RefCell::default(),
            clock_skew: Cell::new(None),
        })
    }

    /// The client to build a request with.
    pub fn client(&self, local: bool) -> Result<&Client, AzureError> {
        match (local, self.local.get()) {
            (false, _) => Ok(&self.client),
            (true, Some(client)) => Ok(client),
            (true, None) => {
                let client = build_client(self.connections, None)?;
                Ok(self.local.get_or_init(|| client))
            }
        }
    }

    /// When the collection must be over.
    pub fn deadline(&self) -> Instant {
        self.deadline
    }

    /// Ends everything now: what is under way or waits fails, and says that it was for this signal.
    pub fn interrupt(&self, signal: &'static str) {
        self.interrupted.set(Some(signal));
        self.interruption.notify_waiters();
    }

    /// One subscription more is read, and has its share of the places in flight.
    pub fn enter(&self) {
        self.shares.set(self.shares.get() + 1);
    }

    /// One is read to its end, or could not be: its share is the others'.
    pub fn leave(&self) {
        self.shares.set(self.shares.get().saturating_sub(1));
        self.freed.notify_waiters();
    }

    /// How far Azure's clock is ahead of ours, in seconds; `None` before any answer.
    pub fn clock_skew(&self) -> Option<i64> {
        self.clock_skew.get()
    }

    /// Sends a request, again and again where that may help, and gives the last answer whatever its status.
    pub async fn send(&self, request: &Request, options: &RequestOptions<'_>) -> Result<Response, AzureError> {
        let interrupted = |signal: &str| Err(AzureError::Ended(format!("the scan was ended by {signal}")));
        let interruption = self.interruption.notified();
        if let Some(signal) = self.interrupted.get() {
            return interrupted(signal);
        }
        match select(pin!(self.send_until_done(request, options)), pin!(interruption)).await {
            Either::Left((outcome, _)) => outcome,
            Either::Right(_) => interrupted(self.interrupted.get().unwrap_or("a signal")),
        }
    }

    async fn send_until_done(&self, request: &Request, options: &RequestOptions<'_>) -> Result<Response, AzureError> {
        let mut tries = 0;
        let begun = Instant::now();
        loop {
            let place = self.acquire_place(options.throttle, tries == 0).await?;
            if let Some(throttle) = options.throttle {
                throttle.begin(self.connections);
            }
            let outcome = self.attempt(request, options).await;
            let requested = retry::requested_wait(&outcome);
            if let Some(throttle) = options.throttle {
                throttle.end(&outcome, requested.is_some(), self.connections);
            }
            drop(place);
            tries += 1;
            let no_endpoint = options.probe.is_some() && outcome.is_err();
            if no_endpoint
                || !retry::is_retryable(&outcome)
                || self.has_tried_enough(request.url(), &outcome, tries, begun)
            {
                self.stop_where_silent(options.throttle, &outcome);
                return finish(request, outcome, tries);
            }
            let until = Instant::now() + retry::delay(&outcome, tries).min(MAX_TIMEOUT);
            if let Some(throttle) = options.throttle.filter(|_| requested.is_some() || is_throttled(&outcome)) {
                throttle.extend(until);
            }
            if until >= self.deadline {
                let failure = match finish(request, outcome, tries) {
                    Ok(answer) => AzureError::from_response(&answer, request.url(), options.secrets),
                    Err(failure) => failure,
                };
                let wait = until.saturating_duration_since(Instant::now()).as_secs_f64().ceil();
                let text = format!("{failure}; to wait {wait} s for another try would go past {}", self.time_limit());
                return Err(AzureError::Other(text));
            }
            drop(outcome);
            sleep_until(until).await;
        }
    }

    fn persistence(&self) -> Duration {
        self.request_timeout.saturating_mul(PERSISTENCE)
    }

    /// A request that is throttled is tried until the time is over. Others are tried for long, unless nobody has ever
    /// answered: then the address is wrong, most likely.
    fn has_tried_enough(
        &self,
        url: &Url,
        outcome: &Result<Response, TransportError>,
        tries: u32,
        begun: Instant,
    ) -> bool {
        let is_patient =
            self.answered.borrow().contains(&endpoint::display_host(url)) && begun.elapsed() < self.persistence();
        !is_throttled(outcome) && tries >= retry::MIN_TRIES && !is_patient
    }

    /// A subscription that gives nothing for so long is not waited for in each of its parts.
    fn stop_where_silent(&self, throttle: Option<&Throttle>, outcome: &Result<Response, TransportError>) {
        let Some(throttle) =
            throttle.filter(|throttle| retry::is_retryable(outcome) && throttle.silent_for() > self.persistence())
        else {
            return;
        };
        let silence = throttle.silent_for().as_secs();
        throttle.stop(format!("nothing of the subscription could be read for {silence} s, so no more is asked of it"));
    }

    /// Waits for one of the places in flight, while nothing is throttled. Nobody holds a place while waiting.
    async fn acquire_place(&self, throttle: Option<&Throttle>, first: bool) -> Result<Place<'_>, AzureError> {
        loop {
            if let Some(reason) = throttle.and_then(Throttle::stopped) {
                return Err(AzureError::Ended(reason));
            }
            if let Some(until) = throttle.and_then(Throttle::active) {
                let until = if first { until + HEAD_START } else { until };
                if until >= self.deadline {
                    return Err(AzureError::Ended(format!("throttled until past {}", self.time_limit())));
                }
                sleep_until(until).await;
                continue;
            }
            if let Some(wait) = throttle.and_then(Throttle::wait) {
                let until = Instant::now() + wait;
                if until >= self.deadline {
                    return Err(AzureError::Ended(format!("not sent before {}", self.time_limit())));
                }
                sleep_until(until).await;
                continue;
            }
            let freed = self.freed.notified();
            if throttle.is_some_and(|throttle| !throttle.has_room() || !self.leaves_room(throttle)) {
                if timeout_at(self.deadline, freed).await.is_err() {
                    return Err(AzureError::Ended(format!("not sent before {}", self.time_limit())));
                }
                continue;
            }
            let permit = match timeout_at(self.deadline, self.permits.acquire()).await {
                Ok(Ok(permit)) if Instant::now() < self.deadline => permit,
                _ => return Err(AzureError::Ended(format!("not sent before {}", self.time_limit()))),
            };
            let is_still_free = throttle.is_none_or(|throttle| {
                throttle.active().is_none()
                    && throttle.wait().is_none()
                    && throttle.has_room()
                    && self.leaves_room(throttle)
            });
            if is_still_free {
                return Ok(Place { http: self, _permit: permit });
            }
        }
    }

    /// Whether a subscription may have one more place: within its share always; beyond it while enough are left for those
    /// that have less, lest one that hangs holds up the others.
    fn leaves_room(&self, throttle: &Throttle) -> bool {
        let share = (self.connections / self.shares.get().max(1)).max(1);
        let spare = self.permits.available_permits();
        self.shares.get() <= 1 || throttle.in_flight() < share || spare > self.connections / RESERVE
    }

    fn time_limit(&self) -> String {
        format!("the time limit of {} s", self.timeout.as_secs_f64())
    }

    /// Remembers that somebody is there, and what time it is there.
    fn note_answer(&self, url: &Url, headers: &HeaderMap) {
        self.answered.borrow_mut().insert(endpoint::display_host(url));
        let date = headers.get(DATE).and_then(|date| DateTime::parse_from_rfc2822(date.to_str().ok()?).ok());
        if let (None, Some(date)) = (self.clock_skew.get(), date) {
            self.clock_skew.set(Some((date.with_timezone(&Utc) - Utc::now()).num_seconds()));
        }
    }

    async fn attempt(&self, request: &Request, options: &RequestOptions<'_>) -> Result<Response, TransportError> {
        let transient = |text: String| TransportError { text, transient: true, advice: None };
        let permanent = |text: &str| TransportError { text: text.to_owned(), transient: false, advice: None };
        // What stays on this machine is no proxy's business.
        let is_local = options.local || endpoint::is_loopback(request.url());
        let client = self.client(is_local).map_err(|failure| permanent(&failure.to_string()))?;
        let copy = request.try_clone().ok_or_else(|| permanent("the request cannot be sent twice"))?;
        let allowed = options.probe.unwrap_or(self.request_timeout);
        let exchange = async {
            let mut response =
                client.execute(copy).await.map_err(|error| self.explain(error, request.url(), is_local))?;
            let (status, headers) = (response.status(), response.headers().clone());
            if !options.local {
                self.note_answer(request.url(), &headers);
            }
            let mut body = Vec::new();
            let mut alone = None;
            while let Some(chunk) = response.chunk().await.map_err(transport_error)? {
                if body.len() + chunk.len() > MAX_BODY_BYTES {
                    return Err(permanent("the answer is longer than 64 MiB"));
                }
                if alone.is_none() && body.len() + chunk.len() > LARGE_BODY_BYTES {
                    alone = self.large.acquire().await.ok();
                }
                body.extend_from_slice(&chunk);
            }
            limits::ask_to_parse_json(&body).map_err(|why| permanent(&format!("the answer is not read: {why}")))?;
            Ok(Response { status, headers, body: Body::read(&body), tries: 1 })
        };
        match timeout_at((Instant::now() + allowed).min(self.deadline), exchange).await {
            Ok(outcome) => outcome,
            Err(_) if Instant::now() >= self.deadline => Err(TransportError {
                text: format!("no answer before {}", self.time_limit()),
                transient: false,
                advice: None,
            }),
            Err(_) => Err(transient(format!("no answer within {} s", allowed.as_secs_f64()))),
        }
    }
}

/// Whether Azure asked to slow down.
fn is_throttled(outcome: &Result<Response, TransportError>) -> bool {
    outcome.as_ref().is_ok_and(|answer| answer.status == StatusCode::TOO_MANY_REQUESTS)
}

fn build_client(connections: usize, proxy: Option<&Proxy>) -> Result<Client, AzureError> {
    // The roots stay the system's. It fails where an earlier client has done the same.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = Client::builder()
        .user_agent(concat!("acrscan/", env!("CARGO_PKG_VERSION")))
        .redirect(redirect::Policy::none())
        .referer(false)
        .retry(reqwest::retry::never())
        .http1_only()
        .pool_max_idle_per_host(connections);
    let builder = match proxy {
        None => builder.no_proxy(),
        Some(proxy) => proxy.apply(builder)?,
    };
    builder.build().map_err(|error| AzureError::Other(format!("no HTTP client: {}", transport_error(error).text)))
}

fn finish(request: &Request, outcome: Result<Response, TransportError>, tries: u32) -> Result<Response, AzureError> {
    match outcome {
        Ok(answer) => Ok(Response { tries, ..answer }),
        Err(broken) => {
            let host = endpoint::display_host(request.url());
            let advice = broken.advice.map(|advice| format!("; {advice}")).unwrap_or_default();
            Err(AzureError::Other(format!("{host}: {}{}{advice}", broken.text, describe_tries(tries))))
        }
    }
}

/// An error of the client with its causes, which say more than itself, and without its URL, whose query is not shown.
fn transport_error(error: reqwest::Error) -> TransportError {
    let certificate = certificate::problem(&error);
    let transient = !error.is_builder() && certificate.is_none();
    let error = error.without_url();
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    let env = |name: &str| std::env::var(name).ok();
    TransportError { text: quote(&text, &[]), transient, advice: certificate.map(|problem| problem.advice(&env)) }
}

impl Http {
    /// An error of the connection, and which proxy it was to go through.
    fn explain(&self, error: reqwest::Error, url: &Url, is_local: bool) -> TransportError {
        let is_connect = error.is_connect();
        let broken = transport_error(error);
        let proxy = self.proxy.used_for(url).filter(|_| is_connect && !is_local && broken.advice.is_none());
        match proxy {
            Some(proxy) => TransportError { text: format!("through the proxy {proxy}: {}", broken.text), ..broken },
            None => broken,
        }
    }
}
