//! The loopback server itself, asked by hand: a stand-in that answers wrongly would prove nothing.

use std::io::{Read, Write};
use std::net::TcpStream;

use serde_json::{Value, json};

use crate::arm_server::fault::{Action, Fault};
use crate::arm_server::http::Response;
use crate::arm_server::world::World;
use crate::arm_server::{ArmServer, Options, identity};
use crate::harness::{CONTOSO, contoso};

struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

/// One request on a connection of its own.
fn ask(server: &ArmServer, method: &str, target: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    let host = server.url().strip_prefix("http://").unwrap();
    let mut connection = TcpStream::connect(host).unwrap();
    let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let length = body.len();
    write!(connection, "{method} {target} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {length}\r\n{headers}\r\n{body}")
        .unwrap();
    connection.shutdown(std::net::Shutdown::Write).unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_default();
    let status = head.split(' ').nth(1).map_or(0, |status| status.parse().unwrap());
    Answer { status, head: head.to_owned(), body: body.to_owned() }
}

fn get(server: &ArmServer, target: &str) -> Answer {
    let bearer = format!("Bearer {}", server.issue_token());
    ask(server, "GET", target, &[("Authorization", &bearer)], "")
}

fn registries_of(subscription: &str) -> String {
    format!("/subscriptions/{subscription}/providers/Microsoft.ContainerRegistry/registries?api-version=2025-11-01")
}

fn names(page: &Value) -> Vec<&str> {
    page["value"].as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap()).collect()
}

#[test]
fn a_list_comes_in_pages_whose_links_work_as_given_and_in_no_other_spelling() {
    let server = ArmServer::start(&contoso(), Options { page_size: 6, ..Options::default() });
    let mut target = registries_of(CONTOSO);
    let mut sizes = Vec::new();
    let mut link = String::new();
    loop {
        let page = get(&server, &target).json();
        sizes.push(names(&page).len());
        match page["nextLink"].as_str() {
            Some(next) => link = next.to_owned(),
            None => break,
        }
        target = link.strip_prefix(server.url()).unwrap().to_owned();
    }
    assert_eq!(sizes, [6, 6, 4]);
    assert!(link.contains("&%24skiptoken="), "{link}");
    let respelt = target.replace("%2b", "%2B");
    assert_eq!(get(&server, &respelt).status, 404);
}

#[test]
fn arm_wants_a_token_a_known_version_and_a_known_subscription() {
    let server = ArmServer::start(&contoso(), Options { uses_of_first_token: 1, ..Options::default() });
    let target = registries_of(CONTOSO);
    let bearer = format!("Bearer {}", server.issue_token());
    let statuses = [
        ask(&server, "GET", &target, &[], "").status,
        ask(&server, "GET", &target, &[("Authorization", "Bearer guessed")], "").status,
        ask(&server, "GET", &target, &[("Authorization", &bearer)], "").status,
        ask(&server, "GET", &target, &[("Authorization", &bearer)], "").status,
        get(&server, &target.replace("2025-11-01", "2016-01-01")).status,
        get(&server, &registries_of("11111111-2222-4333-8444-555555555555")).status,
    ];
    assert_eq!(statuses, [401, 401, 200, 401, 400, 404]);
    assert!(ask(&server, "GET", &target, &[], "").head.contains("WWW-Authenticate: Bearer authorization_uri="));
    assert_eq!(
        get(&server, &registries_of("11111111-2222-4333-8444-555555555555")).json()["error"]["code"],
        "SubscriptionNotFound"
    );
}

#[test]
fn what_a_snapshot_leaves_out_is_put_back() {
    let server = ArmServer::start(&contoso(), Options::default());
    let tasks = format!(
        "/subscriptions/{CONTOSO}/resourceGroups/rg-devtools/providers/Microsoft.ContainerRegistry/registries\
         /contosobuild/tasks?api-version=2025-03-01-preview"
    );
    let tasks = get(&server, &tasks).json();
    assert_eq!(
        names(&tasks),
        ["tag-releases", "sign-images", "scan-images", "nightly-purge", "legacy-mirror", "build-base-images"]
    );
    let base_images = &tasks["value"][5];
    assert_eq!(base_images["systemData"]["createdByType"], "User");
    assert_eq!(base_images["properties"]["step"]["values"][0]["value"], "canary-step-value");
    let custom = &base_images["properties"]["credentials"]["customRegistries"];
    assert_eq!(custom["contosobuild.azurecr.io"]["new"]["value"], "canary-password");
    assert_eq!(
        tasks["value"][3]["properties"]["credentials"]["customRegistries"],
        json!({"contosobuild.azurecr.io": null})
    );
}

#[test]
fn service_tags_have_the_published_shape() {
    let server = ArmServer::start(&contoso(), Options::default());
    let target = format!(
        "/subscriptions/{CONTOSO}/providers/Microsoft.Network/locations/eastus/serviceTags?api-version=2024-05-01"
    );
    let document = get(&server, &target).json();
    let swiss = document["values"].as_array().unwrap().iter().find(|tag| tag["properties"]["region"] == "switzerlandn");
    assert_eq!(swiss.unwrap()["name"], "AzureContainerRegistry.SwitzerlandNorth");
    assert_eq!((&document["changeNumber"], &document["nextLink"]), (&json!("391"), &json!("")));
    let registry_tags = document["values"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|tag| tag["name"].as_str().is_some_and(|name| name.starts_with("AzureContainerRegistry.")));
    assert_eq!(registry_tags.count(), 69);
    assert!(document["values"].as_array().unwrap().iter().any(|tag| tag["name"] == "AzureContainerRegistry"));
}

#[test]
fn every_way_to_a_token_checks_what_it_is_shown() {
    let server = ArmServer::start(&World::default(), Options::default());
    let entra = format!("/{}/oauth2/v2.0/token", identity::TENANT);
    let scope = "scope=https%3A%2F%2Fmanagement.azure.com%2F.default&grant_type=client_credentials";
    let secret = format!("{scope}&client_id={}&client_secret={}", identity::CLIENT, identity::CLIENT_SECRET);
    let wrong = format!("{scope}&client_id={}&client_secret=wrong", identity::CLIENT);
    let resource = "?api-version=2019-08-01&resource=https%3A%2F%2Fmanagement.azure.com";
    let oidc = "/oidc/token?job=1&audience=api%3A%2F%2FAzureADTokenExchange";
    let bearer = format!("bearer {}", identity::OIDC_REQUEST_TOKEN);
    let answers = [
        ask(&server, "POST", &entra, &[], &secret),
        ask(&server, "POST", &entra, &[], &wrong),
        ask(&server, "POST", "/another/oauth2/v2.0/token", &[], &secret),
        ask(&server, "GET", &format!("/msi/token{resource}"), &[("X-IDENTITY-HEADER", identity::IDENTITY_HEADER)], ""),
        ask(&server, "GET", &format!("/msi/token{resource}"), &[], ""),
        ask(&server, "GET", &format!("/metadata/identity/oauth2/token{resource}"), &[("Metadata", "true")], ""),
        ask(&server, "GET", &format!("/metadata/identity/oauth2/token{resource}"), &[], ""),
        ask(&server, "GET", oidc, &[("Authorization", &bearer)], ""),
        ask(&server, "GET", oidc, &[], ""),
    ];
    assert_eq!(answers.map(|answer| answer.status), [200, 401, 401, 200, 401, 200, 400, 200, 401]);
    let resource = "https://management.azure.com";
    assert_eq!(server.audiences(), [&format!("{resource}/.default"), resource, resource]);
}

#[test]
fn faults_strike_the_requests_they_are_meant_for() {
    let server = ArmServer::start(&contoso(), Options::default());
    let target = registries_of(CONTOSO);
    server.spoil(Fault::answer("/registries?", Response::error(503, "ServerBusy", "later")).times(2));
    let statuses = [0; 3].map(|_| get(&server, &target).status);
    assert_eq!(statuses, [503, 503, 200]);

    server.spoil(Fault::on("/registries?", Action::Truncate).times(1));
    let cut = get(&server, &target);
    let whole = get(&server, &target);
    assert!(whole.body.starts_with(&cut.body));
    assert!(cut.head.contains(&format!("Content-Length: {}", cut.body.len() + 20)), "{}", cut.head);

    server.spoil(Fault::on("/registries?", Action::HangUp).after(1));
    let statuses = [0; 3].map(|_| get(&server, &target).status);
    assert_eq!(statuses, [200, 0, 0]);
    assert_eq!(server.seen_with("REGISTRIES?").len(), 8);
}
