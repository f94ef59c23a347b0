use serde_json::{Value, json};

use super::{UNKNOWN_TEXT, encoded, fact};

fn registry() -> Value {
    json!({"name": "Contoso", "properties": {"loginServer": "Contoso.azurecr.io"}})
}

fn of_step(step: Value) -> Value {
    fact(&json!({"name": "t", "properties": {"step": step}}), &registry())
}

fn of_yaml(steps: &str) -> Value {
    let text = format!("version: v1.1.0\nsteps:\n{steps}");
    of_step(json!({"type": "EncodedTask", "encodedTaskContent": encoded(&text)}))
}

/// The rights as letters: p(ull), P(ush), d(elete), c(atalog), i(mport), and `?` after one that may be needed.
fn rights(fact: &Value) -> String {
    assert_eq!(fact["steps_read"], true, "{fact}");
    let letters = [("pull", "p"), ("push", "P"), ("delete", "d"), ("catalog", "c"), ("import", "i")];
    let letter = |(name, letter): (&str, &str)| match &fact[name] {
        Value::Bool(true) => letter.to_owned(),
        Value::Null => format!("{letter}?"),
        _ => String::new(),
    };
    letters.into_iter().map(letter).collect()
}

#[test]
fn commands() {
    for (expected, command) in [
        // The image of a step is pulled.
        ("p", "$Registry/tools/check:v1 --all"),
        ("p", "{{.Run.Registry}}/tools/check:v1"),
        ("p", "{{ .Run.Registry }}/tools/check"),
        ("p", "CONTOSO.azurecr.io/tools/check@sha256:0"),
        ("", "mcr.microsoft.com/azure-cli:2.60.0 az --version"),
        ("", "other.azurecr.io/a:1"),
        ("", "bash echo hello"),
        ("p?", "$tools/check"),
        ("p?", "{{.Values.image}}"),
        // A purge lists the whole catalog.
        ("pdc", "acr purge --filter 'app:.*' --ago 30d --untagged"),
        ("pdc", "mcr.microsoft.com/acr/acr-cli:0.19 purge --filter app:.*"),
        ("pdc", "$Registry/acr/acr-cli purge"),
        ("pc", "acr purge --filter app:.* --dry-run"),
        ("pdc", "acr purge -r $RegistryName --filter app:.*"),
        ("pdc", "acr purge --registry=contoso.azurecr.io --filter app:.*"),
        ("", "acr purge --registry other --filter app:.*"),
        ("pd", "acr tag delete -r contoso a:1"),
        ("p", "acr manifest list -r contoso a"),
        ("", "acr version"),
        ("p?P?d?c?", "acr cssc patch"),
        // Other tools that are told of the registry.
        ("p?P?d?c?", "ghcr.io/oras-project/oras push $Registry/a:1 file"),
        ("p?P?d?c?", "bash -c 'docker push contoso.azurecr.io/a'"),
        ("", "bash -c 'docker push notcontoso.azurecr.io/a'"),
        ("p?P?d?c?", "az acr repository delete -n contoso --image a:1"),
        // Who imports is known where az has logged in as the task.
        ("i?", "az acr import --name {{.Run.RegistryName}} --source mcr.microsoft.com/a:1"),
        ("i", "bash -c \"az login --identity && az acr import -n contoso --source mcr.microsoft.com/a:1\""),
        ("i?", "bash -c \"az login --identity --username x && az acr import -n contoso --source b/a:1\""),
        ("", "bash -c \"az login --identity; az acr import -n other --source b/a:1\""),
        ("i?", "bash -c \"az login --identity; az acr import -n {{.Values.x}} --source b/a:1\""),
    ] {
        let quoted = command.replace('\'', "''");
        assert_eq!(rights(&of_yaml(&format!("  - cmd: '{quoted}'\n"))), expected, "{command}");
    }
}

#[test]
fn steps_add_up() {
    let built = of_yaml("  - build: -t $Registry/app:$ID .\n  - push:\n    - $Registry/app:$ID\n");
    assert_eq!(rights(&built), "pP");
    assert_eq!(built["registries"], json!(["contoso.azurecr.io"]));
    assert_eq!(rights(&of_yaml("  - build: -t app .\n")), "p?");
    assert_eq!(rights(&of_yaml("  - build: --cache-from $Registry/app:1 -t app .\n")), "p");
    assert_eq!(rights(&of_yaml("  - push: app:1\n")), "pP");
    assert_eq!(rights(&of_yaml("  - push: [other.azurecr.io/app:1]\n")), "");
    assert_eq!(rights(&of_yaml("  - push: [1, {a: b}]\n")), "pP");
    let mirrored = of_yaml(
        "  - cmd: mcr.microsoft.com/azure-cli az login --identity\n  - cmd: mcr.microsoft.com/azure-cli az acr import --name {{.Run.RegistryName}} --source mcr.microsoft.com/a:1\n",
    );
    assert_eq!(rights(&mirrored), "i");
    let three = of_yaml("  - cmd: a.azurecr.io/x\n  - cmd: B.azurecr.io/y\n  - cmd: $Registry/z\n");
    assert_eq!(three["registries"], json!(["a.azurecr.io", "b.azurecr.io", "contoso.azurecr.io"]));
}

#[test]
fn a_pinned_version_of_acr_cli() {
    for (version, outdated) in [
        ("0.17", true),
        ("v0.18.2", true),
        ("0.18-amd64", true),
        ("0.19", false),
        ("1.0", false),
        ("latest", false),
        ("0", false),
    ] {
        let fact = of_yaml(&format!("  - cmd: mcr.microsoft.com/acr/acr-cli:{version} purge --filter a:.*\n"));
        assert_eq!(fact["outdated_purge"], outdated, "{version}");
    }
    assert_eq!(of_yaml("  - cmd: acr purge\n")["outdated_purge"], false);
}

#[test]
fn values_and_aliases_are_filled_in() {
    let step = |values: Value, text: &str| {
        let mut step = json!({"type": "encodedtask", "EncodedTaskContent": encoded(text)});
        step.as_object_mut().expect("an object").extend(values.as_object().expect("an object").clone());
        rights(&of_step(step))
    };
    let image = "steps: [{cmd: '{{.Values.image}} run'}]";
    let one = json!({"values": [{"name": "image", "value": "contoso.azurecr.io/a"}]});
    assert_eq!(step(one.clone(), image), "p");
    let file = json!({"encodedValuesContent": encoded("image: other.azurecr.io/a\n")});
    assert_eq!(step(file.clone(), image), "");
    let mut both = file;
    both["values"] = one["values"].clone();
    assert_eq!(step(both, image), "p");
    assert_eq!(step(json!({"values": [{"name": "image", "isSecret": true}]}), image), "p?");
    let alias = "alias: {values: {repo: $Registry/tools}}\nsteps: [{cmd: $repo/a}]";
    assert_eq!(step(json!({}), alias), "p");
    assert_eq!(step(json!({}), "alias: {src: ['https://x']}\nsteps: [{cmd: $repo/a}]"), "p?");
}

#[test]
fn a_dockerfile() {
    let docker = |members: Value| {
        let mut step = json!({"type": "Docker", "dockerFilePath": "Dockerfile"});
        step.as_object_mut().expect("an object").extend(members.as_object().expect("an object").clone());
        rights(&of_step(step))
    };
    assert_eq!(docker(json!({"imageNames": ["app:{{.Run.ID}}"], "isPushEnabled": true})), "pP");
    assert_eq!(docker(json!({"imageNames": ["app:1"]})), "pP");
    assert_eq!(docker(json!({"imageNames": ["app:1"], "isPushEnabled": false})), "p?");
    assert_eq!(docker(json!({"isPushEnabled": true})), "p?");
    assert_eq!(docker(json!({"imageNames": ["other.azurecr.io/app:1"], "isPushEnabled": true})), "p?");
    assert_eq!(docker(json!({"imageNames": ["{{.Run.Registry}}/app:1"], "isPushEnabled": true})), "pP");
    assert_eq!(docker(json!({"imageNames": [UNKNOWN_TEXT], "isPushEnabled": true})), "p?P?");
    assert_eq!(docker(json!({"imageNames": UNKNOWN_TEXT, "isPushEnabled": false})), "p?");
    let base = |host: &str| json!({"isPushEnabled": false, "baseImageDependencies": [{"registry": host}]});
    assert_eq!(docker(base("contoso.azurecr.io")), "p");
    assert_eq!(docker(base("docker.io")), "");
}

#[test]
fn a_registry_that_is_not_called_yet() {
    let task =
        |text: &str| json!({"properties": {"step": {"type": "EncodedTask", "encodedTaskContent": encoded(text)}}});
    let host = task("steps: [{cmd: contoso.azurecr.io/a}]");
    assert_eq!(rights(&fact(&host, &json!({}))), "p?");
    assert_eq!(rights(&fact(&host, &json!({"name": "contoso"}))), "p");
    assert_eq!(rights(&fact(&host, &json!({"name": "other"}))), "");
    let own = task("steps: [{cmd: $Registry/a}]");
    assert_eq!(rights(&fact(&own, &json!({}))), "p");
    assert_eq!(fact(&own, &json!({"name": "contoso"}))["registries"], json!(["contoso.azurecr.io"]));
}

#[test]
fn what_cannot_be_read_says_why() {
    let why = |step: Value| {
        let fact = of_step(step);
        assert_eq!(fact["steps_read"], false, "{fact}");
        assert_eq!(fact["pull"], Value::Null);
        fact["unread"].as_str().expect("a reason").to_owned()
    };
    let content = |text: &str| json!({"type": "EncodedTask", "encodedTaskContent": text});
    assert_eq!(why(Value::Null), "its steps were not shown");
    assert_eq!(why(json!({"type": "FileTask", "taskFilePath": "acb.yaml"})), "its steps are a file in a repository");
    assert_eq!(why(json!({"type": "EncodedTask"})), "its steps were not shown");
    assert_eq!(why(content("%%%")), "its steps are not base64");
    assert_eq!(why(content(UNKNOWN_TEXT)), "its steps are not base64");
    assert_eq!(why(content("/w==")), "its steps are not YAML");
    assert_eq!(why(content(&encoded("steps: [: ]{"))), "its steps are not YAML");
    assert_eq!(why(content(&encoded("a: 1\n---\nb: 2\n"))), "its steps are not YAML");
    assert_eq!(why(content(&encoded("just: text"))), "its steps are not those of a task file");
    assert_eq!(why(content(&encoded("steps: [{shell: x}]"))), "a step is of no kind that is known");
    assert_eq!(
        why(content(&encoded("steps:\n{{if .Values.a}}\n- cmd: b\n{{end}}"))),
        "its steps are a template with conditions or loops"
    );
    assert_eq!(why(content(&encoded("steps: '{{.Run.ID'"))), "its steps are no template that could be read");
    let large = format!("steps: [] # {}", "x".repeat(2 * 1024 * 1024));
    assert_eq!(why(content(&encoded(&large))), "its steps are larger than any task's should be");
}

#[test]
fn yaml_that_unfolds_without_end() {
    let mut bomb = "a: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let alias = vec![format!("*a{}", level - 1); 10].join(", ");
        bomb.push_str(&format!("b{level}: &a{level} [{alias}]\n"));
    }
    for text in [bomb, "a: &a [*a]\nsteps: [{cmd: x}]".to_owned(), "[".repeat(100_000)] {
        let fact = of_step(json!({"type": "EncodedTask", "encodedTaskContent": encoded(&text)}));
        assert_eq!(fact["steps_read"], false, "{fact}");
    }
}
