//! Nothing that is added hides what is there.

use std::path::Path;
use std::process::Command;

use super::{MODULE, REGISTRY, TEMPLATE, git, hides_nothing, open_registries, scan, tree};

#[test]
fn a_decoy_that_calls_a_root() {
    let open = MODULE.replace("default = false", "default = true");
    for (what, files) in [
        (
            "no instances",
            vec![("x/main.tf", "module \"m\" {\n  source = \"../infra\"\n  count = 0\n  public = false\n}\n")],
        ),
        (
            "none in a map",
            vec![("x/main.tf", "module \"m\" {\n  source = \"../infra\"\n  for_each = {}\n  public = false\n}\n")],
        ),
        (
            "a count that is not known",
            vec![(
                "x/main.tf",
                "variable \"n\" {\n  type = number\n}\nmodule \"m\" {\n  source = \"../infra\"\n  count = var.n\n  public = false\n}\n",
            )],
        ),
        (
            "a call within a module that is not made",
            vec![
                ("x/main.tf", "module \"m\" {\n  source = \"../y\"\n  count = 0\n}\n"),
                ("y/main.tf", "module \"m\" {\n  source = \"../infra\"\n  public = false\n}\n"),
            ],
        ),
        (
            "a list of modules that nothing calls",
            vec![
                ("x/main.tf", "resource \"random_pet\" \"p\" {\n}\n"),
                ("x/.terraform/modules/modules.json", r#"{"Modules":[{"Key":"m","Source":"a/b/c","Dir":"../infra"}]}"#),
            ],
        ),
    ] {
        hides_nothing(what, &[("infra/main.tf", &open)], &files);
    }
    let call = ("x/main.tf", "module \"m\" {\n  source = \"../infra\"\n  public = false\n}\n");
    for own in [
        ("infra/backend.tf", "terraform {\n  backend \"azurerm\" {\n  }\n}\n"),
        ("infra/backend.tf.json", r#"{"terraform": {"backend": {"azurerm": {}}}}"#),
        ("infra/cloud.tf", "terraform {\n  cloud {\n    organization = \"o\"\n  }\n}\n"),
        ("infra/provider.tf", "provider \"azurerm\" {\n  features {\n  }\n}\n"),
        ("infra/terraform.tfvars", "public = true\n"),
        ("infra/open.auto.tfvars", "public = true\n"),
        ("infra/terraform.tfstate", "{\"version\": 4}"),
    ] {
        hides_nothing(own.0, &[("infra/main.tf", &open), own], &[call]);
    }
    let files = [("infra/main.tf", open.as_str()), call];
    assert_eq!(open_registries(&scan(tree(&files).path(), &[])), 0, "a module is what its only caller makes of it");
}

#[test]
fn a_decoy_that_calls_a_bicep_file() {
    let main = "param access string = 'Enabled'\nresource r 'Microsoft.ContainerRegistry/registries@2025-11-01' = {\n  name: 'acrshop'\n  location: 'eastus'\n  sku: { name: 'Premium' }\n  properties: { publicNetworkAccess: access }\n}\n";
    let safe = "params: { access: 'Disabled' }";
    for (what, decoy) in [
        ("never", format!("module m 'main.bicep' = if (false) {{\n  name: 'm'\n  {safe}\n}}\n")),
        ("an empty loop", format!("module m 'main.bicep' = [for i in []: {{\n  name: 'm${{i}}'\n  {safe}\n}}]\n")),
        (
            "a condition that is not known",
            format!("param p bool\nmodule m 'main.bicep' = if (p) {{\n  name: 'm'\n  {safe}\n}}\n"),
        ),
    ] {
        hides_nothing(what, &[("main.bicep", main)], &[("decoy.bicep", &decoy)]);
    }
    let call = format!("module m 'main.bicep' = {{\n  name: 'm'\n  {safe}\n}}\n");
    hides_nothing(
        "a file with parameters of its own",
        &[("main.bicep", main), ("prod.bicepparam", "using 'main.bicep'\nparam access = 'Enabled'\n")],
        &[("decoy.bicep", &call)],
    );
    let files = [("main.bicep", main), ("decoy.bicep", call.as_str())];
    assert_eq!(open_registries(&scan(tree(&files).path(), &[])), 0, "a module is what its only caller makes of it");
}

#[test]
fn a_snapshot_that_is_none() {
    let whole = r#"{"acrscan_snapshot": 1, "api_versions": {}, "cloud": "public", "gaps": [], "scopes": [], "service_tags": {"change_number": "1", "source": "file"}, "time": "2026-01-01T00:00:00Z"}"#;
    for (what, folder, text) in [
        ("a mark at the root", "", r#"{"acrscan_snapshot": 1}"#),
        ("a mark beside the code", "infra/", r#"{"acrscan_snapshot": 1}"#),
        ("a mark above the code", "", r#"{"\u0061crscan_snapshot": 1}"#),
        ("an empty snapshot", "", whole),
        ("somebody else's", "", r#"{"name": "a web application"}"#),
        ("no JSON", "", "{"),
    ] {
        let manifest = format!("{folder}manifest.json");
        hides_nothing(what, &[("infra/main.tf", REGISTRY)], &[(manifest.as_str(), text)]);
    }
    let alone = scan(tree(&[("manifest.json", whole)]).path(), &[]);
    assert_eq!(alone.code, 2, "a snapshot of nothing is no clean scan: {}", alone.stderr);
}

#[test]
fn a_plan_beside_the_code() {
    let closed = super::PLAN.replace("OPEN", "false");
    for name in ["infra/plan.json", "plan.json", "infra/tfplan.json"] {
        let run = hides_nothing(name, &[("infra/main.tf", REGISTRY)], &[(name, &closed)]);
        assert!(run.stderr.contains(name), "the contradiction is told: {}", run.stderr);
    }
    // Named, it stands for the folder that it was made of, and for no other.
    let files = [("infra/main.tf", REGISTRY), ("plan.json", closed.as_str())];
    let run = scan(tree(&files).path(), &["plan.json", "infra"]);
    assert_eq!(open_registries(&run), 1, "it does not equal the code: {}", run.stderr);
    let code = REGISTRY.replace("true", "false");
    let files = [("infra/main.tf", code.as_str()), ("plan.json", closed.as_str())];
    let run = scan(tree(&files).path(), &["plan.json", "infra"]);
    assert_eq!((open_registries(&run), run.registries), (0, 1), "{}", run.stderr);
}

#[test]
fn a_template_in_other_letters() {
    let template =
        |member: &str, value: &str| TEMPLATE.replace("\"$schema\"", member).replace("deploymentTemplate", value);
    let junk = format!("{{\"junk\": \"{}\", ", "x".repeat(300 * 1024));
    for (what, text) in [
        ("escaped", template("\"\\u0024schema\"", "deploymentTemplate")),
        ("capitals", template("\"$SCHEMA\"", "DEPLOYMENTTEMPLATE")),
        ("an escaped value", template("\"$schema\"", "deployment\\u0054emplate")),
        ("last", template("\"other\"", "x").replacen('{', &format!("{{\"$schema\": \"{}\",", super::SCHEMA), 1)),
        ("far behind", template("\"$schema\"", "deploymentTemplate").replacen('{', &junk, 1)),
        (
            "a plan's members",
            template("\"$schema\"", "deploymentTemplate").replacen(
                '{',
                "{\"format_version\": \"1.2\", \"planned_values\": {}, ",
                1,
            ),
        ),
        (
            "a snapshot's member",
            template("\"$schema\"", "deploymentTemplate").replacen('{', "{\"acrscan_snapshot\": 1, ", 1),
        ),
    ] {
        let folder = tree(&[("a.json", text.as_str()), ("main.tf", "resource \"random_pet\" \"p\" {\n}\n")]);
        let run = scan(folder.path(), &[]);
        assert!(open_registries(&run) == 1 || run.code == 2, "{what}: {run:?}");
    }
}

#[test]
fn a_compiled_template_with_more_than_its_source() {
    let bicep = "resource shop 'Microsoft.ContainerRegistry/registries@2025-11-01' = {\n  name: 'acrclosed'\n  location: 'eastus'\n  sku: { name: 'Premium' }\n  properties: { publicNetworkAccess: 'Disabled' }\n}\n";
    let from_bicep = TEMPLATE.replacen(
        '{',
        "{\"metadata\": {\"_generator\": {\"name\": \"bicep\", \"version\": \"1\", \"templateHash\": \"1\"}}, ",
        1,
    );
    let run = scan(tree(&[("main.bicep", bicep), ("main.json", &from_bicep)]).path(), &[]);
    assert_eq!(open_registries(&run), 1, "{run:?}");
    let same = from_bicep.replace("acrshop", "acrclosed");
    let run = scan(tree(&[("main.bicep", bicep), ("main.json", &same)]).path(), &[]);
    assert_eq!(open_registries(&run), 0, "where both have it, the source counts: {run:?}");
}

#[test]
fn rules_of_gitignore() {
    for (what, ignore) in [
        (".gitignore", "*.tf\n"),
        (".gitignore", "/infra/\n"),
        ("infra/.gitignore", "*\n"),
        (".ignore", "*.tf\n"),
        (".gitattributes", "*.tf export-ignore linguist-vendored\n"),
        (".acrscanignore", "*\n"),
    ] {
        // Without git nothing says what is tracked, so all is read.
        hides_nothing(what, &[("infra/main.tf", REGISTRY)], &[(what, ignore)]);
        let folder =
            tree(&[("infra/main.tf", REGISTRY), (what, ignore), ("other.tf", "resource \"random_pet\" \"p\" {\n}\n")]);
        if !git(folder.path(), &["init", "-q"]) || !git(folder.path(), &["add", "-f", "."]) {
            return;
        }
        assert_eq!(open_registries(&scan(folder.path(), &[])), 1, "tracked, and {what} says {ignore:?}");
    }
    let folder = tree(&[
        ("infra/main.tf", REGISTRY),
        (".gitignore", "/infra/\n"),
        ("main.tf", "resource \"random_pet\" \"p\" {\n}\n"),
    ]);
    assert!(git(folder.path(), &["init", "-q"]) && git(folder.path(), &["add", "."]));
    let run = scan(folder.path(), &[]);
    assert_eq!(open_registries(&run), 0);
    assert!(run.stderr.contains("infra/main.tf") && run.stderr.contains("git ignores it"), "{}", run.stderr);
}

#[test]
fn folders_that_are_passed_over_are_read_where_git_tracks_them() {
    let folder = tree(&[("node_modules/x/main.tf", REGISTRY), ("main.tf", "resource \"random_pet\" \"p\" {\n}\n")]);
    assert!(git(folder.path(), &["init", "-q"]) && git(folder.path(), &["add", "-f", "."]));
    assert_eq!(open_registries(&scan(folder.path(), &[])), 1);
}

#[cfg(unix)]
#[test]
fn names_of_any_bytes() {
    use std::os::unix::ffi::OsStrExt as _;
    for name in [&b"evil\\.tf"[..], b"e\xFFvil.tf", b"a b\n.tf", b"-rf.tf", b"\xE2\x80\xAE.tf"] {
        let folder = tree(&[("main.tf", "resource \"random_pet\" \"p\" {\n}\n")]);
        std::fs::write(folder.path().join(std::ffi::OsStr::from_bytes(name)), REGISTRY).unwrap();
        let run = scan(folder.path(), &[]);
        assert_eq!(open_registries(&run), 1, "{name:?}: {run:?}");
    }
    // A name that nobody can write down hides nothing of its neighbours.
    for name in [&b"\xFF.json"[..], b"\\.json", b"a\\b.bicep"] {
        let folder = tree(&[("main.tf", REGISTRY)]);
        std::fs::write(folder.path().join(std::ffi::OsStr::from_bytes(name)), "{").unwrap();
        assert_eq!(open_registries(&scan(folder.path(), &[])), 1, "{name:?}");
    }
}

/// A link of the repository leads no further than the repository.
#[cfg(unix)]
#[test]
fn links_to_folders() {
    use std::os::unix::fs::symlink;
    let outside = tree(&[("main.tf", REGISTRY)]);
    let folder = tree(&[("main.tf", "resource \"random_pet\" \"p\" {\n}\n")]);
    symlink(outside.path(), folder.path().join("live")).unwrap();
    let run = scan(folder.path(), &[]);
    assert_eq!((run.code, run.registries), (2, 0), "{run:?}");
    assert!(run.stderr.contains("not read: live: a link that leads out"), "{run:?}");

    let folder = tree(&[("shared/main.tf", REGISTRY), ("scanned/main.tf", "resource \"random_pet\" \"p\" {\n}\n")]);
    assert!(git(folder.path(), &["init", "-q"]));
    symlink("../shared", folder.path().join("scanned/live")).unwrap();
    symlink("..", folder.path().join("scanned/round")).unwrap();
    let run = scan(folder.path(), &["scanned"]);
    assert_eq!((open_registries(&run), run.registries), (1, 1), "{run:?}");
}

#[test]
fn two_resources_in_other_letters_are_two() {
    let folder = tree(&[("main.tf", REGISTRY)]);
    let first = scan(folder.path(), &["-o", "sarif=known.sarif", "."]);
    assert_eq!(open_registries(&first), 1);
    let second = REGISTRY.replace("\"shop\"", "\"Shop\"").replace("acrshop", "acrshoptwo");
    std::fs::write(folder.path().join("more.tf"), second).unwrap();
    let run = scan(folder.path(), &["--baseline", "known.sarif", "--fail-on-new", "."]);
    assert_eq!(run.code, 1, "the second is new: {run:?}");
    std::fs::remove_file(folder.path().join("more.tf")).unwrap();
    let run = scan(folder.path(), &["--baseline", "known.sarif", "--fail-on-new", "."]);
    assert_eq!(run.code, 0, "the first is known: {run:?}");
}

#[test]
fn a_comment_in_what_was_downloaded_waives_nothing() {
    let waived = REGISTRY.replace("= true", "= true # acrscan:ignore public-network-access the vendor says so");
    let folder = tree(&[
        ("main.tf", "module \"shop\" {\n  source = \"example/registry/azurerm\"\n}\n"),
        (
            ".terraform/modules/modules.json",
            r#"{"Modules":[{"Key":"shop","Source":"registry.terraform.io/example/registry/azurerm","Version":"1.0.0","Dir":".terraform/modules/shop"}]}"#,
        ),
        (".terraform/modules/shop/main.tf", &waived),
    ]);
    assert_eq!(open_registries(&scan(folder.path(), &[])), 1);
    let own = tree(&[("main.tf", waived.as_str())]);
    assert_eq!(open_registries(&scan(own.path(), &[])), 0, "the team's own comment holds");
}

/// A pull request cannot hide behind a repository within the repository either.
#[test]
fn a_repository_within_the_repository() {
    let folder = tree(&[("infra/main.tf", REGISTRY), ("main.tf", "resource \"random_pet\" \"p\" {\n}\n")]);
    assert!(git(folder.path(), &["init", "-q"]) && git(folder.path(), &["add", "."]));
    let inner: &Path = &folder.path().join("infra");
    assert!(Command::new("git").current_dir(inner).args(["init", "-q"]).output().unwrap().status.success());
    assert_eq!(open_registries(&scan(folder.path(), &[])), 1);
}
