//! The one place that sends requests: bounded in number, in time and in size, and tried again where that may help.

use std::cell::{Cell, OnceCell};
use std::error::Error;
use std::time::Duration;

use reqwest::{Client, Request, StatusCode, redirect};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, sleep_until, timeout_at};

use super::error::{AzureError, describe_tries};
use super::response::{Body, Response, TransportError};
use super::secret::{Secret, quote};
use super::{endpoint, retry};

/// The longest body that is read. The longest known, the service tags of all regions, is a tenth of it.
const MAX_BODY_BYTES: usize = 64 << 20;

/// After a pause, requests that were refused go first: without this, hundreds that never were sent would use up what
/// the server grants, and the same ones would be refused again and again.
const HEAD_START: Duration = Duration::from_millis(100);

/// Longer than any scan; an `Instant` cannot hold "never".
const MAX_TIMEOUT: Duration = Duration::from_secs(10 * 365 * 24 * 3600);

/// A point in time before which a server asked not to be bothered; shared by all requests of one subscription.
#[derive(Default)]
pub struct Throttle(Cell<Option<Instant>>);

impl Throttle {
    fn extend(&self, until: Instant) {
        self.0.set(self.0.get().max(Some(until)));
    }

    fn active(&self) -> Option<Instant> {
        self.0.get().filter(|until| *until > Instant::now())
    }
}

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
    /// Built when first needed: to load the system's certificates takes a while.
    local: OnceCell<Client>,
    connections: usize,
    permits: Semaphore,
    request_timeout: Duration,
    timeout: Duration,
    deadline: Instant,
}

impl Http {
    /// The error says why no client could be built: no certificates on the system, most likely.
    pub fn new(limits: Limits) -> Result<Http, AzureError> {
        let connections = limits.concurrency.clamp(1, Semaphore::MAX_PERMITS);
        Ok(Http {
            client: build_client(connections, false)?,
            local: OnceCell::new(),
            connections,
            permits: Semaphore::new(connections),
            request_timeout: limits.request_timeout.min(MAX_TIMEOUT),
            timeout: limits.timeout,
            deadline: Instant::now() + limits.timeout.min(MAX_TIMEOUT),
        })
    }

    /// The client to build a request with.
    pub fn client(&self, local: bool) -> Result<&Client, AzureError> {
        match (local, self.local.get()) {
            (false, _) => Ok(&self.client),
            (true, Some(client)) => Ok(client),
            (true, None) => {
                let client = build_client(self.connections, true)?;
                Ok(self.local.get_or_init(|| client))
            }
        }
    }

    /// When the collection must be over.
    pub fn deadline(&self) -> Instant {
        self.deadline
    }

    /// Sends a request, again and again where that may help, and gives the last answer whatever its status.
    pub async fn send(&self, request: &Request, options: &RequestOptions<'_>) -> Result<Response, AzureError> {
        let mut tries = 0;
        loop {
            let permit = self.acquire_permit(options.throttle, tries == 0).await?;
            let outcome = self.attempt(request, options).await;
            drop(permit);
            tries += 1;
            let no_endpoint = options.probe.is_some() && outcome.is_err();
            if no_endpoint || !retry::is_retryable(&outcome) || tries >= retry::max_tries(&outcome) {
                return finish(request, outcome, tries);
            }
            let until = Instant::now() + retry::delay(&outcome, tries).min(MAX_TIMEOUT);
            if until >= self.deadline {
                let failure = match finish(request, outcome, tries) {
                    Ok(answer) => AzureError::from_response(&answer, request.url(), options.secrets),
                    Err(failure) => failure,
                };
                let wait = until.saturating_duration_since(Instant::now()).as_secs_f64().ceil();
                let text = format!("{failure}; to wait {wait} s for another try would go past {}", self.time_limit());
                return Err(AzureError::Other(text));
            }
            if let (Some(throttle), Ok(Response { status: StatusCode::TOO_MANY_REQUESTS, .. })) =
                (options.throttle, &outcome)
            {
                throttle.extend(until);
            }
            drop(outcome);
            sleep_until(until).await;
        }
    }

    /// Waits for one of the places in flight, while nothing is throttled. Nobody holds a place while waiting.
    async fn acquire_permit(
        &self,
        throttle: Option<&Throttle>,
        first: bool,
    ) -> Result<SemaphorePermit<'_>, AzureError> {
        loop {
            if let Some(until) = throttle.and_then(Throttle::active) {
                let until = if first { until + HEAD_START } else { until };
                if until >= self.deadline {
                    return Err(AzureError::Other(format!("throttled until past {}", self.time_limit())));
                }
                sleep_until(until).await;
            }
            let permit = match timeout_at(self.deadline, self.permits.acquire()).await {
                Ok(Ok(permit)) if Instant::now() < self.deadline => permit,
                _ => return Err(AzureError::Other(format!("not sent before {}", self.time_limit()))),
            };
            if throttle.and_then(Throttle::active).is_none() {
                return Ok(permit);
            }
        }
    }

    fn time_limit(&self) -> String {
        format!("the time limit of {} s", self.timeout.as_secs_f64())
    }

    async fn attempt(&self, request: &Request, options: &RequestOptions<'_>) -> Result<Response, TransportError> {
        let transient = |text: String| TransportError { text, transient: true };
        let permanent = |text: &str| TransportError { text: text.to_owned(), transient: false };
        let client = self.client(options.local).map_err(|failure| permanent(&failure.to_string()))?;
        let copy = request.try_clone().ok_or_else(|| permanent("the request cannot be sent twice"))?;
        let allowed = options.probe.unwrap_or(self.request_timeout);
        let exchange = async {
            let mut response = client.execute(copy).await.map_err(transport_error)?;
            let (status, headers) = (response.status(), response.headers().clone());
            let mut body = Vec::new();
            while let Some(chunk) = response.chunk().await.map_err(transport_error)? {
                if body.len() + chunk.len() > MAX_BODY_BYTES {
                    return Err(permanent("the answer is longer than 64 MiB"));
                }
                body.extend_from_slice(&chunk);
            }
            Ok(Response { status, headers, body: Body::read(&body), tries: 1 })
        };
        match timeout_at((Instant::now() + allowed).min(self.deadline), exchange).await {
            Ok(outcome) => outcome,
            Err(_) if Instant::now() >= self.deadline => {
                Err(permanent(&format!("no answer before {}", self.time_limit())))
            }
            Err(_) => Err(transient(format!("no answer within {} s", allowed.as_secs_f64()))),
        }
    }
}

fn build_client(connections: usize, local: bool) -> Result<Client, AzureError> {
    // The roots stay the system's. It fails where an earlier client has done the same.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = Client::builder()
        .user_agent(concat!("acrscan/", env!("CARGO_PKG_VERSION")))
        .redirect(redirect::Policy::none())
        .referer(false)
        .retry(reqwest::retry::never())
        .http1_only()
        .pool_max_idle_per_host(connections);
    let builder = if local { builder.no_proxy() } else { builder };
    builder.build().map_err(|error| AzureError::Other(format!("no HTTP client: {}", transport_error(error).text)))
}

fn finish(request: &Request, outcome: Result<Response, TransportError>, tries: u32) -> Result<Response, AzureError> {
    match outcome {
        Ok(answer) => Ok(Response { tries, ..answer }),
        Err(broken) => {
            let host = endpoint::display_host(request.url());
            Err(AzureError::Other(format!("{host}: {}{}", broken.text, describe_tries(tries))))
        }
    }
}

/// An error of the client with its causes, which say more than itself, and without its URL, whose query is not shown.
fn transport_error(error: reqwest::Error) -> TransportError {
    let transient = !error.is_builder();
    let error = error.without_url();
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    TransportError { text: quote(&text, &[]), transient }
}
