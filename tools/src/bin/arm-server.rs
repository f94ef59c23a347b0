//! Plays Azure from a snapshot folder, so that a live scan can be tried without a subscription:
//! `cargo run -p tools --bin arm-server -- fixtures/contoso --port 8099`.

#![allow(clippy::print_stdout, reason = "a program for a person at a terminal")]

#[path = "../../../tests/arm_server/mod.rs"]
mod arm_server;

use std::path::PathBuf;
use std::process::ExitCode;

use arm_server::{ArmServer, Options, identity, world::World};

const USAGE: &str = "usage: cargo run -p tools --bin arm-server -- SNAPSHOT [--port PORT] [--page-size REGISTRIES] [--latency MILLISECONDS]";

fn main() -> ExitCode {
    let Some((folder, options)) = parse(std::env::args().skip(1)) else {
        println!("{USAGE}");
        return ExitCode::from(2);
    };
    let world = World::from_snapshot(&folder);
    let server = match ArmServer::bind(&world, options) {
        Ok(server) => server,
        Err(error) => {
            println!("cannot listen: {error}; give another --port");
            return ExitCode::from(2);
        }
    };
    let url = server.url();
    println!("Playing Azure at {url} from {}. In another terminal:\n", folder.display());
    println!(
        "export AZURE_AUTHORITY_HOST={url} AZURE_TENANT_ID={} AZURE_CLIENT_ID={}",
        identity::TENANT,
        identity::CLIENT
    );
    println!("export AZURE_CLIENT_SECRET={}", identity::CLIENT_SECRET);
    for subscription in world.subscriptions() {
        println!("cargo run -- scan --subscription {subscription} --arm-endpoint {url}");
    }
    println!("\nControl-C stops it.");
    loop {
        std::thread::park();
    }
}

fn parse(mut words: impl Iterator<Item = String>) -> Option<(PathBuf, Options)> {
    let mut folder = None;
    let mut options = Options { port: 8099, ..Options::default() };
    while let Some(word) = words.next() {
        match word.as_str() {
            "--port" => options.port = words.next()?.parse().ok()?,
            "--page-size" => options.page_size = words.next()?.parse().ok().filter(|size| *size > 0)?,
            "--latency" => options.latency = std::time::Duration::from_millis(words.next()?.parse().ok()?),
            _ if folder.is_none() && !word.starts_with('-') => folder = Some(PathBuf::from(word)),
            _ => return None,
        }
    }
    Some((folder?, options))
}
