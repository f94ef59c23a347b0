//! Functions of points in time that are given. What takes the time of the run is not evaluated.

use chrono::{DateTime, Duration, FixedOffset, SecondsFormat};

use super::super::value::{ExpressionError, Outcome, number, text};
use super::text_argument;
use crate::source::code::declared::Node;

pub fn call(name: &str, arguments: &[Node]) -> Option<Outcome> {
    Some(match name {
        "timeadd" => time(arguments, 0).and_then(|time| {
            let later = time.checked_add_signed(duration(&text_argument(arguments, 1)?)?);
            let later = later.ok_or_else(|| ExpressionError::Wrong("The time is out of range.".to_owned()))?;
            text(later.to_rfc3339_opts(SecondsFormat::Secs, true))
        }),
        "timecmp" => time(arguments, 0).and_then(|one| {
            let other = time(arguments, 1)?;
            number(f64::from(one.cmp(&other) as i8))
        }),
        _ => return None,
    })
}

fn time(arguments: &[Node], index: usize) -> Result<DateTime<FixedOffset>, ExpressionError> {
    let wrong = |_| ExpressionError::Wrong("A time as RFC 3339 writes it is needed.".to_owned());
    DateTime::parse_from_rfc3339(&text_argument(arguments, index)?).map_err(wrong)
}

/// `1h30m`, `-10s`.
fn duration(text: &str) -> Result<Duration, ExpressionError> {
    let wrong = || ExpressionError::Wrong("A duration such as 1h30m is needed.".to_owned());
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let mut seconds = 0.0;
    while !rest.is_empty() {
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.').len();
        let amount: f64 = rest[..digits].parse().map_err(|_| wrong())?;
        rest = &rest[digits..];
        let units = [("h", 3600.0), ("ms", 0.001), ("m", 60.0), ("us", 1e-6), ("ns", 1e-9), ("s", 1.0)];
        let (unit, length) = units.into_iter().find(|(unit, _)| rest.starts_with(unit)).ok_or_else(wrong)?;
        rest = &rest[unit.len()..];
        seconds += amount * length;
    }
    let milliseconds = (seconds * 1000.0).round() as i64;
    Duration::try_milliseconds(if negative { -milliseconds } else { milliseconds }).ok_or_else(wrong)
}
