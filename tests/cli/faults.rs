//! Everything that can go wrong between here and ARM: what passes is tried again and leaves no trace, what stays is a
//! gap with its reason, exit code 2, and all else reported.

use std::net::TcpListener;
use std::time::{Duration, Instant, SystemTime};

use serde_json::{Value, json};

use crate::arm_server::fault::{Action, Fault};
use crate::arm_server::http::Response;
use crate::arm_server::{ArmServer, Options};
use crate::harness::{
    Acrscan, CONTOSO, Elsewhere, MISSION, OTHER, Run, contoso, contoso_server, results, text, verdicts,
};

const REGISTRIES: &str = "Microsoft.ContainerRegistry/registries?";
const TASKS: &str = "/contosopayments/tasks?";
const POOLS: &str = "/contosopayments/agentPools?";

fn html() -> Response {
    Response::new(200, "text/html", "<html>Welcome to the hotel's network</html>".as_bytes().to_vec())
}

fn busy(status: u16) -> Response {
    Response::error(status, "ServerBusy", "Later.")
}

#[test]
fn what_passes_is_tried_again_and_leaves_no_trace() {
    let healthy = Acrscan::scan(&contoso_server()).sarif();
    let passing = [
        Action::Answer(busy(408)),
        Action::Answer(busy(429)),
        Action::Answer(busy(500)),
        Action::Answer(busy(502)),
        Action::Answer(busy(503)),
        Action::Answer(busy(504)),
        Action::Answer(Response::new(503, "text/html", "<html>gateway</html>".as_bytes().to_vec())),
        Action::Truncate,
        Action::HangUp,
    ];
    for (index, action) in passing.into_iter().enumerate() {
        let server = contoso_server();
        for target in [REGISTRIES, TASKS, POOLS, "/serviceTags"] {
            server.spoil(Fault::on(target, action.clone()).times(2));
        }
        assert_eq!(Acrscan::scan(&server).sarif(), healthy, "fault {index}");
        assert_eq!([REGISTRIES, TASKS, POOLS].map(|target| server.seen_with(target).len()), [3; 3], "fault {index}");
    }
}

#[test]
fn a_request_without_an_answer_is_given_up_and_sent_again() {
    let healthy = Acrscan::scan(&contoso_server()).sarif();
    let server = contoso_server();
    server.spoil(Fault::on(TASKS, Action::Stall).times(1));
    assert_eq!(Acrscan::scan(&server).args(["--request-timeout", "0.5"]).sarif(), healthy);
    assert_eq!(server.seen_with(TASKS).len(), 2);
}

/// No more than a lower bound is asserted: however slow the machine, nobody may come back early.
#[test]
fn retry_after_is_obeyed_in_seconds_and_as_a_date() {
    let healthy = Acrscan::scan(&contoso_server()).sarif();
    let times = |server: &ArmServer| -> Vec<Instant> { server.seen_with(TASKS).iter().map(|seen| seen.at).collect() };

    let server = contoso_server();
    server.spoil(Fault::answer(TASKS, busy(429).header("Retry-After", "1")).times(1));
    assert_eq!(Acrscan::scan(&server).sarif(), healthy);
    let times_seen = times(&server);
    assert!(times_seen.len() == 2 && times_seen[1] - times_seen[0] >= Duration::from_secs(1), "{times_seen:?}");

    let server = contoso_server();
    let until = SystemTime::now() + Duration::from_secs(2);
    let date = chrono::DateTime::<chrono::Utc>::from(until).format("%a, %d %b %Y %H:%M:%S GMT").to_string();
    // The header has whole seconds, so a second may be lost in writing it.
    let not_before = Instant::now() + Duration::from_secs(1);
    server.spoil(Fault::answer(TASKS, busy(503).header("Retry-After", &date)).times(1));
    assert_eq!(Acrscan::scan(&server).sarif(), healthy);
    let times_seen = times(&server);
    assert!(times_seen.len() == 2 && times_seen[1] >= not_before, "{times_seen:?}");
}

/// What stays wrong, and how the gap tells it.
fn lasting(elsewhere: &Elsewhere) -> Vec<(Action, &'static str)> {
    let to_another_host = json!({"value": [], "nextLink": format!("{}?api-version=2025-11-01", elsewhere.url())});
    vec![
        (Action::Answer(Response::error(401, "InvalidAuthenticationToken", "Wrong issuer.")), "HTTP 401"),
        (Action::Answer(Response::error(403, "AuthorizationFailed", "No access.")), "HTTP 403 AuthorizationFailed"),
        (Action::Answer(Response::new(403, "text/plain", Vec::new())), "HTTP 403"),
        (Action::Answer(Response::error(404, "ResourceNotFound", "Not found.")), "HTTP 404 ResourceNotFound"),
        (Action::Answer(busy(503)), "HTTP 503 ServerBusy: Later (tried "),
        (Action::Answer(html()), "text/html instead of JSON"),
        (Action::Answer(Response::json(200, &json!({"value": null}))), "without a list"),
        (Action::Answer(Response::json(200, &json!({}))), "without a list"),
        (Action::Answer(Response::json(200, &json!([]))), "no object"),
        (Action::Answer(Response::json(200, &json!({"value": ["text"]}))), "not an object"),
        (Action::Answer(Response::json(200, &to_another_host)), "nextLink points to another host"),
        (Action::Answer(Response::json(200, &json!({"value": [], "nextLink": 7}))), "nextLink is not a string"),
        (Action::Answer(elsewhere.redirect(302)), "HTTP 302, a redirect"),
        (Action::Answer(elsewhere.redirect(307)), "HTTP 307, a redirect"),
        (Action::Truncate, "(tried "),
        (Action::HangUp, "(tried "),
    ]
}

/// A request is tried for four times as long.
const SOON: [&str; 2] = ["--request-timeout", "1"];

fn assert_no_secret(run: &Run) {
    let said = format!("{}{}", run.stdout, run.stderr);
    assert!(!said.contains("canary") && !said.contains("skiptoken"), "{said}");
}

#[test]
fn tasks_that_cannot_be_read_are_unknown_and_the_rest_is_reported() {
    let elsewhere = Elsewhere::open();
    let healthy = verdicts(&Acrscan::scan(&contoso_server()).args(MISSION).sarif().1);
    let stays = |verdict: &[String; 4]| verdict[2] != "contosobuild";
    for (action, reason) in lasting(&elsewhere) {
        let server = contoso_server();
        server.spoil(Fault::on("/contosobuild/tasks?", action));
        let (run, sarif) = Acrscan::scan(&server).args(MISSION).args(SOON).args(["--sarif-target", "archive"]).sarif();
        assert_eq!(run.code, 2, "{reason}: {run:?}");
        let gap = format!("warning: not read: the tasks of /subscriptions/{CONTOSO}/resourceGroups/rg-devtools/");
        assert!(run.stderr.contains(&gap) && run.stderr.contains(reason), "{reason}: {}", run.stderr);
        assert_no_secret(&run);

        let (of_it, others): (Vec<_>, Vec<_>) = verdicts(&sarif).into_iter().partition(|verdict| !stays(verdict));
        assert_eq!(others, healthy.iter().filter(|verdict| stays(verdict)).cloned().collect::<Vec<_>>(), "{reason}");
        assert!(of_it.iter().any(|verdict| verdict[0] == "bypass-without-system-identity"), "{reason}: {of_it:?}");
        assert!(of_it.iter().all(|verdict| verdict[1] == "unknown"), "{reason}: {of_it:?}");
        let invocation = &sarif["runs"][0]["invocations"][0];
        assert_eq!(invocation["executionSuccessful"], true);
        let notifications = invocation["toolExecutionNotifications"].as_array().unwrap();
        assert_eq!((notifications.len(), &notifications[0]["level"]), (1, &json!("warning")));
        assert!(text(&notifications[0]["message"]["text"]).contains(reason));
    }
    elsewhere.assert_silent();
}

#[test]
fn agent_pools_that_cannot_be_read_are_a_gap_too() {
    let elsewhere = Elsewhere::open();
    for (action, reason) in lasting(&elsewhere) {
        let server = contoso_server();
        server.spoil(Fault::on("/contosoplatform/agentPools?", action));
        let run = Acrscan::scan(&server).args(SOON).run();
        assert_eq!(run.code, 2, "{reason}: {run:?}");
        assert!(run.stderr.contains("not read: the agent pools of") && run.stderr.contains(reason), "{}", run.stderr);
        assert!(run.stdout.ends_with("; 1 gap\n"), "{}", run.stdout);
        assert_no_secret(&run);
    }
    elsewhere.assert_silent();
}

#[test]
fn a_list_of_registries_that_ends_badly_gets_no_run() {
    let elsewhere = Elsewhere::open();
    for (action, reason) in lasting(&elsewhere) {
        let world = contoso().with_subscription(OTHER, Vec::new());
        let server = ArmServer::start(&world, Options { page_size: 6, ..Options::default() });
        // The first page is well, and what it lists is read and reported.
        server.spoil(Fault::on(&format!("{CONTOSO}/providers/{REGISTRIES}"), action).after(1));
        let (run, sarif) = Acrscan::scan(&server).args(["--subscription", OTHER]).args(SOON).sarif();
        assert_eq!(run.code, 2, "{reason}: {run:?}");
        let complete: Vec<String> =
            sarif["runs"].as_array().unwrap().iter().map(|run| text(&run["automationDetails"]["id"])).collect();
        assert_eq!(complete, [format!("acrscan/live/{OTHER}/")], "{reason}");
        assert!(run.stderr.contains(reason), "{reason}: {}", run.stderr);
        assert_no_secret(&run);
    }
    elsewhere.assert_silent();
}

#[test]
fn a_next_link_that_goes_round_in_circles_ends() {
    for links in [1, 2] {
        let server = contoso_server();
        let path = format!("{}/subscriptions/{CONTOSO}/providers/Microsoft.ContainerRegistry/registries", server.url());
        let page = |next: usize| {
            let link = format!("{path}?api-version=2025-11-01&%24skiptoken={next}");
            Action::Answer(Response::json(200, &json!({"value": [], "nextLink": link})))
        };
        server.spoil(Fault::on("skiptoken=0", page(links - 1)));
        server.spoil(Fault::on("skiptoken=1", page(0)));
        server.spoil(Fault::on(REGISTRIES, page(0)));
        let run = Acrscan::scan(&server).run();
        assert_eq!(run.code, 2, "{run:?}");
        assert!(run.stderr.contains("nextLink points to a page that was already read"), "{}", run.stderr);
        assert_no_secret(&run);
        assert_eq!(server.seen_with(REGISTRIES).len(), links + 1);
    }
}

#[test]
fn a_token_that_expires_mid_scan_is_renewed_and_nothing_is_lost() {
    let healthy = Acrscan::scan(&contoso_server()).sarif();
    let server = ArmServer::start(&contoso(), Options { uses_of_first_token: 12, ..Options::default() });
    assert_eq!(Acrscan::scan(&server).args(["--concurrency", "4"]).sarif(), healthy);
    assert_eq!(server.audiences().len(), 2);
}

#[test]
fn a_token_that_is_about_to_expire_is_renewed_before_it_does() {
    let server = ArmServer::start(&contoso(), Options { expires_in: 0, ..Options::default() });
    let run = Acrscan::scan(&server).args(["--concurrency", "1"]).run();
    assert_eq!((run.code, run.stderr.as_str()), (1, ""));
    assert!(server.audiences().len() > 1);
}

#[test]
fn a_token_that_cannot_be_renewed_is_a_gap_of_what_it_was_for() {
    let server = ArmServer::start(&contoso(), Options { uses_of_first_token: 12, ..Options::default() });
    let refused =
        Response::json(401, &json!({"error": "invalid_client", "error_description": "AADSTS7000222: expired"}));
    server.spoil(Fault::answer("/oauth2/", refused).after(1));
    let run = Acrscan::scan(&server).run();
    assert_eq!(run.code, 2);
    assert_eq!(run.stderr.matches("AADSTS7000222").count(), 1, "told once: {}", run.stderr);
    assert!(run.stderr.contains(&format!(" parts of subscription {CONTOSO} (")), "{}", run.stderr);
    assert_no_secret(&run);
}

#[test]
fn the_whole_scan_ends_in_time() {
    let server = contoso_server();
    server.spoil(Fault::on("/tasks?", Action::Stall));
    let run = Acrscan::scan(&server).args(["--timeout", "1"]).run();
    assert_eq!(run.code, 2, "{run:?}");
    assert!(run.stderr.contains("the tasks of 16 registries of subscription"), "{}", run.stderr);
    assert_eq!(run.stderr.matches("the time limit of 1 s").count(), 1, "{}", run.stderr);
    assert!(run.stdout.ends_with("; 16 gaps\n"), "{}", run.stdout);
}

#[test]
fn a_wait_that_would_take_too_long_is_not_begun() {
    let server = contoso_server();
    server.spoil(Fault::answer(TASKS, busy(429).header("Retry-After", "86400")));
    let run = Acrscan::scan(&server).run();
    assert_eq!(run.code, 2, "{run:?}");
    assert!(run.stderr.contains("HTTP 429"), "{}", run.stderr);
    assert_eq!(server.seen_with(TASKS).len(), 1);
}

#[test]
fn a_server_that_nobody_runs_is_named() {
    let server = contoso_server();
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let endpoint = format!("http://{closed}");
    let run = Acrscan::new(["scan", "--subscription", CONTOSO, "--arm-endpoint", &endpoint]).signed_in(&server).run();
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains(&closed.to_string()), "{}", run.stderr);
}

#[test]
fn an_item_that_is_no_registry_is_a_gap_and_the_scope_is_not_complete() {
    let spoil = |edit: fn(&mut Value)| {
        let mut first = true;
        let world = contoso().edited(|document| {
            if std::mem::take(&mut first) {
                edit(&mut document["registry"]);
            }
        });
        let server = ArmServer::start(&world, Options::default());
        Acrscan::scan(&server).run()
    };
    let edits: [fn(&mut Value); 3] = [
        |registry| registry["id"] = "/subscriptions/another/x".into(),
        |registry| registry["id"] = registry["id"].as_str().unwrap().replace(CONTOSO, OTHER).into(),
        |registry| registry["properties"]["networkRuleSet"] = "text".into(),
    ];
    for (index, edit) in edits.into_iter().enumerate().take(2) {
        let run = spoil(edit);
        assert_eq!(run.code, 2, "{index}: {run:?}");
        assert!(run.stderr.contains("its id is malformed, or of another subscription"), "{}", run.stderr);
    }
    let odd = spoil(edits[2]);
    assert!(matches!(odd.code, 1 | 2) && !odd.stderr.contains("panicked"), "{odd:?}");
}

#[test]
fn results_of_a_broken_scan_are_the_same_bytes_each_time() {
    let scan = || {
        let server = ArmServer::start(&contoso(), Options { page_size: 5, ..Options::default() });
        server.spoil(Fault::answer("/tasks?", Response::error(403, "AuthorizationFailed", "No.")));
        // GitHub's SARIF leaves such a scope out; the archive's has it.
        Acrscan::scan(&server).args(["--sarif-target", "archive"]).sarif()
    };
    let (first, second) = (scan(), scan());
    assert_eq!(first, second);
    assert_eq!(first.0.code, 2);
    assert!(results(&first.1).count() > 13);
}
