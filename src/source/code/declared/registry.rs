//! From a registry as source code declares it to its registry document, with the place of every property.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::default_locations;
use super::default_locations::DefaultProperty;
use super::node::{Node, NodeValue, Provenance, Span};
use super::open_object::is_marker;
use super::secrets;
use super::spelling::{REFERENCES, SPELLING, stand_in};
use crate::document::registry;
use crate::document::registry::task_needs;
use crate::document::registry::{ApiVersions, Credentials, Parts, Reading};
use crate::model::finding::ScopeName;
use crate::model::inventory::{Declaration, Language, Origin, RegistryRecord, SourceLocation};
use crate::model::repository::repository_path;

/// A registry as source code declares it, in ARM's shape and spelling.
#[derive(Debug, Clone)]
pub struct DeclaredRegistry {
    /// The language.
    pub language: Language,
    /// The folder or file that the address is relative to, as a user would open it; empty for the working directory.
    pub root: String,
    /// Terraform address, JSON pointer or Bicep symbol; in no two registries of one root the same.
    pub address: String,
    /// What a reader is shown in place of the address, where that is no name: a JSON pointer.
    pub logical: Option<String>,
    /// The resource group that it is in, where the code says so.
    pub resource_group: Option<String>,
    /// The head of the resource's block.
    pub block: Span,
    /// Where else to look: the call of the module.
    pub related: Vec<(&'static str, Span)>,
    /// The registry: `name`, `location`, `sku`, `identity`, `properties`. What is not declared and has a default has it
    /// here, with a note that says so; what is not declared and has none is not here.
    pub registry: Node,
    /// Its tasks, in ARM's shape, each at the head of its block.
    pub tasks: Vec<Node>,
    /// Whether nothing else can have made a task of it.
    pub all_tasks: bool,
    /// Its agent pools, in ARM's shape, each at the head of its block.
    pub agent_pools: Vec<Node>,
    /// Whether nothing else can have made a pool of it.
    pub all_agent_pools: bool,
    /// Role assignments that hold at the registry, in ARM's shape.
    pub role_assignments: Vec<Node>,
    /// Whether this source shows no role assignment that it does not tell.
    pub all_role_assignments: bool,
    /// It is somebody else's: the source only says what it adds to it.
    pub is_elsewhere: bool,
    /// The api-version that the code names.
    pub api_version: Option<String>,
    /// The same registry for each value that one of its parameters may take, where this one has that value as unknown.
    pub alternatives: Vec<DeclaredRegistry>,
}

impl DeclaredRegistry {
    /// All its values, those of its alternatives among them.
    fn nodes(&self) -> Vec<&Node> {
        let lists = [&self.tasks, &self.agent_pools, &self.role_assignments];
        let own = std::iter::once(&self.registry).chain(lists.into_iter().flatten());
        own.chain(self.alternatives.iter().flat_map(DeclaredRegistry::nodes)).collect()
    }

    /// What was not read may add to it: no list of it is known to its end.
    pub fn doubt(&mut self) {
        self.all_tasks = false;
        self.all_agent_pools = false;
        self.alternatives.iter_mut().for_each(DeclaredRegistry::doubt);
        self.doubt_access();
    }

    /// Where something is still not known with a parameter's value, the registry with each value that it may have.
    pub fn with_few_values(mut self) -> Vec<DeclaredRegistry> {
        match std::mem::take(&mut self.alternatives) {
            others if others.is_empty() => vec![self],
            others => others,
        }
    }

    /// What was not read may give access to it: endpoints and roles.
    pub fn doubt_access(&mut self) {
        self.all_role_assignments = false;
        let properties = self.registry.member_mut("properties");
        let connections = properties.and_then(|properties| properties.member_mut("privateEndpointConnections"));
        if let Some(NodeValue::List(items)) = connections.map(|connections| &mut connections.value)
            && items.iter().all(|item| !item.is_unknown())
        {
            items.push(Node::unknown("Private endpoints may have been made elsewhere."));
        }
        self.alternatives.iter_mut().for_each(DeclaredRegistry::doubt_access);
    }

    /// The record that policies are evaluated over.
    pub fn into_record(self) -> RegistryRecord {
        let alternatives = self.alternatives.iter().map(|other| other.written().0).collect();
        let secrets = secrets::collect(self.nodes());
        let (document, mut properties, defaults) = self.written();
        let id = match repository_path(&self.root).as_str() {
            "" => self.address.clone(),
            root => format!("{root}:{}", self.address),
        };
        let name = self.registry.get_folded("name").filter(|name| !name.holds_secrets());
        let registry_name = name.and_then(Node::as_str).map(str::to_owned);
        let block = location_of(&self.block, &self.related, None);
        default_locations::add(defaults, &mut properties, &block);
        let declaration = Declaration {
            language: self.language,
            address: self.address,
            logical: self.logical,
            registry_name,
            resource_group: self.resource_group,
            block,
            properties,
        };
        let origin = Origin::Source(Arc::new(declaration));
        RegistryRecord { scope: ScopeName::Source, id, document, origin, alternatives, secrets }
    }

    /// The registry document, where each of its properties stands, and what of it stands nowhere.
    fn written(&self) -> (String, BTreeMap<String, SourceLocation>, Vec<DefaultProperty>) {
        let mut writer = Writer { outer: &self.related, ..Writer::default() };
        let registry = writer.value(&self.registry, "/registry").unwrap_or(Value::Null);
        let (tasks, nodes) = writer.children(&self.tasks, "/tasks", self.all_tasks);
        let (agent_pools, _) = writer.children(&self.agent_pools, "/agent_pools", self.all_agent_pools);
        let (role_assignments, _) =
            writer.children(&self.role_assignments, "/role_assignments", self.all_role_assignments);
        let named = || tasks.iter().zip(&nodes).filter_map(|(task, node)| Some((task["name"].as_str()?, *node)));
        let credentials = named().filter_map(|(name, node)| {
            // What is not known of a login must not read as a login that is not set.
            let known = node.get("properties")?.get_folded("credentials").is_none_or(login_is_known);
            known.then(|| Some((name.to_owned(), Credentials::from_answer(outline(node).as_object()?)?)))?
        });
        let needs = named().map(|(name, node)| (name.to_owned(), task_needs::fact(&outline(node), &registry)));
        let parts = Parts {
            task_credentials: Reading::Read(credentials.collect()),
            task_needs: Some(needs.collect()),
            registry,
            role_assignments: Reading::Read(role_assignments),
            tasks: Some(tasks),
            agent_pools: Some(agent_pools),
            partial: writer.partial,
            address: Some(self.address.clone()),
            ..Parts::default()
        };
        let version = self.api_version.as_deref().unwrap_or_default();
        (registry::build(parts, ApiVersions { registry: version, tasks: None }), writer.locations, writer.defaults)
    }
}

/// What is not known of a login must not read as a login that is not set. What an entry holds may be unknown: that it
/// is a password's, or an identity's, shows all the same.
fn login_is_known(credentials: &Node) -> bool {
    let fully = |name: &str| credentials.get_folded(name).is_none_or(Node::is_fully_known);
    let servers = credentials.get_folded("customRegistries");
    !credentials.is_unknown() && fully("sourceRegistry") && servers.is_none_or(|servers| !servers.is_unknown())
}

/// A value with a text of its own for whatever is not known, for facts that are worked out from what is.
fn outline(node: &Node) -> Value {
    match &node.value {
        NodeValue::Unknown => task_needs::UNKNOWN_TEXT.into(),
        // However it is called, it is no system-assigned identity.
        NodeValue::Symbol(symbol) if symbol.contains("user_assigned_identity.") => "[user-assigned]".into(),
        NodeValue::Symbol(_) => task_needs::UNKNOWN_TEXT.into(),
        NodeValue::Null => Value::Null,
        NodeValue::Bool(flag) => json!(flag),
        NodeValue::Number(number) => json!(number),
        NodeValue::String(text) => json!(text),
        NodeValue::List(items) => items.iter().map(outline).collect(),
        NodeValue::Object(members) => {
            let written = members.iter().filter(|(name, _)| !is_marker(name));
            written.map(|(name, member)| (spelled(name).to_owned(), outline(member))).collect()
        }
    }
}

/// A name as the REST specification spells it.
fn spelled(name: &str) -> &str {
    SPELLING.iter().find(|known| known.eq_ignore_ascii_case(name)).copied().unwrap_or(name)
}

#[derive(Default)]
struct Writer<'a> {
    outer: &'a [(&'static str, Span)],
    locations: BTreeMap<String, SourceLocation>,
    defaults: Vec<DefaultProperty>,
    partial: Vec<String>,
}

impl Writer<'_> {
    /// Writes the list in the order that the document has it.
    fn children<'n>(&mut self, nodes: &'n [Node], pointer: &str, all: bool) -> (Vec<Value>, Vec<&'n Node>) {
        let mut sorted: Vec<&Node> = nodes.iter().collect();
        sorted.sort_by_cached_key(|node| {
            let text = |name: &str| node.get_folded(name).and_then(Node::as_str).unwrap_or_default().to_owned();
            (text("name").to_lowercase(), text("id"))
        });
        if !all {
            self.partial.push(pointer.to_owned());
        }
        let values = sorted.iter().enumerate();
        let values = values.map(|(index, node)| self.value(node, &format!("{pointer}/{index}")).unwrap_or(json!({})));
        (values.collect(), sorted)
    }

    /// Writes a value; `None` where it is absent from the document.
    fn value(&mut self, node: &Node, pointer: &str) -> Option<Value> {
        let mut location = location(&node.provenance);
        if let Some(location) = &mut location {
            location.related.extend(self.outer.iter().map(|(message, span)| span.related(message)));
        }
        match (location, &node.provenance.note) {
            (Some(location), _) => drop(self.locations.insert(pointer.to_owned(), location)),
            (None, Some(note)) => self.defaults.push((pointer.to_owned(), Arc::clone(note))),
            (None, None) => {}
        }
        Some(match &node.value {
            NodeValue::Unknown | NodeValue::Symbol(_) | NodeValue::Null => return None,
            NodeValue::Bool(flag) => json!(flag),
            NodeValue::Number(number) => json!(number),
            NodeValue::String(text) => json!(text),
            NodeValue::List(items) => Value::Array(self.items(items, pointer)),
            NodeValue::Object(members) => Value::Object(self.members(members, pointer)),
        })
    }

    fn items(&mut self, items: &[Node], pointer: &str) -> Vec<Value> {
        let mut written = Vec::new();
        for item in items {
            let unknown_rule = pointer.ends_with("/ipRules") && item.get_folded("value").is_some_and(Node::is_unknown);
            let value = match unknown_rule {
                true => None,
                false => self.value(item, &format!("{pointer}/{}", written.len())),
            };
            match value {
                Some(value) => written.push(value),
                None if matches!(item.value, NodeValue::Null) => {}
                None => self.listed_as_partial(pointer),
            }
        }
        written
    }

    fn members(&mut self, members: &[(String, Node)], pointer: &str) -> Map<String, Value> {
        let mut written = Map::new();
        for (name, member) in members.iter().filter(|(name, _)| !is_marker(name)) {
            let name = spelled(name);
            let path = format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"));
            let value = match &member.value {
                NodeValue::Symbol(symbol) if REFERENCES.contains(&name) => {
                    self.value(member, &path);
                    Some(json!(symbol))
                }
                _ => self.value(member, &path),
            };
            match value {
                Some(value) => drop(written.insert(name.to_owned(), value)),
                None if member.is_unknown() => {
                    if let Some(stand_in) = stand_in(name) {
                        written.insert(name.to_owned(), stand_in);
                        self.listed_as_partial(&path);
                    }
                }
                None => {}
            }
        }
        written
    }

    fn listed_as_partial(&mut self, pointer: &str) {
        if !self.partial.iter().any(|known| known == pointer) {
            self.partial.push(pointer.to_owned());
        }
    }
}

fn location(provenance: &Provenance) -> Option<SourceLocation> {
    Some(location_of(provenance.span.as_ref()?, &provenance.related, provenance.note.as_ref()))
}

fn location_of(span: &Span, related: &[(&'static str, Span)], note: Option<&Arc<str>>) -> SourceLocation {
    SourceLocation {
        file: Arc::clone(&span.file),
        region: span.region(),
        related: related.iter().map(|(message, span)| span.related(message)).collect(),
        note: note.cloned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::text_file::TextFile;

    fn document(registry: Value, tasks: Vec<Node>) -> (Value, BTreeMap<String, SourceLocation>) {
        let file = Arc::new(TextFile::new("main.tf", "resource\n"));
        let declared = DeclaredRegistry {
            language: Language::Terraform,
            root: "infra".to_owned(),
            address: "azurerm_container_registry.main".to_owned(),
            logical: None,
            resource_group: None,
            block: Span::new(&file, 0..8),
            related: Vec::new(),
            registry: Node::from_json(registry),
            tasks,
            all_tasks: true,
            agent_pools: Vec::new(),
            all_agent_pools: true,
            role_assignments: Vec::new(),
            all_role_assignments: false,
            is_elsewhere: false,
            api_version: None,
            alternatives: Vec::new(),
        };
        let (text, locations, _) = declared.written();
        (serde_json::from_str(&text).expect("JSON"), locations)
    }

    #[test]
    fn names_are_spelled_as_arm_spells_them_and_null_is_not_there() {
        let (document, _) =
            document(json!({"Name": "a", "PROPERTIES": {"publicnetworkaccess": "Disabled", "x": null}}), Vec::new());
        assert_eq!(document["registry"], json!({"name": "a", "properties": {"publicNetworkAccess": "Disabled"}}));
        assert_eq!(document["partial"], json!(["/role_assignments"]));
    }

    #[test]
    fn what_is_not_known_is_told_from_what_is_not_there() {
        let mut task = Node::from_json(json!({"name": "b"}));
        let pool = ("agentPoolName".to_owned(), Node::unknown("A parameter without a value."));
        task.set("properties", Node::new(NodeValue::Object(vec![pool])));
        task.set("identity", Node::unknown("It is given later."));
        let mut other = Node::from_json(json!({"name": "A", "identity": null, "properties": {}}));
        other.set("id", Node::new(NodeValue::Symbol("azurerm_container_registry_task.a.id".into())));
        let (document, _) = document(json!({"name": "r"}), vec![task, other]);
        assert_eq!(
            document["tasks"],
            json!([
                {"name": "A", "id": "azurerm_container_registry_task.a.id", "properties": {}},
                {"name": "b", "identity": {}, "properties": {"agentPoolName": null}},
            ])
        );
        assert_eq!(
            document["partial"],
            json!(["/tasks/1/properties/agentPoolName", "/tasks/1/identity", "/role_assignments"])
        );
    }

    #[test]
    fn a_list_keeps_what_is_known_of_it() {
        let mut registry = Node::from_json(json!({"properties": {"networkRuleSet": {"ipRules": []}}}));
        let rule = |value: Node| Node::new(NodeValue::Object(vec![("value".to_owned(), value)]));
        let rules = vec![rule(Node::text("1.2.3.4")), rule(Node::default()), Node::default(), rule(Node::text("::1"))];
        let rules = Node::new(NodeValue::Object(vec![("ipRules".to_owned(), Node::new(NodeValue::List(rules)))]));
        registry.set("properties", Node::new(NodeValue::Object(vec![("networkRuleSet".to_owned(), rules)])));
        let mut writer = Writer::default();
        let value = writer.value(&registry, "/registry").expect("an object");
        assert_eq!(
            value.pointer("/properties/networkRuleSet/ipRules"),
            Some(&json!([{"value": "1.2.3.4"}, {"value": "::1"}]))
        );
        assert_eq!(writer.partial, ["/registry/properties/networkRuleSet/ipRules"]);
    }
}
