//! A report with one of everything, for the tests of the formats.

use std::sync::Arc;

use serde_json::json;

use super::{Gate, Outcome, Report, ScopeReport};
use crate::model::exposure::{AddressRange, Answer, Endpoint, Exposure, Posture, TaskVerdict, TaskWays, Way};
use crate::model::file_gap::FilePosition;
use crate::model::finding::{
    BaselineState, Finding, Level, Location, Notification, Region, RegistrySummary, Related, ResultKind, ScopeName,
    Severity, Waived, fingerprint,
};
use crate::model::text_file::TextFile;
use crate::policy::{PolicySet, Selection};
use crate::triage::baseline::{AbsentResult, CarriedResult};
use crate::triage::waiver::WaiverRemark;

use super::super::ScanVerdict;

/// A subscription.
pub const SUBSCRIPTION: &str = "5d1c7a8e-4b0f-4f6e-9c3a-2e71b8d0a9f4";

/// What a medium finding that counts makes of it.
pub const VERDICT: ScanVerdict = ScanVerdict {
    outcome: Outcome::Incomplete,
    gate: Gate { fail_on: Some(Severity::Medium), fail_on_unknown: false, fail_on_new: false },
};

const MAIN: &str = "resource \"azurerm_container_registry\" \"prod\" {\n  sku = var.sku\n\tpublic_network_access_enabled = var.open # \u{202e}gnp.exe\n}\n";

/// A finding in source code.
pub fn in_source(policy: &str, kind: ResultKind, message: &str) -> Finding {
    let resource = "infra:azurerm_container_registry.prod";
    let main = Arc::new(TextFile::new("infra/main.tf", MAIN));
    let variables = Arc::new(TextFile::new("infra/variables.tf", "variable \"open\" {\n  default = true\n}\n"));
    let open = Region { start_line: 3, start_column: 34, end_line: 3, end_column: 42 };
    let default = Region { start_line: 2, start_column: 13, end_line: 2, end_column: 17 };
    Finding {
        policy: policy.to_owned(),
        kind,
        severity: Severity::High,
        message: message.to_owned(),
        reason: None,
        scope: ScopeName::Source,
        resource: resource.to_owned(),
        name: "prod".to_owned(),
        logical: "azurerm_container_registry.prod".to_owned(),
        field: "/registry/properties/publicNetworkAccess".to_owned(),
        key: None,
        location: Location::Source { file: variables, region: default },
        related: vec![Related { message: "used here".to_owned(), file: main, region: open }],
        evidence: json!({ "publicNetworkAccess": "Enabled" }),
        fix: Vec::new(),
        fingerprint: fingerprint(policy, resource, "/registry/properties/publicNetworkAccess"),
        registry_fingerprint: None,
        waived: None,
        baseline: None,
    }
}

/// A finding in Azure.
pub fn live(policy: &str, severity: Severity) -> Finding {
    let resource = format!(
        "/subscriptions/{SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.ContainerRegistry/registries/contosolive"
    );
    Finding {
        severity,
        scope: ScopeName::Subscription(SUBSCRIPTION.to_owned()),
        name: "contosolive".to_owned(),
        logical: resource.clone(),
        location: Location::Live,
        related: Vec::new(),
        fix: vec!["az acr update --name contosolive --anonymous-pull-enabled false".to_owned()],
        fingerprint: fingerprint(policy, &resource, "live"),
        registry_fingerprint: None,
        key: Some("live".to_owned()),
        resource,
        ..in_source(policy, ResultKind::Fail, "Registry contosolive lets anybody pull.")
    }
}

/// A closed registry with a task that gets in, one that does not, and one of which it is not known.
pub fn exposure() -> Exposure {
    let task = |name: &str, reaches: Answer, way: Option<Way>| TaskVerdict {
        name: name.to_owned(),
        field: format!("/tasks/{name}"),
        reaches,
        way,
        broken_link: (reaches == Answer::No).then(|| "way".to_owned()),
        ways: TaskWays { public: Answer::No, virtual_network: Answer::No, bypass: reaches },
    };
    Exposure {
        posture: Posture::Closed,
        trusted_services: Answer::Yes,
        tasks_bypass: Answer::Yes,
        endpoints: Some(vec![Endpoint {
            name: "endpoint<b>".to_owned(),
            approved: Answer::Yes,
            state: "approved".to_owned(),
        }]),
        rules: Some(vec![AddressRange { value: "203.0.113.0/24".to_owned(), admits: Answer::No, tag: None }]),
        tasks: Some(vec![
            task("build", Answer::Yes, Some(Way::Bypass)),
            task("purge</script>", Answer::No, None),
            task("sign", Answer::Unknown, None),
        ]),
        tasks_complete: true,
    }
}

/// A waiver.
pub fn waiver() -> Waived {
    Waived {
        reason: "agreed with @contoso/security | until the move".to_owned(),
        expires: Some("2027-03-31".to_owned()),
        approved_by: Some("Ada".to_owned()),
        in_source: false,
        path: "acrscan.toml".to_owned(),
        line: 12,
    }
}

/// A report of source code and a subscription.
pub fn report() -> Report {
    let only = ["admin-user", "anonymous-pull", "firewall-quota", "public-network-access", "quarantine"];
    let selection = Selection { only: only.map(str::to_owned).to_vec(), ..Selection::default() };
    let policies = PolicySet::load(&selection).expect("the built-in policies").policies;
    let mut waived = in_source("quarantine", ResultKind::Fail, "Registry prod does not hold new images back.");
    waived.waived = Some(waiver());
    let message = "Registry prod accepts connections from every network: `a|b` <b>@contoso/all</b>.";
    let mut findings = vec![
        live("anonymous-pull", Severity::Medium),
        in_source("public-network-access", ResultKind::Fail, message),
        waived,
    ];
    for (policy, rest) in [("admin-user", "whether it is on"), ("anonymous-pull", "whether anybody may pull")] {
        let note = "The variable `sku` has no value.";
        let message = format!("Registry prod: the SKU was not read, so {rest} cannot be told. {note}");
        let reason = format!("the SKU was not read. {note}");
        findings.push(Finding { reason: Some(reason), ..in_source(policy, ResultKind::Unknown, &message) });
    }
    findings.push(in_source("firewall-quota", ResultKind::Unknown, "Whatever a policy says, so be it."));
    let registry = |finding: &Finding, sku: &str| RegistrySummary {
        scope: finding.scope.clone(),
        resource: finding.resource.clone(),
        name: finding.name.clone(),
        location: String::new(),
        sku: sku.to_owned(),
        document: None,
        exposure: exposure(),
    };
    let registries = vec![registry(&findings[0], "Premium"), registry(&findings[1], "")];
    let scope = |name: ScopeName| ScopeReport { name, complete: true, only: Vec::new(), lost_sight: false };
    Report {
        settings: Vec::new(),
        proposed: Vec::new(),
        policies,
        scopes: vec![scope(ScopeName::Subscription(SUBSCRIPTION.to_owned())), scope(ScopeName::Source)],
        registries,
        findings,
        notifications: vec![Notification {
            scope: Some(ScopeName::Source),
            resource: None,
            policy: None,
            level: Level::Error,
            location: Some(FilePosition::new("infra/broken.tf", 3, 1)),
            message: "an unclosed block".to_owned(),
        }],
        gaps: 1,
        waiver_remarks: vec![WaiverRemark {
            path: "acrscan.toml".to_owned(),
            line: 20,
            message: "This waiver matches nothing.".to_owned(),
        }],
        absent: None,
        carried: Vec::new(),
        today: chrono::NaiveDate::default(),
        snapshots: vec![super::SnapshotRead {
            path: "snapshot".to_owned(),
            time: chrono::DateTime::from_timestamp(1_763_618_400, 0).unwrap_or_default(),
        }],
        files_read: vec![super::FileRead {
            path: "infra".to_owned(),
            what: "Terraform configuration",
            files: 2,
            registries: 1,
        }],
        skipped: vec![super::SkippedFile::new(
            "infra/values.json".to_owned(),
            "JSON, and neither a template nor a plan",
        )],
    }
}

/// The same, compared with a baseline that held the live finding and one more.
pub fn compared() -> Report {
    let mut report = report();
    for finding in &mut report.findings {
        finding.baseline = Some(match finding.scope {
            ScopeName::Subscription(_) => BaselineState::Unchanged,
            ScopeName::Source => BaselineState::New,
        });
    }
    let resource = report.findings[0].resource.clone();
    report.carried = vec![CarriedResult {
        policy: "quarantine".to_owned(),
        kind: "fail".to_owned(),
        severity: "note".to_owned(),
        message: "Registry contosolive does not hold new images back.".to_owned(),
        fingerprint: fingerprint("quarantine", &resource, "live"),
        not_seen_since: "2026-11-26".to_owned(),
        sarif: json!({
            "ruleId": "quarantine",
            "ruleIndex": 7,
            "level": "note",
            "message": { "text": "Registry contosolive does not hold new images back." },
            "locations": [{ "physicalLocation": {
                "artifactLocation": { "uri": "azure/x" },
                "region": { "startLine": 1, "startColumn": 1, "endLine": 1, "endColumn": 1 },
            } }],
            "partialFingerprints": { "primaryLocationLineHash": "0:1", "acrscan/v1": fingerprint("quarantine", &resource, "live") },
            "properties": { "acrscan/kind": "fail", "acrscan/resourceId": resource },
        })
        .to_string(),
        resource,
    }];
    report.absent = Some(vec![AbsentResult {
        resource: "infra:azurerm_container_registry.old".to_owned(),
        policy: "admin-user".to_owned(),
        message: "Registry old has its admin user enabled.".to_owned(),
        fingerprint: fingerprint("admin-user", "infra:azurerm_container_registry.old", "/registry"),
    }]);
    report
}
