//! Whatever the night brings: refusals, storms, signals, wrong clocks, proxies, certificates.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::Value;

use crate::arm_server::fault::{Action, Fault};
use crate::arm_server::http::Response;
use crate::arm_server::{ArmServer, Options};
use crate::harness::{Acrscan, CONTOSO, Elsewhere, OTHER, Run, contoso, contoso_server, files, verdicts};

const THIRD: &str = "99999999-8888-4777-8666-555555555555";
const TASKS: &str = "/contosobuild/tasks?";

fn healthy() -> (Run, Value) {
    Acrscan::scan(&contoso_server()).sarif()
}

fn not_found() -> Response {
    Response::error(404, "ResourceNotFound", "The Resource was not found.")
}

#[test]
fn a_refusal_for_a_whole_subscription_is_one_line() {
    let server = contoso_server();
    server.spoil(Fault::answer("/tasks?", Response::error(403, "AuthorizationFailed", "No access.")));
    let run = Acrscan::scan(&server).run();
    assert_eq!(run.code, 2);
    assert_eq!(run.stderr.matches("HTTP 403").count(), 1, "{}", run.stderr);
    let told = format!("warning: not read: the tasks of 16 registries of subscription {CONTOSO} (");
    assert!(run.stderr.contains(&told), "{}", run.stderr);
}

#[test]
fn a_registry_that_was_deleted_after_it_was_listed_is_gone_and_no_gap() {
    let server = contoso_server();
    server.spoil(Fault::answer("/registries/contosobuild", not_found()));
    let (run, sarif) = Acrscan::scan(&server).sarif();
    assert_eq!(run.code, 1, "{run:?}");
    assert!(run.stderr.contains("contosobuild is not there any more"), "{}", run.stderr);
    let others: Vec<_> = verdicts(&healthy().1).into_iter().filter(|verdict| verdict[2] != "contosobuild").collect();
    assert_eq!(verdicts(&sarif), others);
}

#[test]
fn a_registry_that_was_moved_during_the_scan_is_read_where_it_is() {
    let old = "/resourceGroups/rg-devtools/providers/Microsoft.ContainerRegistry/registries/contosobuild";
    let moved = |text: String| text.replace("rg-devtools", "rg-moved");
    let world = contoso().edited(|document| {
        if document["registry"]["name"] == "contosobuild" {
            *document = serde_json::from_str(&moved(document.to_string())).unwrap();
        }
    });
    let server = ArmServer::start(&world, Options::default());
    // The first list is from before the move.
    let items: Vec<Value> = contoso_items();
    let first = Response::json(200, &serde_json::json!({"value": items}));
    server.spoil(Fault::answer("/providers/Microsoft.ContainerRegistry/registries?", first).times(1));
    let (run, sarif) = Acrscan::scan(&server).sarif();
    assert_eq!(run.code, 1, "{run:?}");
    assert!(!server.seen_with(old).is_empty());
    assert_eq!(verdicts(&sarif), verdicts(&healthy().1));
}

/// The demo's registries as ARM lists them.
fn contoso_items() -> Vec<Value> {
    let folder = crate::harness::contoso_folder();
    let documents = files(&folder).into_iter().filter(|(path, _)| path.starts_with("subscriptions/"));
    documents
        .map(|(_, text)| serde_json::from_slice::<Value>(&text).unwrap()["registry"].take())
        .filter(|registry| registry.is_object())
        .collect()
}

#[test]
fn a_mixture_of_faults_loses_nothing() {
    let server = contoso_server();
    let throttled = Response::error(429, "TooManyRequests", "Later.").header("Retry-After", "0");
    server.spoil(Fault::answer("/subscriptions/", throttled).every(11));
    server.spoil(Fault::answer("/subscriptions/", Response::error(500, "InternalServerError", "Oops.")).every(7));
    server.spoil(Fault::on("/subscriptions/", Action::HangUp).every(13));
    assert_eq!(Acrscan::scan(&server).sarif(), healthy());
}

#[test]
fn a_service_that_takes_five_at_a_time_loses_nothing() {
    let options = Options { at_most: 5, latency: Duration::from_millis(10), ..Options::default() };
    let server = ArmServer::start(&contoso(), options);
    assert_eq!(Acrscan::scan(&server).sarif(), healthy());
}

#[test]
fn a_small_bucket_is_kept_to() {
    let server = ArmServer::start(&contoso(), Options { bucket: Some((30.0, 25.0)), ..Options::default() });
    assert_eq!(Acrscan::scan(&server).sarif(), healthy());
    // Whoever does not keep to it is refused some forty times; on a busy machine answers and clocks do not keep step.
    assert!(server.refusals() <= 15, "{} refusals", server.refusals());
}

#[test]
fn nothing_is_asked_before_the_time_that_the_server_gave() {
    let server = contoso_server();
    server.spoil(
        Fault::answer(TASKS, Response::error(429, "TooManyRequests", "Later.").header("Retry-After", "2")).times(1),
    );
    assert_eq!(Acrscan::scan(&server).args(["--concurrency", "1"]).sarif().1, healthy().1);
    let seen = server.seen();
    let refused = seen.iter().position(|seen| seen.target.contains(TASKS)).unwrap();
    let next = &seen[refused + 1];
    assert!(next.at - seen[refused].at >= Duration::from_millis(1900), "{:?}", next.at - seen[refused].at);
}

#[test]
fn a_wait_past_the_end_is_told_at_once_and_stops_its_subscription_only() {
    let server = ArmServer::start(&contoso().copied_to(OTHER), Options::default());
    let later = Response::error(429, "TooManyRequests", "Later.").header("Retry-After", "86400");
    server.spoil(Fault::answer(&format!("{OTHER}/resourceGroups"), later));
    let begun = Instant::now();
    let (run, sarif) = Acrscan::scan(&server).args(["--subscription", OTHER, "--timeout", "600"]).sarif();
    assert_eq!(run.code, 2);
    assert!(begun.elapsed() < Duration::from_secs(60));
    assert_eq!(verdicts(&sarif), verdicts(&healthy().1));
}

#[test]
fn a_subscription_that_hangs_does_not_hold_up_the_others() {
    let server = ArmServer::start(&contoso().copied_to(OTHER).copied_to(THIRD), Options::default());
    server.spoil(Fault::on(&format!("{OTHER}/resourceGroups"), Action::Stall));
    let (run, sarif) = Acrscan::scan(&server)
        .args(["--subscription", OTHER, "--subscription", THIRD, "--concurrency", "8", "--timeout", "20"])
        .sarif();
    assert_eq!(run.code, 2);
    assert!(!run.stderr.contains(&format!("subscription {THIRD}")), "{}", run.stderr);
    assert_eq!(sarif["runs"].as_array().unwrap().len(), 2, "{}", run.stderr);
}

#[cfg(unix)]
fn signal(child: &std::process::Child, name: &str) {
    let status = std::process::Command::new("/bin/kill").args([name, &child.id().to_string()]).status().unwrap();
    assert!(status.success());
}

#[cfg(unix)]
#[test]
fn a_signal_ends_the_reading_and_what_was_read_is_reported() {
    for name in ["-INT", "-TERM"] {
        let server = contoso_server();
        server.spoil(Fault::on(TASKS, Action::Stall));
        let folder = tempfile::tempdir().unwrap();
        let child = Acrscan::scan(&server)
            .args([
                "-o",
                "json=report.json",
                "--sarif-target",
                "archive",
                "-o",
                "sarif=a.sarif",
                "--save-snapshot",
                "d",
            ])
            .in_folder(folder.path())
            .piped();
        server.wait_for(TASKS);
        std::thread::sleep(Duration::from_millis(1500));
        signal(&child, name);
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{name}");
        let report: Value = serde_json::from_slice(&std::fs::read(folder.path().join("report.json")).unwrap()).unwrap();
        let told = report["notifications"].to_string();
        assert!(told.contains(&format!("the scan was ended by SIG{}", &name[1..])), "{told}");
        let of = |name: &str| {
            report["findings"].as_array().unwrap().iter().filter(|it| it.to_string().contains(name)).count()
        };
        assert!(of("contosoweb") > 0 || of("contosopayments") > 0, "what was read is reported");
        let mut left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|it| it.unwrap().file_name()).collect();
        left.sort();
        assert_eq!(left, ["a.sarif", "d", "report.json"], "no temporary folder");
    }
}

#[cfg(unix)]
#[test]
fn a_pull_that_was_ended_goes_on_where_it_was() {
    let server = contoso_server();
    let folder = tempfile::tempdir().unwrap();
    let pull = |server: &ArmServer, arguments: &[&str]| {
        Acrscan::live(server, ["pull"]).args(arguments).in_folder(folder.path())
    };
    assert_eq!(pull(&server, &["-o", "whole", "--subscription", CONTOSO]).run().code, 0);
    let server = contoso_server();
    server.spoil(Fault::on(TASKS, Action::Stall));
    let child = pull(&server, &["-o", "d", "--subscription", CONTOSO]).piped();
    server.wait_for(TASKS);
    std::thread::sleep(Duration::from_millis(1500));
    signal(&child, "-TERM");
    assert_eq!(child.wait_with_output().unwrap().status.code(), Some(2));

    let server = contoso_server();
    let run = pull(&server, &["--resume", "d"]).run();
    assert_eq!(run.code, 0, "{run:?}");
    assert!(server.seen_with("/tasks?").len() < 16, "what was read is not read again");
    let documents = |name: &str| {
        let mut files = files(&folder.path().join(name));
        files.retain(|(path, _)| path != "manifest.json");
        files
    };
    assert_eq!(documents("d"), documents("whole"));
    let run = pull(&server, &["--resume", "d"]).run();
    assert!(run.code == 0 && run.stderr.contains("the snapshot lacks nothing"), "{run:?}");
}

#[test]
fn a_snapshot_goes_into_the_working_directory() {
    let folder = tempfile::tempdir().unwrap();
    for _ in 0..2 {
        let arguments = ["pull", "-o", ".", "--subscription", CONTOSO];
        let run = Acrscan::live(&contoso_server(), arguments).in_folder(folder.path()).run();
        assert_eq!(run.code, 0, "{run:?}");
        let mut left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|it| it.unwrap().file_name()).collect();
        left.sort();
        assert_eq!(left, ["manifest.json", "service-tags.json", "subscriptions"]);
    }
}

#[test]
fn outputs_that_cannot_be_written_are_told_before_anything_is_read() {
    let server = contoso_server();
    for output in ["json=/nonexistent/report.json", "sarif=Cargo.toml/", "sarif=/proc/acrscan/"] {
        let run = Acrscan::scan(&server).args(["-o", output]).run();
        assert_eq!(run.code, 2, "{output}");
        assert!(run.stderr.contains("cannot write"), "{output}: {}", run.stderr);
    }
    assert_eq!(server.seen().len(), 0);
}

#[test]
fn a_clock_that_is_wrong_is_told() {
    let date = chrono::Utc::now() + chrono::TimeDelta::minutes(12);
    let options = Options { date: Some(date.to_rfc2822().replace("+0000", "GMT")), ..Options::default() };
    let run = Acrscan::scan(&ArmServer::start(&contoso(), options)).run();
    assert_eq!(run.code, 1, "{run:?}");
    assert!(
        run.stderr.contains("this machine's clock is 1") && run.stderr.contains("minutes behind Azure's"),
        "{run:?}"
    );
}

#[test]
fn what_stays_on_this_machine_goes_through_no_proxy() {
    let elsewhere = Elsewhere::open();
    let server = contoso_server();
    let run = ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY"]
        .into_iter()
        .fold(Acrscan::scan(&server), |scan, name| scan.env(name, elsewhere.url()))
        .run();
    assert_eq!(run.code, 1, "{run:?}");
    elsewhere.assert_silent();
}

#[test]
fn a_malformed_proxy_is_an_error_without_its_password() {
    let server = contoso_server();
    let run = Acrscan::scan(&server).env("HTTPS_PROXY", "ftp://user:hunter2@proxy:99").run();
    assert_eq!((run.code, server.seen().len()), (2, 0));
    assert!(run.stderr.contains("HTTPS_PROXY is no proxy's address"), "{}", run.stderr);
    assert!(!run.stderr.contains("hunter2"), "{}", run.stderr);
}

#[test]
fn a_proxy_that_nobody_runs_is_named() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let server = contoso_server();
    let run = Acrscan::new(["scan", "--subscription", CONTOSO, "--arm-endpoint", "https://arm.invalid"])
        .signed_in(&server)
        .env("HTTPS_PROXY", format!("http://user:hunter2@{closed}"))
        .args(["--timeout", "20"])
        .run();
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains(&format!("through the proxy {closed} (HTTPS_PROXY)")), "{}", run.stderr);
    assert!(!run.stderr.contains("hunter2"), "{}", run.stderr);
}

/// A server whose certificate nobody trusts: its address, and how often somebody called.
fn untrusted() -> (String, Arc<std::sync::atomic::AtomicUsize>) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli/night");
    let chain = vec![CertificateDer::from_pem_file(folder.join("untrusted.pem")).unwrap()];
    let key = PrivateKeyDer::from_pem_file(folder.join("untrusted.key")).unwrap();
    let _ = rustls::crypto::ring::default_provider().install_default();
    let config = rustls::ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("https://{}", listener.local_addr().unwrap());
    let calls = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    let config = Arc::new(config);
    std::thread::spawn(move || {
        for mut connection in listener.incoming().flatten() {
            counted.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            let mut session = rustls::ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut stream = rustls::Stream::new(&mut session, &mut connection);
            let _ = stream.read(&mut [0; 1]);
            let _ = stream.flush();
        }
    });
    (address, calls)
}

#[test]
fn a_certificate_that_is_not_trusted_is_tried_once_and_says_what_to_do() {
    let (address, calls) = untrusted();
    let run = Acrscan::new(["scan", "--subscription", CONTOSO, "--arm-endpoint", &address])
        .signed_in(&contoso_server())
        .env("REQUESTS_CA_BUNDLE", "/etc/ssl/own.pem")
        .run();
    assert_eq!(run.code, 2, "{run:?}");
    for word in ["SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE, which is set"] {
        assert!(run.stderr.contains(word), "{word}: {}", run.stderr);
    }
    assert!(!run.stderr.contains("tried"), "{}", run.stderr);
    assert_eq!(calls.load(std::sync::atomic::Ordering::SeqCst), 1);
}
