//! How long a policy may take, and how the engine's complaints are put.

use std::num::NonZeroU32;
use std::time::Duration;

use regorus::utils::limits::ExecutionTimerConfig;

/// What one evaluation may take. Policies are meant to take well under a millisecond.
pub const TIME_LIMIT: Duration = Duration::from_secs(5);

/// The limit, for the engine.
pub fn timer() -> ExecutionTimerConfig {
    ExecutionTimerConfig { limit: TIME_LIMIT, check_interval: NonZeroU32::new(1000).unwrap_or(NonZeroU32::MIN) }
}

/// The engine's excerpt with a caret, as `file:line:column: message`.
pub fn one_line(text: &str) -> String {
    let place = text.lines().find_map(|line| line.trim().strip_prefix("--> "));
    let error = text.lines().find_map(|line| line.trim().strip_prefix("error: "));
    match (place, error) {
        (Some(place), Some(error)) => format!("{place}: {}", error.trim_end_matches(':')),
        _ => text.split_whitespace().collect::<Vec<_>>().join(" "),
    }
}
