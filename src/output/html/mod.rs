//! The report as one page that loads nothing: a template that escapes, with its style and script in it, which a content
//! security policy names by their hashes.

mod path_map;
mod view;

use base64::Engine as _;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, UndefinedBehavior, Value};
use sha2::{Digest as _, Sha256};

use super::Options;
use super::report::Report;

const TEMPLATE: &str = include_str!("report.html");
const STYLE: &str = include_str!("report.css");
const SCRIPT: &str = include_str!("report.js");

/// The name tells the engine to escape.
const NAME: &str = "report.html";

/// Renders a report.
///
/// # Errors
/// None that is known: the template is the binary's own.
pub fn render(report: &Report, options: &Options) -> Result<String, minijinja::Error> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
    environment.add_template(NAME, TEMPLATE)?;
    environment.get_template(NAME)?.render(minijinja::context! {
        page => Value::from(Serde(view::page(report, options))),
        policy => format!(
            "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; base-uri 'none'; form-action 'none'",
            hash(STYLE),
            hash(SCRIPT)
        ),
        style => Value::from_safe_string(STYLE.to_owned()),
        script => Value::from_safe_string(SCRIPT.to_owned()),
    })
}

fn hash(text: &str) -> String {
    base64::engine::general_purpose::STANDARD.encode(Sha256::digest(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::report::sample;
    use crate::output::{CategoryOptions, Links, SarifOptions, SarifTarget, TextOptions};

    fn shown(report: &Report) -> String {
        let inputs = vec!["infra & more".to_owned()];
        let options = Options {
            sarif: SarifOptions { target: SarifTarget::Github, category: CategoryOptions::default() },
            text: TextOptions { inputs, ..TextOptions::default() },
            verdict: sample::VERDICT,
            links: Links::default(),
            time: 1_764_136_800_000,
        };
        render(report, &options).expect("a page")
    }

    #[test]
    fn hostile_names_are_text() {
        let mut report = sample::compared();
        let hostile = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>{{ 7*7 }}</style>";
        for registry in &mut report.registries {
            registry.name = hostile.to_owned();
            registry.exposure.tasks.iter_mut().flatten().for_each(|task| task.name = hostile.to_owned());
        }
        for finding in &mut report.findings {
            (finding.name, finding.message) = (hostile.to_owned(), hostile.to_owned());
            finding.evidence = serde_json::json!({ hostile: hostile });
        }
        let page = shown(&report);
        assert_eq!(page.matches("<script").count(), 1);
        assert_eq!(page.matches("<style").count(), 1);
        assert!(!page.contains("<img") && page.contains("&lt;script&gt;alert(1)") && page.contains("{{ 7*7 }}"));
    }

    #[test]
    fn nothing_is_loaded_and_the_policy_names_what_runs() {
        let page = shown(&sample::compared());
        for word in ["src=", "@import", "url(", "<link", "<iframe", "<object", "style=", " onclick", "eval("] {
            assert!(!page.contains(word), "{word}");
        }
        let policy = format!("script-src &#x27;sha256-{}", hash(SCRIPT).replace('/', "&#x2f;"));
        assert!(page.contains(&policy), "{policy}");
    }

    #[test]
    fn every_registry_and_finding_is_there() {
        let report = sample::compared();
        let page = shown(&report);
        assert_eq!(page.matches("<tbody id=").count(), report.registries.len());
        assert_eq!(page.matches("<svg").count(), report.registries.len());
        assert_eq!(page.matches("<li class=\"finding").count(), report.open().count());
        assert!(page.contains("1 new, 0 worse, 1 known, 1 gone since the baseline"), "{page}");
        assert!(page.contains("not read: infra"));
    }
}
