//! Runs the binary in a scrubbed environment.

use std::path::Path;

use crate::arm_server::world::World;

/// The demo's subscription.
pub const CONTOSO: &str = "5d1c7a8e-4b0f-4f6e-9c3a-2e71b8d0a9f4";

/// What ARM knows of the demo's subscription.
pub fn contoso() -> World {
    World::from_snapshot(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/contoso"))
}
