//! The rules of a run: GitHub shows a rule's severity for each of its results, whatever their own level. So results that
//! could not tell have a rule of their own, and so have those that a policy grades otherwise than itself.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::json;
use serde_sarif::sarif::{MultiformatMessageString, PropertyBag, ReportingConfiguration, ReportingDescriptor};

use super::super::report::links::Links;
use super::grouped::severity;
use crate::model::finding::{Finding, ResultKind, Severity, UNKNOWN_PREFIX};
use crate::policy::Policy;
use crate::triage::baseline::CarriedResult;

/// An alert's title is one line of a list.
const MAX_TITLE: usize = 119;

/// GitHub cuts rule descriptions here.
const MAX_DESCRIPTION: usize = 1024;

/// The rules of a run, and where each stands among them.
pub struct Rules {
    pub descriptors: Vec<ReportingDescriptor>,
    index: HashMap<String, usize>,
}

impl Rules {
    /// Of each policy its own and that of what it could not tell; and of the severities that its rule does not show those
    /// of these alerts, for nobody can say which a policy may give. Sorted by id.
    pub fn new(policies: &[Policy], alerts: &[Vec<&Finding>], carried: &[&CarriedResult], links: &Links) -> Rules {
        let mut descriptors: Vec<_> =
            policies.iter().map(|policy| rule(policy, policy_severity(policy), links)).collect();
        descriptors.extend(policies.iter().map(|policy| unknown_rule(policy, links)));
        let by_id: HashMap<&str, &Policy> = policies.iter().map(|policy| (policy.id.as_str(), policy)).collect();
        let fails = alerts.iter().filter(|alert| alert.iter().all(|finding| finding.kind == ResultKind::Fail));
        let fails = fails.filter_map(|alert| Some((alert.first()?.policy.as_str(), severity(alert))));
        let fail = ResultKind::Fail.as_str();
        let carried = carried.iter().filter(|carried| carried.kind == fail);
        let carried =
            carried.filter_map(|carried| Some((carried.policy.as_str(), Severity::parse(&carried.severity)?)));
        let graded: BTreeSet<(&str, Severity)> = fails.chain(carried).collect();
        for (id, severity) in graded {
            let Some(policy) = by_id.get(id).filter(|policy| policy_severity(policy) != severity) else { continue };
            descriptors.push(rule(policy, severity, links));
        }
        descriptors.sort_by(|one, other| one.id.cmp(&other.id));
        let index = descriptors.iter().enumerate().map(|(index, rule)| (rule.id.clone(), index)).collect();
        Rules { descriptors, index }
    }

    /// The id and place of the rule that a result stands under; that of the policy where no severity is known.
    pub fn of(&self, policy: &str, kind: ResultKind, severity: impl Into<Option<Severity>>) -> (String, Option<i64>) {
        let id = match kind {
            ResultKind::Unknown => format!("{UNKNOWN_PREFIX}{policy}"),
            ResultKind::Fail => {
                severity.into().map_or_else(|| policy.to_owned(), |severity| graded_id(policy, severity))
            }
        };
        match self.index_of(&id) {
            Some(index) => (id, Some(index)),
            None => (policy.to_owned(), self.index_of(policy)),
        }
    }

    /// The place of a rule, where there is one of this id: a policy of the baseline may be gone.
    pub fn index_of(&self, id: &str) -> Option<i64> {
        self.index.get(id).map(|index| *index as i64)
    }
}

/// No policy's id holds a dot, and SARIF gives it no meaning.
fn graded_id(policy: &str, severity: Severity) -> String {
    format!("{policy}.{}", severity.as_str())
}

fn policy_severity(policy: &Policy) -> Severity {
    policy.metadata.custom.severity
}

/// A policy's rule for a severity: its own, or one that a result has.
fn rule(policy: &Policy, severity: Severity, links: &Links) -> ReportingDescriptor {
    let metadata = &policy.metadata;
    let references = metadata
        .related_resources
        .iter()
        .map(|r| (r.description.as_deref().unwrap_or(&r.url), r.url.as_str()))
        .collect::<Vec<_>>();
    let page = links.page(policy);
    let command = format!("acrscan policies {}", policy.id);
    let plain_page = match &page {
        Some(page) => format!("The policy's page: {page}. On a terminal: {command}"),
        None => format!("The policy's page: {command}"),
    };
    let linked_page = match &page {
        Some(page) => format!("[The policy's page]({page}), with examples; on a terminal `{command}`"),
        None => format!("The policy's page, with examples: `{command}`"),
    };
    let plain: String = references.iter().map(|(name, url)| format!("\n- {name}: {url}")).collect();
    let linked: String = references.iter().map(|(name, url)| format!("\n- [{name}]({url})")).collect();
    let (description, remediation) = (metadata.description.trim(), metadata.custom.remediation.trim());
    let help = MultiformatMessageString::builder()
        .text(format!("{description}\n\nHow to fix it: {remediation}\n\n{plain_page}\n{plain}"))
        .markdown(format!("{description}\n\n## How to fix it\n\n{remediation}\n\n{linked_page}\n{linked}"))
        .build();
    let mut properties = problem_properties(severity);
    if let Some(number) = security_severity(severity) {
        properties.insert("security-severity".to_owned(), json!(number));
    }
    let tags = ["security", "azure", "container-registry"].map(str::to_owned).to_vec();
    let rule = ReportingDescriptor::builder()
        .id(if severity == policy_severity(policy) { policy.id.clone() } else { graded_id(&policy.id, severity) })
        .short_description(text(&title(&metadata.title)))
        .full_description(text(&cut(description)))
        .help(help)
        .default_configuration(ReportingConfiguration::builder().level(json!(level_word(severity))).build())
        .properties(PropertyBag::builder().tags(tags).additional_properties(properties).build());
    let mut rule = rule.build();
    rule.help_uri = metadata.related_resources.first().map(|reference| reference.url.clone());
    // SARIF 3.49.7: a name that says no more than the id is left out.
    rule.name = Some(pascal_case(&rule.id)).filter(|name| !name.eq_ignore_ascii_case(&rule.id));
    rule
}

/// Of what a policy could not tell. It has no security severity: nothing is known to be wrong.
fn unknown_rule(policy: &Policy, links: &Links) -> ReportingDescriptor {
    let id = &policy.id;
    let mut rule = rule(policy, Severity::Note, links);
    let description = format!(
        "What policy {id} needs to judge a registry was not read, so it could not tell. The message says what is missing. {}",
        policy.metadata.description.trim()
    );
    let what_to_do = "Have what is missing read: the log of the scan names the permission or the failure. The registry \
                      is judged again in the next scan.";
    rule.id = format!("{UNKNOWN_PREFIX}{id}");
    rule.name = Some(pascal_case(&rule.id));
    rule.short_description = Some(text(&title(&format!("Could not tell: {}", policy.metadata.title))));
    rule.full_description = Some(text(&cut(&description)));
    rule.help = Some(MultiformatMessageString::builder().text(format!("{description}\n\n{what_to_do}")).build());
    let tags = ["azure", "container-registry", "unknown"].map(str::to_owned).to_vec();
    let properties = problem_properties(Severity::Note);
    rule.properties = Some(PropertyBag::builder().tags(tags).additional_properties(properties).build());
    rule
}

/// Of what is no security alert, GitHub ranks by this.
fn problem_properties(severity: Severity) -> BTreeMap<String, serde_json::Value> {
    BTreeMap::from([
        ("precision".to_owned(), json!("high")),
        ("problem.severity".to_owned(), json!(problem_severity(severity))),
    ])
}

fn text(text: &str) -> MultiformatMessageString {
    MultiformatMessageString::builder().text(text).build()
}

fn level_word(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Note => "note",
    }
}

fn problem_severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Note => "recommendation",
    }
}

/// A string of a number, as GitHub wants it: over 9.0 is critical there, 7.0 high, 4.0 medium.
fn security_severity(severity: Severity) -> Option<&'static str> {
    match severity {
        Severity::Critical => Some("9.5"),
        Severity::High => Some("8.0"),
        Severity::Medium => Some("5.5"),
        Severity::Low => Some("3.0"),
        Severity::Note => None,
    }
}

fn pascal_case(id: &str) -> String {
    let capital = |word: &str| word[..1].to_uppercase() + &word[1..];
    id.split(['-', '.']).filter(|word| !word.is_empty()).map(capital).collect()
}

fn cut(text: &str) -> String {
    text.chars().take(MAX_DESCRIPTION).collect()
}

fn title(text: &str) -> String {
    if text.chars().count() <= MAX_TITLE {
        return text.to_owned();
    }
    text.chars().take(MAX_TITLE - 1).chain(['…']).collect()
}
