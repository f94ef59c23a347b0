//! Which of the loaded policies run, and as what: the command line and the user's file.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Policy, PolicyError, Selection, SettingRemark};
use crate::config::{ConfigSpan, Setting};
use crate::model::finding::Severity;

/// Applies the user's settings, and leaves the policies that run, with what those settings take from the scan.
///
/// # Errors
/// An id that no policy has, a setting that a policy does not have or not of that type, or nothing left to run.
pub fn select(
    mut policies: Vec<Policy>,
    selection: &Selection,
) -> Result<(Vec<Policy>, Vec<SettingRemark>), PolicyError> {
    let known = policies.iter().map(|policy| policy.id.as_str()).collect::<Vec<_>>().join(", ");
    for id in selection.only.iter().chain(&selection.skip) {
        if !policies.iter().any(|policy| policy.id == *id) {
            return Err(PolicyError::UnknownId { id: id.clone(), known });
        }
    }
    let mut disabled = BTreeSet::new();
    let mut remarks = Vec::new();
    for settings in &selection.config.policies {
        let Some(policy) = policies.iter_mut().find(|policy| policy.id == settings.id) else {
            return Err(setting_error(
                &settings.place,
                format!("no policy has the id {:?}; there are: {known}", settings.id),
            ));
        };
        for setting in &settings.settings {
            let effect = apply(policy, setting)?;
            if effect == SettingEffect::Disables {
                disabled.insert(policy.id.clone());
            }
            remarks.extend(remark(policy, setting, &effect));
        }
    }
    let runs = |policy: &Policy| match selection.only.as_slice() {
        [] => {
            let in_profile = selection.profile.is_none_or(|profile| policy.metadata.custom.profile == profile);
            // Whoever names a folder wants what is in it.
            (in_profile || !policy.builtin) && !disabled.contains(&policy.id)
        }
        // Whoever names a policy wants it.
        only => only.contains(&policy.id),
    };
    let would_run = |id: &str| {
        let policy = policies.iter().find(|policy| policy.id == id);
        let in_profile = |policy: &Policy| {
            selection.profile.is_none_or(|profile| policy.metadata.custom.profile == profile) || !policy.builtin
        };
        match selection.only.as_slice() {
            // Whoever names a policy has it run, whatever the settings say.
            only if !only.is_empty() => only.iter().any(|only| only == id) && !disabled.contains(id),
            _ => policy.is_some_and(in_profile) && !selection.skip.iter().any(|skip| skip == id),
        }
    };
    remarks.retain(|remark| would_run(&remark.policy));
    remarks.sort();
    policies.retain(|policy| runs(policy) && !selection.skip.contains(&policy.id));
    if policies.is_empty() { Err(PolicyError::NothingSelected) } else { Ok((policies, remarks)) }
}

/// What a setting takes from the scan, where it takes anything.
fn remark(policy: &Policy, setting: &Setting, effect: &SettingEffect) -> Option<SettingRemark> {
    let message = match effect {
        SettingEffect::Disables => "is switched off".to_owned(),
        SettingEffect::Lowers(own) => {
            format!("counts as {}, and is {} by itself", policy.metadata.custom.severity.as_str(), own.as_str())
        }
        SettingEffect::Changes(default) => {
            format!("runs with `{}` = {}, and {default} is its default", setting.name, setting.value)
        }
        SettingEffect::Other => return None,
    };
    let ConfigSpan { file, line } = &setting.place;
    Some(SettingRemark { path: file.clone(), line: *line, policy: policy.id.clone(), message })
}

#[derive(PartialEq)]
enum SettingEffect {
    Disables,
    /// The severity that it is by itself.
    Lowers(Severity),
    /// The parameter's default.
    Changes(Value),
    Other,
}

/// Applies one line of the user's file to a policy.
fn apply(policy: &mut Policy, Setting { name, value, place }: &Setting) -> Result<SettingEffect, PolicyError> {
    match (name.as_str(), value) {
        ("enabled", Value::Bool(enabled)) => {
            return Ok(if *enabled { SettingEffect::Other } else { SettingEffect::Disables });
        }
        ("enabled", _) => return Err(setting_error(place, "`enabled` is true or false".to_owned())),
        ("severity", value) => {
            let words = || Severity::WORST_FIRST.map(Severity::as_str).join(", ");
            let severity = value.as_str().and_then(Severity::parse);
            let severity = severity
                .ok_or_else(|| setting_error(place, format!("`severity` is one of {}, not {value}", words())))?;
            let own = std::mem::replace(&mut policy.metadata.custom.severity, severity);
            policy.configured_severity = Some(severity);
            if severity < own {
                return Ok(SettingEffect::Lowers(own));
            }
        }
        (name, value) => {
            let Some(parameter) = policy.metadata.custom.parameters.get(name) else {
                let known = policy.parameters.keys().map(|name| format!(", {name}")).collect::<String>();
                let message = format!("policy {} has no setting {name:?}; it has: enabled, severity{known}", policy.id);
                return Err(setting_error(place, message));
            };
            if let Some(why) = parameter.refuses(value) {
                let message = match parameter.kind.admits(value) {
                    true => format!("`{name}` of policy {} {why}: {value}", policy.id),
                    false => format!("`{name}` of policy {} is a {}, not {value}", policy.id, parameter.kind.as_str()),
                };
                return Err(setting_error(place, message));
            }
            let default = policy.parameters.insert(name.to_owned(), value.clone());
            if let Some(default) = default.filter(|default| default != value) {
                return Ok(SettingEffect::Changes(default));
            }
        }
    }
    Ok(SettingEffect::Other)
}

fn setting_error(place: &ConfigSpan, message: String) -> PolicyError {
    PolicyError::At { file: place.file.clone(), line: place.line, message }
}
