//! Which registries have tasks and agent pools, asked of Azure Resource Graph for many subscriptions at once: registries
//! that have none need not be asked one by one.
//!
//! Resource Graph leaves out without a word what the caller may not read, and is minutes behind. So that there is none
//! is taken for known only of a registry that it shows, and where the caller's permissions on the subscription hold the
//! right to read it. What is there is read from Azure Resource Manager.

use std::collections::HashSet;
use std::time::Duration;

use reqwest::header::HeaderMap;
use serde_json::{Map, Value, json};
use tokio::sync::OnceCell;
use wildmatch::WildMatch;

use super::client::address;
use super::client::arm::Arm;
use super::client::error::AzureError;
use super::client::http::Throttle;

/// <https://learn.microsoft.com/rest/api/azureresourcegraph/resourcegraph/resources/resources>
const GRAPH_VERSION: &str = "2022-10-01";
/// <https://learn.microsoft.com/rest/api/authorization/permissions/list-for-resource-group>
const PERMISSIONS_VERSION: &str = "2022-04-01";
/// Subscriptions of one query, as Microsoft advises.
const SUBSCRIPTIONS_A_QUERY: usize = 300;
const ROWS_A_PAGE: usize = 1000;
/// More pages than any tenant has.
const MAX_PAGES: usize = 2000;

const QUERY: &str = "resources | where type in~ ('microsoft.containerregistry/registries', \
                     'microsoft.containerregistry/registries/tasks', \
                     'microsoft.containerregistry/registries/agentpools') | project id, type | order by id asc";

const TASKS_READ: &str = "microsoft.containerregistry/registries/tasks/read";
const AGENT_POOLS_READ: &str = "microsoft.containerregistry/registries/agentpools/read";

/// What Resource Graph shows: ids of registries, in lower case.
#[derive(Debug, Default)]
pub struct Discovered {
    registries: HashSet<String>,
    with_tasks: HashSet<String>,
    with_agent_pools: HashSet<String>,
}

/// What is known of one subscription's registries before they are asked.
pub struct View<'a> {
    discovered: Option<&'a Discovered>,
    /// Whether the caller may read the tasks and the agent pools of all its registries.
    permitted: OnceCell<[bool; 2]>,
}

impl<'a> View<'a> {
    /// Of what Resource Graph showed, if it did.
    pub fn of(discovered: Option<&'a Discovered>) -> View<'a> {
        View { discovered, permitted: OnceCell::new() }
    }

    /// Whether a registry has no task, for certain.
    pub async fn has_no_tasks(&self, arm: &Arm, subscription: &str, id: &str, throttle: &Throttle) -> bool {
        let shows = |discovered: &Discovered| !discovered.with_tasks.contains(&id.to_lowercase());
        self.is_known(id) && self.discovered.is_some_and(shows) && self.permitted(arm, subscription, throttle).await[0]
    }

    /// Whether a registry has no agent pool, for certain.
    pub async fn has_no_agent_pools(&self, arm: &Arm, subscription: &str, id: &str, throttle: &Throttle) -> bool {
        let shows = |discovered: &Discovered| !discovered.with_agent_pools.contains(&id.to_lowercase());
        self.is_known(id) && self.discovered.is_some_and(shows) && self.permitted(arm, subscription, throttle).await[1]
    }

    fn is_known(&self, id: &str) -> bool {
        self.discovered.is_some_and(|discovered| discovered.registries.contains(&id.to_lowercase()))
    }

    /// Where the permissions cannot be read, nothing is taken for known.
    async fn permitted(&self, arm: &Arm, subscription: &str, throttle: &Throttle) -> [bool; 2] {
        let read = async || {
            let permissions = permissions(arm, subscription, throttle).await.unwrap_or_default();
            [TASKS_READ, AGENT_POOLS_READ].map(|action| allows(&permissions, action))
        };
        *self.permitted.get_or_init(read).await
    }
}

/// The caller's permissions on a subscription.
async fn permissions(arm: &Arm, subscription: &str, throttle: &Throttle) -> Result<Vec<Value>, AzureError> {
    let segments = ["subscriptions", subscription, "providers", "Microsoft.Authorization", "permissions"];
    let url = address::arm_url(&arm.endpoint, segments.into_iter(), PERMISSIONS_VERSION)?;
    let mut items = Vec::new();
    arm.list(url, "value", throttle, async |page| items.extend(page)).await?;
    Ok(items)
}

/// Whether one of the assignments behind these permissions allows an action: it is among its actions, and not among what
/// it takes out.
fn allows(permissions: &[Value], action: &str) -> bool {
    let lists = |permission: &Value, name: &str| {
        let patterns = permission.get(name).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
        patterns.map(|pattern| pattern.to_lowercase()).any(|pattern| WildMatch::new(&pattern).matches(action))
    };
    // An assignment with a condition may not hold for each registry.
    let is_plain = |permission: &Value| permission.get("condition").is_none_or(Value::is_null);
    permissions.iter().any(|it| is_plain(it) && lists(it, "actions") && !lists(it, "notActions"))
}

/// Asks for all registries of the subscriptions that have tasks or agent pools.
///
/// # Errors
/// Any of the pages could not be read, or is not all there is: then nothing is known.
pub async fn discover(arm: &Arm, subscriptions: &[&str]) -> Result<Discovered, AzureError> {
    let mut discovered = Discovered::default();
    for some in subscriptions.chunks(SUBSCRIPTIONS_A_QUERY) {
        let mut skip_token = None;
        let mut seen = HashSet::new();
        for page in 0.. {
            if page >= MAX_PAGES {
                return Err(AzureError::Other(format!("Resource Graph goes on after {MAX_PAGES} pages")));
            }
            let mut options = json!({"$top": ROWS_A_PAGE, "resultFormat": "objectArray"});
            if let Some(token) = &skip_token {
                options["$skipToken"] = Value::String(String::clone(token));
            }
            let body = json!({"subscriptions": some, "query": QUERY, "options": options});
            let url = address::arm_url(
                &arm.endpoint,
                ["providers", "Microsoft.ResourceGraph", "resources"].into_iter(),
                GRAPH_VERSION,
            )?;
            let (answer, headers) = arm.query(url, &body, &Throttle::default()).await?;
            discovered.take(&answer, &headers)?;
            skip_token =
                answer.get("$skipToken").and_then(Value::as_str).map(str::to_owned).filter(|it| !it.is_empty());
            match &skip_token {
                None if is_true(answer.get("resultTruncated")) => {
                    return Err(AzureError::Other("Resource Graph cut its answer short".to_owned()));
                }
                None => break,
                Some(token) if !seen.insert(token.clone()) => {
                    return Err(AzureError::Other("Resource Graph points to a page that was already read".to_owned()));
                }
                Some(_) => tokio::time::sleep(wait(&headers)).await,
            }
        }
    }
    Ok(discovered)
}

impl Discovered {
    fn take(&mut self, answer: &Map<String, Value>, headers: &HeaderMap) -> Result<(), AzureError> {
        let is_cut = headers
            .get("x-ms-tenant-subscription-limit-hit")
            .is_some_and(|hit| hit.as_bytes().eq_ignore_ascii_case(b"true"));
        if is_cut {
            return Err(AzureError::Other(
                "Resource Graph looked at a part of the tenant's subscriptions only".to_owned(),
            ));
        }
        let Some(rows) = answer.get("data").and_then(Value::as_array) else {
            return Err(AzureError::Other("Resource Graph answered without rows (\"data\")".to_owned()));
        };
        for row in rows {
            let text = |name: &str| row.get(name).and_then(Value::as_str).unwrap_or_default().to_lowercase();
            let (id, kind) = (text("id"), text("type"));
            let registry = id.rsplitn(3, '/').nth(2).unwrap_or_default().to_owned();
            match kind.rsplit('/').next() {
                Some("registries") => drop(self.registries.insert(id)),
                Some("tasks") => drop(self.with_tasks.insert(registry)),
                Some("agentpools") => drop(self.with_agent_pools.insert(registry)),
                _ => return Err(AzureError::Other("Resource Graph answered with a row of another kind".to_owned())),
            }
        }
        Ok(())
    }
}

fn is_true(value: Option<&Value>) -> bool {
    match value {
        Some(Value::Bool(is)) => *is,
        Some(Value::String(text)) => text.eq_ignore_ascii_case("true"),
        _ => false,
    }
}

/// How long to wait before the next query: nothing while the quota has some left.
fn wait(headers: &HeaderMap) -> Duration {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let has_none =
        text("x-ms-user-quota-remaining").is_some_and(|left| left.parse::<i64>().is_ok_and(|left| left <= 0));
    let seconds = text("x-ms-user-quota-resets-after").and_then(|time| {
        let parts: Vec<u64> = time.split(':').map(|part| part.parse().ok()).collect::<Option<_>>()?;
        let [hours, minutes, seconds] = parts[..] else { return None };
        Some(hours * 3600 + minutes * 60 + seconds)
    });
    match has_none {
        true => Duration::from_secs(seconds.unwrap_or(5).clamp(1, 600)),
        false => Duration::ZERO,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn permissions_hold_an_action_where_one_assignment_does() {
        let one = |actions: Value, not: Value| json!({"actions": actions, "notActions": not});
        let allowed = |permissions: &[Value]| allows(permissions, TASKS_READ);
        assert!(allowed(&[one(json!(["*/read"]), json!([]))]));
        assert!(allowed(&[one(json!(["*"]), json!(["Microsoft.Authorization/*/Write"]))]));
        assert!(allowed(&[one(json!(["Microsoft.ContainerRegistry/registries/*"]), json!([]))]));
        assert!(!allowed(&[one(json!(["*"]), json!(["Microsoft.ContainerRegistry/registries/Tasks/*"]))]));
        assert!(!allowed(&[one(json!(["Microsoft.ContainerRegistry/registries/read"]), json!([]))]));
        assert!(allowed(&[one(json!([]), json!([])), one(json!(["*/READ"]), json!([]))]));
        assert!(!allowed(&[]) && !allowed(&[json!({"actions": ["*"], "notActions": [], "condition": "x"})]));
    }

    #[test]
    fn the_quota_is_waited_for() {
        let headers = |left: &str, resets: &str| {
            let mut headers = HeaderMap::new();
            headers.insert("x-ms-user-quota-remaining", left.parse().expect("a value"));
            headers.insert("x-ms-user-quota-resets-after", resets.parse().expect("a value"));
            wait(&headers).as_secs()
        };
        assert_eq!([headers("3", "00:00:05"), headers("0", "00:00:04"), headers("0", "soon")], [0, 4, 5]);
        assert_eq!(wait(&HeaderMap::new()), Duration::ZERO);
    }

    #[test]
    fn a_part_is_never_taken_for_the_whole() {
        let take = |answer: Value, hit: Option<&str>| {
            let mut headers = HeaderMap::new();
            if let Some(hit) = hit {
                headers.insert("x-ms-tenant-subscription-limit-hit", hit.parse().expect("a value"));
            }
            Discovered::default().take(answer.as_object().expect("an object"), &headers).is_ok()
        };
        assert!(take(json!({"data": []}), None) && take(json!({"data": []}), Some("false")));
        assert!(!take(json!({"data": []}), Some("true")) && !take(json!({}), None));
        assert!(!take(json!({"data": [{"id": "/x", "type": "other"}]}), None));
    }
}
