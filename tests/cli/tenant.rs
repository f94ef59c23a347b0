//! A whole tenant: which subscriptions are read, how much of each, and what is told of the others.

use serde_json::{Value, json};

use crate::arm_server::fault::Fault;
use crate::arm_server::http::Response;
use crate::arm_server::world::World;
use crate::arm_server::{ArmServer, Options};
use crate::harness::{Acrscan, CONTOSO, OTHER, Run, contoso, results, text};

const THIRD: &str = "99999999-8888-4777-8666-555555555555";

fn three() -> World {
    contoso().copied_to(OTHER).copied_to(THIRD)
}

fn start(world: &World) -> ArmServer {
    ArmServer::start(world, Options::default())
}

/// The subscriptions that a scan reads, by the category of each run.
fn scanned(server: &ArmServer, arguments: &[&str]) -> (Run, Vec<String>) {
    let (run, sarif) = Acrscan::live(server, ["scan"]).args(arguments).sarif();
    (run, categories(&sarif))
}

fn categories(sarif: &Value) -> Vec<String> {
    sarif["runs"].as_array().unwrap().iter().map(|run| text(&run["automationDetails"]["id"])).collect()
}

fn live(ids: &[&str]) -> Vec<String> {
    ids.iter().map(|id| format!("acrscan/live/{id}/")).collect()
}

#[test]
fn all_subscriptions_are_those_that_the_identity_sees() {
    let server = start(&three());
    let (run, read) = scanned(&server, &["--all-subscriptions"]);
    assert_eq!((run.code, run.stderr.as_str()), (1, ""));
    assert_eq!(read, live(&[OTHER, CONTOSO, THIRD]));
    assert_eq!(server.seen_with("/subscriptions?api-version=2022-12-01").len(), 1);
}

#[test]
fn an_identity_that_sees_no_subscription_is_told_so() {
    let run = Acrscan::live(&start(&World::default()), ["scan", "--all-subscriptions"]).run();
    assert_eq!((run.code, run.stdout.as_str()), (2, ""));
    assert!(run.stderr.contains("the identity sees no subscription"), "{}", run.stderr);
}

#[test]
fn a_management_group_is_all_below_it() {
    let world = three().with_management_group("corp", &[CONTOSO, THIRD]).with_management_group("other", &[OTHER]);
    let (_, read) = scanned(&start(&world), &["--management-group", "Corp"]);
    assert_eq!(read, live(&[CONTOSO, THIRD]));
    let id = "/providers/Microsoft.Management/managementGroups/corp";
    let (_, read) = scanned(&start(&world), &["--management-group", id, "--management-group", "other"]);
    assert_eq!(read, live(&[OTHER, CONTOSO, THIRD]));
}

#[test]
fn a_management_group_that_cannot_be_read_stops_the_scan_before_it_begins() {
    let server = start(&three());
    let run = Acrscan::live(&server, ["scan", "--management-group", "nowhere", "--subscription", CONTOSO]).run();
    assert_eq!((run.code, run.stdout.as_str()), (2, ""));
    assert!(run.stderr.contains("management group \"nowhere\" was not read"), "{}", run.stderr);
    assert!(run.stderr.contains("takes the group's id"), "{}", run.stderr);

    let server = start(&three().with_management_group("corp", &[CONTOSO]));
    server.spoil(Fault::answer("/managementGroups/", Response::error(403, "AuthorizationFailed", "No.")));
    let run = Acrscan::live(&server, ["scan", "--management-group", "corp"]).run();
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("needs Reader on the management group"), "{}", run.stderr);
}

#[test]
fn a_subscription_of_the_group_that_the_identity_does_not_see_is_a_gap() {
    let hidden = "77777777-0000-4000-8000-000000000000";
    let server = start(&three().with_management_group("corp", &[CONTOSO, hidden]));
    let (run, read) = scanned(&server, &["--management-group", "corp"]);
    assert_eq!((run.code, read), (2, live(&[CONTOSO])));
    assert!(run.stderr.contains(hidden) && run.stderr.contains("SubscriptionNotFound"), "{}", run.stderr);
}

#[test]
fn patterns_exclude_by_id_and_by_name() {
    let world = three().described(OTHER, json!({"displayName": "Contoso Sandbox"}));
    let (run, read) = scanned(&start(&world), &["--all-subscriptions", "--exclude", "*sandbox", "--exclude", "9999*"]);
    assert_eq!(read, live(&[CONTOSO]));
    assert!(
        run.stderr.contains(&format!("note: subscription Contoso Sandbox ({OTHER}) is not read: --exclude")),
        "{run:?}"
    );
    let run = Acrscan::live(&start(&world), ["scan", "--all-subscriptions", "--exclude", "sandbx"]).run();
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("--exclude sandbx: no subscription of this scan"), "{}", run.stderr);
    let run = Acrscan::live(&start(&world), ["scan", "--subscription", OTHER, "--exclude", "*"]).run();
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("no subscription is left to read"), "{}", run.stderr);
}

#[test]
fn disabled_and_foreign_subscriptions_are_named_and_read_where_asked() {
    let world = three()
        .described(OTHER, json!({"state": "Disabled"}))
        .described(THIRD, json!({"tenantId": "aaaaaaaa-0000-4000-8000-000000000000"}));
    let (run, read) = scanned(&start(&world), &["--all-subscriptions"]);
    assert_eq!((run.code, read), (1, live(&[CONTOSO])));
    assert!(run.stderr.contains("its state is Disabled; --include disabled reads it"), "{}", run.stderr);
    assert!(run.stderr.contains("Azure Lighthouse); --include delegated reads it"), "{}", run.stderr);
    let (_, read) = scanned(&start(&world), &["--all-subscriptions", "--include", "disabled,delegated"]);
    assert_eq!(read, live(&[OTHER, CONTOSO, THIRD]));
    // Who names one by its id means it.
    let (_, read) = scanned(&start(&world), &["--all-subscriptions", "--subscription", OTHER]);
    assert_eq!(read, live(&[OTHER, CONTOSO]));
}

fn registry(subscription: &str, group: &str, name: &str) -> String {
    format!(
        "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.ContainerRegistry/registries/{name}"
    )
}

#[test]
fn single_registries_are_read_from_any_subscription() {
    let server = start(&three());
    let first = registry(CONTOSO, "rg-devtools", "contosobuild");
    let second = registry(OTHER, "RG-devtools", "ContosoBuild");
    let arguments = ["--registry", &first, "--registry", &second, "--registry", &first.to_uppercase()];
    let (run, sarif) = Acrscan::live(&server, ["scan"]).args(arguments).sarif();
    assert_eq!(run.code, 1, "{run:?}");
    let subjects: std::collections::BTreeSet<String> =
        results(&sarif).map(|result| text(&result["properties"]["acrscan/resourceId"])).collect();
    assert_eq!(subjects.len(), 2, "{subjects:?}");
    assert_eq!(server.seen_with("/registries?").len(), 0, "no list is read");
    // A run that is not of the whole subscription must not replace one that is.
    assert!(categories(&sarif).iter().all(|category| category.contains("/selection-")), "{:?}", categories(&sarif));

    let missing = registry(CONTOSO, "rg-devtools", "nowhere");
    let run = Acrscan::live(&server, ["scan", "--registry", &missing]).run();
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("registries/nowhere: HTTP 404 ResourceNotFound"), "{}", run.stderr);
    let run = Acrscan::live(&server, ["scan", "--registry", "contosobuild"]).run();
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("not the ARM id of a registry"), "{}", run.stderr);
}

#[test]
fn a_resource_group_narrows_each_subscription() {
    let server = start(&three());
    let arguments = ["--subscription", CONTOSO, "--resource-group", "rg-devtools"];
    let run = Acrscan::live(&server, ["scan"]).args(arguments).run();
    assert_eq!(run.code, 1, "{run:?}");
    assert!(run.stdout.contains("contosobuild") && !run.stdout.contains("contosoweb"), "{}", run.stdout);
    let run = Acrscan::live(&server, ["scan", "--all-subscriptions", "--resource-group", "rg-nowhere"]).run();
    assert_eq!(run.code, 2);
    assert_eq!(
        run.stderr.matches("no subscription of this scan has a resource group \"rg-nowhere\"").count(),
        1,
        "{run:?}"
    );
}

#[test]
fn a_scan_of_one_group_calls_nothing_gone_that_it_did_not_read() {
    let server = start(&contoso());
    let folder = tempfile::tempdir().unwrap();
    Acrscan::scan(&server).args(["-o", "sarif=old.sarif"]).in_folder(folder.path()).run();
    let run = Acrscan::scan(&server)
        .args(["--resource-group", "rg-devtools", "--baseline", "old.sarif", "-o", "json"])
        .in_folder(folder.path())
        .run();
    let report: Value = serde_json::from_str(&run.stdout).unwrap();
    let findings = report["findings"].as_array().unwrap();
    assert!(!findings.is_empty() && findings.iter().all(|finding| finding["baseline"] == "unchanged"), "{report:#}");
    assert_eq!(report["absent"], json!([]), "{report:#}");
}

#[test]
fn a_pull_of_one_group_is_a_snapshot_of_one_group() {
    let server = start(&contoso());
    let folder = tempfile::tempdir().unwrap();
    let arguments = ["pull", "-o", "d", "--subscription", CONTOSO, "--resource-group", "rg-devtools"];
    let run = Acrscan::live(&server, arguments).in_folder(folder.path()).run();
    assert_eq!(run.code, 0, "{run:?}");
    let (_, sarif) = Acrscan::new(["scan", "d"]).in_folder(folder.path()).sarif();
    assert!(categories(&sarif)[0].contains("/selection-"), "{:?}", categories(&sarif));
}

#[test]
fn sarif_to_a_folder_is_a_file_for_each_subscription_and_nothing_of_yesterday() {
    let folder = tempfile::tempdir().unwrap();
    let names = || {
        let entries = std::fs::read_dir(folder.path().join("findings")).unwrap();
        let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    };
    let scan = |server: &ArmServer| {
        Acrscan::live(server, ["scan", "--all-subscriptions", "-o", "sarif=findings/"]).in_folder(folder.path()).run()
    };
    assert_eq!(scan(&start(&three())).code, 1);
    assert_eq!(names(), [OTHER, CONTOSO, THIRD].map(|id| format!("{id}.sarif")));
    std::fs::write(folder.path().join("findings/mine.sarif"), "{}").unwrap();
    let server = start(&three());
    let refused = Response::error(403, "AuthorizationFailed", "No.");
    server.spoil(Fault::answer(&format!("{OTHER}/providers/Microsoft.ContainerRegistry"), refused));
    assert_eq!(scan(&server).code, 2);
    assert_eq!(names(), [format!("{CONTOSO}.sarif"), format!("{THIRD}.sarif"), "mine.sarif".to_owned()]);

    std::fs::remove_file(folder.path().join("findings/mine.sarif")).unwrap();
    let run = Acrscan::live(&start(&three()), ["scan", "--all-subscriptions", "--baseline", "findings", "-o", "json"])
        .in_folder(folder.path())
        .run();
    let report: Value = serde_json::from_str(&run.stdout).unwrap();
    let states = |id: &str| -> std::collections::BTreeSet<String> {
        let findings = report["findings"].as_array().unwrap().iter();
        let of = findings.filter(|finding| text(&finding["scope"]).contains(id) && finding["kind"] == "fail");
        of.map(|finding| finding["baseline"].as_str().unwrap_or_default().to_owned()).collect()
    };
    assert_eq!(states(CONTOSO), ["unchanged".to_owned()].into());
    assert_eq!(states(OTHER), ["new".to_owned()].into());
}

#[test]
fn other_formats_do_not_go_to_a_folder() {
    let run = Acrscan::new(["scan", "fixtures/contoso", "-o", "json=target/"]).run();
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("json goes to a file, and that is a folder"), "{}", run.stderr);
}

#[test]
fn a_subscription_that_lists_nothing_any_more_is_told_and_its_alerts_stay() {
    let folder = tempfile::tempdir().unwrap();
    let full = start(&contoso());
    Acrscan::scan(&full).args(["-o", "sarif=old.sarif"]).in_folder(folder.path()).run();
    let emptied = start(&World::default().with_subscription(CONTOSO, Vec::new()).with_subscription(OTHER, Vec::new()));
    let scan = |more: &[&str]| {
        Acrscan::live(&emptied, ["scan", "--subscription", CONTOSO, "--subscription", OTHER, "-o", "sarif=new.sarif"])
            .args(["--baseline", "old.sarif"])
            .args(more)
            .in_folder(folder.path())
            .run()
    };
    let run = scan(&[]);
    assert_eq!(run.code, 2, "{run:?}");
    let told =
        format!("warning: not read: any registry of subscription {CONTOSO}: Azure lists none, and the baseline has");
    assert!(run.stderr.contains(&told) && run.stderr.contains("--allow-empty"), "{}", run.stderr);
    let sarif =
        || -> Value { serde_json::from_slice(&std::fs::read(folder.path().join("new.sarif")).unwrap()).unwrap() };
    assert_eq!(categories(&sarif()), live(&[OTHER]));
    let run = scan(&["--allow-empty"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert_eq!(categories(&sarif()), live(&[OTHER, CONTOSO]));
}

#[test]
fn a_subscription_that_is_not_seen_any_more_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let world = contoso().copied_to(OTHER);
    Acrscan::live(&start(&world), ["scan", "--all-subscriptions", "-o", "sarif=old.sarif"])
        .in_folder(folder.path())
        .run();
    let again = |world: &World, more: &[&str]| {
        Acrscan::live(&start(world), ["scan", "--all-subscriptions", "--baseline", "old.sarif", "--fail-on", "never"])
            .args(more)
            .in_folder(folder.path())
            .run()
    };
    let run = again(&contoso(), &[]);
    assert_eq!(run.code, 2, "{run:?}");
    assert!(run.stderr.contains(&format!("subscription {OTHER}: the identity does not see")), "{}", run.stderr);
    assert_eq!(again(&contoso(), &["--allow-empty"]).code, 0);
    assert_eq!(again(&world, &["--exclude", OTHER]).code, 0);
}

#[test]
fn shards_are_the_whole_and_no_subscription_is_in_two() {
    let ids: Vec<String> = (0..12).map(|n| format!("00000000-0000-4000-8000-{n:012}")).collect();
    let world = ids.iter().fold(World::default(), |world, id| world.with_subscription(id, Vec::new()));
    let server = start(&world);
    let folder = tempfile::tempdir().unwrap();
    let mut read = Vec::new();
    for shard in 1..=4 {
        let shard = format!("{shard}/4");
        let arguments = ["scan", "--all-subscriptions", "--shard", &shard, "-o", "sarif=f/"];
        let run = Acrscan::live(&server, arguments).in_folder(folder.path()).run();
        assert_eq!(run.code, 0, "{run:?}");
        let entries = std::fs::read_dir(folder.path().join("f")).unwrap();
        read.extend(entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()));
    }
    let run = Acrscan::live(&server, ["scan", "--all-subscriptions", "--shard", "env:JOB_COMPLETION_INDEX/4"])
        .args(["-o", "sarif=f/"])
        .env("JOB_COMPLETION_INDEX", "3")
        .in_folder(folder.path())
        .run();
    assert_eq!(run.code, 0, "{run:?}");
    let last: Vec<_> = std::fs::read_dir(folder.path().join("f")).unwrap().map(|it| it.unwrap().file_name()).collect();
    assert!(last.iter().all(|name| read.contains(&name.to_str().unwrap().to_owned())), "{last:?}");
    read.sort();
    assert_eq!(read, ids.iter().map(|id| format!("{id}.sarif")).collect::<Vec<_>>());
    for odd in ["0/2", "3/2", "1", "a/b", "1/0"] {
        let run = Acrscan::live(&server, ["scan", "--all-subscriptions", "--shard", odd]).run();
        assert_eq!(run.code, 2, "{odd}");
        assert!(run.stderr.contains("from 1/N to N/N"), "{}", run.stderr);
    }
}

#[test]
fn the_least_role_reads_and_does_nothing_else() {
    let role: Value = serde_json::from_slice(&std::fs::read("deploy/role.json").unwrap()).unwrap();
    let actions: Vec<String> = role["Actions"].as_array().unwrap().iter().map(text).collect();
    assert!(actions.iter().all(|action| action.ends_with("/read") && !action.contains('*')), "{actions:?}");
    for needed in ["registries/read", "registries/tasks/read", "registries/agentPools/read", "roleAssignments/read"] {
        assert!(actions.iter().any(|action| action.ends_with(needed)), "{needed}");
    }
    assert_eq!(role["DataActions"], json!([]));
}
