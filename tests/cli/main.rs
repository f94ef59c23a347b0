//! Runs the real binary against the demo snapshot, the documentation and a loopback server that plays Azure.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should panic")]
#![allow(clippy::print_stderr, reason = "a test that is skipped says so")]

#[path = "../arm_server/mod.rs"]
mod arm_server;

mod archive;
mod around;
mod baseline;
mod bicep_modules;
mod categories;
mod command_line;
mod config;
mod credentials;
mod demo;
mod discovery;
mod docs;
mod faults;
mod fix;
mod fixture;
mod harness;
mod hostile;
mod live;
mod lost_sight;
mod night;
mod oci;
mod outputs;
mod own_policies;
mod policy_commands;
mod pull;
mod reads;
mod recordings;
mod sarif;
mod scopes;
mod secrets;
mod server;
mod service_tags;
mod simulate;
mod snapshot;
mod source_code;
mod source_faults;
mod source_found;
mod tenant;
mod waivers;
