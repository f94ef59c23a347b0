//! How long a policy may take.

use std::num::NonZeroU32;
use std::time::Duration;

use regorus::utils::limits::ExecutionTimerConfig;

/// What one evaluation may take. Policies are meant to take well under a millisecond.
pub const TIME_LIMIT: Duration = Duration::from_secs(5);

/// The limit, for the engine.
pub fn timer() -> ExecutionTimerConfig {
    ExecutionTimerConfig { limit: TIME_LIMIT, check_interval: NonZeroU32::new(1000).unwrap_or(NonZeroU32::MIN) }
}
