//! What is read beyond the registries: what a policy needs and no more, and what is refused is said once.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::arm_server::ArmServer;
use crate::arm_server::fault::Fault;
use crate::arm_server::http::Response;
use crate::harness::{Acrscan, CONTOSO, contoso_server, document_path, text, verdicts};

/// Each read, the member of the document that it fills, and what its gap calls it.
const READS: [(&str, &str, &str); 6] = [
    ("tasks", "tasks", "the tasks"),
    ("agent_pools", "agent_pools", "the agent pools"),
    ("role_assignments", "role_assignments", "the role assignments"),
    ("usages", "usages", "the usages"),
    ("task_credentials", "task_credentials", "the credentials of tasks"),
    ("preview", "preview", "the preview properties"),
];

const FLAGS: [&str; 2] = ["--task-credentials", "--preview"];

/// A folder with a policy for each of these reads, which says unknown where the member is null.
fn policies(reads: &[&str]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for read in reads {
        // The rules for subnets stand among the preview properties.
        let member = if *read == "subnet_rules" { "preview" } else { read };
        let rego = format!(
            "# METADATA\n# scope: package\n# title: Needs {read}\n# description: Says what was not read.\n# custom:\n\
             #   severity: low\n#   profile: network\n#   remediation: None.\n#   reads: [{read}]\n\
             package acr.needs_{read}\n\n\
             deny contains {{\"msg\": \"No name.\", \"field\": \"/registry/name\"}} if input.registry.name == \"\"\n\n\
             unknown contains {{\"msg\": \"Not read.\", \"field\": \"/{member}\"}} if input.{member} == null\n\n\
             unknown contains {{\"msg\": \"No registry.\", \"field\": \"/registry\"}} if not input.registry.name\n"
        );
        fs::write(folder.path().join(format!("needs_{read}.rego")), rego).unwrap();
    }
    folder
}

fn scan_with(server: &ArmServer, reads: &[&str]) -> (TempDir, Acrscan) {
    let folder = policies(reads);
    let path = folder.path().to_str().unwrap().to_owned();
    (folder, Acrscan::scan(server).args(["--policies", &path]))
}

/// What each request was for, sign-in apart, and how many there were.
fn asked(server: &ArmServer) -> BTreeMap<String, usize> {
    let mut kinds = BTreeMap::new();
    for seen in server.seen().iter().filter(|seen| seen.bearer.is_some()) {
        let path = seen.target.split('?').next().unwrap_or_default();
        let segments: Vec<&str> = path.split('/').collect();
        let kind = match segments[..] {
            [.., "registries", _] => "preview",
            [.., last] => last,
            [] => "",
        };
        *kinds.entry(format!("{} {kind}", seen.method)).or_default() += 1;
    }
    kinds
}

fn kinds(expected: &[(&str, usize)]) -> BTreeMap<String, usize> {
    expected.iter().map(|(kind, count)| ((*kind).to_owned(), *count)).collect()
}

fn pull_all(server: &ArmServer, folder: &Path) -> Acrscan {
    Acrscan::live(server, ["pull", "--subscription", CONTOSO, "-o", "d"]).args(FLAGS).in_folder(folder)
}

fn document(folder: &Path, group: &str, name: &str) -> Value {
    let path = folder.join("d").join(document_path(group, name));
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

fn refusal() -> Response {
    Response::error(403, "AuthorizationFailed", "The client may not read this.")
}

/// The built-in policies whose METADATA names this read, and the test's own.
fn policies_that_read(read: &str) -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("policies/acr");
    let names = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let reads = |name: &String| {
        let rego = fs::read_to_string(folder.join(name).join(format!("{name}.rego"))).unwrap();
        let line = rego.lines().find_map(|line| line.strip_prefix("#   reads: [")).unwrap_or_default().to_owned();
        line.trim_end_matches(']').split(", ").any(|named| named == read)
    };
    names.filter(reads).chain([format!("needs_{read}")]).map(|name| name.replace('_', "-")).collect()
}

/// Which policy says anything of which registry.
fn pairs(verdicts: &[[String; 4]]) -> BTreeSet<(String, String)> {
    verdicts.iter().map(|[policy, _, registry, _]| (policy.clone(), registry.clone())).collect()
}

#[test]
fn nothing_is_asked_that_no_selected_policy_needs() {
    for arguments in [
        &["--only", "public-network-access"][..],
        &["--only", "ipv6-firewall-rule,public-network-access", "--task-credentials", "--preview"],
    ] {
        let server = contoso_server();
        let run = Acrscan::scan(&server).args(arguments).run();
        assert_eq!((run.code, run.stderr.as_str()), (1, ""));
        assert_eq!(asked(&server), kinds(&[("GET registries", 1)]), "{arguments:?}");
    }
}

#[test]
fn each_read_costs_its_own_requests_and_only_where_it_can_matter() {
    let list = ("GET registries", 1);
    let tasks = ("GET tasks", 16);
    type Row<'a> = (&'a [&'a str], &'a [&'a str], &'a [(&'a str, usize)]);
    let table: [Row; 13] = [
        (&["tasks"], &[], &[list, tasks]),
        (&["agent_pools"], &[], &[list, ("GET agentPools", 16)]),
        (&["service_tag"], &[], &[list, ("GET serviceTags", 1)]),
        (&["service_tag"], &["--service-tags", "fixtures/contoso/service-tags.json"], &[list]),
        // Two registries have tasks with an identity, and of another one tasks may bypass the network rules.
        (&["role_assignments"], &[], &[list, tasks, ("GET roleAssignments", 3)]),
        // What roles allow is asked once, where any is held.
        (&["role_definitions"], &[], &[list, tasks, ("GET roleAssignments", 3), ("GET roleDefinitions", 1)]),
        // No task on a subnet is without a private endpoint.
        (&["subnet_rules"], &[], &[list, tasks, ("GET agentPools", 16)]),
        (&["runs", "network"], &[], &[list]),
        // Ten registries have firewall rules.
        (&["usages"], &[], &[list, ("GET listUsages", 10)]),
        (&["task_credentials", "preview"], &[], &[list]),
        // Two registries let four enabled tasks with a system-assigned identity bypass their rules, and one more task shows
        // that it has credentials.
        (&["task_credentials"], &FLAGS, &[list, tasks, ("POST listDetails", 5)]),
        (&["preview"], &FLAGS, &[list, ("GET preview", 16)]),
        (
            &["tasks", "role_assignments", "task_credentials"],
            &FLAGS,
            &[list, tasks, ("GET roleAssignments", 3), ("POST listDetails", 5)],
        ),
    ];
    for (reads, arguments, expected) in table {
        let server = contoso_server();
        let (_folder, scan) = scan_with(&server, reads);
        let run = scan.args(["--no-builtin-policies"]).args(arguments).run();
        assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{reads:?}");
        assert_eq!(asked(&server), kinds(expected), "{reads:?} {arguments:?}");
    }
}

#[test]
fn pull_reads_everything_plain_and_the_rest_on_its_flags() {
    let plain = [
        ("GET agentPools", 16),
        ("GET listUsages", 10),
        ("GET registries", 1),
        ("GET roleAssignments", 3),
        ("GET roleDefinitions", 1),
        ("GET serviceTags", 1),
        ("GET tasks", 16),
    ];
    let folder = tempfile::tempdir().unwrap();
    let server = contoso_server();
    let run = Acrscan::live(&server, ["pull", "--subscription", CONTOSO, "-o", "d"]).in_folder(folder.path()).run();
    assert_eq!(run.code, 0, "{run:?}");
    assert_eq!(asked(&server), kinds(&plain));

    let server = contoso_server();
    assert_eq!(pull_all(&server, folder.path()).run().code, 0);
    let mut all = kinds(&plain);
    all.extend(kinds(&[("GET preview", 16), ("POST listDetails", 5)]));
    assert_eq!(asked(&server), all);
    let secure = document(folder.path(), "rg-security-prod", "contososecure");
    let of = |custom: Value| json!({"login_mode": "None", "source_identity": "[system]", "custom_registries": custom});
    assert_eq!(
        secure["task_credentials"],
        json!({
            "patch-images": of(json!({"contososecure.azurecr.io": "[system]", "docker.contoso.example": null})),
            "rotate-signatures": of(json!({})),
        })
    );
    assert_eq!(secure["preview"]["properties"]["networkRuleSet"]["virtualNetworkRules"], json!([]));
    assert_eq!(secure["preview"]["systemData"], Value::Null);
    assert_eq!(secure["origin"]["preview_requested"], true);
    // Nothing that bypasses, no credentials asked for; no rule, no quota.
    let dev = document(folder.path(), "rg-dev", "contosodev");
    let members: Vec<&String> = dev.as_object().unwrap().keys().collect();
    assert_eq!(members, ["agent_pools", "origin", "preview", "registry", "schema_version", "task_needs", "tasks"]);
}

#[test]
fn role_assignments_are_read_page_by_page_and_other_peoples_are_left() {
    let folder = tempfile::tempdir().unwrap();
    let server = contoso_server();
    let registry = format!(
        "/subscriptions/{CONTOSO}/resourceGroups/rg-devtools/providers/Microsoft.ContainerRegistry/registries/contosobuild"
    );
    let path = format!("{registry}/providers/Microsoft.Authorization/roleAssignments");
    let link = format!("{}{path}?api-version=2022-04-01&$filter=atScope()&%24skiptoken=a%2Bb", server.url());
    let item = |name: &str, principal: &str| {
        json!({"id": format!("{path}/{name}"), "name": name, "properties": {
            "principalId": principal, "scope": registry, "createdBy": "canary",
        }})
    };
    let task = "C9F28A8A-DECF-4580-A780-1375101379C7";
    let first = json!({"value": [item("0-first", task), item("1-foreign", "somebody")], "nextLink": link});
    server.spoil(Fault::answer("contosobuild/providers/", Response::json(200, &first)).times(1));
    assert_eq!(pull_all(&server, folder.path()).run().code, 0);
    let document = document(folder.path(), "rg-devtools", "contosobuild");
    let roles = document["role_assignments"].as_array().unwrap();
    let names: Vec<String> = roles.iter().map(|role| text(&role["name"])).collect();
    // Of the second page one is at the subscription, whose id sorts first.
    assert_eq!((names.len(), names[1].as_str(), &roles[1]["properties"]["principalId"]), (3, "0-first", &json!(task)));
    assert_eq!(server.seen_with("skiptoken=a%2Bb").len(), 1);
}

/// Where each read is refused, and in whose document it then is null.
fn refused(read: &str) -> (&'static str, &'static str, &'static str) {
    match read {
        "tasks" => ("/contosobuild/tasks?", "rg-devtools", "contosobuild"),
        "agent_pools" => ("/contosobuild/agentPools?", "rg-devtools", "contosobuild"),
        "role_assignments" => ("/contosobuild/providers/", "rg-devtools", "contosobuild"),
        "usages" => ("/contosopayments/listUsages?", "rg-payments-prod", "contosopayments"),
        "task_credentials" => ("/contosobuild/tasks/build-base-images/", "rg-devtools", "contosobuild"),
        "preview" => ("/contosobuild?api-version=2026", "rg-devtools", "contosobuild"),
        other => panic!("{other}"),
    }
}

#[test]
fn a_read_that_is_refused_is_one_gap_and_concerns_only_whoever_needs_it() {
    let reads = READS.map(|(read, ..)| read);
    let scan = |server: &ArmServer| {
        let (_folder, scan) = scan_with(server, &reads);
        // The archive's holds a subscription that was not read as a whole.
        scan.args(FLAGS).args(["--sarif-target", "archive"]).sarif()
    };
    let (healthy_run, healthy) = scan(&contoso_server());
    assert_eq!((healthy_run.code, healthy_run.stderr.as_str()), (1, ""));
    let healthy = verdicts(&healthy);
    for (read, member, called) in READS {
        let (target, group, name) = refused(read);
        let server = contoso_server();
        server.spoil(Fault::answer(target, refusal()));
        let (run, sarif) = scan(&server);
        assert_eq!(run.code, 2, "{read}: {run:?}");
        let gap = format!("warning: not read: {called} of /subscriptions/{CONTOSO}/");
        assert!(run.stderr.starts_with(&gap) && run.stderr.lines().count() == 1, "{read}: {}", run.stderr);
        let verdicts = verdicts(&sarif);
        let needing = policies_that_read(read);
        let (affected, others): (Vec<_>, Vec<_>) = verdicts.into_iter().partition(|v| needing.contains(&v[0]));
        let (before, others_before): (Vec<_>, Vec<_>) =
            healthy.iter().cloned().partition(|verdict| needing.contains(&verdict[0]));
        assert_eq!(others, others_before, "{read}: whoever does not need it is not affected");
        assert_eq!(pairs(&before).difference(&pairs(&affected)).next(), None, "{read}: nobody falls silent");

        let folder = tempfile::tempdir().unwrap();
        let server = contoso_server();
        server.spoil(Fault::answer(target, refusal()));
        let pull = pull_all(&server, folder.path()).run();
        assert_eq!(pull.code, 2, "{read}: {pull:?}");
        let document = document(folder.path(), group, name);
        if read == "task_credentials" {
            let tasks: Vec<&String> = document[member].as_object().unwrap().keys().collect();
            assert_eq!(tasks, ["nightly-purge", "tag-releases"], "the other tasks of the registry are read");
        } else {
            assert_eq!(document.get(member), Some(&Value::Null), "{read}");
        }
        let manifest: Value =
            serde_json::from_slice(&fs::read(folder.path().join("d/manifest.json")).unwrap()).unwrap();
        let parts: Vec<&Value> = manifest["gaps"].as_array().unwrap().iter().map(|gap| &gap["part"]).collect();
        assert_eq!(parts, [read]);
        // The gap is as much of one when the snapshot is scanned.
        let offline = Acrscan::new(["scan", "d"]).in_folder(folder.path()).run();
        assert_eq!((offline.code, &offline.stderr), (2, &run.stderr), "{read}");
    }
}

#[test]
fn the_refusals_of_several_tasks_of_one_registry_are_one_gap_that_says_which_action_is_lacking() {
    let server = contoso_server();
    server.spoil(Fault::answer("/listDetails", refusal()));
    let (_folder, scan) = scan_with(&server, &["task_credentials"]);
    let run = scan.args(FLAGS).args(["--no-builtin-policies"]).run();
    assert_eq!(run.code, 2);
    let [build, secure] = run.stderr.lines().collect::<Vec<_>>()[..] else { panic!("{}", run.stderr) };
    assert!(
        build.contains(
            "contosobuild: tasks build-base-images, nightly-purge, tag-releases; the first of them: HTTP 403"
        ),
        "{build}"
    );
    assert!(secure.contains("contososecure: tasks patch-images, rotate-signatures;"), "{secure}");
    let action = "Microsoft.ContainerRegistry/registries/tasks/listDetails/action";
    assert!(build.contains(action) && secure.contains(action), "{}", run.stderr);
}

#[test]
fn with_nothing_but_the_list_allowed_no_policy_passes_by_ignorance_and_each_gap_is_named_once() {
    let reads = READS.map(|(read, ..)| read);
    let server = contoso_server();
    let (_folder, scan) = scan_with(&server, &reads);
    let archive = ["--sarif-target", "archive"];
    let (_, healthy) = scan.args(FLAGS).args(archive).sarif();

    let server = contoso_server();
    let everything = [
        "/tasks",
        "/agentPools?",
        "/providers/Microsoft.Authorization/",
        "/listUsages?",
        "api-version=2026",
        "/serviceTags?",
    ];
    for target in everything {
        server.spoil(Fault::answer(target, refusal()));
    }
    let (_folder, scan) = scan_with(&server, &reads);
    let (run, sarif) = scan.args(FLAGS).args(archive).sarif();
    assert_eq!(run.code, 2);

    let missing: Vec<_> = pairs(&verdicts(&healthy)).difference(&pairs(&verdicts(&sarif))).cloned().collect();
    assert_eq!(missing, [], "found with permission, not mentioned without");
    for read in ["tasks", "agent_pools", "preview"] {
        let own = format!("needs-{}", read.replace('_', "-"));
        assert_eq!(pairs(&verdicts(&sarif)).iter().filter(|(policy, _)| *policy == own).count(), 16, "{own}");
    }
    assert_eq!(pairs(&verdicts(&sarif)).iter().filter(|(policy, _)| policy == "needs-usages").count(), 10);

    let gaps: Vec<&str> = run.stderr.lines().filter(|line| line.contains("not read: ")).collect();
    // Of unread tasks nobody can say whether an identity or a credential matters: that gap covers them. One cause is one
    // line.
    let parts = "(16 of the tasks, 16 of the agent pools, 10 of the usages, 16 of the preview properties): HTTP 403";
    let [of_registries, of_tags] = gaps[..] else { panic!("{}", run.stderr) };
    assert!(of_registries.contains("not read: 58 parts of subscription ") && of_registries.contains(parts), "{gaps:?}");
    assert!(of_tags.contains("not read: the service tags of subscription "), "{gaps:?}");
}

#[test]
fn an_action_is_tried_again_and_at_the_older_version_like_everything_else() {
    let folder = tempfile::tempdir().unwrap();
    let healthy = |folder: &Path| {
        assert_eq!(pull_all(&contoso_server(), folder).run().code, 0);
        document(folder, "rg-devtools", "contosobuild")
    };
    let healthy = healthy(folder.path());
    let server = contoso_server();
    server.spoil(Fault::answer("/tag-releases/listDetails", Response::error(503, "ServerBusy", "Later.")).times(2));
    assert_eq!(pull_all(&server, folder.path()).run().code, 0);
    assert_eq!(document(folder.path(), "rg-devtools", "contosobuild"), healthy);

    let server = contoso_server();
    let refusal = Response::error(400, "NoRegisteredProviderFound", "No such version here.");
    server.spoil(Fault::answer("2025-03-01-preview", refusal));
    assert_eq!(pull_all(&server, folder.path()).run().code, 0);
    let document = document(folder.path(), "rg-devtools", "contosobuild");
    assert_eq!(document["task_credentials"], healthy["task_credentials"]);
    assert_eq!(document["origin"]["tasks_api_version"], "2019-06-01-preview");
    assert_eq!(server.seen_with("/listDetails?api-version=2019-06-01-preview").len(), 5);
}
