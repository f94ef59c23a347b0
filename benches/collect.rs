//! Collecting from Azure: 2,000 registries with two tasks each over loopback, each answer 20 ms away, 64 requests in
//! flight. Prints the wall time of a whole scan beside what the latency alone would take.

#![allow(clippy::print_stdout, reason = "a bench prints its figures")]

#[path = "../tests/arm_server/mod.rs"]
mod arm_server;
mod crowd;

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use arm_server::{ArmServer, Options, identity, world::World};

const REGISTRIES: usize = 2_000;
const PAGE_SIZE: usize = 500;
const LATENCY: Duration = Duration::from_millis(20);
const CONCURRENCY: usize = 64;

fn main() {
    let world = World::from_snapshot(&crowd::demo()).with_subscription(crowd::CONTOSO, crowd::documents(REGISTRIES));
    // A token, the pages, the service tags, and two lists a registry.
    let expected = 1 + REGISTRIES.div_ceil(PAGE_SIZE) + 1 + 2 * REGISTRIES;
    let ideal = LATENCY.mul_f64(expected as f64 / CONCURRENCY as f64);
    println!("{REGISTRIES} registries, {expected} requests of {LATENCY:?} by {CONCURRENCY}: ideal {ideal:.2?}");
    for round in 1..=3 {
        let options = Options { page_size: PAGE_SIZE, latency: LATENCY, ..Options::default() };
        let server = ArmServer::start(&world, options);
        let start = Instant::now();
        let status = scan(&server).status().expect("the binary runs");
        let wall = start.elapsed();
        let last = server.seen().last().map_or(start, |seen| seen.at) - start;
        assert_eq!(status.code(), Some(1), "the demo's findings, and no gap");
        assert_eq!(server.seen().len(), expected, "requests are exactly counted");
        let ratio = |time: Duration| time.as_secs_f64() / ideal.as_secs_f64();
        println!(
            "  round {round}: last request after {last:.2?} ({:.2} x ideal), whole scan {wall:.2?} ({:.2} x), peak {} in flight",
            ratio(last),
            ratio(wall),
            server.peak_in_flight()
        );
    }
}

fn scan(server: &ArmServer) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_acrscan"));
    command.args(["scan", "--subscription", crowd::CONTOSO, "--arm-endpoint", server.url()]);
    command.args(crowd::MISSION).args(["--concurrency", &CONCURRENCY.to_string()]);
    command.env_clear().env("AZURE_AUTHORITY_HOST", server.url()).env("AZURE_TENANT_ID", identity::TENANT);
    command.env("AZURE_CLIENT_ID", identity::CLIENT).env("AZURE_CLIENT_SECRET", identity::CLIENT_SECRET);
    command.stdout(Stdio::null());
    command
}
