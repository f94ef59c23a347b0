//! When to try again, and how long to wait: pure, so that it is tested without a clock.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::header::{HeaderMap, HeaderName, RETRY_AFTER};

use super::response::{Response, TransportError};

/// A request that meets errors is tried so often at least.
pub const MIN_TRIES: u32 = 5;
/// The first wait is at most this long; each later one at most twice the one before.
const FIRST_WAIT: Duration = Duration::from_millis(250);
/// No wait of our own choosing is longer.
const MAX_WAIT: Duration = Duration::from_secs(30);

/// Azure services that count in milliseconds say so in one of these, and `Retry-After` beside it is rounded.
const RETRY_AFTER_MS: [HeaderName; 2] =
    [HeaderName::from_static("retry-after-ms"), HeaderName::from_static("x-ms-retry-after-ms")];

/// The one predicate: whether what came back may be better next time.
pub fn is_retryable(outcome: &Result<Response, TransportError>) -> bool {
    match outcome {
        Ok(answer) => matches!(answer.status.as_u16(), 408 | 429 | 500 | 502 | 503 | 504) || answer.cut_short(),
        Err(error) => error.transient,
    }
}

/// How long the server asks to wait, where it does.
pub fn requested_wait(outcome: &Result<Response, TransportError>) -> Option<Duration> {
    let answer = outcome.as_ref().ok().filter(|_| is_retryable(outcome))?;
    retry_after(&answer.headers, Utc::now()).filter(|wait| !wait.is_zero())
}

/// How long to wait after the given number of tries: as the server says, else exponential with full jitter.
pub fn delay(outcome: &Result<Response, TransportError>, tries: u32) -> Duration {
    requested_wait(outcome).unwrap_or_else(|| backoff(tries, random()))
}

fn backoff(tries: u32, random: f64) -> Duration {
    let ceiling = FIRST_WAIT.saturating_mul(2u32.saturating_pow(tries.saturating_sub(1)));
    ceiling.min(MAX_WAIT).mul_f64(random)
}

/// From 0 to 1. Each `RandomState` of the standard library has its own keys: random enough to spread requests.
fn random() -> f64 {
    let bits = RandomState::new().build_hasher().finish() >> 11;
    bits as f64 / (1u64 << 53) as f64
}

/// Reads how long the server asks to wait: milliseconds, seconds, or a date. What cannot be read is no answer.
fn retry_after(headers: &HeaderMap, now: DateTime<Utc>) -> Option<Duration> {
    let text = |name: &HeaderName| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    if let Some(milliseconds) = RETRY_AFTER_MS.iter().find_map(|name| text(name)?.parse().ok()) {
        return Some(Duration::from_millis(milliseconds));
    }
    let text = text(&RETRY_AFTER)?;
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = DateTime::parse_from_rfc2822(text).ok()?;
    Some((date.with_timezone(&Utc) - now).to_std().unwrap_or(Duration::ZERO))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (HeaderName::from_static(name), value.parse().expect("a value"))).collect()
    }

    #[test]
    fn retry_after_in_each_of_its_forms() {
        let now = DateTime::parse_from_rfc2822("Wed, 21 Oct 2026 07:28:00 GMT").expect("a date").with_timezone(&Utc);
        let read = |pairs: &[(&'static str, &'static str)]| retry_after(&headers(pairs), now);
        let seconds = |seconds| Some(Duration::from_secs(seconds));
        assert_eq!(read(&[("retry-after", "17")]), seconds(17));
        assert_eq!(read(&[("retry-after", " 3 ")]), seconds(3));
        assert_eq!(read(&[("retry-after", "Wed, 21 Oct 2026 07:28:42 GMT")]), seconds(42));
        assert_eq!(read(&[("retry-after", "Wed, 21 Oct 2026 07:27:00 GMT")]), seconds(0));
        assert_eq!(read(&[("retry-after", "1"), ("x-ms-retry-after-ms", "250")]), Some(Duration::from_millis(250)));
        assert_eq!(read(&[("retry-after", "2"), ("retry-after-ms", "soon")]), seconds(2));
        for unreadable in ["", "-1", "1.5", "soon", "99999999999999999999"] {
            assert_eq!(read(&[("retry-after", unreadable)]), None, "{unreadable}");
        }
        assert_eq!(read(&[]), None);
    }

    #[test]
    fn backoff_doubles_up_to_its_cap() {
        let ceilings: Vec<_> = [1, 2, 3, 4, 8, 40, u32::MAX].map(|tries| backoff(tries, 1.0).as_millis()).into();
        assert_eq!(ceilings, [250, 500, 1000, 2000, 30_000, 30_000, 30_000]);
        assert_eq!(backoff(3, 0.0), Duration::ZERO);
        assert!((0..1000).map(|_| random()).all(|random| (0.0..1.0).contains(&random)));
    }
}
