//! Starting up: from the start of the process to its first request at the server, median of 20.

#![allow(clippy::print_stdout, reason = "a bench prints its figures")]

#[path = "../tests/arm_server/mod.rs"]
mod arm_server;
mod crowd;

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use arm_server::{ArmServer, Options, identity, world::World};

const ROUNDS: usize = 20;

fn main() {
    let world = World::from_snapshot(&crowd::demo());
    let mut times: Vec<Duration> = (0..ROUNDS).map(|_| time_to_first_request(&world)).collect();
    times.sort();
    let (fastest, median, slowest) = (times[0], times[ROUNDS / 2], times[ROUNDS - 1]);
    println!("start-up to first request: median {median:.1?} of {ROUNDS}, from {fastest:.1?} to {slowest:.1?}");
}

fn time_to_first_request(world: &World) -> Duration {
    let server = ArmServer::start(world, Options::default());
    let mut command = Command::new(env!("CARGO_BIN_EXE_acrscan"));
    command.args(["scan", "--subscription", crowd::CONTOSO, "--arm-endpoint", server.url()]);
    command.env_clear().env("AZURE_AUTHORITY_HOST", server.url()).env("AZURE_TENANT_ID", identity::TENANT);
    command.env("AZURE_CLIENT_ID", identity::CLIENT).env("AZURE_CLIENT_SECRET", identity::CLIENT_SECRET);
    let start = Instant::now();
    let status = command.stdout(Stdio::null()).status().expect("the binary runs");
    assert_eq!(status.code(), Some(1), "the demo's findings, and no gap");
    server.seen()[0].at - start
}
