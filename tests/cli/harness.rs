//! Runs the binary in a scrubbed environment, and reads what it wrote.

use std::ffi::OsStr;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::arm_server::http::Response;
use crate::arm_server::world::World;
use crate::arm_server::{ArmServer, Options, identity};

/// The demo's subscription.
pub const CONTOSO: &str = "5d1c7a8e-4b0f-4f6e-9c3a-2e71b8d0a9f4";

/// The four policies of the mission, for tests that count what they find.
pub const MISSION: [&str; 2] =
    ["--only", "bypass-without-system-identity,ipv6-firewall-rule,missing-service-tag-ips,public-network-access"];

/// A subscription besides the demo's.
pub const OTHER: &str = "11111111-2222-4333-8444-555555555555";

/// The folder of the demo's snapshot.
pub fn contoso_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/contoso")
}

/// What ARM knows of the demo's subscription.
pub fn contoso() -> World {
    World::from_snapshot(&contoso_folder())
}

/// A server that plays the demo's subscription.
pub fn contoso_server() -> ArmServer {
    ArmServer::start(&contoso(), Options::default())
}

/// A run of the binary to come.
pub struct Acrscan {
    command: Command,
}

/// What a run left.
#[derive(Debug, PartialEq, Eq)]
pub struct Run {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Acrscan {
    /// Runs in the crate's folder, with no environment but a `PATH` without programs and a metadata endpoint where
    /// nobody listens: no test may reach the real one.
    pub fn new<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Acrscan {
        let mut command = Command::new(env!("CARGO_BIN_EXE_acrscan"));
        command.args(arguments).env_clear().current_dir(env!("CARGO_MANIFEST_DIR"));
        command.env("PATH", "/nonexistent").env("AZURE_POD_IDENTITY_AUTHORITY_HOST", "http://127.0.0.1:1");
        Acrscan { command }
    }

    /// Signs in with this server as a service principal.
    pub fn signed_in(self, server: &ArmServer) -> Acrscan {
        self.env("AZURE_AUTHORITY_HOST", server.url())
            .env("AZURE_TENANT_ID", identity::TENANT)
            .env("AZURE_CLIENT_ID", identity::CLIENT)
            .env("AZURE_CLIENT_SECRET", identity::CLIENT_SECRET)
    }

    /// Asks this server for everything.
    pub fn live<S: AsRef<OsStr>>(server: &ArmServer, arguments: impl IntoIterator<Item = S>) -> Acrscan {
        Acrscan::new(arguments).args(["--arm-endpoint", server.url()]).signed_in(server)
    }

    /// `scan --subscription` of the demo's subscription.
    pub fn scan(server: &ArmServer) -> Acrscan {
        Acrscan::live(server, ["scan", "--subscription", CONTOSO])
    }

    pub fn args<S: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = S>) -> Acrscan {
        self.command.args(arguments);
        self
    }

    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Acrscan {
        self.command.env(name, value);
        self
    }

    pub fn in_folder(mut self, folder: &Path) -> Acrscan {
        self.command.current_dir(folder);
        self
    }

    pub fn run(self) -> Run {
        let run = self.run_whole();
        // How old the demo's snapshot is depends on the day on which the tests run.
        let is_age = |line: &&str| line.starts_with("warning: the snapshot ") && line.contains(" days old: ");
        let stderr = run.stderr.split_inclusive('\n').filter(|line| !is_age(line)).collect();
        Run { stderr, ..run }
    }

    /// With what standard error says of the age of snapshots.
    pub fn run_whole(mut self) -> Run {
        let output = self.command.output().expect("the binary runs");
        let text = |bytes| String::from_utf8(bytes).expect("the binary prints UTF-8");
        Run {
            code: output.status.code().expect("the binary ends by itself"),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }

    /// Starts it and leaves it running, its standard output a pipe.
    pub fn piped(mut self) -> Child {
        self.command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("the binary runs")
    }

    /// Runs with SARIF on standard output.
    pub fn sarif(self) -> (Run, Value) {
        let run = self.args(["-o", "sarif"]).run();
        let sarif = serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {run:?}"));
        (run, sarif)
    }
}

/// A listener that must stay silent: a token or a secret sent there would have left its owner.
pub struct Elsewhere(TcpListener);

impl Elsewhere {
    pub fn open() -> Elsewhere {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        Elsewhere(listener)
    }

    pub fn url(&self) -> String {
        format!("http://{}/elsewhere", self.0.local_addr().unwrap())
    }

    /// An answer that sends whoever obeys it there.
    pub fn redirect(&self, status: u16) -> Response {
        Response::new(status, "text/plain", Vec::new()).header("Location", &self.url())
    }

    pub fn assert_silent(&self) {
        let error = self.0.accept().expect_err("somebody called");
        assert_eq!(error.kind(), std::io::ErrorKind::WouldBlock);
    }
}

/// A copy of the demo's snapshot to spoil, in a folder `contoso` of its own parent.
pub fn contoso_copy() -> TempDir {
    let parent = tempfile::tempdir().unwrap();
    copy(&contoso_folder(), &parent.path().join("contoso"));
    parent
}

/// Copies a folder with all that is in it.
pub fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy(&entry.path(), &target),
            false => std::fs::write(&target, std::fs::read(entry.path()).unwrap()).unwrap(),
        }
    }
}

/// All files below a folder: path relative to it, and content; sorted.
pub fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(current) = folders.pop() {
        for entry in std::fs::read_dir(&current).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => folders.push(path),
                false => {
                    let name = path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
                    files.push((name, std::fs::read(&path).unwrap()));
                }
            }
        }
    }
    files.sort();
    files
}

/// The file of one of the demo's registries, relative to a snapshot's folder.
pub fn document_path(resource_group: &str, name: &str) -> String {
    format!(
        "subscriptions/{CONTOSO}/resourceGroups/{resource_group}/providers/Microsoft.ContainerRegistry/registries/{name}.json"
    )
}

/// All results of all runs.
pub fn results(sarif: &Value) -> impl Iterator<Item = &Value> {
    let runs = sarif["runs"].as_array().expect("SARIF has runs");
    runs.iter().flat_map(|run| run["results"].as_array().expect("a run has results"))
}

/// The subscription that a run is of: the last part of its category.
pub fn subscription(run: &Value) -> String {
    let id = text(&run["automationDetails"]["id"]);
    id.trim_end_matches('/').rsplit('/').next().unwrap_or_default().to_owned()
}

/// The policy that gave a result: its rule may be one of its severity, or of what could not be told.
pub fn policy(result: &Value) -> String {
    text(result["properties"].get("acrscan/policy").unwrap_or(&result["ruleId"]))
}

/// What a result says: policy, kind, registry, field. Sorted.
pub fn verdicts(sarif: &Value) -> Vec<[String; 4]> {
    let mut verdicts: Vec<_> = results(sarif)
        .map(|result| {
            let property = |name: &str| text(&result["properties"][name]);
            let resource = property("acrscan/resourceId");
            let registry = resource.rsplit('/').next().unwrap_or_default().to_owned();
            [policy(result), property("acrscan/kind"), registry, property("acrscan/field")]
        })
        .collect();
    verdicts.sort();
    verdicts
}

/// Every result without its location: the same whatever the source.
pub fn without_locations(sarif: &Value) -> Vec<Value> {
    let mut results: Vec<Value> = results(sarif).cloned().collect();
    for result in &mut results {
        assert!(result.as_object_mut().unwrap().remove("locations").is_some(), "a result without a location");
        // Of the line there, where there is one.
        let fingerprints = result["partialFingerprints"].as_object_mut().unwrap();
        assert!(fingerprints.remove("primaryLocationLineHash").is_some(), "a result without a hash");
    }
    results
}

pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_owned()
}
