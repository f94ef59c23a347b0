//! Policies that travel: as a bundle, and as an artifact of a registry that a loopback server plays.

use std::collections::BTreeMap;
use std::io::{BufReader, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::arm_server::http::Request;
use crate::harness::{Acrscan, files};

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn scan(policies: &str, cache: &Path) -> Acrscan {
    let arguments = ["scan", "fixtures/contoso", "--no-builtin-policies", "--policies", policies, "-o", "json"];
    Acrscan::new(arguments).env("XDG_CACHE_HOME", cache)
}

/// The findings of a JSON report, with nothing of where the policies were.
fn findings(text: &str) -> Vec<Value> {
    let report: Value = serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"));
    report["findings"].as_array().unwrap().clone()
}

fn builtin() -> Vec<Value> {
    findings(&Acrscan::new(["scan", "fixtures/contoso", "--profile", "all", "-o", "json"]).run().stdout)
}

fn bundle(folder: &Path) -> Vec<u8> {
    let path = folder.join("policies.tar.gz");
    let run = Acrscan::new(["policies", "bundle", "-o", path.to_str().unwrap()]).run();
    assert_eq!(run.code, 0, "{run:?}");
    std::fs::read(path).unwrap()
}

/// Status, content type, body.
type Answer = (u16, String, Vec<u8>);
/// Path, and what was sent to be let in.
type Seen = (String, Option<String>);

/// What a registry answers, by path; and what it was sent.
struct Registry {
    address: String,
    answers: Arc<Mutex<BTreeMap<String, Answer>>>,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Registry {
    /// With `token`, whoever asks needs one, and is sent to `realm` for it.
    fn start(token: Option<&'static str>, realm: Option<String>) -> Registry {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let registry = Registry { address: address.clone(), answers: Arc::default(), seen: Arc::default() };
        let (answers, seen) = (Arc::clone(&registry.answers), Arc::clone(&registry.seen));
        let realm = realm.unwrap_or_else(|| format!("http://{address}/token"));
        thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let mut writer = connection.try_clone().unwrap();
                let mut reader = BufReader::new(connection);
                while let Ok(Some(request)) = Request::read(&mut reader) {
                    let sent = request.header("authorization").map(str::to_owned);
                    seen.lock().unwrap().push((request.path().to_owned(), sent.clone()));
                    let needs = token.is_some_and(|token| sent != Some(format!("Bearer {token}")));
                    let (status, head, body) = match (request.path(), token) {
                        ("/token", Some(token)) => {
                            (200, String::new(), json!({ "token": token }).to_string().into_bytes())
                        }
                        _ if needs => {
                            let challenge = format!("WWW-Authenticate: Bearer realm=\"{realm}\",service=\"s\"\r\n");
                            (401, challenge, Vec::new())
                        }
                        (path, _) => {
                            answers.lock().unwrap().get(path).cloned().unwrap_or((404, String::new(), Vec::new()))
                        }
                    };
                    let head = format!("HTTP/1.1 {status} X\r\n{head}Content-Length: {}\r\n\r\n", body.len());
                    if writer.write_all(head.as_bytes()).and_then(|()| writer.write_all(&body)).is_err() {
                        break;
                    }
                }
            }
        });
        registry
    }

    fn answer(&self, path: &str, status: u16, head: &str, body: &[u8]) {
        self.answers.lock().unwrap().insert(path.to_owned(), (status, head.to_owned(), body.to_vec()));
    }

    /// Pushes layers under a tag: media type, name, content. Returns the digest.
    fn push(&self, tag: &str, layers: &[(&str, Option<&str>, &[u8])]) -> String {
        let layer = |(kind, title, bytes): &(&str, Option<&str>, &[u8])| {
            let digest = format!("sha256:{}", sha256(bytes));
            self.answer(&format!("/v2/policies/blobs/{digest}"), 200, "", bytes);
            let annotations =
                title.map(|title| json!({ "org.opencontainers.image.title": title })).unwrap_or(json!({}));
            json!({ "mediaType": kind, "digest": digest, "size": bytes.len(), "annotations": annotations })
        };
        let manifest =
            json!({ "schemaVersion": 2, "layers": layers.iter().map(layer).collect::<Vec<_>>() }).to_string();
        self.answer(&format!("/v2/policies/manifests/{tag}"), 200, "", manifest.as_bytes());
        let digest = sha256(manifest.as_bytes());
        self.answer(&format!("/v2/policies/manifests/sha256:{digest}"), 200, "", manifest.as_bytes());
        digest
    }

    fn reference(&self, tag: &str) -> String {
        format!("oci://{}/policies{tag}", self.address)
    }

    fn requests(&self) -> usize {
        self.seen.lock().unwrap().len()
    }
}

const BUNDLE: &str = "application/vnd.oci.image.layer.v1.tar+gzip";

#[test]
fn a_bundle_finds_what_the_built_in_policies_find() {
    let folder = tempfile::tempdir().unwrap();
    bundle(folder.path());
    let path = folder.path().join("policies.tar.gz");
    let cache = folder.path().join("cache");
    let run = scan(path.to_str().unwrap(), &cache).run();
    assert_eq!(run.code, 1, "{}", run.stderr);
    assert_eq!(findings(&run.stdout), builtin());
    // The second time, it is there.
    let before = files(&cache);
    assert_eq!(scan(path.to_str().unwrap(), &cache).run().stdout, run.stdout);
    assert_eq!(files(&cache), before);
}

#[test]
fn an_artifact_is_pulled_once_and_finds_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path().join("cache");
    let registry = Registry::start(None, None);
    let digest = registry.push("v1", &[(BUNDLE, None, &bundle(folder.path()))]);
    let run = scan(&registry.reference(":v1"), &cache).run();
    assert_eq!((run.code, registry.requests()), (1, 2), "{}", run.stderr);
    assert_eq!(findings(&run.stdout), builtin());
    // The tag is asked for again, and what it names is at hand.
    assert_eq!(scan(&registry.reference(":v1"), &cache).run().stdout, run.stdout);
    assert_eq!(registry.requests(), 3);
    // What is pinned is asked for by nobody.
    assert_eq!(scan(&registry.reference(&format!("@sha256:{digest}")), &cache).run().stdout, run.stdout);
    assert_eq!(registry.requests(), 3);
}

#[test]
fn files_as_conftest_pushes_them() {
    let folder = tempfile::tempdir().unwrap();
    let made = Acrscan::new(["policies", "new", "owner-tag", "-o", folder.path().to_str().unwrap()]).run();
    assert_eq!(made.code, 0, "{made:?}");
    let own = files(folder.path());
    let (name, rego) = own.iter().find(|(name, _)| name.ends_with("owner_tag.rego")).unwrap();
    let registry = Registry::start(None, None);
    let kind = "application/vnd.cncf.openpolicyagent.policy.layer.v1+rego";
    registry.push("v1", &[(kind, Some(name), rego)]);
    let run = scan(&registry.reference(":v1"), &folder.path().join("cache")).run();
    let found = findings(&run.stdout);
    assert!(found.len() == 16 && found.iter().all(|finding| finding["policy"] == "owner-tag"), "{run:?}");
    registry.push("v2", &[(kind, Some("../owner_tag.rego"), rego)]);
    let run = scan(&registry.reference(":v2"), &folder.path().join("cache")).run();
    assert!(run.code == 2 && run.stderr.contains("the path leaves the artifact"), "{run:?}");
}

#[test]
fn what_is_no_such_artifact_is_refused_in_words() {
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path().join("cache");
    let registry = Registry::start(None, None);
    let bytes = bundle(folder.path());
    let digest = registry.push("v1", &[(BUNDLE, None, &bytes)]);
    registry.answer("/v2/policies/manifests/page", 200, "Content-Type: text/html\r\n", b"<html>sign in</html>");
    let huge =
        json!({ "layers": [{ "mediaType": BUNDLE, "digest": format!("sha256:{digest}"), "size": 10u64 << 30 }] });
    registry.answer("/v2/policies/manifests/huge", 200, "", huge.to_string().as_bytes());
    let lies =
        json!({ "layers": [{ "mediaType": BUNDLE, "digest": format!("sha256:{}", sha256(&bytes)), "size": 10 }] });
    registry.answer("/v2/policies/manifests/longer", 200, "", lies.to_string().as_bytes());
    registry.answer(&format!("/v2/policies/blobs/sha256:{}", "0".repeat(64)), 200, "", b"something else");
    let other =
        json!({ "layers": [{ "mediaType": BUNDLE, "digest": format!("sha256:{}", "0".repeat(64)), "size": 14 }] });
    registry.answer("/v2/policies/manifests/other", 200, "", other.to_string().as_bytes());
    registry.answer("/v2/policies/manifests/index", 200, "", br#"{"manifests": []}"#);
    registry.push("no-policy", &[("text/plain", Some("README.md"), b"nothing")]);
    let moved = format!(":v1@sha256:{}", "f".repeat(64));
    for (tag, words) in [
        (moved.as_str(), "the tag was moved"),
        (":page", "answered a web page and is no registry"),
        (":huge", "holds more than 2000 files or 64 MiB"),
        (":longer", "more than the 10 bytes"),
        (":other", "answered something else than sha256:000"),
        (":index", "an index of several artifacts"),
        (":nothing", "has no such artifact"),
        (":no-policy", "no policy in it"),
        (":v1@sha256:1", "64 characters of lower-case hex"),
    ] {
        let run = scan(&registry.reference(tag), &cache).run();
        assert_eq!(run.code, 2, "{tag}: {run:?}");
        assert!(run.stderr.contains(words), "{tag}: {}", run.stderr);
    }
    let run = scan("https://example.invalid/policies.tar.gz", &cache).run();
    assert!(run.code == 2 && run.stderr.contains("or oci://registry/repository:tag"), "{run:?}");
}

#[test]
fn a_credential_goes_to_the_registry_and_nowhere_else() {
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path().join("cache");
    let registry = Registry::start(Some("granted"), None);
    registry.push("v1", &[(BUNDLE, None, &bundle(folder.path()))]);
    let docker = |registry: &Registry| {
        let config = json!({ "auths": { registry.address.as_str(): { "auth": "dXNlcjpzZXNhbWU=" } } });
        std::fs::write(folder.path().join("config.json"), config.to_string()).unwrap();
    };
    docker(&registry);
    let run = scan(&registry.reference(":v1"), &cache).env("DOCKER_CONFIG", folder.path()).run();
    assert_eq!(run.code, 1, "{}", run.stderr);
    let sent = |registry: &Registry| -> Vec<(String, Option<String>)> { registry.seen.lock().unwrap().clone() };
    let basic = Some("Basic dXNlcjpzZXNhbWU=".to_owned());
    for (path, authorization) in sent(&registry) {
        assert_eq!(authorization == basic, path == "/token", "{path}");
    }
    // A realm of somebody else's domain, and one that is not even of this machine.
    for realm in ["http://localhost:1/token", "https://evil.example/token"] {
        let registry = Registry::start(Some("granted"), Some(realm.to_owned()));
        docker(&registry);
        let run = scan(&registry.reference(":v1"), &cache).env("DOCKER_CONFIG", folder.path()).run();
        assert_eq!(run.code, 2, "{run:?}");
        assert!(run.stderr.contains("not of its own domain: no credential goes there"), "{}", run.stderr);
        assert!(sent(&registry).iter().all(|(_, authorization)| authorization.is_none()));
        assert!(!format!("{run:?}").contains("sesame"));
    }
    // A blob that lies elsewhere is fetched without the token.
    let storage = Registry::start(None, None);
    let bytes = bundle(folder.path());
    let blob = format!("/v2/policies/blobs/sha256:{}", sha256(&bytes));
    storage.answer(&blob, 200, "", &bytes);
    let registry = Registry::start(Some("granted"), None);
    registry.push("v1", &[(BUNDLE, None, &bytes)]);
    registry.answer(&blob, 307, &format!("Location: http://{}{blob}\r\n", storage.address), b"");
    docker(&registry);
    let elsewhere = folder.path().join("elsewhere");
    let run = scan(&registry.reference(":v1"), &elsewhere).env("DOCKER_CONFIG", folder.path()).run();
    assert_eq!(run.code, 1, "{}", run.stderr);
    assert!(sent(&storage).len() == 1 && sent(&storage)[0].1.is_none());
}
