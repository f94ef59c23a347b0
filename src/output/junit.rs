//! JUnit's XML, for whatever shows test results: a suite for each registry, a case for each policy that ran.
//!
//! A case with a finding fails, whatever its severity: that and the exit code are two things. One that could not tell is
//! skipped, as is one that is waived, and each says why; with --fail-on-unknown what is unknown is an error. What was
//! not read is an error in a suite of its own scope.

use std::collections::HashMap;
use std::fmt::Write as _;

use super::ScanVerdict;
use super::escape::xml;
use super::report::Report;
use super::report::grouping;
use super::visible;
use crate::model::finding::{Finding, Location, Notification, RegistrySummary, ResultKind, ScopeName};

/// Renders the suites.
pub fn render(report: &Report, verdict: &ScanVerdict) -> String {
    let mut by_registry: HashMap<&str, Vec<&Finding>> = HashMap::new();
    for finding in &report.findings {
        by_registry.entry(&finding.resource).or_default().push(finding);
    }
    let registry = |registry: &RegistrySummary| {
        let findings = by_registry.remove(registry.resource.as_str()).unwrap_or_default();
        registry_suite(report, verdict, registry, &findings)
    };
    let mut suites: Vec<Suite> = report.registries.iter().map(registry).collect();
    for scope in report.scopes.iter().map(|scope| Some(&scope.name)).chain([None]) {
        let notes: Vec<_> = report.notifications.iter().filter(|note| note.scope.as_ref() == scope).collect();
        suites.extend(Some(scope_suite(scope, &notes)).filter(|suite| !suite.cases.is_empty()));
    }
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let all = suites.iter().flat_map(|suite| &suite.cases);
    let _ = writeln!(text, "<testsuites name=\"acrscan\" {}>", counts(all));
    suites.iter().for_each(|suite| suite.render(&mut text));
    text.push_str("</testsuites>\n");
    text
}

struct Suite {
    name: String,
    properties: Vec<(&'static str, String)>,
    cases: Vec<Case>,
}

struct Case {
    name: String,
    class: String,
    /// File and line, where it has some.
    place: Option<(String, u32)>,
    outcome: CaseOutcome,
}

enum CaseOutcome {
    Passed,
    Failed { message: String, severity: &'static str, details: String },
    Error { message: String },
    Skipped { message: String },
}

fn registry_suite(report: &Report, verdict: &ScanVerdict, registry: &RegistrySummary, findings: &[&Finding]) -> Suite {
    let case = |policy: &crate::policy::Policy| {
        let own: Vec<&Finding> = findings.iter().copied().filter(|finding| finding.policy == policy.id).collect();
        Case {
            name: policy.id.clone(),
            class: registry.resource.clone(),
            place: own.first().and_then(|finding| match &finding.location {
                Location::Live => None,
                Location::File { path, region } => Some((path.clone(), region.start_line)),
                Location::Source { file, region } => Some((file.path.clone(), region.start_line)),
            }),
            outcome: outcome(&own, verdict),
        }
    };
    let facts = [("resource", &registry.resource), ("sku", &registry.sku), ("location", &registry.location)];
    let facts = facts.into_iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| (name, value.clone()));
    let mut properties: Vec<_> = facts.collect();
    properties.insert(0, ("scope", registry.scope.as_str().to_owned()));
    Suite { name: registry.name.clone(), properties, cases: report.policies.iter().map(case).collect() }
}

fn outcome(findings: &[&Finding], verdict: &ScanVerdict) -> CaseOutcome {
    let (waived, open): (Vec<&Finding>, Vec<&Finding>) = findings.iter().copied().partition(|f| f.waived.is_some());
    let worst = open
        .iter()
        .filter(|finding| finding.kind == ResultKind::Fail)
        .min_by_key(|finding| std::cmp::Reverse(finding.severity));
    let line = |finding: &&Finding| {
        let fixes = finding.fix.iter().map(|fix| format!("\n  {}", visible(fix))).collect::<String>();
        format!("{}: {}{fixes}", visible(&grouping::location(finding)), visible(&finding.message))
    };
    let messages = |findings: &[&Finding]| findings.iter().map(line).collect::<Vec<_>>().join("\n");
    match (worst, open.first(), waived.first()) {
        (Some(worst), _, _) => CaseOutcome::Failed {
            message: worst.message.clone(),
            severity: worst.severity.as_str(),
            details: messages(&open),
        },
        (None, Some(unknown), _) if verdict.gate.fail_on_unknown => {
            CaseOutcome::Error { message: unknown.message.clone() }
        }
        (None, Some(unknown), _) => CaseOutcome::Skipped { message: format!("unknown: {}", unknown.message) },
        (None, None, Some(finding)) => {
            let reason = finding.waived.as_ref().map(|waived| waived.reason.as_str()).unwrap_or_default();
            CaseOutcome::Skipped { message: format!("waived: {reason}") }
        }
        (None, None, None) => CaseOutcome::Passed,
    }
}

fn scope_suite(scope: Option<&ScopeName>, notes: &[&Notification]) -> Suite {
    let name = scope.map_or_else(|| "acrscan".to_owned(), ScopeName::to_string);
    let case = |note: &&Notification| Case {
        name: match (&note.policy, &note.resource) {
            (Some(policy), _) => format!("policy {policy} is evaluated"),
            (None, Some(resource)) => format!("{resource} is read"),
            (None, None) => "all is read".to_owned(),
        },
        class: name.clone(),
        place: None,
        outcome: CaseOutcome::Error { message: note.message.clone() },
    };
    Suite { cases: notes.iter().map(case).collect(), name, properties: Vec::new() }
}

fn counts<'a>(cases: impl Iterator<Item = &'a Case>) -> String {
    let (mut tests, mut failures, mut errors, mut skipped) = (0, 0, 0, 0);
    for case in cases {
        tests += 1;
        match case.outcome {
            CaseOutcome::Passed => {}
            CaseOutcome::Failed { .. } => failures += 1,
            CaseOutcome::Error { .. } => errors += 1,
            CaseOutcome::Skipped { .. } => skipped += 1,
        }
    }
    format!("tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\" skipped=\"{skipped}\"")
}

/// An attribute's value: on one line, for a reader of XML makes blanks of line breaks.
fn attribute(value: &str) -> String {
    xml(&visible(value))
}

impl Suite {
    fn render(&self, text: &mut String) {
        let _ = writeln!(text, "  <testsuite name=\"{}\" {}>", attribute(&self.name), counts(self.cases.iter()));
        if !self.properties.is_empty() {
            text.push_str("    <properties>\n");
            for (name, value) in &self.properties {
                let _ = writeln!(text, "      <property name=\"{name}\" value=\"{}\"/>", attribute(value));
            }
            text.push_str("    </properties>\n");
        }
        self.cases.iter().for_each(|case| case.render(text));
        text.push_str("  </testsuite>\n");
    }
}

impl Case {
    fn render(&self, text: &mut String) {
        let _ =
            write!(text, "    <testcase name=\"{}\" classname=\"{}\"", attribute(&self.name), attribute(&self.class));
        if let Some((file, line)) = &self.place {
            let _ = write!(text, " file=\"{}\" line=\"{line}\"", attribute(file));
        }
        let _ = match &self.outcome {
            CaseOutcome::Passed => writeln!(text, "/>"),
            CaseOutcome::Failed { message, severity, details } => writeln!(
                text,
                ">\n      <failure message=\"{}\" type=\"{severity}\">{}</failure>\n    </testcase>",
                attribute(message),
                xml(details)
            ),
            CaseOutcome::Error { message } => {
                writeln!(text, ">\n      <error message=\"{}\"/>\n    </testcase>", attribute(message))
            }
            CaseOutcome::Skipped { message } => {
                writeln!(text, ">\n      <skipped message=\"{}\"/>\n    </testcase>", attribute(message))
            }
        };
    }
}

#[cfg(test)]
mod tests {
    use snapbox::IntoData as _;

    use super::*;
    use crate::output::report::Gate;
    use crate::output::report::sample;

    #[test]
    fn each_policy_is_a_case_of_each_registry() {
        snapbox::assert_data_eq!(render(&sample::report(), &sample::VERDICT), snapbox::str![[r#"
<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="acrscan" tests="11" failures="2" errors="1" skipped="4">
  <testsuite name="contosolive" tests="5" failures="1" errors="0" skipped="0">
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
  <testsuite name="prod" tests="5" failures="1" errors="0" skipped="4">
    <properties>
      <property name="scope" value="source"/>
      <property name="resource" value="infra:azurerm_container_registry.prod"/>
    </properties>
    <testcase name="admin-user" classname="infra:azurerm_container_registry.prod" file="infra/variables.tf" line="2">
      <skipped message="unknown: Registry prod: the SKU was not read, so whether it is on cannot be told. The variable `sku` has no value."/>
    </testcase>
    <testcase name="anonymous-pull" classname="infra:azurerm_container_registry.prod" file="infra/variables.tf" line="2">
      <skipped message="unknown: Registry prod: the SKU was not read, so whether anybody may pull cannot be told. The variable `sku` has no value."/>
    </testcase>
    <testcase name="firewall-quota" classname="infra:azurerm_container_registry.prod" file="infra/variables.tf" line="2">
      <skipped message="unknown: Whatever a policy says, so be it."/>
    </testcase>
    <testcase name="public-network-access" classname="infra:azurerm_container_registry.prod" file="infra/variables.tf" line="2">
      <failure message="Registry prod accepts connections from every network: `a|b` &lt;b&gt;@contoso/all&lt;/b&gt;." type="high">infra/variables.tf:2:13: Registry prod accepts connections from every network: `a|b` &lt;b&gt;@contoso/all&lt;/b&gt;.</failure>
    </testcase>
    <testcase name="quarantine" classname="infra:azurerm_container_registry.prod" file="infra/variables.tf" line="2">
      <skipped message="waived: agreed with @contoso/security | until the move"/>
    </testcase>
  </testsuite>
  <testsuite name="the source code" tests="1" failures="0" errors="1" skipped="0">
    <testcase name="all is read" classname="the source code">
      <error message="not read: infra/broken.tf:3:1: an unclosed block"/>
    </testcase>
  </testsuite>
</testsuites>

"#]].raw());
    }

    #[test]
    fn unknown_is_an_error_where_it_fails_the_scan() {
        let verdict = ScanVerdict { gate: Gate { fail_on_unknown: true, ..sample::VERDICT.gate }, ..sample::VERDICT };
        let shown = render(&sample::report(), &verdict);
        let (unknown, gaps) = (3, 1);
        assert_eq!(shown.matches("<error ").count(), unknown + gaps);
        assert!(shown.contains("<testsuites name=\"acrscan\" tests=\"11\" failures=\"2\" errors=\"4\" skipped=\"1\">"));
    }
}
