//! Resource Graph spares requests, and never an answer.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use crate::arm_server::fault::Fault;
use crate::arm_server::http::Response;
use crate::arm_server::world::World;
use crate::arm_server::{ArmServer, Options};
use crate::harness::{Acrscan, CONTOSO, OTHER, Run, contoso};

fn id(subscription: &str, n: usize) -> String {
    format!(
        "/subscriptions/{subscription}/resourceGroups/rg/providers/Microsoft.ContainerRegistry/registries/acr{n:03}"
    )
}

/// A registry with these many tasks, and a pool or none.
fn document(subscription: &str, n: usize, tasks: usize, pool: bool) -> Value {
    let task = |task: usize| {
        json!({
            "id": format!("{}/tasks/task{task}", id(subscription, n)), "name": format!("task{task}"),
            "identity": {"type": "SystemAssigned", "principalId": "p", "tenantId": "t"},
            "properties": {"status": "Enabled", "platform": {"os": "linux"}, "step": {"type": "EncodedTask"}},
        })
    };
    let pool = pool.then(|| {
        json!({"id": format!("{}/agentPools/pool", id(subscription, n)), "name": "pool",
        "properties": {"count": 1, "tier": "S1", "os": "Linux"}})
    });
    json!({
        "registry": {
            "id": id(subscription, n), "name": format!("acr{n:03}"), "location": "westeurope", "sku": {"name": "Premium"},
            "properties": {
                "loginServer": format!("acr{n:03}.azurecr.io"), "publicNetworkAccess": "Enabled",
                "networkRuleBypassOptions": "AzureServices", "networkRuleBypassAllowedForTasks": n.is_multiple_of(2),
                "networkRuleSet": {"defaultAction": "Deny", "ipRules": []}, "privateEndpointConnections": [],
            },
        },
        "tasks": (0..tasks).map(task).collect::<Vec<_>>(), "agent_pools": pool.into_iter().collect::<Vec<_>>(),
        "role_assignments": [], "role_definitions": [],
    })
}

fn scan(world: &World, discover: &str) -> (Run, usize) {
    let server = ArmServer::start(world, Options::default());
    let arguments = ["scan", "--all-subscriptions", "--discover", discover, "-o", "json", "--without", "service-tags"];
    let run = Acrscan::live(&server, arguments).run();
    let below = |part: &str| server.seen_with(part).len();
    (run, below("/tasks?") + below("/agentPools?"))
}

/// How many tasks a registry has, whether a pool, and whether its parts may be read.
type Made = (usize, bool, bool);

#[test]
fn the_answer_is_that_of_asking_each_registry_whatever_the_permissions() {
    // Tasks, a pool, and whether the registry's parts may be read where the subscription's may not.
    let registry = (0usize..3, any::<bool>(), any::<bool>());
    let subscription = (any::<bool>(), prop::collection::vec(registry, 0..6));
    let mut runner = TestRunner::new(Config { cases: 12, failure_persistence: None, ..Config::default() });
    let property = |subscriptions: Vec<(bool, Vec<Made>)>| {
        let mut world = World::default();
        for (name, (is_reader, registries)) in [CONTOSO, OTHER].iter().zip(&subscriptions) {
            let documents = registries.iter().enumerate();
            let documents = documents.map(|(n, (tasks, pool, _))| document(name, n, *tasks, *pool)).collect();
            world = world.with_subscription(name, documents);
            if !is_reader {
                let shut = registries.iter().enumerate().filter(|(_, (_, _, open))| !open);
                world = world.without_reader(name, &shut.map(|(n, _)| id(name, n)).collect::<Vec<_>>());
            }
        }
        let ((each, _), (graph, _)) = (scan(&world, "arm"), scan(&world, "resource-graph"));
        prop_assert_eq!(each, graph);
        Ok(())
    };
    runner.run(&prop::collection::vec(subscription, 2), property).unwrap();
}

#[test]
fn registries_without_tasks_and_pools_are_not_asked_for_them() {
    let documents = (0..50).map(|n| document(OTHER, n, usize::from(n.is_multiple_of(12)), false)).collect();
    let world = World::default().with_subscription(OTHER, documents);
    assert_eq!(scan(&world, "arm").1, 100);
    assert_eq!(scan(&world, "resource-graph").1, 5);
}

#[test]
fn a_graph_that_cannot_be_asked_or_is_cut_costs_requests_and_nothing_else() {
    let healthy =
        Acrscan::live(&ArmServer::start(&contoso(), Options::default()), ["scan", "--all-subscriptions", "-o", "json"])
            .run();
    let refusals = [
        Response::error(403, "AuthorizationFailed", "No."),
        Response::json(200, &json!({"data": [], "resultTruncated": "true"})),
        Response::json(200, &json!({"data": [], "resultTruncated": "false"}))
            .header("x-ms-tenant-subscription-limit-hit", "true"),
        Response::json(200, &json!({"data": [], "$skipToken": "again"})),
    ];
    for refusal in refusals {
        let server = ArmServer::start(&contoso(), Options::default());
        server.spoil(Fault::answer("Microsoft.ResourceGraph", refusal));
        let run = Acrscan::live(&server, ["scan", "--all-subscriptions", "-o", "json"]).run();
        assert_eq!((run.code, &run.stdout), (healthy.code, &healthy.stdout));
        assert!(run.stderr.contains("note: Azure Resource Graph was of no use ("), "{}", run.stderr);
    }
}

#[test]
fn a_registry_that_the_graph_does_not_show_yet_is_asked() {
    let healthy =
        Acrscan::live(&ArmServer::start(&contoso(), Options::default()), ["scan", "--all-subscriptions", "-o", "json"])
            .run();
    let server = ArmServer::start(&contoso(), Options::default());
    server.spoil(Fault::answer(
        "Microsoft.ResourceGraph",
        Response::json(200, &json!({"data": [], "resultTruncated": "false"})),
    ));
    assert_eq!(Acrscan::live(&server, ["scan", "--all-subscriptions", "-o", "json"]).run(), healthy);
}
