//! Secrets are judged and never shown; what weakens the gate is.

use super::{REGISTRY, TEMPLATE, open_registries, scan, tree};

const SECRET: &str = "winter2031berries";

/// The registry is judged, and no report names the secret.
fn is_judged_and_not_shown(what: &str, files: &[(&str, &str)]) {
    let folder = tree(files);
    let outputs = ["text", "sarif", "markdown", "github", "json", "junit"];
    let outputs: Vec<String> = outputs.iter().map(|format| format!("--output={format}={format}.out")).collect();
    let mut arguments: Vec<&str> = outputs.iter().map(String::as_str).collect();
    arguments.push(".");
    let run = scan(folder.path(), &arguments);
    assert_eq!(open_registries(&run), 1, "{what}: {run:?}");
    assert!(!run.stderr.contains(SECRET) && !run.report.to_string().contains(SECRET), "{what}: {run:?}");
    for format in ["text", "sarif", "markdown", "github", "json", "junit"] {
        let text = std::fs::read_to_string(folder.path().join(format!("{format}.out"))).unwrap();
        assert!(!text.to_lowercase().contains(SECRET), "{what}: {format}: {text}");
    }
}

#[test]
fn a_sensitive_value_is_judged_and_not_shown() {
    let named = |name: &str| REGISTRY.replace("\"acrshop\"", name);
    let variable = "variable \"label\" {\n  type = string\n  sensitive = true\n}\n";
    let values = format!("label = \"{SECRET}\"\n");
    let own = format!("{variable}{}", named("var.label"));
    is_judged_and_not_shown("a variable", &[("main.tf", &own), ("terraform.tfvars", &values)]);
    let made = format!("{variable}locals {{\n  name = lower(\"x${{var.label}}\")\n}}\n{}", named("local.name"));
    is_judged_and_not_shown("what is made of it", &[("main.tf", &made), ("terraform.tfvars", &values)]);
    let default =
        format!("{}{}", variable.replace("}\n", &format!("  default = \"{SECRET}\"\n}}\n")), named("var.label"));
    is_judged_and_not_shown("a default", &[("main.tf", &default)]);
    let function = named(&format!("sensitive(\"{SECRET}\")"));
    is_judged_and_not_shown("a function", &[("main.tf", &function)]);
    let module = format!("variable \"name\" {{\n}}\n{}", named("var.name"));
    let call = format!("{variable}module \"m\" {{\n  source = \"./m\"\n  name = var.label\n}}\n");
    is_judged_and_not_shown("a module", &[("main.tf", &call), ("m/main.tf", &module), ("terraform.tfvars", &values)]);
}

#[test]
fn a_secure_parameter_is_judged_and_not_shown() {
    let bicep = format!(
        "@secure()\nparam name string = '{SECRET}'\nresource r 'Microsoft.ContainerRegistry/registries@2025-11-01' = {{\n  name: name\n  location: 'eastus'\n  sku: {{ name: 'Premium' }}\n  properties: {{ publicNetworkAccess: 'Enabled' }}\n}}\n"
    );
    is_judged_and_not_shown("Bicep", &[("main.bicep", &bicep)]);
    let template = TEMPLATE.replace("\"acrshop\"", "\"[parameters('name')]\"").replacen(
        "\"resources\"",
        &format!("\"parameters\": {{\"name\": {{\"type\": \"securestring\", \"defaultValue\": \"{SECRET}\"}}}},\n  \"resources\""),
        1,
    );
    is_judged_and_not_shown("ARM", &[("main.json", &template)]);
}

/// A file that the runner keeps in the checkout, and git ignores: source code may name it, and learns nothing of it.
#[test]
fn a_file_that_git_ignores_is_not_shown() {
    let secrets = format!("{SECRET}\n");
    let bicep = "var name = loadTextContent('.env')\nresource r 'Microsoft.ContainerRegistry/registries@2025-11-01' = {\n  name: name\n  location: 'eastus'\n  sku: { name: 'Premium' }\n  properties: { publicNetworkAccess: 'Enabled' }\n}\n";
    let named = |name: &str| REGISTRY.replace("\"acrshop\"", name);
    for (what, file, text) in [
        ("a file", "main.tf", named("trimspace(file(\".env\"))")),
        ("what is said to be no secret", "main.tf", named("nonsensitive(file(\".env\"))")),
        ("a part of it", "main.tf", named("substr(nonsensitive(file(\".env\")), 0, 17)")),
        ("a template", "main.tf", named("templatefile(\".env\", {})")),
        ("encoded", "main.tf", named("base64decode(filebase64(\".env\"))")),
        ("Bicep", "main.bicep", bicep.to_owned()),
    ] {
        let folder = tree(&[(".gitignore", ".env\n"), (file, &text)]);
        assert!(super::git(folder.path(), &["init", "-q"]) && super::git(folder.path(), &["add", "."]));
        super::add(folder.path(), &[(".env", &secrets)]);
        let formats = ["text", "sarif", "markdown", "github", "json", "junit"];
        let outputs: Vec<String> = formats.iter().map(|format| format!("--output={format}={format}.out")).collect();
        let mut arguments: Vec<&str> = outputs.iter().map(String::as_str).collect();
        arguments.push(".");
        let run = scan(folder.path(), &arguments);
        assert_eq!(open_registries(&run), 1, "{what}: {run:?}");
        assert!(!run.stderr.contains(SECRET), "{what}: {run:?}");
        for format in formats {
            let shown = std::fs::read_to_string(folder.path().join(format!("{format}.out"))).unwrap();
            assert!(!shown.contains(SECRET), "{what}: {format}: {shown}");
        }
    }
}

#[test]
fn settings_that_take_something_are_told_in_every_output() {
    for (setting, exit) in [("enabled = false", 0), ("severity = \"note\"", 0)] {
        let settings = format!("[policy.public-network-access]\n{setting}\n");
        let folder = tree(&[("main.tf", REGISTRY), ("acrscan.toml", &settings)]);
        let formats = ["text", "sarif", "markdown", "github", "json", "junit"];
        let outputs: Vec<String> = formats.iter().map(|format| format!("--output={format}={format}.out")).collect();
        let mut arguments: Vec<&str> = outputs.iter().map(String::as_str).collect();
        arguments.push(".");
        let run = scan(folder.path(), &arguments);
        assert_eq!(run.code, exit, "{run:?}");
        assert!(run.stderr.contains("acrscan.toml:2: public-network-access "), "{}", run.stderr);
        for format in formats {
            let text = std::fs::read_to_string(folder.path().join(format!("{format}.out"))).unwrap();
            assert!(text.contains("acrscan.toml") && text.contains("public-network-access"), "{format}: {text}");
        }
    }
}
