//! Policies of the user's own: they run beside the built-in ones, and a broken one is refused with its place.

use std::fs;

use tempfile::TempDir;

use crate::harness::{Acrscan, Run, text, verdicts};

const METADATA: &str = "\
# METADATA
# scope: package
# title: The registry is not tagged with its environment
# description: Finds registries without the tag env.
# related_resources:
# - ref: https://contoso.example/tagging
# custom:
#   severity: low
#   profile: network
#   remediation: Tag it.
#   reads: []
#   controls: {}
#   parameters: {}
";

const RULES: &str = r#"package acr.untagged

deny contains {"msg": sprintf("%s is of env %s.", [input.registry.name, env]), "field": "/registry/tags/env"} if {
	env := input.registry.tags.env
	env != "prod"
}

unknown contains {"msg": "The tags were not read.", "field": "/registry/tags"} if object.get(input.registry, "tags", null) == null
"#;

fn folder(rego: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("untagged")).unwrap();
    fs::write(folder.path().join("untagged/untagged.rego"), rego).unwrap();
    folder
}

fn scan(folder: &TempDir) -> Acrscan {
    Acrscan::new(["scan", "fixtures/contoso", "--policies", folder.path().to_str().unwrap()])
}

/// How much the built-in policies find.
fn built_in() -> usize {
    verdicts(&Acrscan::new(["scan", "fixtures/contoso"]).sarif().1).len()
}

fn refused(rego: &str) -> String {
    let Run { code, stdout, stderr } = scan(&folder(rego)).run();
    assert_eq!((code, stdout.as_str()), (2, ""), "{stderr}");
    assert!(!stderr.contains("panicked"), "{stderr}");
    stderr
}

#[test]
fn they_run_alone_and_beside_the_built_in_ones() {
    let folder = folder(&format!("{METADATA}{RULES}"));
    let alone = scan(&folder).args(["--no-builtin-policies"]).sarif();
    let found = ["contosoarchive", "contosobuild", "contosodev", "contosotest"];
    assert_eq!(
        verdicts(&alone.1),
        found.map(|name| ["untagged", "fail", name, "/registry/tags/env"].map(str::to_owned))
    );
    assert_eq!(alone.0.code, 0, "its severity is below --fail-on");
    let beside = scan(&folder).sarif();
    assert_eq!((verdicts(&beside.1).len(), beside.0.code), (built_in() + 4, 1));
    let only = scan(&folder).args(["--only", "untagged"]).sarif();
    assert_eq!((verdicts(&only.1), only.0.code), (verdicts(&alone.1), alone.0.code));
}

#[test]
fn what_does_not_parse_is_refused_with_file_and_line() {
    let stderr =
        refused(&format!("{METADATA}{}", RULES.replace("contains {\"msg\": \"The", "contains {{\"msg\": \"The")));
    assert!(stderr.contains("untagged.rego:21"), "{stderr}");
}

#[test]
fn a_call_to_a_function_that_does_not_exist_is_refused_with_file_and_line() {
    for call in ["nett.cidr_contains(\"10.0.0.0/8\", env)", "data.lib.nowhere.check(env)"] {
        let stderr = refused(&format!("{METADATA}{}", RULES.replace("env != \"prod\"", call)));
        let name = call.split('(').next().unwrap_or_default();
        assert!(stderr.contains("untagged.rego:18") && stderr.contains(name), "{stderr}");
    }
}

#[test]
fn metadata_must_be_whole() {
    for field in ["title", "description", "severity", "remediation"] {
        let short: String =
            METADATA.lines().filter(|line| !line.contains(&format!("{field}:"))).map(|l| format!("{l}\n")).collect();
        let stderr = refused(&format!("{short}{RULES}"));
        assert!(stderr.contains("untagged.rego") && stderr.contains(field), "{field}: {stderr}");
    }
    let stderr = refused(&format!("{}{RULES}", METADATA.replace("severity: low", "severity: severe")));
    assert!(stderr.contains("untagged.rego") && stderr.contains("severe"), "{stderr}");
    let stderr = refused(RULES);
    assert!(stderr.contains("untagged.rego") && stderr.contains("METADATA"), "{stderr}");
}

#[test]
fn a_policy_that_could_never_say_unknown_is_refused() {
    let deny_only: String =
        RULES.lines().filter(|line| !line.starts_with("unknown")).map(|l| format!("{l}\n")).collect();
    let stderr = refused(&format!("{METADATA}{deny_only}"));
    assert!(stderr.contains("untagged.rego") && stderr.contains("unknown"), "{stderr}");
}

#[test]
fn an_id_is_taken_once() {
    let stderr = refused(&format!("{METADATA}{}", RULES.replace("acr.untagged", "acr.ipv6_firewall_rule")));
    assert!(stderr.contains("ipv6-firewall-rule") && stderr.contains("untagged.rego"), "{stderr}");
}

/// It fails on one registry, and that is all that is lost: not the other registries, and not the other policies.
#[test]
fn a_policy_that_fails_on_one_registry_is_told_and_all_else_stands() {
    let conflict = "
level := \"a\" if input.registry.name == \"contosodev\"

level := \"b\" if input.registry.location == \"eastus\"

deny contains {\"msg\": level, \"field\": \"/registry/name\"} if level == \"c\"
";
    let healthy = scan(&folder(&format!("{METADATA}{RULES}"))).sarif();
    let (run, sarif) = scan(&folder(&format!("{METADATA}{RULES}{conflict}"))).sarif();
    assert_eq!(run.code, 2, "{run:?}");
    assert_eq!(run.stderr.lines().count(), 1, "{}", run.stderr);
    assert!(run.stderr.starts_with("error: policy untagged failed on registry contosodev: "), "{}", run.stderr);
    let notifications = sarif["runs"][0]["invocations"][0]["toolExecutionNotifications"].as_array().unwrap();
    // An error on standard error; in SARIF that would say that the run failed, which GitHub refuses.
    assert_eq!((notifications.len(), text(&notifications[0]["level"])), (1, "warning".to_owned()));
    assert_eq!(sarif["runs"][0]["invocations"][0]["executionSuccessful"], true);
    let unknown = ["untagged", "unknown", "contosodev", "/registry"].map(str::to_owned);
    assert!(verdicts(&sarif).contains(&unknown), "losing a policy does not close its alert");
    let but = |verdicts: Vec<[String; 4]>| -> Vec<[String; 4]> {
        verdicts.into_iter().filter(|verdict| !(verdict[0] == "untagged" && verdict[2] == "contosodev")).collect()
    };
    assert_eq!(but(verdicts(&sarif)), but(verdicts(&healthy.1)));
}

#[test]
fn results_of_the_wrong_shape_are_the_policys_failure() {
    let shapes = [
        ("\"text\"", "text"),
        ("{\"field\": \"/registry\"}", "msg"),
        ("{\"msg\": \"no field\"}", "field"),
        ("{\"msg\": \"m\", \"field\": concat(\"/\", [\"\", \"no\", \"such\"])}", "/no/such"),
        ("{\"msg\": \"m\", \"field\": \"/registry\", \"severity\": \"severe\"}", "severe"),
    ];
    let built_in = built_in();
    for (shape, named) in shapes {
        let rego = format!("{METADATA}{RULES}\ndeny contains {shape} if input.registry.name == \"contosodev\"\n");
        let (run, sarif) = scan(&folder(&rego)).sarif();
        assert_eq!(run.code, 2, "{shape}: {run:?}");
        assert!(run.stderr.contains("policy untagged failed on registry contosodev"), "{shape}: {}", run.stderr);
        assert!(run.stderr.contains(named), "{shape}: {}", run.stderr);
        assert_eq!(verdicts(&sarif).len(), built_in + 4 + 1, "{shape}");
    }
}

/// Rules of a policy that finds nothing, after `extra`.
fn rules(extra: &str) -> String {
    format!("{METADATA}package acr.untagged\n\n{extra}\n{UNKNOWN}")
}

const UNKNOWN: &str =
    "unknown contains {\"msg\": \"m\", \"field\": \"/registry\"} if object.get(input, \"registry\", null) == null\n";

const PROSE: &str = "/untagged/untagged.rego:";

/// What goes wrong while a policy runs costs each registry that policy's result and nothing else.
#[test]
fn what_fails_at_run_time_names_file_and_line_and_leaves_the_rest() {
    let denies = |body: &str, more: &str| {
        rules(&format!(
            "deny contains {{\"msg\": sprintf(\"%v\", [x]), \"field\": \"/registry\"}} if {{\n\t{body}\n}}\n\n{more}"
        ))
    };
    let table = [
        (denies("x := 1 / (count(input.registry.name) - count(input.registry.name))", ""), 17, "divide by zero"),
        (denies("x := to_number(input.registry.name)", ""), 17, "could not parse string as number"),
        (denies("x := regex.match(\"(\", input.registry.name)", ""), 17, "invalid regex"),
        (denies("x := a", "a := b\n\nb := a\n"), 20, "recursion detected"),
        (denies("x := a", "a := 1 if input.registry.name\n\na := 2 if input.registry.id\n"), 22, "rule conflicts"),
        (
            rules("deny contains {\"msg\": \"m\", \"field\": \"/tasks/99\"} if input.registry.name"),
            16,
            "points at nothing",
        ),
        (
            rules(
                "deny contains {\"msg\": \"m\", \"field\": concat(\"/\", [\"\", \"registry\", \"nosuch\"])} if input.registry.name",
            ),
            16,
            "at nothing",
        ),
        (rules("deny contains \"text\" if input.registry.name"), 16, "not an object: \"text\""),
        (
            rules("\ndeny contains {\"msg\": \"\", \"field\": \"/registry\"} if input.registry.name"),
            17,
            "without a text",
        ),
    ];
    let plain = verdicts(&Acrscan::new(["scan", "fixtures/contoso"]).sarif().1);
    for (rego, line, message) in table {
        let (run, sarif) = scan(&folder(&rego)).sarif();
        assert_eq!((run.code, run.stderr.lines().count()), (2, 16), "{message}: {}", run.stderr);
        for told in run.stderr.lines() {
            assert!(told.starts_with("error: policy untagged failed on registry "), "{told}");
            assert!(told.contains(&format!("{PROSE}{line}:")) && told.contains(message), "{message}: {told}");
        }
        let mut rest = verdicts(&sarif);
        let (own, others): (Vec<_>, Vec<_>) = rest.drain(..).partition(|verdict| verdict[0] == "untagged");
        assert_eq!(others, plain, "{message}");
        assert!(own.len() == 16 && own.iter().all(|verdict| verdict[1] == "unknown"), "{message}: {own:?}");
    }
}

/// regorus has no bound on its stack, and a function that calls itself would take the scan with it.
#[test]
fn a_function_that_comes_back_to_itself_is_never_called() {
    let plain = verdicts(&Acrscan::new(["scan", "fixtures/contoso"]).sarif().1);
    for functions in ["f(a) := f(a + 1)\n", "f(a) := g(a)\n\ng(a) := data.acr.untagged.f([a])\n"] {
        let rego = rules(&format!(
            "deny contains {{\"msg\": \"m\", \"field\": \"/registry\"}} if {{\n\tf(1)\n}}\n\n{functions}"
        ));
        let (run, sarif) = scan(&folder(&rego)).sarif();
        assert_eq!((run.code, run.stderr.lines().count()), (2, 1), "{}", run.stderr);
        assert!(run.stderr.starts_with("error: policy untagged failed: "), "{}", run.stderr);
        assert!(run.stderr.contains(&format!("{PROSE}20: recursion: function f ")), "{}", run.stderr);
        let (own, others): (Vec<_>, Vec<_>) = verdicts(&sarif).into_iter().partition(|v| v[0] == "untagged");
        assert_eq!(others, plain);
        assert!(own.len() == 16 && own.iter().all(|verdict| verdict[1] == "unknown"), "{own:?}");
    }
}

/// It takes its time once, not for each registry.
#[test]
fn a_policy_that_takes_too_long_is_told_once_and_asked_no_more() {
    let endless = "count([1 | some i in numbers.range(1, 60000); some j in numbers.range(1, 60000); i == j]) > 0";
    let rego = rules(&format!("deny contains {{\"msg\": \"m\", \"field\": \"/registry\"}} if {{\n\t{endless}\n}}\n"));
    let start = std::time::Instant::now();
    let (run, sarif) = scan(&folder(&rego)).sarif();
    assert!(start.elapsed().as_secs() < 60, "{:?}", start.elapsed());
    assert_eq!((run.code, run.stderr.lines().count()), (2, 1), "{}", run.stderr);
    assert!(run.stderr.contains(&format!("{PROSE}16: `deny` takes more than ")), "{}", run.stderr);
    let (own, others): (Vec<_>, Vec<_>) = verdicts(&sarif).into_iter().partition(|verdict| verdict[0] == "untagged");
    assert!(own.len() == 16 && own.iter().all(|verdict| verdict[1] == "unknown"), "{own:?}");
    assert_eq!(others, verdicts(&Acrscan::new(["scan", "fixtures/contoso"]).sarif().1));
}

/// Code scanning would keep one of the two and drop the other.
#[test]
fn a_key_tells_the_findings_of_a_registry_apart() {
    let keyed = |message: &str| {
        rules(&format!(
            "deny contains {{\"msg\": {message}, \"field\": \"/registry\", \"key\": \"k\", \"evidence\": {{\"n\": n}}}} if {{\n\tinput.registry.name == \"contosodev\"\n\tsome n in [1, 2]\n}}\n"
        ))
    };
    let (run, _) = scan(&folder(&keyed("\"the same\""))).sarif();
    assert_eq!((run.code, run.stderr.as_str()), (1, ""));
    let (run, sarif) = scan(&folder(&keyed("sprintf(\"number %d\", [n])"))).sarif();
    assert_eq!((run.code, run.stderr.lines().count()), (2, 1), "{}", run.stderr);
    assert!(run.stderr.contains(&format!("{PROSE}16: `deny` gave two results")), "{}", run.stderr);
    let own: Vec<_> = verdicts(&sarif).into_iter().filter(|verdict| verdict[0] == "untagged").collect();
    let kinds: Vec<_> = own.iter().map(|verdict| verdict[1].as_str()).collect();
    assert_eq!(kinds, ["fail", "unknown"], "the first stands, and the registry is not fully known");
}

#[test]
fn what_can_be_seen_before_a_scan_stops_it_with_file_and_line() {
    let deny = "deny contains {\"msg\": \"m\", \"field\": \"/registry\"} if ";
    let parameter = |kind: &str, default: &str| {
        let block = format!(
            "#   parameters:\n#     p:\n#       default: {default}\n#       type: {kind}\n#       description: D\n"
        );
        rules(&format!("{deny}input.registry.name")).replace("#   parameters: {}\n", &block)
    };
    let table = [
        (rules("deny := {\"msg\": \"m\"} if input.registry"), 16, "`deny` is not a set of results"),
        (rules("deny if input.registry"), 16, "`deny` is not a set of results"),
        (rules(""), 1, "the policy defines no `deny`"),
        (
            rules(&format!("{deny}{{\n\thttp.send({{\"method\": \"get\", \"url\": \"http://127.0.0.1:1\"}})\n}}")),
            17,
            "http.send",
        ),
        (rules(&format!("{deny}opa.runtime().env")), 16, "opa.runtime"),
        (rules(&format!("{deny}input.registry.name == {}{}", "[".repeat(40), "]".repeat(40))), 16, "nested more than"),
        (rules(&format!("{deny}input.registry.name == \"{}\"", "x".repeat(2 << 20))), 1, "exceeds maximum"),
        (parameter("string", "7"), 14, "the default of parameter `p` is not a string: 7"),
        (parameter("text", "7"), 16, "unknown variant `text`"),
        (
            rules(&format!("{deny}true")).replace("#   remediation:", "#   remedy:"),
            10,
            "`custom.remedy` is nothing that acrscan reads: did you mean `remediation`?",
        ),
    ];
    for (rego, line, message) in table {
        let stderr = refused(&rego);
        let place = format!("{PROSE}{line}:");
        assert!(stderr.contains(&place) && stderr.contains(message), "{message} at {line}: {stderr}");
    }
}

/// GitHub and DefectDojo rank a result by its rule, so one that is graded otherwise has a rule of its own.
#[test]
fn a_severity_of_a_results_own_shows_in_its_rule_unless_the_team_set_another() {
    let graded = RULES.replace(
        "\"field\": \"/registry/tags/env\"}",
        "\"field\": \"/registry/tags/env\", \"severity\": \"critical\"}",
    );
    let folder = folder(&format!("{METADATA}{graded}"));
    let rule_of = |more: &[&str]| {
        let (run, sarif) = scan(&folder).args(["--no-builtin-policies"]).args(more).sarif();
        let rules = sarif["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap();
        let result = crate::harness::results(&sarif).find(|r| r["properties"]["acrscan/kind"] == "fail").unwrap();
        let rule = rules.iter().find(|rule| rule["id"] == result["ruleId"]).unwrap();
        let number = text(&rule["properties"]["security-severity"]);
        (run.code, text(&result["ruleId"]), text(&result["level"]), number, crate::harness::policy(result))
    };
    let own = |id: &str| id.to_owned();
    assert_eq!(rule_of(&[]), (1, own("untagged.critical"), own("error"), own("9.5"), own("untagged")));
    let config = folder.path().join("acrscan.toml");
    fs::write(&config, "[policy.untagged]\nseverity = \"medium\"\n").unwrap();
    let config = ["--config", config.to_str().unwrap()];
    assert_eq!(rule_of(&config), (1, own("untagged"), own("warning"), own("5.5"), own("untagged")));
}

#[test]
fn an_id_that_reads_as_what_could_not_be_told_is_refused() {
    let stderr = refused(&format!("{METADATA}{}", RULES.replace("acr.untagged", "acr.unknown_untagged")));
    assert!(stderr.contains("untagged.rego:14: a policy's id may not begin with `unknown-`"), "{stderr}");
}

/// What would never come true is refused when the policy is loaded, with its line and the nearest right name.
#[test]
fn what_would_never_hold_is_refused_with_its_line_and_the_nearest_name() {
    let deny = |body: &str| {
        format!("{METADATA}{}", RULES.replace("\tenv != \"prod\"\n", &format!("\tenv != \"prod\"\n\t{body}\n")))
    };
    let reads = |part: &str, rego: String| rego.replace("reads: []", &format!("reads: [{part}]"));
    let more = |rule: &str| format!("{METADATA}{RULES}\n{rule}\n");
    let table = [
        (
            deny("input.registrys.name != \"\""),
            19,
            "`input` has no member `registrys`, so this never holds; did you mean `registry`?",
        ),
        (deny("input.registry.locaton != \"\""), 19, "did you mean `location`?"),
        (deny("object.get(input, [\"registry\", \"tagz\"], {}) != {}"), 19, "did you mean `tags`?"),
        (deny("some rule in input.firewall.rules\n\trule.familly == \"ipv4\""), 20, "did you mean `family`?"),
        (reads("tasks", deny("input.tasks.name != \"\"")), 19, "is a list, and has no member `name`"),
        (deny("count(input.tasks) > 0"), 19, "add `tasks` to `custom.reads`"),
        (deny("env in data.regions.approved"), 19, "nothing defines `data.regions.approved`"),
        (deny("data.parameters.untagged.env == env"), 19, "METADATA of untagged has no parameter `env`"),
        (deny("data.lib.registry.labl != \"\""), 19, "did you mean `label`?"),
        (deny("sprintf(\"%5.1f\", [1]) != \"\""), 19, "write %s, %d or %v"),
        (deny("sprintf(\"%s %s\", [env]) != \"\""), 19, "1 value for 2 verbs"),
        (deny("sprintf(\"%s\", [count(env)]) != \"\""), 19, "write %d"),
        (more("deny_more contains \"x\""), 23, "nobody asks the rule `deny_more`"),
        (more("warn contains {\"msg\": \"x\"} if input.registry.name == \"x\""), 23, "nobody asks the rule `warn`"),
        (more("violation := true"), 23, "nobody asks the rule `violation`"),
        (more("tagz := [{\"field\": \"/registry/tagz\"}]"), 23, "points at nothing"),
    ];
    for (rego, line, message) in table {
        let stderr = refused(&rego);
        assert!(stderr.contains(&format!("untagged.rego:{line}: ")) && stderr.contains(message), "{message}: {stderr}");
    }
    // What another rule asks, and what is optional in `data`, is meant.
    let used = more("names contains input.registry.name\n\nmany := count(names) if object.get(data, [\"x\"], 1) == 1");
    assert_eq!(scan(&folder(&used)).run().code, 1);
}

#[test]
fn a_folder_is_read_as_opa_reads_it() {
    let uses = RULES.replace("env != \"prod\"", "not env in data.allowed.envs");
    let folder = folder(&format!("{METADATA}{uses}"));
    let at = |path: &str| folder.path().join(path);
    let count = || verdicts(&scan(&folder).args(["--no-builtin-policies"]).sarif().1).len();
    fs::create_dir_all(at("allowed")).unwrap();
    fs::write(at("allowed/data.yaml"), "\u{feff}envs: [prod]\r\n").unwrap();
    assert_eq!(count(), 4);
    fs::write(at("allowed/data.yaml"), "envs: [prod, dev, test, archive, build]\n").unwrap();
    let fewer = count();
    assert!(fewer < 4);
    // Hidden folders and those of tools hold nothing of ours; a link to the folder itself is no other folder.
    for ignored in [".git", "node_modules", "..2026_11_20"] {
        fs::create_dir_all(at(ignored)).unwrap();
        fs::write(at(ignored).join("bad.rego"), "no Rego").unwrap();
    }
    #[cfg(unix)]
    std::os::unix::fs::symlink(folder.path(), at("loop")).unwrap();
    assert_eq!(count(), fewer);
    let refused = |path: &str, text: &str, told: &str| {
        fs::write(at(path), text).unwrap();
        let run = scan(&folder).run();
        assert!(run.code == 2 && run.stderr.contains(path) && run.stderr.contains(told), "{}", run.stderr);
        fs::remove_file(at(path)).unwrap();
    };
    refused("data.json", "{\"allowed\": {\"envs\": 1}}", "is set in");
    refused("data.json", "{\n\"parameters\": {}}", "data.json:2: `data.parameters` cannot be set here");
    refused("data.json", "{\n\"a\": ", "data.json:2: ");
    refused("data.yaml", "- a\n", "the top of a data file is an object");
    refused("data.yml", "a: 1\n", "name it data.yaml");
    refused("tasks.rego", "package lib.tasks\n", "is one of acrscan's own");
}
