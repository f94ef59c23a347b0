//! The live source: Azure Resource Manager.
//!
//! Everything asynchronous stays in here: [`collect`] starts a runtime of its own and is done with it when it returns.

mod auth;
pub mod client;
mod collect;
mod discover;
mod network;
mod options;
mod registry;
mod role_definitions;
mod signals;
mod subscriptions;
mod when;

pub use self::options::{CredentialKind, Discovery, Options, Progress, ScopeSelection, SkippablePart, SkippedKind};
use super::Collected;
use anyhow::Context;

/// What is read, and the api-version it is asked for at. A registry whose tasks had to be read at an older one says so
/// in its own document.
pub const API_VERSIONS: [(&str, &str); 11] = [
    ("registries", registry::REGISTRIES_VERSION),
    ("tasks", registry::TASKS_VERSIONS[0]),
    ("agent_pools", registry::TASKS_VERSIONS[0]),
    ("task_credentials", registry::TASKS_VERSIONS[0]),
    ("role_assignments", registry::ROLE_ASSIGNMENTS_VERSION),
    ("role_definitions", role_definitions::ROLE_DEFINITIONS_VERSION),
    ("usages", registry::REGISTRIES_VERSION),
    ("preview", registry::PREVIEW_VERSION),
    ("runs", registry::TASKS_VERSIONS[0]),
    ("network", network::NETWORK_VERSION),
    ("service_tags", collect::SERVICE_TAGS_VERSION),
];

/// Reads all registries of the subscriptions, and calls `progress` whenever one step is done.
///
/// An error means that nothing could start: an address that is refused, or no credential that works. Whatever else
/// goes wrong is a gap of the inventory that is returned.
pub fn collect(options: &Options, progress: &dyn Fn(Progress)) -> anyhow::Result<Collected> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("no runtime")?;
    let collected = runtime.block_on(collect::run(options, progress));
    // A look-up of a host name that hangs cannot be stopped, but need not be waited for.
    runtime.shutdown_background();
    collected
}
