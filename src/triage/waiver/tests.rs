//! Waivers over findings made by hand.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::*;
use crate::config::ConfigSpan;
use crate::model::finding::{Level, Location, Notification, Region, ResultKind, ScopeName, Severity, fingerprint};
use crate::model::inventory::{Declaration, Inventory, Language, Origin, RegistryRecord, ScanScope, SourceLocation};
use crate::model::text_file::TextFile;

const SUBSCRIPTION: &str = "5d1c7a8e-4b0f-4f6e-9c3a-2e71b8d0a9f4";

/// Line and message of each.
type Remarks = Vec<(u32, String)>;

fn known() -> Vec<String> {
    ["ipv6-firewall-rule", "public-network-access", "trusted-services-bypass"].map(str::to_owned).to_vec()
}

fn today() -> NaiveDate {
    NaiveDate::from_ymd_opt(2027, 3, 31).expect("a day")
}

fn arm_id(name: &str) -> String {
    format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/RG/providers/Microsoft.ContainerRegistry/registries/{name}")
}

fn finding(policy: &str, scope: ScopeName, resource: &str, name: &str, key: Option<&str>) -> Finding {
    Finding {
        policy: policy.to_owned(),
        kind: ResultKind::Fail,
        severity: Severity::High,
        message: "It is open.".to_owned(),
        reason: None,
        scope,
        resource: resource.to_owned(),
        name: name.to_owned(),
        logical: name.to_owned(),
        field: "/registry/properties/x".to_owned(),
        key: key.map(str::to_owned),
        location: Location::Live,
        related: Vec::new(),
        evidence: Value::Null,
        fix: Vec::new(),
        fingerprint: fingerprint(policy, resource, key.unwrap_or("/registry/properties/x")),
        registry_fingerprint: None,
        waived: None,
        baseline: None,
    }
}

fn live(policy: &str, name: &str, key: Option<&str>) -> Finding {
    finding(policy, ScopeName::Subscription(SUBSCRIPTION.to_owned()), &arm_id(name), name, key)
}

fn table(line: usize, policy: &str, resource: &str) -> WaiverTable {
    let place = ConfigSpan { file: "acrscan.toml".to_owned(), line };
    WaiverTable {
        policy_place: ConfigSpan { line: line + 1, ..place.clone() },
        place,
        policy: policy.to_owned(),
        resource: resource.to_owned(),
        key: None,
        reason: "A partner needs it.".to_owned(),
        expires: None,
        approved_by: None,
    }
}

fn scope(name: ScopeName, complete: bool) -> ScanScope {
    ScanScope { name, complete, only: Vec::new() }
}

fn azure() -> Inventory {
    let scopes = vec![scope(ScopeName::Subscription(SUBSCRIPTION.to_owned()), true)];
    Inventory { scopes, ..Inventory::default() }
}

/// Applies waivers to findings: which of them are waived, and the remarks.
fn apply_with(
    tables: &[WaiverTable],
    findings: &mut [Finding],
    inventory: &Inventory,
    failed: &[Notification],
) -> (Vec<bool>, Remarks) {
    let ran = ["ipv6-firewall-rule", "public-network-access"];
    let coverage = Coverage::new(inventory, ran, failed, vec!["infra".to_owned()]);
    let remarks = Waivers::new(tables, &known()).expect("good waivers").apply(findings, &coverage, today());
    let waived = findings.iter().map(|finding| finding.waived.is_some()).collect();
    (waived, remarks.into_iter().map(|remark| (remark.line, remark.message)).collect())
}

fn apply(tables: &[WaiverTable], findings: &mut [Finding]) -> (Vec<bool>, Remarks) {
    apply_with(tables, findings, &azure(), &[])
}

#[test]
fn a_waiver_is_for_one_policy_and_its_resources() {
    let open = "public-network-access";
    let all = || {
        vec![
            live(open, "ContosoDev", None),
            live(open, "contosotest", None),
            live("ipv6-firewall-rule", "contosodev", None),
        ]
    };
    for (resource, expected) in [
        (arm_id("contosodev").to_uppercase(), [true, false, false]),
        ("contosodev".to_owned(), [true, false, false]),
        ("*/registries/contoso????".to_owned(), [false, true, false]),
        ("*".to_owned(), [true, true, false]),
        ("contoso".to_owned(), [false, false, false]),
    ] {
        let (waived, _) = apply(&[table(1, open, &resource)], &mut all());
        assert_eq!(waived, expected, "{resource}");
    }
}

#[test]
fn addresses_tell_letter_case_and_brackets_are_brackets() {
    let id = "infra:azurerm_container_registry.main[\"eu\"]";
    let address = "azurerm_container_registry.main[\"eu\"]";
    for (resource, expected) in [
        (id, true),
        (address, true),
        ("infra:*", true),
        ("*.main[*]", true),
        ("azurerm_container_registry.main[e]", false),
        ("azurerm_container_registry.Main[\"eu\"]", false),
    ] {
        let mut findings = [finding("public-network-access", ScopeName::Source, id, address, None)];
        let (waived, _) = apply(&[table(1, "public-network-access", resource)], &mut findings);
        assert_eq!(waived, [expected], "{resource}");
    }
}

#[test]
fn a_key_is_one_finding_and_a_waived_one_says_why() {
    let keyed = WaiverTable {
        key: Some("::1".to_owned()),
        expires: Some(today()),
        approved_by: Some("security".to_owned()),
        ..table(7, "ipv6-firewall-rule", "contosoiot")
    };
    let mut findings = ["::1", "::2"].map(|key| live("ipv6-firewall-rule", "contosoiot", Some(key)));
    assert_eq!(apply(&[keyed], &mut findings), (vec![true, false], vec![]), "it holds through its last day");
    let waived = findings[0].waived.clone().expect("waived");
    assert_eq!(
        (waived.reason.as_str(), waived.expires.as_deref(), waived.approved_by.as_deref()),
        ("A partner needs it.", Some("2027-03-31"), Some("security"))
    );
    assert_eq!((waived.in_source, waived.path.as_str(), waived.line), (false, "acrscan.toml", 7));
}

#[test]
fn an_unknown_is_waived_too_unless_it_is_another_finding() {
    let mut unknown = [live("public-network-access", "a", None)];
    unknown[0].kind = ResultKind::Unknown;
    assert_eq!(apply(&[table(1, "public-network-access", "a")], &mut unknown.clone()).0, [true]);
    let keyed = WaiverTable { key: Some("::1".to_owned()), ..table(1, "public-network-access", "*/registries/a") };
    assert_eq!(apply(&[keyed], &mut unknown), (vec![false], vec![]), "what it is for may be behind the unknown");
}

#[test]
fn an_expired_waiver_counts_as_none_and_is_told() {
    let yesterday = today().pred_opt();
    let expired = WaiverTable { expires: yesterday, ..table(3, "public-network-access", "a") };
    let whose = "the waiver of public-network-access for a expired on 2027-03-30";
    let (waived, remarks) = apply(std::slice::from_ref(&expired), &mut [live("public-network-access", "a", None)]);
    assert_eq!((waived, remarks), (vec![false], vec![(3, format!("{whose}: what it waived counts again"))]));
    assert_eq!(apply(&[expired], &mut []).1, [(3, format!("{whose}: renew it or remove it"))]);
}

#[test]
fn a_waiver_is_stale_only_where_its_finding_would_have_been_seen() {
    let stale = |resource: &str, policy: &str, inventory: &Inventory, failed: &[Notification]| {
        let (_, remarks) = apply_with(&[table(1, policy, resource)], &mut [], inventory, failed);
        assert!(remarks.iter().all(|(_, message)| message.contains("matches nothing")), "{remarks:?}");
        !remarks.is_empty()
    };
    let open = "public-network-access";
    let id = arm_id("gone");
    let elsewhere = id.replace(SUBSCRIPTION, "11111111-2222-4333-8444-555555555555");
    let source = Inventory { scopes: vec![scope(ScopeName::Source, true)], ..Inventory::default() };
    let broken = Inventory { scopes: vec![scope(ScopeName::Source, false)], ..Inventory::default() };
    let mut partial = azure();
    partial.scopes[0].complete = false;
    for (resource, policy, inventory, expected) in [
        (id.as_str(), open, azure(), true),
        (&id.to_uppercase(), open, azure(), true),
        (&id, "trusted-services-bypass", azure(), false),
        (&id, open, partial, false),
        (&id, open, source.clone_scopes(), false),
        (&elsewhere, open, azure(), false),
        ("*/registries/gone", open, azure(), true),
        ("*/registries/gone", open, source.clone_scopes(), false),
        ("azurerm_container_registry.gone", open, azure(), false),
        ("azurerm_container_registry.gone", open, source.clone_scopes(), true),
        ("infra/prod:azurerm_container_registry.gone", open, source.clone_scopes(), true),
        ("other:azurerm_container_registry.gone", open, source.clone_scopes(), false),
        ("azurerm_container_registry.gone", open, broken, false),
    ] {
        assert_eq!(stale(resource, policy, &inventory, &[]), expected, "{resource} {policy} {inventory:?}");
    }
    let failed = |policy: &str, resource: Option<String>| Notification {
        scope: Some(ScopeName::Subscription(SUBSCRIPTION.to_owned())),
        resource,
        policy: Some(policy.to_owned()),
        level: Level::Error,
        location: None,
        message: String::new(),
    };
    assert!(!stale(&id, open, &azure(), &[failed(open, None)]));
    assert!(!stale(&id, open, &azure(), &[failed(open, Some(arm_id("GONE")))]));
    assert!(stale(&id, open, &azure(), &[failed(open, Some(arm_id("other"))), failed("ipv6-firewall-rule", None)]));
}

impl Inventory {
    fn clone_scopes(&self) -> Inventory {
        Inventory { scopes: self.scopes.clone(), ..Inventory::default() }
    }
}

#[test]
fn a_waiver_of_no_policy_is_refused() {
    let error = |policy: &str| Waivers::new(&[table(4, policy, "*")], &known()).expect_err(policy).to_string();
    assert_eq!(
        error("public-network-acess"),
        "acrscan.toml:5: no policy has the id \"public-network-acess\"; the nearest are public-network-access, \
         ipv6-firewall-rule, trusted-services-bypass; `acrscan policies` lists all"
    );
    assert!(error("*").starts_with("acrscan.toml:5: a waiver names one policy"), "{}", error("*"));
}

#[test]
fn source_code_is_waived_by_the_name_and_the_id_that_the_registry_has() {
    let id = arm_id("FABRIKAMACR").replace("/RG/", "/RG-Apps/");
    for (resource, expected) in [
        ("fabrikamacr", true),
        ("FabrikamACR", true),
        ("fabrikam*", true),
        (id.as_str(), true),
        ("*/registries/fabrikamacr", true),
        ("*/resourceGroups/rg-apps/*/registries/*", true),
        ("*/resourceGroups/rg-other/*/registries/fabrikamacr", false),
        ("fabrikam", false),
        ("*/registries/contoso", false),
    ] {
        let (waived, remarks) = declared(&[table(1, "public-network-access", resource)]);
        assert_eq!(waived, expected, "{resource}: {remarks:?}");
        assert!(!waived || remarks.is_empty(), "{resource}: {remarks:?}");
    }
    let told = declared(&[table(1, "ipv6-firewall-rule", "infra:r.b")]).1;
    assert!(told[0].1.ends_with("no registry that was read has that name; mend it or remove it"), "{told:?}");
    let told = declared(&[table(1, "ipv6-firewall-rule", "infra:r.a")]).1;
    assert!(told[0].1.ends_with("the finding is gone; remove it"), "{told:?}");
}

/// What waivers make of the registry that [`inline`] declares.
fn declared(tables: &[WaiverTable]) -> (bool, Remarks) {
    let (inventory, found) = in_file("a.tf", "x = 1\n", 1, 1);
    let mut findings = [found];
    let (waived, remarks) = apply_with(tables, &mut findings, &inventory, &[]);
    (waived[0], remarks)
}

/// A registry declared at a line of a file, with a finding at another; what the file's comments make of it.
fn inline(path: &str, text: &str, block: u32, line: u32) -> (Option<(u32, String)>, Remarks) {
    let (inventory, found) = in_file(path, text, block, line);
    let mut findings = [found];
    let (_, remarks) = apply_with(&[], &mut findings, &inventory, &[]);
    let waived = findings[0].waived.clone();
    assert!(waived.iter().all(|waived| waived.in_source && waived.path == path));
    (waived.map(|waived| (waived.line, waived.reason)), remarks)
}

fn in_file(path: &str, text: &str, block: u32, line: u32) -> (Inventory, Finding) {
    let file = Arc::new(TextFile::new(path, text));
    let at = |line| Region { start_line: line, start_column: 1, end_line: line, end_column: 2 };
    let spot = |line| SourceLocation { file: Arc::clone(&file), region: at(line), related: Vec::new(), note: None };
    let properties = BTreeMap::from([("/registry/properties/x".to_owned(), spot(line))]);
    let declaration = Declaration {
        language: Language::Terraform,
        address: "r.a".to_owned(),
        logical: None,
        registry_name: Some("FabrikamAcr".to_owned()),
        resource_group: Some("rg-apps".to_owned()),
        block: spot(block),
        properties,
    };
    let record = RegistryRecord {
        scope: ScopeName::Source,
        id: "infra:r.a".to_owned(),
        document: "{}".to_owned(),
        origin: Origin::Source(Arc::new(declaration)),
        alternatives: Vec::new(),
        secrets: Vec::new(),
    };
    let scopes = vec![scope(ScopeName::Source, true)];
    let inventory = Inventory { scopes, registries: vec![record], ..Inventory::default() };
    let mut found = finding("public-network-access", ScopeName::Source, "infra:r.a", "r.a", None);
    found.location = Location::Source { file: Arc::clone(&file), region: at(line) };
    (inventory, found)
}

#[test]
fn a_comment_on_or_above_the_line_waives() {
    let ignore = "acrscan:ignore public-network-access it is a test";
    let why = "it is a test".to_owned();
    let two = "acrscan:ignore ipv6-firewall-rule, public-network-access it is a test";
    for (path, text, block, line, at) in [
        ("a.tf", format!("resource {{\n  x = true # {ignore}\n}}\n"), 1, 2, 2),
        ("a.tf", format!("resource {{\n  // {ignore}\n  x = true\n}}\n"), 1, 3, 2),
        ("a.tf", format!("# {ignore}\nresource {{\n  y = 1\n  x = true\n}}\n"), 2, 4, 1),
        ("a.tf", format!("/*\n * {ignore}\n */\nresource {{\n  x = true\n}}\n"), 4, 5, 2),
        ("a.tf", format!("## {ignore}\n# And why.\nresource {{\n  x = true\n}}\r\n"), 3, 4, 1),
        ("a.bicep", format!("// {ignore}\n@secure()\n@description('x')\nresource r 'x' = {{\n  x: 1\n}}\n"), 4, 5, 1),
        ("a.bicep", format!("resource r 'x' = {{\n  x: 'https://a' /* {ignore} */\n}}\n"), 1, 2, 2),
        // The line that opens the block or list; members of JSON; a day that is still to come.
        ("a.tf", format!("resource {{\n  set {{ # {ignore}\n    x = [\n      1,\n    ]\n  }}\n}}\n"), 1, 4, 2),
        ("a.tf", format!("# {ignore}\nlocals {{\n  x = [\n    1,\n  ]\n}}\nresource {{\n}}\n"), 7, 4, 1),
        (
            "a.tf",
            "x = 1 # acrscan:ignore public-network-access expires=2027-03-31 by=me it is a test\n".to_owned(),
            1,
            1,
            1,
        ),
        ("a.tf.json", format!("{{\n\"r\": {{\n\"a\": {{\n\"//\": \"{ignore}\",\n\"x\": 1\n}}}}}}\n"), 3, 5, 4),
        (
            "a.json",
            format!("{{\n\"r\": [{{\n\"metadata\": {{\"c\": \"{ignore}\"}},\n\"p\": {{\n\"x\": 1\n}}}}]}}\n"),
            2,
            5,
            3,
        ),
        ("a.json", format!("[\n  // {ignore}\n  {{\n    \"type\": \"x\",\n    \"y\": 1\n  }}\n]\n"), 4, 5, 2),
    ] {
        let (waived, remarks) = inline(path, &text, block, line);
        assert_eq!((waived, remarks), (Some((at, why.clone())), vec![]), "{text}");
    }
    let (waived, remarks) = inline("a.tf", &format!("x = 1 # {two}\n"), 1, 1);
    let stale = (1, "the comment that ignores ipv6-firewall-rule matches nothing any more: remove it".to_owned());
    assert_eq!((waived, remarks), (Some((1, why)), vec![stale]));
}

#[test]
fn a_comment_that_does_nothing_is_told() {
    let ignore = "acrscan:ignore public-network-access it is a test";
    for (text, expected) in [
        // Behind another line's code, before an empty line, two lines off, of another policy.
        (format!("resource {{\n  y = 1 # {ignore}\n  x = 1\n}}\n"), Some((2, "the finding stands at a.tf:3"))),
        (format!("resource {{\n  # {ignore}\n\n  x = 1\n}}\n"), Some((2, "the finding stands at a.tf:4"))),
        (format!("resource {{\n  # {ignore}\n  y = 1\n  x = 1\n}}\n"), Some((2, "the finding stands at a.tf:4"))),
        (
            "x = 1 # acrscan:ignore public-network-access expires=2027-03-30 meant\n".to_owned(),
            Some((1, "expired on 2027-03-30: what it waived")),
        ),
        ("x = 1 # acrscan:ignore public-network-access expires=March meant\n".to_owned(), Some((1, "is not a day"))),
        ("x = 1 # acrscan:ignore public-network-access key=other meant\n".to_owned(), Some((1, "has the key"))),
        ("x = 1 # acrscan:ignore public-network-access\n".to_owned(), Some((1, "needs a reason"))),
        ("x = 1 # acrscan:ignore public-network-access --\n".to_owned(), Some((1, "needs a reason"))),
        ("x = 1 # acrscan:ignore\n".to_owned(), Some((1, "names no policy"))),
        ("x = 1 # acrscan:ignore * all of it\n".to_owned(), Some((1, "no policy has the id \"*\""))),
        ("x = 1 # acrscan:ignored public-network-access x\n".to_owned(), Some((1, "not understood"))),
        ("x = 1 # acrscan:skip=public-network-access x\n".to_owned(), Some((1, "not understood"))),
        ("x = 1 # acrscan:ignore public-network x\n".to_owned(), Some((1, "the nearest are public-network-access"))),
        // Of a policy that did not run; prose; a string.
        ("x = 1 # acrscan:ignore trusted-services-bypass meant\n".to_owned(), None),
        (format!("x = 1 # see {ignore}\n"), None),
        (format!("x = \"# {ignore}\"\n"), None),
        (format!("x = <<EOT\n# {ignore}\nEOT\n"), None),
    ] {
        let line =
            text.lines().position(|line| line.trim_start().starts_with("x =")).map_or(1, |index| index as u32 + 1);
        let (waived, remarks) = inline("a.tf", &text, 1, line);
        assert_eq!(waived, None, "{text}");
        assert_eq!(remarks.len(), usize::from(expected.is_some()), "{text} {remarks:?}");
        for ((line, message), (expected_line, expected)) in remarks.iter().zip(expected) {
            assert!(*line == expected_line && message.contains(expected), "{text}: {line}: {message}");
        }
    }
}
