//! Every way to sign in, played on loopback, and what is said where none works.

use std::path::Path;

use snapbox::{assert_data_eq, str};

use crate::arm_server::fault::Fault;
use crate::arm_server::http::Response;
use crate::arm_server::{ArmServer, Options, identity};
use crate::harness::{Acrscan, Elsewhere, OTHER, Run, contoso};

/// A subscription without registries is enough to see who signed in.
fn server() -> ArmServer {
    ArmServer::start(&contoso().with_subscription(OTHER, Vec::new()), Options::default())
}

/// A scan with no credential at all.
fn scan(server: &ArmServer) -> Acrscan {
    Acrscan::new(["scan", "--subscription", OTHER, "--arm-endpoint", server.url()])
        .env("AZURE_AUTHORITY_HOST", server.url())
}

fn with(scan: Acrscan, variables: &[(&str, &str)]) -> Acrscan {
    variables.iter().fold(scan, |scan, (name, value)| scan.env(name, value))
}

const APP: [(&str, &str); 2] = [("AZURE_TENANT_ID", identity::TENANT), ("AZURE_CLIENT_ID", identity::CLIENT)];

/// Paths asked for, in order, without ARM's.
fn sign_ins(server: &ArmServer) -> Vec<String> {
    let paths = server.seen().into_iter().map(|seen| seen.target.split('?').next().unwrap_or_default().to_owned());
    paths.filter(|path| !path.starts_with("/subscriptions/")).collect()
}

fn entra() -> String {
    format!("/{}/oauth2/v2.0/token", identity::TENANT)
}

const SCOPE: &str = "https://management.azure.com/.default";
const RESOURCE: &str = "https://management.azure.com";

/// A program `az` in a folder of its own.
#[cfg(unix)]
fn fake_az(folder: &Path, script: &str) {
    use std::os::unix::fs::PermissionsExt as _;
    let path = folder.join("az");
    std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

/// Runs with and without `--credential`, and expects a clean scan that asked these endpoints for this audience.
fn assert_signs_in(kind: &str, paths: &[String], audience: &str, environment: impl Fn(&ArmServer, Acrscan) -> Acrscan) {
    for chosen in [&[][..], &["--credential", kind]] {
        let server = server();
        let run = environment(&server, scan(&server)).args(chosen).run();
        assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{kind} {chosen:?}");
        assert_eq!((sign_ins(&server), server.audiences()), (paths.to_vec(), vec![audience.to_owned()]), "{kind}");
    }
}

#[test]
fn service_principal() {
    assert_signs_in("service-principal", &[entra()], SCOPE, |_, scan| {
        with(with(scan, &APP), &[("AZURE_CLIENT_SECRET", identity::CLIENT_SECRET)])
    });
}

#[test]
fn workload_identity() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), format!("{}\n", identity::FEDERATED_TOKEN)).unwrap();
    assert_signs_in("workload-identity", &[entra()], SCOPE, |_, scan| {
        with(with(scan, &APP), &[("AZURE_FEDERATED_TOKEN_FILE", file.path().to_str().unwrap())])
    });
}

#[test]
fn github_oidc() {
    assert_signs_in("github-oidc", &["/oidc/token".to_owned(), entra()], SCOPE, |server, scan| {
        let url = format!("{}/oidc/token?job=1", server.url());
        let github = [
            ("ACTIONS_ID_TOKEN_REQUEST_URL", url.as_str()),
            ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", identity::OIDC_REQUEST_TOKEN),
        ];
        with(with(scan, &APP), &github)
    });
}

#[test]
fn the_audience_of_githubs_token_is_the_clouds_unless_told() {
    let app = |audience: &[&str], expected: &str| {
        let server = server();
        let url = format!("{}/oidc/token?job=1", server.url());
        let github = [
            ("ACTIONS_ID_TOKEN_REQUEST_URL", url.as_str()),
            ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", identity::OIDC_REQUEST_TOKEN),
        ];
        let run = with(with(scan(&server), &APP), &github).args(audience).run();
        assert_eq!(run.code, 0, "{run:?}");
        let asked = server.seen_with("/oidc/token")[0].target.clone();
        assert!(asked.ends_with(&format!("&audience={expected}")), "{asked}");
    };
    app(&[], "api%3A%2F%2FAzureADTokenExchange");
    app(&["--cloud", "us-government", "--without", "service-tags"], "api%3A%2F%2FAzureADTokenExchangeUSGov");
    app(&["--cloud", "china", "--without", "service-tags"], "api%3A%2F%2FAzureADTokenExchangeChina");
    app(&["--oidc-audience", "api://contoso"], "api%3A%2F%2Fcontoso");
}

#[test]
fn azure_pipelines() {
    let paths = ["/pipelines/oidctoken".to_owned(), entra()];
    assert_signs_in("azure-pipelines", &paths, SCOPE, |server, scan| {
        let url = format!("{}/pipelines/oidctoken", server.url());
        let job = [
            ("SYSTEM_OIDCREQUESTURI", url.as_str()),
            ("SYSTEM_ACCESSTOKEN", identity::OIDC_REQUEST_TOKEN),
            ("AZURESUBSCRIPTION_TENANT_ID", identity::TENANT),
            ("AZURESUBSCRIPTION_CLIENT_ID", identity::CLIENT),
            ("AZURESUBSCRIPTION_SERVICE_CONNECTION_ID", identity::SERVICE_CONNECTION),
        ];
        with(scan, &job)
    });
}

#[test]
fn an_assertion_out_of_its_time_says_what_to_do() {
    let server = server();
    let description = "AADSTS700024: Client assertion is not within its valid time range. Trace ID: 1";
    let body = serde_json::json!({"error": "invalid_client", "error_description": description});
    server.spoil(Fault::answer("/oauth2/", Response::json(401, &body)));
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), identity::FEDERATED_TOKEN).unwrap();
    let run = with(with(scan(&server), &APP), &[("AZURE_FEDERATED_TOKEN_FILE", file.path().to_str().unwrap())]).run();
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("AADSTS700024") && run.stderr.contains("check this machine's clock"), "{}", run.stderr);
}

#[test]
fn managed_identity() {
    assert_signs_in("managed-identity", &["/msi/token".to_owned()], RESOURCE, |server, scan| {
        let endpoint = format!("{}/msi/token", server.url());
        with(scan, &[("IDENTITY_ENDPOINT", &endpoint), ("IDENTITY_HEADER", identity::IDENTITY_HEADER)])
    });
}

#[test]
fn metadata() {
    assert_signs_in("metadata", &["/metadata/identity/oauth2/token".to_owned()], RESOURCE, |server, scan| {
        with(scan, &[("AZURE_POD_IDENTITY_AUTHORITY_HOST", server.url())])
    });
}

#[cfg(unix)]
#[test]
fn azure_cli() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("arguments");
    assert_signs_in("azure-cli", &[], "az", |server, scan| {
        let token = server.issue_token();
        let answer = format!(r#"{{"accessToken": "{token}", "expires_on": 4102444800, "tokenType": "Bearer"}}"#);
        fake_az(folder.path(), &format!("echo \"$*\" > '{}'\necho '{answer}'", log.display()));
        scan.env("PATH", folder.path())
    });
    let asked = std::fs::read_to_string(log).unwrap();
    assert_eq!(asked, format!("account get-access-token -o json --scope {SCOPE} --subscription {OTHER}\n"));
}

#[test]
fn the_first_that_is_there_wins() {
    let server = server();
    let endpoint = format!("{}/msi/token", server.url());
    let all = [
        ("AZURE_CLIENT_SECRET", identity::CLIENT_SECRET),
        ("AZURE_FEDERATED_TOKEN_FILE", "/nonexistent"),
        ("IDENTITY_ENDPOINT", endpoint.as_str()),
        ("IDENTITY_HEADER", identity::IDENTITY_HEADER),
    ];
    let everything = |scan| with(with(scan, &APP), &all);
    assert_eq!(everything(scan(&server)).run().code, 0);
    assert_eq!(everything(scan(&server)).args(["--credential", "managed-identity"]).run().code, 0);
    assert_eq!(sign_ins(&server), [entra(), "/msi/token".to_owned()]);
}

#[test]
fn where_none_works_each_says_what_it_lacks() {
    let server = server();
    let run = scan(&server).run();
    assert_eq!((run.code, run.stdout.as_str()), (2, ""));
    assert_data_eq!(
        run.stderr,
        str![[r#"
error: no credential to sign in with:
  service principal: AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET are not set
  workload identity: AZURE_FEDERATED_TOKEN_FILE, AZURE_TENANT_ID and AZURE_CLIENT_ID are not set
  GitHub OIDC token: ACTIONS_ID_TOKEN_REQUEST_URL, ACTIONS_ID_TOKEN_REQUEST_TOKEN, AZURE_TENANT_ID and AZURE_CLIENT_ID are not set
  Azure Pipelines token: SYSTEM_OIDCREQUESTURI, SYSTEM_ACCESSTOKEN, AZURESUBSCRIPTION_TENANT_ID, AZURESUBSCRIPTION_CLIENT_ID and AZURESUBSCRIPTION_SERVICE_CONNECTION_ID are not set
  managed identity: IDENTITY_ENDPOINT and IDENTITY_HEADER are not set
  Azure CLI: `az` is not on the PATH
  metadata endpoint: 127.0.0.1:1: [..]Connection refused[..]

"#]]
    );
    assert_eq!(server.seen().len(), 0);
}

#[cfg(unix)]
#[test]
fn nobody_signed_in_to_az_is_told_in_its_own_words() {
    let folder = tempfile::tempdir().unwrap();
    fake_az(folder.path(), "echo \"ERROR: Please run 'az login' to setup account.\" >&2; exit 1");
    let run = scan(&server()).env("PATH", folder.path()).args(["--credential", "azure-cli"]).run();
    assert_refused(&run, "Please run 'az login' to setup account.");
}

fn assert_refused(run: &Run, named: &str) {
    assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{run:?}");
    assert!(run.stderr.contains(named) && !run.stderr.contains("canary"), "{}", run.stderr);
}

#[test]
fn a_credential_that_is_refused_is_named_with_the_reason_and_the_next_is_not_tried() {
    let secret = |scan, secret| with(with(scan, &APP), &[("AZURE_CLIENT_SECRET", secret)]);
    let server = server();
    let endpoint = format!("{}/msi/token", server.url());
    let next = [("IDENTITY_ENDPOINT", endpoint.as_str()), ("IDENTITY_HEADER", identity::IDENTITY_HEADER)];
    let run = secret(with(scan(&server), &next), "canary-wrong").run();
    assert_refused(&run, "service principal: HTTP 401 invalid_client: AADSTS7000215: Invalid client secret provided");
    assert_eq!(sign_ins(&server), [entra()]);

    let broken = |status, body: &str| {
        server.spoil(Fault::answer("/oauth2/", Response::new(status, "text/html", body.as_bytes().to_vec())).times(1));
        secret(scan(&server), identity::CLIENT_SECRET).run()
    };
    assert_refused(&broken(200, "<html>Sign in to the hotel's network</html>"), "text/html instead of JSON");
    assert_refused(&broken(403, "<html>Blocked</html>"), "HTTP 403");
}

#[test]
fn a_token_endpoint_that_stumbles_is_asked_again() {
    let server = server();
    server.spoil(Fault::answer("/oauth2/", Response::error(503, "busy", "later")).times(2));
    let run = with(with(scan(&server), &APP), &[("AZURE_CLIENT_SECRET", identity::CLIENT_SECRET)]).run();
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    assert_eq!(sign_ins(&server), [entra(), entra(), entra()]);
}

#[test]
fn each_cloud_asks_for_a_token_of_its_own_arm() {
    for (cloud, scope) in [
        ("us-government", "https://management.usgovcloudapi.net/.default"),
        ("china", "https://management.chinacloudapi.cn/.default"),
    ] {
        let server = server();
        let run = Acrscan::live(&server, ["scan", "--subscription", OTHER, "--cloud", cloud]).run();
        assert_eq!(run.code, 0, "{run:?}");
        assert_eq!(server.audiences(), [scope]);
    }
}

#[test]
fn plain_http_is_refused_anywhere_but_on_loopback_before_anything_is_sent() {
    let server = server();
    for name in ["AZURE_AUTHORITY_HOST", "IDENTITY_ENDPOINT", "ACTIONS_ID_TOKEN_REQUEST_URL"] {
        let environment = [
            ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", identity::OIDC_REQUEST_TOKEN),
            ("IDENTITY_HEADER", identity::IDENTITY_HEADER),
            (name, "http://192.0.2.1/token"),
        ];
        let url = ["scan", "--subscription", OTHER, "--arm-endpoint", server.url()];
        let run = with(with(Acrscan::new(url), &APP), &environment).run();
        assert_refused(&run, name);
        assert!(run.stderr.contains("plain http"), "{}", run.stderr);
    }
    assert_eq!(server.seen().len(), 0);
}

#[test]
fn no_secret_follows_a_redirect() {
    let elsewhere = Elsewhere::open();
    for status in [302, 307, 308] {
        let server = server();
        for path in ["/oauth2/", "/msi/token", "/oidc/token", "/metadata/"] {
            server.spoil(Fault::answer(path, elsewhere.redirect(status)));
        }
        let endpoint = format!("{}/msi/token", server.url());
        let request_url = format!("{}/oidc/token?job=1", server.url());
        let environment = [
            ("AZURE_CLIENT_SECRET", identity::CLIENT_SECRET),
            ("IDENTITY_ENDPOINT", endpoint.as_str()),
            ("IDENTITY_HEADER", identity::IDENTITY_HEADER),
            ("ACTIONS_ID_TOKEN_REQUEST_URL", request_url.as_str()),
            ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", identity::OIDC_REQUEST_TOKEN),
            ("AZURE_POD_IDENTITY_AUTHORITY_HOST", server.url()),
        ];
        for kind in ["service-principal", "managed-identity", "github-oidc", "metadata"] {
            let run = with(with(scan(&server), &APP), &environment).args(["--credential", kind]).run();
            assert_refused(&run, &format!("HTTP {status}, a redirect"));
        }
    }
    elsewhere.assert_silent();
}

/// A proxy's machine has another identity than this one's, and no business with its tokens.
#[test]
fn this_machines_own_identity_is_not_asked_for_through_a_proxy() {
    let proxy = server();
    for (kind, path) in [("managed-identity", "/msi/token"), ("metadata", "/metadata/identity/oauth2/token")] {
        let server = server();
        let endpoint = format!("{}/msi/token", server.url());
        let environment = [
            ("IDENTITY_ENDPOINT", endpoint.as_str()),
            ("IDENTITY_HEADER", identity::IDENTITY_HEADER),
            ("AZURE_POD_IDENTITY_AUTHORITY_HOST", server.url()),
            ("HTTP_PROXY", proxy.url()),
        ];
        with(scan(&server), &environment).args(["--credential", kind]).run();
        assert_eq!(sign_ins(&server), [path]);
    }
    assert_eq!(proxy.seen_with("identity").len() + proxy.seen_with("/msi/").len(), 0);
}
