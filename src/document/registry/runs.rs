//! What is kept of a registry's runs: for each task, and for all that ran without one, how many there were and how they
//! ended. A run's log is not read, and of its error only a masked line is kept.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::model::visible::cut;

/// Of an error, so many characters are kept.
const MAX_ERROR: usize = 300;
/// A word of so many letters and digits in a row is taken for a secret.
const MIN_SECRET: usize = 32;

/// The runs of a registry since some day, and when what they rest on was last changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Runs(Value);

/// One group of runs: those of a task, or those without one.
#[derive(Debug, Default)]
struct Tally {
    count: usize,
    succeeded: usize,
    failed: usize,
    /// Creation time, status.
    last: Option<(String, String)>,
    /// Creation time of the last that succeeded.
    last_success: Option<String>,
    /// Creation time and error of the last that failed and says why.
    last_error: Option<(String, String)>,
}

impl Runs {
    /// Counts the runs that ARM listed. `complete` says whether the list went on.
    pub fn of(items: &[Value], since: &str, complete: bool, registry: &Value, tasks: &[Value]) -> Runs {
        let (mut quick, mut quick_on_pools) = (Tally::default(), Tally::default());
        let mut of_tasks: BTreeMap<String, Tally> = BTreeMap::new();
        for run in items {
            match task_name(run) {
                Some(name) => of_tasks.entry(name.to_owned()).or_default().add(run),
                // A pool has its own way to the registry.
                None if is_on_pool(run) => quick_on_pools.add(run),
                None => quick.add(run),
            }
        }
        let tasks_changed: BTreeMap<&str, Value> =
            tasks.iter().filter_map(|task| Some((task["name"].as_str()?, time(last_change(task)?)))).collect();
        Runs(json!({
            "since": since,
            "complete": complete,
            "quick": quick.into_value(),
            "quick_on_pools": quick_on_pools.into_value(),
            "tasks": of_tasks.into_iter().map(|(name, tally)| (name, tally.into_value())).collect::<BTreeMap<_, _>>(),
            "registry_changed": last_change(registry).map_or(Value::Null, time),
            "tasks_changed": tasks_changed,
        }))
    }

    pub(super) fn into_value(self) -> Value {
        self.0
    }
}

fn is_on_pool(run: &Value) -> bool {
    run["properties"]["agentPoolName"].as_str().is_some_and(|pool| !pool.is_empty())
}

/// When a resource was changed; by whom is nobody's business.
fn last_change(resource: &Value) -> Option<&str> {
    resource.pointer("/systemData/lastModifiedAt")?.as_str()
}

/// The task whose run it is. A quick run has none.
fn task_name(run: &Value) -> Option<&str> {
    let properties = &run["properties"];
    let kind = properties["runType"].as_str().unwrap_or_default();
    let name = properties["task"].as_str().filter(|name| !name.is_empty())?;
    // Azure's answers name a task by its id as well.
    (!kind.to_lowercase().starts_with("quick")).then(|| name.rsplit('/').next().unwrap_or(name))
}

impl Tally {
    fn add(&mut self, run: &Value) {
        let properties = &run["properties"];
        let text = |name: &str| properties[name].as_str().unwrap_or_default();
        // Without a time, it is the oldest there is.
        let created = text("createTime").to_owned();
        let status = text("status");
        self.count += 1;
        let succeeded = status.eq_ignore_ascii_case("Succeeded");
        let failed = ["Failed", "Error", "Timeout"].iter().any(|word| status.eq_ignore_ascii_case(word));
        self.succeeded += usize::from(succeeded);
        self.failed += usize::from(failed);
        let is_newer = |known: Option<&String>| known.is_none_or(|known| *known < created);
        if succeeded && is_newer(self.last_success.as_ref()) {
            self.last_success = Some(created.clone());
        }
        let error = text("runErrorMessage");
        if failed && !error.is_empty() && is_newer(self.last_error.as_ref().map(|(when, _)| when)) {
            self.last_error = Some((created.clone(), error.to_owned()));
        }
        if is_newer(self.last.as_ref().map(|(when, _)| when)) {
            self.last = Some((created, status.to_owned()));
        }
    }

    fn into_value(self) -> Value {
        let (last_time, last_status) = self.last.map_or((Value::Null, Value::Null), |(when, status)| {
            let is_word = status.len() <= 20 && status.bytes().all(|byte| byte.is_ascii_alphabetic());
            (time(&when), if is_word && !status.is_empty() { status.into() } else { Value::Null })
        });
        let error = self.last_error.map(|(_, error)| error);
        json!({
            "count": self.count,
            "succeeded": self.succeeded,
            "failed": self.failed,
            "last_status": last_status,
            "last_time": last_time,
            "last_success": self.last_success.as_deref().map_or(Value::Null, time),
            "last_error": error.as_deref().map_or(Value::Null, |error| masked(error).into()),
            "refused_address": error.as_deref().and_then(refused_address).map_or(Value::Null, Value::from),
        })
    }
}

/// A time as ARM writes it, or null where it is something else.
fn time(text: &str) -> Value {
    match chrono::DateTime::parse_from_rfc3339(text) {
        // One spelling, to the second: times are compared as texts.
        Ok(time) => time.to_utc().to_rfc3339_opts(chrono::SecondsFormat::Secs, true).into(),
        Err(_) => Value::Null,
    }
}

/// The address that a registry's firewall refused, where the error names one.
fn refused_address(error: &str) -> Option<String> {
    let (_, rest) = error.split_once("client with IP '")?;
    let (address, _) = rest.split_once('\'')?;
    address.parse::<std::net::IpAddr>().ok().map(|address| address.to_string())
}

/// An error in one line, short, and without what could be a secret: what follows a `?` of an address or stands before
/// its `@`, the value of a word such as `password`, and long rows of letters and digits.
fn masked(error: &str) -> String {
    let mut words: Vec<String> = Vec::new();
    let mut value_follows = false;
    for word in error.split_whitespace() {
        let names_secret = is_secret_name(word.trim_end_matches([':', '=', '"', '\'']));
        let ends_open = word.ends_with([':', '=']);
        words.push(if value_follows { "***".to_owned() } else { masked_word(word) });
        // `password: x`, `Authorization: Bearer x`, `--password x`.
        value_follows = (value_follows || word.starts_with('-') || ends_open) && names_secret
            || word.eq_ignore_ascii_case("bearer");
    }
    cut(&words.join(" "), MAX_ERROR).into_owned()
}

fn masked_word(word: &str) -> String {
    let mut word = word.to_owned();
    if let Some((scheme, rest)) = word.split_once("://")
        && let Some((_, host)) = rest.rsplit_once('@')
    {
        word = format!("{scheme}://***@{host}");
    }
    if word.contains("://")
        && let Some((address, query)) = word.split_once('?')
    {
        let closing: String = query.chars().rev().take_while(|last| "\"'):,".contains(*last)).collect();
        word = format!("{address}?***{}", closing.chars().rev().collect::<String>());
    }
    for separator in ['=', ':'] {
        if let Some((name, value)) = word.split_once(separator)
            && is_secret_name(name)
            && !value.is_empty()
        {
            return format!("{name}{separator}***");
        }
    }
    let is_part = |character: char| character.is_ascii_alphanumeric() || "+_=~".contains(character);
    let mut shown = String::new();
    let mut row = String::new();
    for character in word.chars().chain(['\0']) {
        if is_part(character) {
            row.push(character);
            continue;
        }
        let is_secret = row.len() >= MIN_SECRET || row.starts_with("eyJ");
        shown.push_str(if is_secret { "***" } else { &row });
        row.clear();
        if character != '\0' {
            shown.push(character);
        }
    }
    shown
}

fn is_secret_name(name: &str) -> bool {
    let name = name.trim_start_matches(['-', '"', '\'', '{', '(']).trim_end_matches(['"', '\'']).to_lowercase();
    ["password", "passwd", "pwd", "secret", "token", "apikey", "api_key", "accountkey", "sig", "authorization", "basic"]
        .iter()
        .any(|word| name.ends_with(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(kind: &str, task: &str, created: &str, status: &str, error: &str) -> Value {
        let mut run = json!({"properties": {"runType": kind, "createTime": created, "status": status}});
        if !task.is_empty() {
            run["properties"]["task"] = task.into();
        }
        if !error.is_empty() {
            run["properties"]["runErrorMessage"] = error.into();
        }
        run
    }

    #[test]
    fn runs_are_counted_by_task_and_the_newest_is_told() {
        let refused = "denied: client with IP '20.42.66.7' is not allowed access.";
        let items = [
            run("QuickBuild", "", "2026-11-20T10:00:00.1234567+00:00", "Failed", refused),
            run("QuickRun", "", "2026-11-21T10:00:00Z", "Succeeded", ""),
            run("AutoRun", "nightly", "2026-11-19T03:00:00Z", "Failed", "late"),
            run("AutoRun", "nightly", "2026-11-18T03:00:00Z", "Error", "early"),
            run("AutoBuild", "/subscriptions/s/tasks/build", "2026-11-18T03:00:00Z", "Running", ""),
            json!({"properties": null}),
            json!("hunter2"),
            json!({"properties": {"runType": "QuickRun", "agentPoolName": "pool", "status": "Canceled"}}),
        ];
        let registry = json!({"systemData": {"createdBy": "hunter2", "lastModifiedAt": "2026-11-01T00:00:00.5Z"}});
        let tasks = [json!({"name": "nightly", "systemData": {"lastModifiedAt": "hunter2"}}), json!({"name": "build"})];
        let runs = Runs::of(&items, "2026-10-22", true, &registry, &tasks).into_value();
        let of = |count: u32, succeeded: u32, failed: u32, last: [Value; 5]| {
            let [status, time, success, error, address] = last;
            json!({
                "count": count, "succeeded": succeeded, "failed": failed, "last_status": status, "last_time": time,
                "last_success": success, "last_error": error, "refused_address": address,
            })
        };
        let text = |text: &str| Value::from(text);
        let (null, at) = (Value::Null, |day: u8, hour: u8| text(&format!("2026-11-{day}T{hour:02}:00:00Z")));
        let expected = json!({
            "since": "2026-10-22", "complete": true,
            "quick": of(4, 1, 1, [text("Succeeded"), at(21, 10), at(21, 10), text(refused), text("20.42.66.7")]),
            "quick_on_pools": of(1, 0, 0, [text("Canceled"), null.clone(), null.clone(), null.clone(), null.clone()]),
            "tasks": {
                "build": of(1, 0, 0, [text("Running"), at(18, 3), null.clone(), null.clone(), null.clone()]),
                "nightly": of(2, 0, 2, [text("Failed"), at(19, 3), null.clone(), text("late"), null.clone()]),
            },
            "registry_changed": "2026-11-01T00:00:00Z",
            "tasks_changed": {"nightly": null},
        });
        assert_eq!(runs, expected);
        assert!(!runs.to_string().contains("hunter2"));
    }

    #[test]
    fn what_could_be_a_secret_is_masked_and_what_says_why_is_not() {
        for (error, expected) in [
            (
                "denied: client with IP '52.1.2.3' is not allowed access. Refer https://aka.ms/acr/firewall to grant\n access.",
                "denied: client with IP '52.1.2.3' is not allowed access. Refer https://aka.ms/acr/firewall to grant access.",
            ),
            (
                "Get \"https://u:hunter2@acr.io/v2/?sig=hunter2&se=1\": denied",
                "Get \"https://***@acr.io/v2/?***\": denied",
            ),
            ("login with password=hunter2 failed", "login with password=*** failed"),
            ("docker login --password hunter2 x", "docker login --password *** x"),
            ("Authorization: Bearer hunter2hunter2", "Authorization: *** ***"),
            ("token eyJhbGciOi.eyJzdWIi.c2ln expired", "token ***.***.c2ln expired"),
            ("key aGVsbG8gd29ybGQgaGVsbG8gd29ybGQgaGVsbG8= end", "key *** end"),
            ("failed to pull contosobuild.azurecr.io/base:1", "failed to pull contosobuild.azurecr.io/base:1"),
        ] {
            assert_eq!(masked(error), expected);
        }
        assert_eq!(masked(&"ab ".repeat(400)).chars().count(), MAX_ERROR + 1);
    }

    #[test]
    fn an_address_is_taken_for_one_only_where_it_is() {
        assert_eq!(refused_address("x client with IP '20.1.2.3' is"), Some("20.1.2.3".to_owned()));
        assert_eq!(refused_address("x client with IP '$(rm -rf)' is"), None);
        assert_eq!(refused_address("client with IP '20.1.2.3"), None);
    }
}
