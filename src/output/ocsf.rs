//! Compliance findings of the Open Cybersecurity Schema Framework, class 2003: one event for each registry and policy, and
//! for each finding where one policy has several. What was judged right is an event as well, with the hash of the document
//! that was judged. <https://schema.ocsf.io/1.4.0/classes/compliance_finding>

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use super::report::Report;
use super::report::evidence::Judged;
use super::report::links::Links;
use crate::model::finding::{Finding, Notification, RegistrySummary, ResultKind, ScopeName, Severity, fingerprint};
use crate::policy::Policy;

/// The version of the schema.
const VERSION: &str = "1.4.0";

/// Renders a list of events, an event a line. `time` is in milliseconds since 1970: the schema asks for one.
///
/// # Errors
/// None that is known: evidence is JSON already.
pub fn render(report: &Report, links: &Links, time: i64) -> serde_json::Result<String> {
    let policies: HashMap<&str, &Policy> = report.policies.iter().map(|policy| (policy.id.as_str(), policy)).collect();
    let judged = Judged::new(report);
    let mut by_registry: HashMap<&str, Vec<&Finding>> = HashMap::new();
    for finding in &report.findings {
        by_registry.entry(&finding.resource).or_default().push(finding);
    }
    let mut events = Vec::new();
    for registry in &report.registries {
        let event = |policy: Option<&Policy>, status: Status| event(registry, policy, status, links, time);
        for finding in by_registry.remove(registry.resource.as_str()).unwrap_or_default() {
            events.push(event(policies.get(finding.policy.as_str()).copied(), Status::Found(finding)));
        }
        events.extend(judged.passed(registry).map(|policy| event(Some(policy), Status::Passed)));
    }
    events.extend(report.notifications.iter().map(|note| not_read(note, time)));
    let lines = events.iter().map(serde_json::to_string).collect::<serde_json::Result<Vec<_>>>()?;
    Ok(if lines.is_empty() { "[]\n".to_owned() } else { format!("[\n{}\n]\n", lines.join(",\n")) })
}

/// What a policy came to on a registry.
#[derive(Clone, Copy)]
enum Status<'a> {
    Passed,
    Found(&'a Finding),
}

fn event(registry: &RegistrySummary, policy: Option<&Policy>, status: Status, links: &Links, time: i64) -> Value {
    let (severity_id, status_id, compliance_id, compliance_word, message) = match status {
        Status::Passed => (1, 4, 1, "Pass", format!("Registry {} was judged and is right.", registry.name)),
        Status::Found(finding) => {
            let open = if finding.waived.is_some() { 3 } else { 1 };
            match finding.kind {
                ResultKind::Fail => (severity(finding.severity), open, 3, "Fail", finding.message.clone()),
                ResultKind::Unknown => (0, open, 0, "Unknown", finding.message.clone()),
            }
        }
    };
    let id = match status {
        Status::Found(finding) => finding.policy.as_str(),
        Status::Passed => policy.map(|policy| policy.id.as_str()).unwrap_or_default(),
    };
    let uid = match status {
        Status::Found(finding) => finding.fingerprint.clone(),
        Status::Passed => fingerprint(id, &registry.resource, "passed"),
    };
    let mut compliance = object(json!({
        "control": id,
        "standards": policy.map(standards).unwrap_or_default(),
        "requirements": policy.map(requirements).unwrap_or_default(),
        "status_id": compliance_id,
        "status": compliance_word,
    }));
    let mut finding_info = object(json!({ "uid": uid, "title": policy.map_or(id, |policy| &policy.metadata.title) }));
    let mut unmapped = object(json!({ "document_sha256": registry.document }));
    if let Some(policy) = policy {
        finding_info.insert("desc".to_owned(), json!(policy.metadata.description.trim()));
    }
    if let Status::Found(finding) = status {
        compliance.insert("status_detail".to_owned(), json!(finding.reason.as_ref().unwrap_or(&finding.message)));
        unmapped.insert("field".to_owned(), json!(finding.field));
        unmapped.insert("key".to_owned(), json!(finding.key));
        unmapped.insert("evidence".to_owned(), finding.evidence.clone());
        unmapped.insert("waived".to_owned(), json!(finding.waived.as_ref().map(|waived| &waived.reason)));
        unmapped.insert("baseline".to_owned(), json!(finding.baseline.map(|state| state.as_str())));
    }
    let mut event = object(json!({
        "compliance": compliance,
        "finding_info": finding_info,
        "message": message,
        "resources": [resource(registry)],
        "severity_id": severity_id,
        "status_id": status_id,
        "unmapped": unmapped,
    }));
    if let (Status::Found(finding), Some(policy)) = (status, policy) {
        event.insert("remediation".to_owned(), remediation(finding, policy, links));
    }
    complete(event, id, &registry.scope, Some(registry.location.as_str()), time)
}

/// What every event of the class holds.
fn complete(mut event: Map<String, Value>, code: &str, scope: &ScopeName, region: Option<&str>, time: i64) -> Value {
    let product = json!({ "name": "acrscan", "vendor_name": "acrscan", "version": env!("CARGO_PKG_VERSION") });
    let mut metadata = object(json!({ "version": VERSION, "product": product, "event_code": code }));
    if let ScopeName::Subscription(id) = scope {
        // What is in no cloud yet has none.
        metadata.insert("profiles".to_owned(), json!(["cloud"]));
        let account = json!({ "uid": id, "type_id": 13, "type": "Azure Subscription" });
        let mut cloud = object(json!({ "provider": "Azure", "account": account }));
        cloud.extend(region.filter(|region| !region.is_empty()).map(|region| ("region".to_owned(), json!(region))));
        event.insert("cloud".to_owned(), Value::Object(cloud));
    }
    event.insert("metadata".to_owned(), Value::Object(metadata));
    let class = [("activity_id", 1), ("category_uid", 2), ("class_uid", 2003), ("type_uid", 200_301), ("time", time)];
    event.extend(class.into_iter().map(|(name, value)| (name.to_owned(), json!(value))));
    Value::Object(event)
}

fn resource(registry: &RegistrySummary) -> Value {
    let mut resource = object(json!({
        "uid": registry.resource,
        "name": registry.name,
        "type": "Microsoft.ContainerRegistry/registries",
    }));
    // The schema has regions of what is in a cloud.
    let is_live = matches!(registry.scope, ScopeName::Subscription(_));
    let region = Some(&registry.location).filter(|region| is_live && !region.is_empty());
    resource.extend(region.map(|region| ("region".to_owned(), json!(region))));
    Value::Object(resource)
}

fn remediation(finding: &Finding, policy: &Policy, links: &Links) -> Value {
    let mut text = policy.metadata.custom.remediation.trim().to_owned();
    for command in &finding.fix {
        text.push('\n');
        text.push_str(command);
    }
    let own = links.page(policy).into_iter();
    let references = own.chain(policy.metadata.related_resources.iter().map(|reference| reference.url.clone()));
    json!({ "desc": text, "references": references.collect::<Vec<_>>() })
}

/// What was not read: nobody knows whether it complies.
fn not_read(note: &Notification, time: i64) -> Value {
    let text = note.text().into_owned();
    let code = note.policy.as_deref().unwrap_or("not-read");
    let compliance = json!({ "control": code, "standards": ["acrscan"], "status_id": 0, "status": "Unknown", "status_detail": text });
    let mut event = object(json!({
        "compliance": compliance,
        "finding_info": { "uid": fingerprint(code, note.resource.as_deref().unwrap_or_default(), &text), "title": "Not read" },
        "message": text,
        "severity_id": 0,
        "status_id": 1,
    }));
    if let Some(resource) = &note.resource {
        let resource = json!({ "uid": resource, "type": "Microsoft.ContainerRegistry/registries" });
        event.insert("resources".to_owned(), json!([resource]));
    }
    complete(event, code, note.scope.as_ref().unwrap_or(&ScopeName::Source), None, time)
}

/// The frameworks that the policy is mapped to, and ours where there is none: the schema asks for one.
fn standards(policy: &Policy) -> Vec<String> {
    let known: Vec<String> = policy.metadata.custom.controls.keys().cloned().collect();
    if known.is_empty() { vec!["acrscan".to_owned()] } else { known }
}

fn requirements(policy: &Policy) -> Vec<String> {
    let controls = policy.metadata.custom.controls.iter();
    controls.flat_map(|(framework, ids)| ids.iter().map(move |id| format!("{framework}: {id}"))).collect()
}

fn severity(severity: Severity) -> u8 {
    match severity {
        Severity::Critical => 5,
        Severity::High => 4,
        Severity::Medium => 3,
        Severity::Low => 2,
        Severity::Note => 1,
    }
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::report::sample;

    /// What the published schema requires of the class and of what is in it; CI holds the demo to the schema itself.
    #[test]
    fn every_event_holds_what_the_class_requires() {
        let report = sample::compared();
        let text = render(&report, &Links::default(), 1_796_000_000_000).expect("JSON");
        let events: Vec<Value> = serde_json::from_str(&text).expect("a list");
        // What is carried was not seen, and is not right for that.
        let passed = 3;
        assert_eq!(events.len(), report.findings.len() + report.notifications.len() + passed);
        assert_eq!(text.lines().count(), events.len() + 2, "an event a line");
        for event in &events {
            for pointer in [
                "/activity_id",
                "/category_uid",
                "/class_uid",
                "/compliance/standards/0",
                "/finding_info/uid",
                "/metadata/product/name",
                "/metadata/version",
                "/severity_id",
                "/time",
                "/type_uid",
            ] {
                assert!(event.pointer(pointer).is_some_and(|value| !value.is_null()), "{pointer}: {event}");
            }
            let is_live = event["metadata"]["profiles"] == json!(["cloud"]);
            assert_eq!(is_live, event["cloud"]["provider"] == "Azure");
        }
        let statuses = |word: &str| events.iter().filter(|event| event["compliance"]["status"] == word).count();
        assert_eq!((statuses("Pass"), statuses("Fail"), statuses("Unknown")), (passed, 3, 4));
    }
}
