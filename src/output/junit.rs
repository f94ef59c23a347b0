//! JUnit's XML, for whatever shows test results: a suite for each registry, a case for each policy that ran.
//!
//! A case with a finding fails, whatever its severity: that and the exit code are two things. One that could not tell is
//! skipped, as is one that is waived, and each says why; with --fail-on-unknown what is unknown is an error. What was
//! not read is an error in a suite of its own scope.

use std::collections::HashMap;

use quick_junit::{NonSuccessKind, Property, Report as JunitReport, TestCase, TestCaseStatus, TestSuite};

use super::report::Report;
use super::report::grouping;
use super::{ScanVerdict, visible};
use crate::model::finding::{Finding, Notification, RegistrySummary, ResultKind, ScopeName};
use crate::policy::{Policy, SettingRemark};

/// Renders the suites.
///
/// # Errors
/// None that is known: all text is made visible before.
pub fn render(report: &Report, verdict: &ScanVerdict) -> anyhow::Result<String> {
    let mut by_registry: HashMap<&str, Vec<&Finding>> = HashMap::new();
    for finding in &report.findings {
        by_registry.entry(&finding.resource).or_default().push(finding);
    }
    let mut junit = JunitReport::new("acrscan");
    for registry in &report.registries {
        let findings = by_registry.remove(registry.resource.as_str()).unwrap_or_default();
        junit.add_test_suite(registry_suite(report, verdict, registry, &findings));
    }
    for scope in report.scopes.iter().map(|scope| Some(&scope.name)).chain([None]) {
        let mut notes = report.notifications.iter().filter(|note| note.scope.as_ref() == scope).peekable();
        if notes.peek().is_some() {
            junit.add_test_suite(scope_suite(scope, notes));
        }
    }
    if !report.settings.is_empty() {
        junit.add_test_suite(settings_suite(report));
    }
    let held = report.proposed.iter().map(|held| (held.path.as_str(), held.line, held.message.as_str()));
    remarks_suite(&mut junit, "held back", held);
    let left = report.skipped.iter().map(|file| {
        (file.location.path.as_str(), file.location.start.map_or(1, |(line, _)| line), file.reason.as_str())
    });
    remarks_suite(&mut junit, "skipped", left);
    Ok(for_jenkins(&junit.to_string()?))
}

/// Jenkins' schema, that of its xUnit plugin, has no count of skipped cases on the whole: the suites have it.
fn for_jenkins(xml: &str) -> String {
    let Some((head, rest)) = xml.split_once("<testsuites ") else { return xml.to_owned() };
    let Some((attributes, suites)) = rest.split_once('>') else { return xml.to_owned() };
    let kept: Vec<&str> = attributes.split(' ').filter(|attribute| !attribute.starts_with("skipped=")).collect();
    format!("{head}<testsuites {}>{suites}", kept.join(" "))
}

fn registry_suite(
    report: &Report,
    verdict: &ScanVerdict,
    registry: &RegistrySummary,
    findings: &[&Finding],
) -> TestSuite {
    let case = |policy: &Policy| {
        let own: Vec<&Finding> = findings.iter().copied().filter(|finding| finding.policy == policy.id).collect();
        let mut case = TestCase::new(visible(&policy.id), status(&own, verdict));
        case.set_classname(visible(&registry.resource));
        case
    };
    let mut suite = TestSuite::new(visible(&registry.name));
    let scope = registry.scope.as_str();
    let facts = [("resource", &*registry.resource), ("sku", &registry.sku), ("location", &registry.location)];
    let facts = facts.into_iter().filter(|(_, value)| !value.is_empty());
    suite.add_properties(
        [("scope", scope)].into_iter().chain(facts).map(|(name, value)| Property::new(name, visible(value))),
    );
    suite.add_test_cases(report.policies.iter().map(case));
    suite
}

fn status(findings: &[&Finding], verdict: &ScanVerdict) -> TestCaseStatus {
    let (waived, open): (Vec<&Finding>, Vec<&Finding>) = findings.iter().copied().partition(|f| f.waived.is_some());
    let worst = open
        .iter()
        .filter(|finding| finding.kind == ResultKind::Fail)
        .min_by_key(|finding| std::cmp::Reverse(finding.severity));
    let line = |finding: &&Finding| {
        let fixes = finding.fix.iter().map(|fix| format!("\n  {}", visible(fix))).collect::<String>();
        format!("{}: {}{fixes}", visible(&grouping::location(finding)), visible(&finding.message))
    };
    if verdict.gate.fail_on_new
        && worst.is_some()
        && open.iter().filter(|f| f.kind == ResultKind::Fail).all(|f| f.is_known_failure())
    {
        // What could not be told may fail the scan all the same.
        return match open.iter().find(|finding| finding.kind == ResultKind::Unknown) {
            Some(unknown) if verdict.gate.fail_on_unknown => error(&unknown.message),
            _ => skipped("known", worst.map(|finding| finding.message.as_str()).unwrap_or_default()),
        };
    }
    match (worst, open.first(), waived.first()) {
        (Some(worst), _, _) => {
            let mut failure = TestCaseStatus::non_success(NonSuccessKind::Failure);
            failure.set_message(visible(&worst.message)).set_type(worst.severity.as_str());
            failure.set_description(open.iter().map(line).collect::<Vec<_>>().join("\n"));
            failure
        }
        (None, Some(unknown), _) if verdict.gate.fail_on_unknown => error(&unknown.message),
        (None, Some(unknown), _) => skipped("unknown", &unknown.message),
        (None, None, Some(finding)) => {
            skipped("waived", finding.waived.as_ref().map(|waived| waived.reason.as_str()).unwrap_or_default())
        }
        (None, None, None) => TestCaseStatus::success(),
    }
}

fn error(message: &str) -> TestCaseStatus {
    let mut error = TestCaseStatus::non_success(NonSuccessKind::Error);
    error.set_message(visible(message));
    error
}

fn skipped(why: &str, message: &str) -> TestCaseStatus {
    let mut skipped = TestCaseStatus::skipped();
    skipped.set_message(format!("{why}: {}", visible(message)));
    skipped
}

fn scope_suite<'a>(scope: Option<&ScopeName>, notes: impl Iterator<Item = &'a Notification>) -> TestSuite {
    let name = scope.map_or_else(|| "acrscan".to_owned(), ScopeName::to_string);
    let case = |note: &Notification| {
        let what = match (&note.policy, &note.resource) {
            (Some(policy), _) => format!("policy {policy} is evaluated"),
            (None, Some(resource)) => format!("{resource} is read"),
            (None, None) => "all is read".to_owned(),
        };
        let mut case = TestCase::new(visible(&what), error(&note.text()));
        case.set_classname(visible(&name));
        case
    };
    let mut suite = TestSuite::new(visible(&name));
    suite.add_test_cases(notes.map(case));
    suite
}

/// A case that is skipped for each file, line and message.
fn remarks_suite<'a>(junit: &mut JunitReport, title: &str, all: impl Iterator<Item = (&'a str, u32, &'a str)>) {
    let mut suite = TestSuite::new(title);
    for (path, line, message) in all {
        let mut case = TestCase::new(visible(path), skipped(title, message));
        case.set_classname(title);
        case.extra.insert("file".into(), visible(path).into());
        case.extra.insert("line".into(), line.to_string().into());
        suite.add_test_case(case);
    }
    if suite.tests > 0 {
        junit.add_test_suite(suite);
    }
}

/// What settings take from the scan is not passed over in silence.
fn settings_suite(report: &Report) -> TestSuite {
    let case = |setting: &SettingRemark| {
        let name = format!("{} runs as it is", setting.policy);
        let mut case = TestCase::new(visible(&name), skipped("setting", &setting.sentence()));
        case.set_classname("settings");
        case
    };
    let mut suite = TestSuite::new("settings");
    suite.add_test_cases(report.settings.iter().map(case));
    suite
}

#[cfg(test)]
mod tests {
    use snapbox::IntoData as _;

    use super::*;
    use crate::output::report::Gate;
    use crate::output::report::sample;

    #[test]
    fn each_policy_is_a_case_of_each_registry() {
        let shown = render(&sample::report(), &sample::VERDICT).expect("XML");
        snapbox::assert_data_eq!(shown, snapbox::str![[r#"
<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="acrscan" tests="12" failures="2" errors="1">
    <testsuite name="contosolive" tests="5" skipped="0" errors="0" failures="1">
        <properties>
            <property name="scope" value="5d1c7a8e-4b0f-4f6e-9c3a-2e71b8d0a9f4"/>
            <property name="resource" value="/subscriptions/5d1c7a8e-4b0f-4f6e-9c3a-2e71b8d0a9f4/resourceGroups/rg/providers/Microsoft.ContainerRegistry/registries/contosolive"/>
            <property name="sku" value="Premium"/>
        </properties>
        <testcase name="admin-user" classname="/subscriptions/5d1c7a8e-4b0f-4f6e-9c3a-2e71b8d0a9f4/resourceGroups/rg/providers/Microsoft.ContainerRegistry/registries/contosolive"/>
        <testcase name="anonymous-pull" classname="/subscriptions/5d1c7a8e-4b0f-4f6e-9c3a-2e71b8d0a9f4/resourceGroups/rg/providers/Microsoft.ContainerRegistry/registries/contosolive">
            <failure message="Registry contosolive lets anybody pull." type="medium">registry.properties.publicNetworkAccess: Registry contosolive lets anybody pull.
  az acr update --name contosolive --anonymous-pull-enabled false</failure>
        </testcase>
        <testcase name="firewall-quota" classname="/subscriptions/5d1c7a8e-4b0f-4f6e-9c3a-2e71b8d0a9f4/resourceGroups/rg/providers/Microsoft.ContainerRegistry/registries/contosolive"/>
        <testcase name="public-network-access" classname="/subscriptions/5d1c7a8e-4b0f-4f6e-9c3a-2e71b8d0a9f4/resourceGroups/rg/providers/Microsoft.ContainerRegistry/registries/contosolive"/>
        <testcase name="quarantine" classname="/subscriptions/5d1c7a8e-4b0f-4f6e-9c3a-2e71b8d0a9f4/resourceGroups/rg/providers/Microsoft.ContainerRegistry/registries/contosolive"/>
    </testsuite>
    <testsuite name="prod" tests="5" skipped="4" errors="0" failures="1">
        <properties>
            <property name="scope" value="source"/>
            <property name="resource" value="infra:azurerm_container_registry.prod"/>
        </properties>
        <testcase name="admin-user" classname="infra:azurerm_container_registry.prod">
            <skipped message="unknown: Registry prod: the SKU was not read, so whether it is on cannot be told. The variable `sku` has no value."/>
        </testcase>
        <testcase name="anonymous-pull" classname="infra:azurerm_container_registry.prod">
            <skipped message="unknown: Registry prod: the SKU was not read, so whether anybody may pull cannot be told. The variable `sku` has no value."/>
        </testcase>
        <testcase name="firewall-quota" classname="infra:azurerm_container_registry.prod">
            <skipped message="unknown: Whatever a policy says, so be it."/>
        </testcase>
        <testcase name="public-network-access" classname="infra:azurerm_container_registry.prod">
            <failure message="Registry prod accepts connections from every network: `a|b` &lt;b&gt;@contoso/all&lt;/b&gt;." type="high">infra/variables.tf:2:13: Registry prod accepts connections from every network: `a|b` &lt;b&gt;@contoso/all&lt;/b&gt;.</failure>
        </testcase>
        <testcase name="quarantine" classname="infra:azurerm_container_registry.prod">
            <skipped message="waived: agreed with @contoso/security | until the move"/>
        </testcase>
    </testsuite>
    <testsuite name="the source code" tests="1" skipped="0" errors="1" failures="0">
        <testcase name="all is read" classname="the source code">
            <error message="not read: infra/broken.tf:3:1: an unclosed block"/>
        </testcase>
    </testsuite>
    <testsuite name="skipped" tests="1" skipped="1" errors="0" failures="0">
        <testcase name="infra/values.json" classname="skipped" file="infra/values.json" line="1">
            <skipped message="skipped: JSON, and neither a template nor a plan"/>
        </testcase>
    </testsuite>
</testsuites>

"#]].raw());
    }

    #[test]
    fn what_is_known_fails_no_test_where_only_what_is_new_fails() {
        let gate = Gate { fail_on_new: true, ..sample::VERDICT.gate };
        let shown = render(&sample::compared(), &ScanVerdict { gate, ..sample::VERDICT }).expect("XML");
        assert!(shown.contains("<skipped message=\"known: Registry contosolive lets anybody pull.\"/>"), "{shown}");
        assert_eq!(shown.matches("<failure ").count(), 1);
    }

    #[test]
    fn unknown_is_an_error_where_it_fails_the_scan() {
        let verdict = ScanVerdict { gate: Gate { fail_on_unknown: true, ..sample::VERDICT.gate }, ..sample::VERDICT };
        let shown = render(&sample::report(), &verdict).expect("XML");
        let (unknown, gaps) = (3, 1);
        assert_eq!(shown.matches("<error ").count(), unknown + gaps);
        assert!(shown.contains("<testsuites name=\"acrscan\" tests=\"12\" failures=\"2\" errors=\"4\">"));
    }
}
