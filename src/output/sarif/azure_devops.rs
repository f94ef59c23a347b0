//! SARIF for Azure DevOps: what GitHub takes, with the names that Advanced Security asks for, and the pipeline's own identity
//! in place of a category.

use std::collections::BTreeMap;
use std::env;

use serde_json::json;
use serde_sarif::sarif::{PropertyBag, ReportingDescriptor, Run, RunAutomationDetails};

const PREFIX: &str = "azuredevops/pipeline/build";

/// Makes a run for Azure DevOps of the one that GitHub would get.
pub fn complete(run: &mut Run) {
    let driver = &mut run.tool.driver;
    driver.full_name = Some(format!("acrscan {}", env!("CARGO_PKG_VERSION")));
    for descriptor in driver.rules.iter_mut().chain(&mut driver.notifications).flatten() {
        name(descriptor);
    }
    // Outside a pipeline, whoever publishes the file adds it.
    run.automation_details = automation_details(|name| env::var(name).ok());
}

/// Every one has a name that is not its id.
fn name(descriptor: &mut ReportingDescriptor) {
    if descriptor.name.is_none() {
        let capital = |word: &str| word.get(..1).map(|first| first.to_uppercase() + &word[1..]).unwrap_or_default();
        let words: String = descriptor.id.split(['-', '.']).map(capital).collect();
        let suffix = if words.eq_ignore_ascii_case(&descriptor.id) { "Policy" } else { "" };
        descriptor.name = Some(format!("{words}{suffix}"));
    }
}

/// The pipeline that runs: `None` where its variables are not there, all of them.
fn automation_details(variable: impl Fn(&str) -> Option<String>) -> Option<RunAutomationDetails> {
    let of = |names: [&str; 2]| names.iter().find_map(|name| variable(name)).filter(|value| !value.trim().is_empty());
    if !of(["TF_BUILD"; 2])?.eq_ignore_ascii_case("true") {
        return None;
    }
    let address = of(["SYSTEM_COLLECTIONURI"; 2])?;
    let host_and_path = address.split_once("://")?.1;
    let (host, path) = host_and_path.split_once('/').unwrap_or((host_and_path, ""));
    // https://dev.azure.com/contoso/ and, before that, https://contoso.visualstudio.com/
    let organization = path.split('/').find(|part| !part.is_empty()).or_else(|| host.split('.').next())?;
    let definition = of(["BUILD_DEFINITIONID", "SYSTEM_DEFINITIONID"])?;
    let definition_name = of(["BUILD_DEFINITIONNAME"; 2])?;
    let (phase, phase_name) = (of(["SYSTEM_PHASEID", "SYSTEM_JOBID"])?, of(["SYSTEM_PHASENAME", "SYSTEM_JOBNAME"])?);
    let (project, branch) = (of(["SYSTEM_TEAMPROJECTID"; 2])?, of(["BUILD_SOURCEBRANCH"; 2])?);
    let build = of(["BUILD_BUILDID"; 2])?;
    let id = format!("{PREFIX}/{organization}/{project}/{definition}/{phase}/{branch}/{build}");
    let properties = [
        ("buildDefinitionId", definition),
        ("buildDefinitionName", definition_name),
        ("phaseId", phase),
        ("phaseName", phase_name),
    ];
    let properties: BTreeMap<String, serde_json::Value> =
        properties.into_iter().map(|(name, value)| (format!("{PREFIX}/{name}"), json!(value))).collect();
    let properties = PropertyBag::builder().additional_properties(properties).build();
    Some(RunAutomationDetails::builder().id(id).properties(properties).build())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pipeline_is_named_where_all_of_it_is_known() {
        let known = [
            ("TF_BUILD", "True"),
            ("SYSTEM_COLLECTIONURI", "https://dev.azure.com/contoso/"),
            ("SYSTEM_TEAMPROJECTID", "11111111-1111-1111-1111-111111111111"),
            ("SYSTEM_DEFINITIONID", "42"),
            ("BUILD_DEFINITIONNAME", "nightly"),
            ("SYSTEM_PHASEID", "22222222-2222-2222-2222-222222222222"),
            ("SYSTEM_PHASENAME", "Scan"),
            ("BUILD_SOURCEBRANCH", "refs/heads/main"),
            ("BUILD_BUILDID", "7"),
        ];
        let details = |without: Option<&str>| {
            automation_details(|name| {
                known
                    .iter()
                    .find(|(key, _)| *key == name && Some(*key) != without)
                    .map(|(_, value)| (*value).to_owned())
            })
        };
        let id = details(None).and_then(|details| details.id);
        let expected = "azuredevops/pipeline/build/contoso/11111111-1111-1111-1111-111111111111/42/22222222-2222-2222-2222-222222222222/refs/heads/main/7";
        assert_eq!(id.as_deref(), Some(expected));
        for (name, _) in known {
            assert!(details(Some(name)).is_none(), "{name}");
        }
    }
}
