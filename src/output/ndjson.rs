//! A line of JSON for each finding, flat: Log Analytics, Elastic and Splunk take it as it is.

use super::report::Report;
use super::report::flat::rows;

/// Renders the lines.
///
/// # Errors
/// None that is known: all members are text and numbers.
pub fn render(report: &Report) -> serde_json::Result<String> {
    let mut lines = String::new();
    for row in rows(report) {
        lines.push_str(&serde_json::to_string(&row)?);
        lines.push('\n');
    }
    Ok(lines)
}
