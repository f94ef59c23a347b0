//! A loopback server that plays Microsoft Entra ID, the managed-identity endpoints, GitHub's OIDC endpoint and Azure
//! Resource Manager from a snapshot folder, one thread a connection. Shared by tests, benches and `tools/`.

#![allow(dead_code, missing_docs, clippy::unwrap_used, reason = "each user takes a part; a test's server should panic")]

pub mod around;
mod canary;
pub mod fault;
mod graph;
pub mod http;
pub mod identity;
pub mod service_tags;
pub mod world;

use std::io::{self, BufReader, Read};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use fault::{Action, Fault};
use http::{Request, Response};
use identity::Tokens;
use world::{Answers, World};

/// How the server behaves where nothing goes wrong.
pub struct Options {
    /// Registries on one page of a list.
    pub page_size: usize,
    /// Time that each answer of ARM takes.
    pub latency: Duration,
    /// ARM requests that the first token is good for.
    pub uses_of_first_token: usize,
    /// Seconds until a token expires, as told to the client.
    pub expires_in: u64,
    /// The port to listen on; 0 for any free one.
    pub port: u16,
    /// What the header `Date` of ARM's answers says.
    pub date: Option<String>,
    /// More requests of ARM at once are refused, without a word on when to come back.
    pub at_most: usize,
    /// Reads that are granted at once, and a second: what is more is refused with the time to come back.
    pub bucket: Option<(f64, f64)>,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            page_size: 1000,
            latency: Duration::ZERO,
            uses_of_first_token: usize::MAX,
            expires_in: 3599,
            port: 0,
            date: None,
            at_most: usize::MAX,
            bucket: None,
        }
    }
}

/// One request that came in.
#[derive(Debug, Clone)]
pub struct Seen {
    pub method: String,
    /// Path and query as sent.
    pub target: String,
    /// The bearer token it carried.
    pub bearer: Option<String>,
    pub at: Instant,
}

struct Shared {
    base: String,
    options: Options,
    answers: Answers,
    tokens: Mutex<Tokens>,
    faults: Mutex<Vec<Fault>>,
    seen: Mutex<Vec<Seen>>,
    /// Told of every request that is added to `seen`.
    arrived: Condvar,
    in_flight: AtomicUsize,
    peak: AtomicUsize,
    bucket: Mutex<(f64, Instant)>,
    refusals: AtomicUsize,
    stopped: AtomicBool,
}

/// A running server; it stops when dropped.
pub struct ArmServer {
    address: SocketAddr,
    shared: Arc<Shared>,
}

impl ArmServer {
    pub fn start(world: &World, options: Options) -> ArmServer {
        ArmServer::bind(world, options).expect("a loopback port to listen on")
    }

    /// As [`ArmServer::start`], with the error where the port is taken.
    pub fn bind(world: &World, options: Options) -> io::Result<ArmServer> {
        let listener = TcpListener::bind(("127.0.0.1", options.port))?;
        let address = listener.local_addr()?;
        let base = format!("http://{address}");
        let shared = Arc::new(Shared {
            answers: world.render(&base, options.page_size),
            tokens: Mutex::new(Tokens::new(options.uses_of_first_token, options.expires_in)),
            faults: Mutex::default(),
            seen: Mutex::default(),
            arrived: Condvar::new(),
            in_flight: AtomicUsize::new(0),
            peak: AtomicUsize::new(0),
            bucket: Mutex::new((options.bucket.map_or(0.0, |(size, _)| size), Instant::now())),
            refusals: AtomicUsize::new(0),
            stopped: AtomicBool::new(false),
            base,
            options,
        });
        let server = ArmServer { address, shared: Arc::clone(&shared) };
        std::thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                if shared.stopped.load(SeqCst) {
                    return;
                }
                let shared = Arc::clone(&shared);
                // A client that goes away in the middle is none of the server's business.
                std::thread::spawn(move || shared.serve(connection).ok());
            }
        });
        Ok(server)
    }

    /// Such as `http://127.0.0.1:40123`.
    pub fn url(&self) -> &str {
        &self.shared.base
    }

    /// Makes something go wrong from now on. The first fault that matches a request counts.
    pub fn spoil(&self, fault: Fault) {
        self.shared.faults.lock().unwrap().push(fault);
    }

    /// A token that ARM accepts, as `az` would print it.
    pub fn issue_token(&self) -> String {
        self.shared.tokens.lock().unwrap().issue("az")
    }

    /// What tokens were asked for: scopes and resources, in order.
    pub fn audiences(&self) -> Vec<String> {
        self.shared.tokens.lock().unwrap().audiences.clone()
    }

    /// Every request so far, in order of arrival.
    pub fn seen(&self) -> Vec<Seen> {
        self.shared.seen.lock().unwrap().clone()
    }

    /// The requests whose path and query hold `part`, whatever the case.
    pub fn seen_with(&self, part: &str) -> Vec<Seen> {
        let part = part.to_lowercase();
        self.seen().into_iter().filter(|seen| seen.target.to_lowercase().contains(&part)).collect()
    }

    /// Waits until a request has come in whose path and query hold `part`, whatever the case.
    pub fn wait_for(&self, part: &str) {
        let part = part.to_lowercase();
        let mut seen = self.shared.seen.lock().unwrap();
        while !seen.iter().any(|seen| seen.target.to_lowercase().contains(&part)) {
            seen = self.shared.arrived.wait(seen).unwrap();
        }
    }

    /// How many requests were refused for being too many.
    pub fn refusals(&self) -> usize {
        self.shared.refusals.load(SeqCst)
    }

    /// The most requests that were ever under way at once.
    pub fn peak_in_flight(&self) -> usize {
        self.shared.peak.load(SeqCst)
    }
}

impl Drop for ArmServer {
    fn drop(&mut self) {
        self.shared.stopped.store(true, SeqCst);
        // Wakes the thread that waits for the next connection.
        drop(TcpStream::connect(self.address));
    }
}

impl Shared {
    fn serve(&self, connection: TcpStream) -> io::Result<()> {
        connection.set_nodelay(true)?;
        let mut writer = connection.try_clone()?;
        let mut reader = BufReader::new(connection);
        while let Some(request) = Request::read(&mut reader)? {
            self.peak.fetch_max(self.in_flight.fetch_add(1, SeqCst) + 1, SeqCst);
            self.seen.lock().unwrap().push(Seen {
                method: request.method.clone(),
                target: request.target.clone(),
                bearer: request.bearer().map(str::to_owned),
                at: Instant::now(),
            });
            self.arrived.notify_all();
            let action = self.faults.lock().unwrap().iter_mut().find_map(|fault| fault.strike(&request));
            let mut response = match &action {
                Some(Action::Answer(response)) => response.clone(),
                _ => self.answer(&request),
            };
            self.in_flight.fetch_sub(1, SeqCst);
            match action {
                None | Some(Action::Answer(_)) => response.write(&mut writer, 0)?,
                Some(Action::Truncate) => {
                    let kept = response.body.len().saturating_sub(20);
                    response.body = response.body[..kept].into();
                    return response.write(&mut writer, 20);
                }
                Some(Action::HangUp) => return Ok(()),
                Some(Action::Stall) => return reader.read_to_end(&mut Vec::new()).map(drop),
            }
        }
        Ok(())
    }

    fn answer(&self, request: &Request) -> Response {
        if let Some(response) = identity::answer(request, &mut self.tokens.lock().unwrap()) {
            return response;
        }
        if self.in_flight.load(SeqCst) > self.options.at_most {
            self.refusals.fetch_add(1, SeqCst);
            return Response::error(503, "ServerBusy", "Too many at once.");
        }
        std::thread::sleep(self.options.latency);
        let left = match self.take_from_bucket() {
            Err(wait) => {
                self.refusals.fetch_add(1, SeqCst);
                return Response::error(429, "SubscriptionRequestsThrottled", "Too many requests.")
                    .header("Retry-After", &wait.to_string());
            }
            Ok(left) => left,
        };
        let mut response = self.answer_of_arm(request);
        if let Some(date) = &self.options.date {
            response = response.header("Date", date);
        }
        match left {
            Some(left) => response.header("x-ms-ratelimit-remaining-subscription-reads", &left.to_string()),
            None => response,
        }
    }

    /// What is left after this request; where nothing is, the seconds to wait.
    fn take_from_bucket(&self) -> Result<Option<u64>, u64> {
        let Some((size, rate)) = self.options.bucket else { return Ok(None) };
        let mut bucket = self.bucket.lock().unwrap();
        let (left, at) = *bucket;
        let left = (left + at.elapsed().as_secs_f64() * rate).min(size);
        *bucket = ((left - 1.0).max(0.0).max(if left < 1.0 { left } else { 0.0 }), Instant::now());
        if left < 1.0 { Err(1) } else { Ok(Some((left - 1.0) as u64)) }
    }

    fn answer_of_arm(&self, request: &Request) -> Response {
        if request.header("host") != self.base.strip_prefix("http://") {
            return Response::error(400, "InvalidHost", "the Host header names another server");
        }
        if !request.bearer().is_some_and(|token| self.tokens.lock().unwrap().accept(token)) {
            return self.unauthorized();
        }
        self.resource(request).unwrap_or_else(|refusal| refusal)
    }

    fn unauthorized(&self) -> Response {
        let challenge = format!(
            "Bearer authorization_uri=\"{}/{}\", error=\"invalid_token\", error_description=\"The access token expired.\"",
            self.base,
            identity::TENANT
        );
        Response::error(
            401,
            "ExpiredAuthenticationToken",
            "The access token expiry UTC time is earlier than current UTC time.",
        )
        .header("WWW-Authenticate", &challenge)
    }

    /// What ARM holds at a path.
    fn resource(&self, request: &Request) -> Result<Response, Response> {
        let path = request.decoded_path().to_lowercase();
        let segments: Vec<&str> = path.split('/').skip(1).collect();
        if path == "/providers/microsoft.resourcegraph/resources" {
            check_version(request, &["2022-10-01", "2024-04-01"])?;
            return Ok(graph::answer(&self.answers, &request.json()));
        }
        let is_action = segments.last() == Some(&"listdetails");
        if request.method != if is_action { "POST" } else { "GET" } {
            return Err(Response::error(405, "MethodNotAllowed", "The resource does not support this HTTP method."));
        }
        if is_action && request.header("content-length").is_none() {
            return Err(Response::error(411, "LengthRequired", "A Content-Length is required."));
        }
        if self.answers.shut.contains(&path) {
            return Err(Response::error(403, "AuthorizationFailed", "The client may not read this."));
        }
        let body = match segments[..] {
            ["subscriptions"] => {
                check_version(request, &["2022-12-01"])?;
                Some(&self.answers.subscriptions)
            }
            ["providers", "microsoft.management", "managementgroups", group, "descendants"] => {
                check_version(request, &["2020-05-01"])?;
                Some(self.answers.management_groups.get(group).ok_or_else(|| {
                    let message = format!("Management group '{group}' was not found.");
                    Response::error(404, "NotFound", &message)
                })?)
            }
            ["subscriptions", subscription, ..] if !self.answers.registries.contains_key(subscription) => {
                let message = format!("The subscription '{subscription}' could not be found.");
                return Err(Response::error(404, "SubscriptionNotFound", &message));
            }
            ["subscriptions", subscription, "providers", "microsoft.containerregistry", "registries"] => {
                check_version(request, &["2025-11-01"])?;
                if request.target.contains("skiptoken") {
                    self.answers.pages.get(&request.target)
                } else {
                    self.answers.registries.get(subscription)
                }
            }
            ["subscriptions", subscription, "providers", "microsoft.authorization", "permissions"] => {
                check_version(request, &["2022-04-01"])?;
                return Ok(graph::permissions(&self.answers, subscription));
            }
            ["subscriptions", subscription, "providers", "microsoft.network", "locations", _, "servicetags"] => {
                check_version(request, &["2022-01-01", "2024-05-01"])?;
                self.answers.service_tags.get(subscription)
            }
            [.., "tasks" | "agentpools"] | [.., "tasks", _, "listdetails"] => {
                check_version(request, &["2019-06-01-preview", "2025-03-01-preview"])?;
                self.answers.parts.get(&path)
            }
            [.., "microsoft.authorization", "roleassignments"] => {
                check_version(request, &["2022-04-01"])?;
                // Without it, ARM lists what is below the registry too.
                if request.query("$filter").as_deref() != Some("atScope()") {
                    return Err(Response::error(400, "UnsupportedQuery", "The filter must be atScope()."));
                }
                self.answers.parts.get(&path)
            }
            [.., "microsoft.authorization", "roledefinitions"] => {
                check_version(request, &["2022-04-01"])?;
                if request.query("$filter").as_deref() != Some("atScopeAndBelow()") {
                    return Err(Response::error(400, "UnsupportedQuery", "The filter must be atScopeAndBelow()."));
                }
                self.answers.parts.get(&path)
            }
            [.., "registries", _, "runs"] => {
                check_version(request, &["2019-06-01-preview", "2025-03-01-preview"])?;
                let all = self.answers.runs.get(&path).map(Vec::as_slice).unwrap_or_default();
                return around::runs(all, request).map(|list| Response::json(200, &list));
            }
            [.., "microsoft.network", _, _]
            | [.., "microsoft.network", "virtualnetworks", _, "subnets", _]
            | [.., "privateendpoints", _, "privatednszonegroups"] => {
                check_version(request, &["2024-05-01"])?;
                self.answers.parts.get(&path)
            }
            ["subscriptions", _, "resourcegroups", group, "providers", "microsoft.containerregistry", "registries"] => {
                check_version(request, &["2025-11-01"])?;
                Some(self.answers.groups.get(&path).ok_or_else(|| {
                    let message = format!("Resource group '{group}' could not be found.");
                    Response::error(404, "ResourceGroupNotFound", &message)
                })?)
            }
            [.., "registries", _] => {
                check_version(request, &["2025-11-01", "2026-03-01-preview"])?;
                match request.query("api-version").as_deref() {
                    Some("2025-11-01") => self.answers.plain.get(&path),
                    _ => self.answers.parts.get(&path),
                }
            }
            [.., "listusages"] => {
                check_version(request, &["2025-11-01"])?;
                self.answers.parts.get(&path)
            }
            _ => None,
        };
        body.map(|body| Response::rendered(Arc::clone(body))).ok_or_else(|| {
            let message = format!("The Resource '{}' was not found.", request.path());
            Response::error(404, "ResourceNotFound", &message)
        })
    }
}

fn check_version(request: &Request, known: &[&str]) -> Result<(), Response> {
    match request.query("api-version") {
        Some(version) if known.contains(&version.as_str()) => Ok(()),
        Some(version) => {
            let known = known.join(", ");
            let message = format!("The api-version '{version}' is invalid. The supported versions are '{known}'.");
            Err(Response::error(400, "InvalidApiVersionParameter", &message))
        }
        None => Err(Response::error(400, "MissingApiVersionParameter", "The api-version query parameter is required.")),
    }
}
