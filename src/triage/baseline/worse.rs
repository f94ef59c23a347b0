//! Whether a finding that was known is worse than it was: graver, or with more to it.

use ipnet::IpNet;
use serde_json::Value;

use crate::model::finding::{Finding, Severity};

/// More entries are not listed.
const MAX_LISTED: usize = 3;

/// Lists of evidence that tell what is well: that they grow is no harm.
const GOOD: [&str; 2] = ["covered", "open"];

/// Numbers of evidence of which more is worse.
const COUNTS: [&str; 2] = ["addresses", "missing"];

/// What is worse: `severity was medium, is high; missing_ipv4 was 20.42.66.0/24, is 10 entries`.
pub fn worse(finding: &Finding, severity: &str, evidence: Option<&Value>) -> Option<String> {
    let mut parts = Vec::new();
    if Severity::parse(severity).is_some_and(|was| was < finding.severity) {
        parts.push(format!("severity was {severity}, is {}", finding.severity.as_str()));
    }
    let was = evidence.and_then(Value::as_object);
    for (name, is) in finding.evidence.as_object().into_iter().flatten() {
        let Some(was) = was.and_then(|was| was.get(name)) else { continue };
        let grew = match (was, is) {
            (Value::Array(was), Value::Array(is)) => !GOOD.iter().any(|good| name.starts_with(good)) && grew(was, is),
            (Value::Number(was), Value::Number(is)) => COUNTS.contains(&name.as_str()) && was.as_f64() < is.as_f64(),
            _ => false,
        };
        if grew {
            parts.push(format!("{} was {}, is {}", name.replace('_', " "), shown(was), shown(is)));
        }
    }
    (!parts.is_empty()).then(|| parts.join("; "))
}

/// Whether a list has grown: of ranges, whether they admit more addresses, whichever they are; of all else, whether it
/// holds something that it did not.
fn grew(was: &[Value], is: &[Value]) -> bool {
    match (addresses(was), addresses(is)) {
        (Some(was), Some(is)) if !(was.is_empty() && is.is_empty()) => count(&is) > count(&was),
        _ => is.iter().any(|entry| !was.contains(entry)),
    }
}

/// The ranges of a list, joined; nothing where it holds anything else.
fn addresses(list: &[Value]) -> Option<Vec<IpNet>> {
    let range = |entry: &Value| -> Option<IpNet> {
        let text = entry.as_str()?;
        text.parse().ok().or_else(|| text.parse().ok().map(|address: std::net::IpAddr| IpNet::from(address)))
    };
    let ranges: Option<Vec<IpNet>> = list.iter().map(|entry| range(entry).map(|range| range.trunc())).collect();
    Some(IpNet::aggregate(&ranges?))
}

fn count(ranges: &[IpNet]) -> f64 {
    ranges.iter().map(|range| f64::from(range.max_prefix_len() - range.prefix_len()).exp2()).sum()
}

fn shown(value: &Value) -> String {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    match value {
        Value::Array(items) if items.is_empty() => "none".to_owned(),
        Value::Array(items) if items.len() <= MAX_LISTED && items.iter().all(Value::is_string) => {
            items.iter().map(text).collect::<Vec<_>>().join(", ")
        }
        Value::Array(items) => format!("{} entries", items.len()),
        other => text(other),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn ranges_are_compared_by_what_they_admit() {
        let grew = |was: Value, is: Value| grew(was.as_array().expect("a list"), is.as_array().expect("a list"));
        assert!(!grew(json!(["10.0.0.0/24", "10.0.1.0/24"]), json!(["10.0.0.0/23"])));
        assert!(grew(json!(["10.0.0.0/24"]), json!(["10.0.0.0/23"])));
        assert!(!grew(json!(["10.0.0.0/24"]), json!(["10.0.0.7"])));
        assert!(!grew(json!(["10.0.0.0/24", "10.0.1.0/24"]), json!(["10.9.0.0/24"])), "another, and less");
        assert!(grew(json!([]), json!(["10.0.0.0/24"])) && !grew(json!(["::/0"]), json!([])));
        assert!(grew(json!(["a"]), json!(["a", "b"])) && !grew(json!(["a", "b"]), json!(["b"])));
        assert!(grew(json!([]), json!([{"principal": "p"}])) && !grew(json!([{"a": 1}]), json!([{"a": 1}])));
    }

    #[test]
    fn entries_are_listed_while_they_are_few() {
        assert_eq!(shown(&json!(["a", "b"])), "a, b");
        assert_eq!(shown(&json!(["a", "b", "c", "d"])), "4 entries");
        assert_eq!((shown(&json!([])), shown(&json!(7))), ("none".to_owned(), "7".to_owned()));
    }
}
