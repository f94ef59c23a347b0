//! Secrets are judged and never shown: what policies say of a registry names none.

use serde_json::Value;

use super::Evaluation;

/// What stands in a secret's place; Terraform says so too.
const IN_ITS_PLACE: &str = "(sensitive value)";

/// Takes the secrets of a registry out of what is said of it.
pub fn redact(evaluation: &mut Evaluation, secrets: &[String]) {
    if secrets.is_empty() {
        return;
    }
    let clean = |text: &mut String| redact_text(text, secrets);
    for finding in &mut evaluation.findings {
        clean(&mut finding.message);
        clean(&mut finding.name);
        finding.key.iter_mut().for_each(clean);
        finding.fix.iter_mut().for_each(clean);
        redact_value(&mut finding.evidence, secrets);
    }
    for registry in &mut evaluation.registries {
        clean(&mut registry.name);
        clean(&mut registry.location);
        clean(&mut registry.sku);
        let exposure = &mut registry.exposure;
        exposure.tasks.iter_mut().flatten().for_each(|task| clean(&mut task.name));
        exposure.rules.iter_mut().flatten().for_each(|rule| clean(&mut rule.value));
        exposure.endpoints.iter_mut().flatten().for_each(|endpoint| clean(&mut endpoint.name));
    }
    evaluation.notifications.iter_mut().for_each(|notification| clean(&mut notification.message));
}

fn redact_value(value: &mut Value, secrets: &[String]) {
    match value {
        Value::String(text) => redact_text(text, secrets),
        Value::Number(number) if secrets.iter().any(|secret| *secret == number.to_string()) => {
            *value = Value::from(IN_ITS_PLACE);
        }
        Value::Array(items) => items.iter_mut().for_each(|item| redact_value(item, secrets)),
        Value::Object(members) => {
            let cleaned = std::mem::take(members).into_iter().map(|(mut name, mut member)| {
                redact_text(&mut name, secrets);
                redact_value(&mut member, secrets);
                (name, member)
            });
            *members = cleaned.collect();
        }
        _ => {}
    }
}

/// Policies change the case of letters, and of no others.
fn redact_text(text: &mut String, secrets: &[String]) {
    for secret in secrets {
        let mut from = 0;
        while let Some(at) = find_folded(text, secret, from) {
            text.replace_range(at..at + secret.len(), IN_ITS_PLACE);
            from = at + IN_ITS_PLACE.len();
        }
    }
}

fn find_folded(text: &str, word: &str, from: usize) -> Option<usize> {
    let (text, word) = (text.as_bytes(), word.as_bytes());
    let last = text.len().checked_sub(word.len())?;
    (from..=last).find(|&at| text[at..at + word.len()].eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_secret_is_in_no_text_whatever_its_letters() {
        let secrets = ["Winter2031".to_owned(), "1.2.3.4".to_owned()];
        let mut text = "winter2031.azurecr.io lets 1.2.3.4/32 in; WINTER2031 is é".to_owned();
        redact_text(&mut text, &secrets);
        assert_eq!(text, "(sensitive value).azurecr.io lets (sensitive value)/32 in; (sensitive value) is é");
        let mut value = json!({"winter2031": ["x1.2.3.4", 5]});
        redact_value(&mut value, &secrets);
        assert_eq!(value, json!({"(sensitive value)": ["x(sensitive value)", 5]}));
    }
}
