//! ARM templates that Terraform hands to Azure: what they make is read as of any template, at the places that their parts
//! have in the configuration.

use std::path::Path;

use super::attributes::written;
use super::azapi;
use super::instance::Resource;
use crate::model::file_gap::FileGap;
use crate::model::inventory::Language;
use crate::source::code::arm::{self, ParameterValues};
use crate::source::code::declared::{
    DeclaredRegistry, Node, NodeValue, is_symbolic, json_of, json_with_symbols, whole_file,
};

/// What a deployment comes to.
#[derive(Debug, Default)]
pub struct Deployed {
    /// The registries of its template.
    pub registries: Vec<DeclaredRegistry>,
    /// What was not read.
    pub gaps: Vec<FileGap>,
    /// Why what it makes is not known, where it is not.
    pub unknown: Option<String>,
}

/// Reads the template of a deployment.
pub fn deployed(resource: &Resource, root: &str) -> Deployed {
    let Some((template, parameters)) = template_of(resource) else {
        let why = format!("what {} deploys is not known", resource.address);
        return Deployed { unknown: Some(why), ..Deployed::default() };
    };
    let mut deployed = Deployed::default();
    let span = template.provenance.span.clone().unwrap_or_else(|| resource.block.clone());
    let expression = arm::template_of_node(&template, &span, &mut deployed.gaps);
    let path = resource.block.file.path.clone();
    let evaluated = arm::evaluated_template(&expression, Path::new(&path), &values(&parameters), root);
    deployed.gaps.extend(evaluated.gaps);
    let own = |mut registry: DeclaredRegistry| {
        own_registry(&mut registry, resource);
        registry
    };
    deployed.registries = evaluated.registries.into_iter().map(|one| own(one.registry)).collect();
    deployed
}

/// A registry of a template is one of the configuration's.
fn own_registry(registry: &mut DeclaredRegistry, resource: &Resource) {
    registry.language = Language::Terraform;
    registry.logical = None;
    registry.address = format!("{}/{}", resource.address, registry.address);
    registry.related.push(("deployed here", resource.block.clone()));
    registry.related.extend(resource.related.iter().cloned());
    registry.alternatives.iter_mut().for_each(|other| own_registry(other, resource));
}

/// The template and its parameters, each an object.
fn template_of(resource: &Resource) -> Option<(Node, Node)> {
    let from = &resource.attributes;
    let none = || Node::new(NodeValue::Object(Vec::new()));
    if resource.kind == "azapi_resource" {
        let body = azapi::body(resource);
        let properties = body.get_folded("properties")?;
        let template = object_of(properties.get_folded("template")?)?;
        return Some((template, properties.get_folded("parameters").cloned().unwrap_or_else(none)));
    }
    let template = ["template_content", "template_body"].into_iter().find_map(|name| written(from, name))?;
    let parameters = ["parameters_content", "parameters_body"].into_iter().find_map(|name| written(from, name));
    let parameters = match parameters {
        Some(parameters) => object_of(parameters).unwrap_or_default(),
        // The resource of azurerm 2.x took a map of texts.
        None => written(from, "parameters").map_or_else(none, as_parameters),
    };
    Some((object_of(template)?, parameters))
}

/// A document, whether it is an object or its text.
fn object_of(node: &Node) -> Option<Node> {
    let object = match &node.value {
        NodeValue::Object(_) => node.clone(),
        NodeValue::String(text) => json_of(text, whole_file(node))?,
        NodeValue::Symbol(name) if is_symbolic(name) => json_with_symbols(name)?,
        _ => return None,
    };
    let object = match &node.provenance.span {
        Some(span) => object.or_span(span),
        None => object,
    };
    object.as_object().is_some().then_some(object)
}

fn as_parameters(map: &Node) -> Node {
    let Some(members) = map.as_object() else { return Node::default() };
    let value = |(name, value): &(String, Node)| {
        let value = Node::new(NodeValue::Object(vec![("value".to_owned(), value.clone())]));
        (name.clone(), value)
    };
    Node::new(NodeValue::Object(members.iter().map(value).collect()))
}

fn values(parameters: &Node) -> ParameterValues {
    let members = parameters.as_object().unwrap_or_default().iter();
    let value = |(name, member): &(String, Node)| {
        // A reference is to a secret of a key vault.
        (name.to_lowercase(), member.get_folded("value").cloned().unwrap_or_default())
    };
    members.map(value).collect()
}
