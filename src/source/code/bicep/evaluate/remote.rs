//! Modules from elsewhere: in Bicep's cache, in a template that was compiled beside, or on no disk here.

use super::super::super::arm::expression::Expr;
use super::super::super::arm::{Resource, registry_of};
use super::super::super::declared::{Node, NodeValue, is_marker};
use super::super::declare::ModuleDeclaration;
use super::super::files::Unit;
use super::super::syntax::Module;
use super::modules::{Call, Source};
use super::{Evaluation, ModuleContext};
use crate::model::file_gap::FileGap;
use crate::model::inventory::SkippedFile;

/// Names of parameters that only what makes a registry takes.
const PARAMETERS: [&str; 12] = [
    "acrsku",
    "acradminuserenabled",
    "adminuserenabled",
    "anonymouspullenabled",
    "networkrulebypassoptions",
    "networkrulebypassallowedfortasks",
    "networkrulesetdefaultaction",
    "networkrulesetiprules",
    "exportpolicystatus",
    "quarantinepolicystatus",
    "trustpolicystatus",
    "roleassignmentmode",
];

impl Evaluation<'_> {
    /// Where a module from elsewhere is; an error says why its outputs are not known.
    pub(super) fn remote(&mut self, unit: &Unit, module: &Module, is_used: bool) -> Result<Source, String> {
        let cached = self.files.cached_module(&unit.path, &module.path);
        let found = cached.or_else(|| self.files.compiled_module(unit, module));
        match found {
            None => Ok(Source::Missing),
            Some((template, path)) if is_used || concerns_registries(&template) => {
                Ok(Source::Foreign { template, path })
            }
            Some(_) => Err(format!("The module {} has nothing to do with registries.", module.symbol)),
        }
    }

    /// A module that is on no disk: a gap where it may make a registry. What is handed one works on that.
    pub(super) fn missing(&mut self, called: &ModuleDeclaration<'_>, call: &Call, context: ModuleContext<'_>) -> Node {
        let (path, symbol) = (&called.module.path, &called.module.symbol);
        let mut handed = Vec::new();
        find_registries(&call.parameters, &mut handed);
        let own = own_path(path).to_lowercase();
        let is_registry = own.ends_with("avm/res/container-registry/registry");
        if !handed.is_empty() && own.ends_with("avm/res/network/private-endpoint") {
            self.private_endpoint(called, call, context);
        } else if is_registry || (handed.is_empty() && hints_at_a_registry(path, symbol, &call.parameters)) {
            // The same for all that use the file that calls it.
            let caller = &called.head.file.path;
            let what = format!(
                "the module {path} is not on disk, and may make a registry: run `bicep restore {caller}`, which brings \
                 it into Bicep's cache, and scan again"
            );
            self.finder.gaps.push(FileGap::new(called.head.position(), what));
        } else {
            self.finder.handed.extend(handed);
            let what = format!("the module {path} is not on disk");
            self.finder.skipped.push(SkippedFile::new(called.head.position(), what));
        }
        Node::unknown(format!("The module {symbol} is not read."))
    }

    /// The public module of private endpoints, which makes just that.
    fn private_endpoint(&mut self, called: &ModuleDeclaration<'_>, call: &Call, context: ModuleContext<'_>) {
        let parameters = &call.parameters;
        let object = |members: Vec<(&str, Node)>| {
            Node::new(NodeValue::Object(members.into_iter().map(|(name, node)| (name.to_owned(), node)).collect()))
        };
        let name = parameters.get_folded("name").cloned().unwrap_or_default();
        let name = super::text_of(&name, &format!("{}.name", called.module.symbol));
        let none = || Node::new(NodeValue::List(Vec::new()));
        let member = |name: &str| parameters.get_folded(name).cloned().unwrap_or_else(none);
        let properties = object(vec![
            ("privateLinkServiceConnections", member("privateLinkServiceConnections")),
            ("manualPrivateLinkServiceConnections", member("manualPrivateLinkServiceConnections")),
        ]);
        let resource = |kind: &str, name: &str, body: Node| Resource {
            kind: kind.to_owned(),
            name: name.to_owned(),
            name_node: Node::text(name),
            name_source: name.to_owned(),
            symbol: Some(called.module.symbol.clone()),
            path: context.path.to_vec(),
            pointer: called.module.symbol.clone(),
            instance: None,
            block: called.head.clone(),
            related: context.related.to_vec(),
            body,
            api_version: None,
            predicted: None,
            scope: call.scope.clone(),
            unexpanded: call.name.ends_with("[*]"),
        };
        let endpoint = resource("microsoft.network/privateendpoints", &name, object(vec![("properties", properties)]));
        self.finder.resources.push(endpoint);
        let Some(group) = parameters.get_folded("privateDnsZoneGroup").filter(|group| group.value != NodeValue::Null)
        else {
            return;
        };
        let configs = match group.get_folded("privateDnsZoneGroupConfigs").map(|configs| &configs.value) {
            Some(NodeValue::List(items)) => {
                let config = |item: &Node| {
                    let id = item.get_folded("privateDnsZoneResourceId").cloned().unwrap_or_default();
                    object(vec![("properties", object(vec![("privateDnsZoneId", id)]))])
                };
                Node::new(NodeValue::List(items.iter().map(config).collect()))
            }
            _ => Node::unknown("The DNS zones of the endpoint are not known."),
        };
        let properties = object(vec![("privateDnsZoneConfigs", configs)]);
        let kind = super::super::super::arm::ZONE_GROUP;
        let group = resource(kind, &format!("{name}/default"), object(vec![("properties", properties)]));
        self.finder.resources.push(group);
    }
}

/// `br:host/path:tag`, `br/alias:path:tag`: the path.
fn own_path(path: &str) -> &str {
    let after = path.split_once(if path.starts_with("br:") || path.starts_with("ts:") { '/' } else { ':' });
    let own = after.map_or(path, |(_, rest)| rest);
    own.split(['@', ':']).next().unwrap_or(own)
}

/// Whether a module that is not on disk looks as if it made a registry.
fn hints_at_a_registry(path: &str, symbol: &str, parameters: &Node) -> bool {
    // Neither the host nor the alias says what the module makes.
    let own = own_path(path).to_lowercase();
    let words = ["registry", "registries", "acr", "containerregistry", "containerregistries"];
    // The public library names each module by what it makes; in others, the symbol or the parameters may say more.
    if own.contains("avm/res/") {
        return own.contains("avm/res/container-registry/");
    }
    let symbol = symbol.to_lowercase();
    let takes = |(name, _): &(String, Node)| PARAMETERS.contains(&name.to_lowercase().as_str());
    own.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| words.contains(&word))
        || ["registry", "acr"].iter().any(|word| symbol.ends_with(word))
        || parameters.as_object().unwrap_or_default().iter().any(takes)
}

/// The names of registries whose ids are in a value.
fn find_registries(node: &Node, found: &mut Vec<String>) {
    match &node.value {
        NodeValue::String(_) | NodeValue::Symbol(_) => found.extend(registry_of(node)),
        NodeValue::List(items) => items.iter().for_each(|item| find_registries(item, found)),
        NodeValue::Object(members) => {
            members.iter().filter(|(name, _)| !is_marker(name)).for_each(|(_, member)| find_registries(member, found));
        }
        _ => {}
    }
}

/// Whether a template speaks of registries, or of what may belong to one.
fn concerns_registries(template: &Expr) -> bool {
    let span = &template.span;
    let text = span.file.text.get(span.start..span.end).unwrap_or(&span.file.text).to_lowercase();
    // What stands at the head of an object alone says nothing of what is in it.
    let text = if text.len() < 64 { span.file.text.to_lowercase() } else { text };
    ["containerregistry", "privateendpoints", "roleassignments"].iter().any(|word| text.contains(word))
}
