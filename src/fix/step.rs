//! What a fix does to a registry: read from the `az` commands of findings, and written again in whatever order is safe.

use serde_json::{Map, Value, json};

use super::shell::{Word, option, quote, words};

/// Whose role it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Principal {
    /// The system-assigned identity of the task of this name, which a step before may have made.
    SystemOf(String),
    /// This principal.
    Id(String),
}

/// A change to Azure that `az` makes with one command.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// Assigns a task its identities: the system-assigned one and these, in place of what it has.
    AssignIdentity { task: String, users: Vec<String> },
    /// Gives a principal a role on the registry.
    CreateRole { principal: Principal, role: String },
    /// Adds a task's credential, which fails where the server has one, or updates it, which fails where it has none.
    Credential { task: String, server: String, add: bool },
    /// Has a task log in to its registry with its system-assigned identity, as repository permissions want it.
    SourceIdentity { task: String },
    /// Turns a task's default login on or off.
    AuthMode { task: String, default: bool },
    /// Has a task run on an agent pool.
    Pool { task: String, pool: String },
    /// Approves a private endpoint.
    ApproveEndpoint { name: String },
    /// Gives an agent pool machines.
    PoolCount { pool: String, count: u64 },
    /// Changes properties of the registry, and nothing that is not named.
    Properties(Map<String, Value>),
    /// Adds a firewall rule.
    AddRule { value: String },
    /// Takes a firewall rule away.
    RemoveRule { value: String },
    /// Takes away a role assignment.
    DeleteRole { id: String },
    /// Makes the registry Premium, which costs.
    Sku(String),
}

/// What the commands of a registry need to know of it.
#[derive(Debug, Clone, Default)]
pub struct RegistryNames {
    /// Its name.
    pub name: String,
    /// Its id.
    pub id: String,
    /// Its subscription.
    pub subscription: String,
}

impl RegistryNames {
    /// Starts a run of a task.
    pub fn run(&self, task: &str) -> String {
        let (registry, name) = (option("--registry", &self.name), option("--name", task));
        format!("az acr task run {registry} {name} {}", option("--subscription", &self.subscription))
    }
}

/// Where in the order a step belongs: what opens a way comes before what closes one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Identities.
    Identity,
    /// What they may do.
    Role,
    /// How tasks log in.
    Credential,
    /// Pools and private endpoints.
    Network,
    /// The firewall's list, before it is in force.
    Firewall,
    /// Ways that the registry opens.
    Open,
    /// What shuts something.
    Close,
    /// What takes a way that another has replaced.
    Remove,
}

impl Step {
    /// Reads a command; nothing where it does what is not known here.
    pub fn parse(command: &str, names: &RegistryNames) -> Option<Step> {
        let words = words(command)?;
        let split = words.iter().position(|word| word.text().is_some_and(|text| text.starts_with("--")))?;
        let head: Vec<&str> = words[..split].iter().filter_map(Word::text).collect();
        let options = Options::read(&words[split..])?;
        let task = || Some(options.text("--name")?.to_owned());
        match head.join(" ").as_str() {
            "az acr task identity assign" => {
                let mut users = options.texts("--identities")?;
                let before = users.len();
                users.retain(|id| id != "[system]");
                (users.len() < before).then_some(Step::AssignIdentity { task: task()?, users })
            }
            "az role assignment create" => {
                let principal = match options.words("--assignee-object-id")? {
                    [Word::Text(id)] => Principal::Id(id.clone()),
                    [Word::Output(inner)] => Principal::SystemOf(shown_task(inner)?),
                    _ => return None,
                };
                let scope = options.text("--scope")?;
                scope
                    .eq_ignore_ascii_case(&names.id)
                    .then_some(Step::CreateRole { principal, role: options.text("--role")?.to_owned() })
            }
            "az role assignment delete" => Some(Step::DeleteRole { id: options.text("--ids")?.to_owned() }),
            head @ ("az acr task credential add" | "az acr task credential update") => {
                (options.text("--use-identity")? == "[system]").then_some(Step::Credential {
                    task: task()?,
                    server: options.text("--login-server")?.to_owned(),
                    add: head.ends_with("add"),
                })
            }
            "az acr task update" => match (options.text("--auth-mode"), options.text("--source-acr-auth-id")) {
                (Some(mode), None) => {
                    Some(Step::AuthMode { task: task()?, default: mode.eq_ignore_ascii_case("default") })
                }
                (None, Some("[system]")) => Some(Step::SourceIdentity { task: task()? }),
                (None, None) => Some(Step::Pool { task: task()?, pool: options.text("--agent-pool")?.to_owned() }),
                _ => None,
            },
            "az acr private-endpoint-connection approve" => Some(Step::ApproveEndpoint { name: task()? }),
            "az acr agentpool update" => {
                Some(Step::PoolCount { pool: task()?, count: options.text("--count")?.parse().ok()? })
            }
            "az resource patch" => {
                let properties = serde_json::from_str(options.text("--properties")?).ok()?;
                options.text("--ids")?.eq_ignore_ascii_case(&names.id).then_some(Step::Properties(properties))
            }
            "az acr network-rule add" => Some(Step::AddRule { value: options.text("--ip-address")?.to_owned() }),
            "az acr network-rule remove" => Some(Step::RemoveRule { value: options.text("--ip-address")?.to_owned() }),
            "az acr config retention update" => {
                let status = options.text("--status")?;
                let days: u64 = options.text("--days")?.parse().ok()?;
                Some(policy("retentionPolicy", json!({ "status": status, "days": days })))
            }
            "az acr config authentication-as-arm update" => {
                Some(policy("azureADAuthenticationAsArmPolicy", json!({ "status": options.text("--status")? })))
            }
            "az acr update" => update(&options),
            _ => None,
        }
    }

    /// Where it belongs, given whether the registry lets everybody in before it.
    pub fn phase(&self, open: bool) -> Phase {
        match self {
            Step::AssignIdentity { .. } => Phase::Identity,
            Step::CreateRole { .. } => Phase::Role,
            Step::Credential { .. } | Step::SourceIdentity { .. } | Step::AuthMode { default: true, .. } => {
                Phase::Credential
            }
            Step::Pool { .. } | Step::ApproveEndpoint { .. } | Step::PoolCount { .. } => Phase::Network,
            Step::Properties(properties) => {
                let is = |name: &str, value: &Value| properties.get(name) == Some(value);
                if let Some(set) = properties.get("networkRuleSet") {
                    if open && set["defaultAction"] == "Deny" { Phase::Close } else { Phase::Firewall }
                } else if is("networkRuleBypassAllowedForTasks", &json!(true))
                    || is("publicNetworkAccess", &json!("Enabled"))
                {
                    Phase::Open
                } else {
                    Phase::Close
                }
            }
            Step::AddRule { .. } => Phase::Firewall,
            Step::Sku(_) | Step::RemoveRule { .. } => Phase::Close,
            Step::AuthMode { default: false, .. } | Step::DeleteRole { .. } => Phase::Remove,
        }
    }

    /// Whether it changes the firewall's list or what the list is for: both are changed together, as a whole.
    pub fn edits_rules(&self) -> bool {
        match self {
            Step::AddRule { .. } | Step::RemoveRule { .. } => true,
            Step::Properties(properties) => properties.contains_key("networkRuleSet"),
            _ => false,
        }
    }

    /// The command, as one line of bash.
    pub fn bash(&self, names: &RegistryNames) -> String {
        let subscription = option("--subscription", &names.subscription);
        let of_task = |words: &str, task: &str, rest: &str| {
            let (registry, name) = (option("--registry", &names.name), option("--name", task));
            format!("az acr task {words} {registry} {name} {rest} {subscription}")
        };
        match self {
            Step::AssignIdentity { task, users } => {
                let users: String = users.iter().map(|id| format!(" {}", quote(id))).collect();
                of_task("identity assign", task, &format!("--identities '[system]'{users}"))
            }
            Step::CreateRole { principal, role } => {
                let assignee = match principal {
                    Principal::Id(id) => quote(id),
                    Principal::SystemOf(task) => {
                        format!("\"$({})\"", of_task("show", task, "--query identity.principalId --output tsv"))
                    }
                };
                format!(
                    "az role assignment create {} --assignee-object-id {assignee} --assignee-principal-type \
                     ServicePrincipal {} {subscription}",
                    option("--role", role),
                    option("--scope", &names.id)
                )
            }
            Step::Credential { task, server, add } => {
                let verb = if *add { "credential add" } else { "credential update" };
                of_task(verb, task, &format!("--use-identity '[system]' {}", option("--login-server", server)))
            }
            Step::SourceIdentity { task } => of_task("update", task, "--source-acr-auth-id '[system]'"),
            Step::AuthMode { task, default } => {
                of_task("update", task, &format!("--auth-mode {}", if *default { "Default" } else { "None" }))
            }
            Step::Pool { task, pool } => of_task("update", task, &option("--agent-pool", pool)),
            Step::ApproveEndpoint { name } => format!(
                "az acr private-endpoint-connection approve {} {} {subscription}",
                option("--registry-name", &names.name),
                option("--name", name)
            ),
            Step::PoolCount { pool, count } => format!(
                "az acr agentpool update {} {} --count {count} {subscription}",
                option("--registry", &names.name),
                option("--name", pool)
            ),
            Step::Properties(properties) => format!(
                "az resource patch {} --api-version 2025-11-01 --properties {} {subscription}",
                option("--ids", &names.id),
                quote(&Value::Object(properties.clone()).to_string())
            ),
            Step::AddRule { value } | Step::RemoveRule { value } => format!(
                "az acr network-rule {} {} {} {subscription}",
                if matches!(self, Step::AddRule { .. }) { "add" } else { "remove" },
                option("--name", &names.name),
                option("--ip-address", value)
            ),
            Step::DeleteRole { id } => format!("az role assignment delete {} {subscription}", option("--ids", id)),
            Step::Sku(sku) => {
                format!("az acr update {} --sku {} {subscription}", option("--name", &names.name), quote(sku))
            }
        }
    }
}

/// A policy of the registry.
fn policy(name: &str, value: Value) -> Step {
    Step::Properties(Map::from_iter([("policies".to_owned(), json!({ name: value }))]))
}

/// `az acr update` as the properties that it sets.
fn update(options: &Options) -> Option<Step> {
    let mut properties = Map::new();
    for (key, values) in &options.0 {
        let [Word::Text(value)] = values.as_slice() else { return None };
        let truth = value.eq_ignore_ascii_case("true");
        let (name, value) = match key.as_str() {
            "--name" | "--subscription" => continue,
            "--sku" => return Some(Step::Sku(value.clone())),
            "--default-action" => ("networkRuleSet", json!({ "defaultAction": value })),
            "--public-network-enabled" => ("publicNetworkAccess", json!(if truth { "Enabled" } else { "Disabled" })),
            "--allow-trusted-services" => {
                ("networkRuleBypassOptions", json!(if truth { "AzureServices" } else { "None" }))
            }
            "--anonymous-pull-enabled" => ("anonymousPullEnabled", json!(truth)),
            "--admin-enabled" => ("adminUserEnabled", json!(truth)),
            "--data-endpoint-enabled" => ("dataEndpointEnabled", json!(truth)),
            _ => return None,
        };
        properties.insert(name.to_owned(), value);
    }
    Some(Step::Properties(properties))
}

/// The task whose principal a command shows.
fn shown_task(command: &str) -> Option<String> {
    let words = words(command)?;
    let head: Vec<&str> = words.iter().take(4).filter_map(Word::text).collect();
    (head == ["az", "acr", "task", "show"]).then_some(())?;
    let options = Options::read(&words[4..])?;
    (options.text("--query")? == "identity.principalId").then_some(options.text("--name")?.to_owned())
}

/// Options with their values, in order.
struct Options(Vec<(String, Vec<Word>)>);

impl Options {
    fn read(words: &[Word]) -> Option<Options> {
        let mut options: Vec<(String, Vec<Word>)> = Vec::new();
        for word in words {
            match word {
                Word::Text(text) if text.starts_with("--") => match text.split_once('=') {
                    Some((key, value)) => options.push((key.to_owned(), vec![Word::Text(value.to_owned())])),
                    None => options.push((text.clone(), Vec::new())),
                },
                word => options.last_mut()?.1.push(word.clone()),
            }
        }
        Some(Options(options))
    }

    fn words(&self, key: &str) -> Option<&[Word]> {
        self.0.iter().find(|(name, _)| name == key).map(|(_, values)| values.as_slice())
    }

    fn text(&self, key: &str) -> Option<&str> {
        match self.words(key)? {
            [word] => word.text(),
            _ => None,
        }
    }

    fn texts(&self, key: &str) -> Option<Vec<String>> {
        self.words(key)?.iter().map(|word| word.text().map(str::to_owned)).collect()
    }
}
