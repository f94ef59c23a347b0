//! Waivers in acrscan.toml: what they take out of the exit code, and what is said of those that do nothing.

use std::fs;

use crate::arm_server::fault::Fault;
use crate::arm_server::http::Response;
use crate::harness::{Acrscan, CONTOSO, Run, contoso_server, document_path};

/// Three registries break one of these, two break the other, with two rules each.
const TWO: [&str; 2] = ["--only", "public-network-access,ipv6-firewall-rule"];

fn arm_id(resource_group: &str, name: &str) -> String {
    format!("/{}", document_path(resource_group, name).trim_end_matches(".json"))
}

fn waiver(policy: &str, resource: &str, more: &str) -> String {
    format!("[[waiver]]\npolicy = \"{policy}\"\nresource = \"{resource}\"\nreason = \"It is meant.\"\n{more}\n")
}

/// Scans the demo with this configuration; the folder's name is taken out of what is said.
fn scan(toml: &str, more: &[&str]) -> Run {
    with(Acrscan::new(["scan", "fixtures/contoso"]), toml, more)
}

fn with(acrscan: Acrscan, toml: &str, more: &[&str]) -> Run {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("acrscan.toml");
    fs::write(&file, toml).unwrap();
    let mut run = acrscan.args(["--config", file.to_str().unwrap()]).args(TWO).args(more).run();
    run.stderr = run.stderr.replace(file.to_str().unwrap(), "acrscan.toml");
    run
}

/// How many findings of severity high and medium count.
fn counts(run: &Run) -> [usize; 2] {
    let summary = run.stdout.lines().find(|line| line.contains(" critical, ")).unwrap_or_default();
    let count = |severity: &str| {
        let (before, _) = summary.split_once(&format!(" {severity}")).unwrap();
        before.rsplit(' ').next().unwrap().parse().unwrap()
    };
    [count("high"), count("medium")]
}

#[test]
fn what_is_waived_does_not_count() {
    let open = "public-network-access";
    let (dev, test) = (arm_id("rg-dev", "contosodev"), arm_id("rg-dev", "contosotest"));
    assert_eq!(counts(&scan("", &[])), [3, 4]);
    for (toml, expected) in [
        (waiver(open, &dev.to_uppercase(), ""), [2, 4]),
        (waiver(open, "*/resourceGroups/RG-DEV/*", ""), [1, 4]),
        (waiver(open, "contosoweb", "expires = 2999-12-31\napproved_by = \"security\""), [2, 4]),
        (waiver("ipv6-firewall-rule", "*/contosoiot", "key = \"2603:1020:5:9::300/122\""), [3, 3]),
        (waiver("ipv6-firewall-rule", "*", ""), [3, 0]),
        (waiver(open, &dev, "") + &waiver(open, &test, ""), [1, 4]),
    ] {
        let run = scan(&toml, &[]);
        assert_eq!((counts(&run), run.code, run.stderr.as_str()), (expected, 1, ""), "{toml}");
    }
    let all = waiver(open, "*", "") + &waiver("ipv6-firewall-rule", "*", "");
    let run = scan(&all, &[]);
    assert_eq!((counts(&run), run.code, run.stderr.as_str()), ([0, 0], 0, ""));
}

#[test]
fn an_unknown_is_waived_too() {
    let nordic = ["--fail-on", "never", "--fail-on-unknown"];
    let only = |toml: &str| {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("acrscan.toml");
        fs::write(&file, toml).unwrap();
        let scan = ["scan", "fixtures/contoso", "--only", "missing-service-tag-ips", "--config"];
        Acrscan::new(scan).args([file.to_str().unwrap()]).args(nordic).run().code
    };
    assert_eq!((only(""), only(&waiver("missing-service-tag-ips", "*/contosonordic", ""))), (2, 0));
}

#[test]
fn a_waiver_that_does_nothing_is_told_and_changes_no_exit_code() {
    let gone = arm_id("rg-dev", "contosogone");
    let elsewhere = gone.replace(CONTOSO, "11111111-2222-4333-8444-555555555555");
    let expired = waiver("public-network-access", "*", "expires = 2020-02-29");
    let stale = waiver("ipv6-firewall-rule", &gone, "")
        + &waiver("ipv6-firewall-rule", "*/registries/contosoiot", "key = \"::1\"");
    let silent = waiver("ipv6-firewall-rule", &elsewhere, "")
        + &waiver("ipv6-firewall-rule", "azurerm_container_registry.main", "")
        + &waiver("admin-user", &gone, "");
    let run = scan(&format!("{expired}{stale}{silent}"), &[]);
    assert_eq!((counts(&run), run.code), ([3, 4], 1));
    let whose = "the waiver of ipv6-firewall-rule for";
    let expected = [
        "1: the waiver of public-network-access for * expired on 2020-02-29: what it waived counts again",
        &format!(
            "6: {whose} {gone} matches nothing any more: no registry that was read has that name; mend it or remove it"
        ),
        &format!(
            "11: {whose} */registries/contosoiot, key ::1 hides nothing: the finding there has the key \
             \"2603:1020:5:402::90/125\""
        ),
    ];
    let expected: String = expected.iter().map(|line| format!("warning: acrscan.toml:{line}\n")).collect();
    assert_eq!(run.stderr, expected);
    assert_eq!(scan(&stale, &["--fail-on", "never"]).code, 0);
}

#[test]
fn what_was_not_read_makes_no_waiver_stale() {
    let gone = waiver("ipv6-firewall-rule", &arm_id("rg-dev", "contosogone"), "");
    let server = contoso_server();
    let run = with(Acrscan::scan(&server), &gone, &["--fail-on", "never"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(run.stderr.contains("matches nothing any more"), "{}", run.stderr);
    let list = format!("/subscriptions/{CONTOSO}/providers/Microsoft.ContainerRegistry");
    server.spoil(Fault::answer(&list, Response::error(403, "AuthorizationFailed", "No access.")));
    let run = with(Acrscan::scan(&server), &gone, &["--fail-on", "never"]);
    assert_eq!(run.code, 2);
    assert!(!run.stderr.contains("matches nothing any more"), "{}", run.stderr);
}

#[test]
fn what_is_wrong_with_a_waiver_is_refused_with_its_line_before_azure_is_asked() {
    let good = waiver("public-network-access", "*", "");
    let table = [
        ("[[waiver]]\nresource = \"*\"\nreason = \"all of it\"\n".to_owned(), 1, "this waiver needs `policy`"),
        (waiver("*", "*", ""), 2, "a waiver names one policy"),
        (
            waiver("public-network-acces", "*", ""),
            2,
            "no policy has the id \"public-network-acces\"; the nearest are public-network-access,",
        ),
        ("\n[[waiver]]\npolicy = \"admin-user\"\nresource = \"*\"\n".to_owned(), 2, "this waiver needs `reason`"),
        (good.replace("It is meant.", "\\t"), 4, "`reason` is blank"),
        (waiver("admin-user", "*", "until = 2027-03-31"), 5, "unknown field `until`"),
        (waiver("admin-user", "*", "expires = \"next year\""), 5, "`expires` is a day, such as 2027-03-31"),
    ];
    let server = contoso_server();
    for (toml, line, message) in table {
        let run = with(Acrscan::scan(&server), &toml, &[]);
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{toml}");
        assert!(run.stderr.starts_with(&format!("error: acrscan.toml:{line}: ")), "{toml}: {}", run.stderr);
        assert!(run.stderr.contains(message), "{toml}: {}", run.stderr);
    }
    assert_eq!(server.seen().len(), 0);
}
