//! `acrscan fix`: the script as a person gets it. What its commands do is tried in the library's tests.

use std::fs;
use std::process::Command;

use tempfile::tempdir;

use crate::harness::{Acrscan, contoso_folder, copy};

fn fix(arguments: &[&str]) -> String {
    let run = Acrscan::new(["fix", "fixtures/contoso"]).args(arguments).run();
    assert_eq!(run.code, 0, "{run:?}");
    run.stdout
}

/// The options of a line's command.
fn commands(script: &str) -> Vec<&str> {
    script.lines().filter(|line| line.starts_with("az ")).collect()
}

#[test]
fn opens_before_it_closes_and_says_what_is_left() {
    let script = fix(&[]);
    assert!(script.starts_with("#!/usr/bin/env bash\n# acrscan fix: 10 registries, "), "{script}");
    assert!(script.contains("\nset -euo pipefail\n") && script.contains("Needs az 2.75.0 or newer."));
    let web = fix(&["--registry", "contosoweb"]);
    assert!(web.contains("\n# ── contosoweb: firewall-not-in-force, public-network-access\n"), "{web}");
    let last = *commands(&web).last().unwrap();
    assert!(last.contains("\"defaultAction\":\"Deny\"") && last.contains("131.107.8.0/24"), "{last}");
    let build = fix(&["--registry", "contosobuild"]);
    let at =
        |text: &str| commands(&build).iter().position(|line| line.contains(text)).unwrap_or_else(|| panic!("{text}"));
    assert!(at("identity assign") < at("role assignment create"));
    assert!(at("role assignment create") < at("credential "));
    assert!(at("credential ") < at("--auth-mode None"));
    assert!(build.contains("userAssignedIdentities/id-acr-purge"), "the user-assigned identity is kept: {build}");
    assert!(script.contains("lets in the private endpoint /subscriptions/"), "an approval names its requester");
    let dev = fix(&["--registry", "contosodev"]);
    assert!(commands(&dev).is_empty());
    assert!(dev.contains("public-network-access, high: it takes the Premium SKU, which costs more each day"), "{dev}");
}

#[test]
fn only_and_registry_choose_and_names_that_are_none_are_refused() {
    let script = fix(&["--only", "ipv6-firewall-rule"]);
    assert_eq!(commands(&script).len(), 2, "{script}");
    assert!(script.contains("acrscan fix: 2 registries, 2 commands, mends 4 findings; none is left."));
    let refused = |arguments: &[&str]| {
        let run = Acrscan::new(["fix"]).args(arguments).run();
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{arguments:?}");
        run.stderr.lines().next().unwrap().to_owned()
    };
    assert!(refused(&["fixtures/contoso", "--registry", "nope"]).contains("no registry of that name was read"));
    assert!(refused(&["fixtures/contoso", "--only", "nope"]).contains("no policy has the id \"nope\""));
    assert!(refused(&["fixtures/contoso", "-o", "/nonexistent/x.sh"]).contains("cannot write /nonexistent/x.sh"));
    assert!(refused(&["nowhere"]).contains("cannot read nowhere"));
}

#[cfg(unix)]
#[test]
fn bash_takes_the_script_and_a_hostile_name_runs_nothing() {
    let folder = tempdir().unwrap();
    let snapshot = folder.path().join("snapshot");
    copy(&contoso_folder(), &snapshot);
    let hostile = "x'; touch pwned; $(touch pwned) `touch pwned`\\n#";
    let mut pending = vec![snapshot.clone()];
    while let Some(path) = pending.pop() {
        if path.is_dir() {
            pending.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else if path.ends_with("contosobuild.json") {
            let text = fs::read_to_string(&path).unwrap();
            fs::write(&path, text.replace("nightly-purge", hostile)).unwrap();
        }
    }
    let script = folder.path().join("fix.sh");
    let run = Acrscan::new(["fix", snapshot.to_str().unwrap(), "-o", script.to_str().unwrap()]).run();
    assert_eq!(run.code, 0, "{run:?}");
    let text = fs::read_to_string(&script).unwrap();
    assert!(text.contains("touch pwned"), "{text}");
    let programs = folder.path().join("bin");
    fs::create_dir(&programs).unwrap();
    let az = programs.join("az");
    fs::write(&az, "#!/bin/sh\necho 2.90.0\n").unwrap();
    fs::set_permissions(&az, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let path = format!("{}:/usr/bin:/bin", programs.display());
    let output = Command::new("bash").arg(&script).env("PATH", path).current_dir(folder.path()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(!folder.path().join("pwned").exists());
}

#[test]
fn powershell_has_its_own_quotes_and_source_code_its_lines() {
    let script = fix(&["--registry", "contosobuild", "--format", "powershell"]);
    assert!(script.starts_with("#Requires -Version 7.4\n"));
    assert!(script.contains("--assignee-object-id (az acr task show --registry contosobuild --name tag-releases"));
    assert!(script.lines().filter(|line| !line.starts_with('#')).all(|line| !line.contains("\"$(")), "{script}");
    let run = Acrscan::new(["fix", "fixtures/infra"]).run();
    assert!(run.stdout.lines().all(|line| line.starts_with('#') || line.is_empty()), "{}", run.stdout);
    assert!(run.stdout.contains("change fixtures/infra/terraform/main.tf:60, where it is declared."));
}
