//! Functions of resource ids and of where a deployment goes. What is not known of them is named in braces, so that
//! equal ids compare equal: `/subscriptions/{subscription}/…/registries/{parameters('name')}`.

use std::sync::Arc;

use super::args::{Args, ExpressionError, Outcome, object};
use super::segments::split_name;
use super::strings::joined;
use crate::source::code::declared::{Node, NodeValue};

/// What stands for the resource group that is deployed to.
pub const GROUP: &str = "/subscriptions/{subscription}/resourceGroups/{resourceGroup}";

/// What stands for the folder that the template lies in.
pub const HERE: &str = "{templateLink}";

pub fn call(args: &Args<'_>) -> Option<Outcome> {
    Some(match args.name {
        "resourceid" => resource_id(args, GROUP),
        "subscriptionresourceid" => resource_id(args, "/subscriptions/{subscription}"),
        "tenantresourceid" => resource_id(args, ""),
        "managementgroupresourceid" => {
            resource_id(args, "/providers/Microsoft.Management/managementGroups/{managementGroup}")
        }
        "extensionresourceid" => extension(args),
        "resourcegroup" => object(vec![
            member("id", symbol(GROUP, "resource group")),
            member("name", symbol("{resourceGroup}", "resource group")),
            member("location", unknown("The location of the resource group is known only in a deployment.")),
            member("tags", unknown("The tags of the resource group are known only in a deployment.")),
            member("properties", unknown("It is known only in a deployment.")),
        ]),
        "subscription" => object(vec![
            member("id", symbol("/subscriptions/{subscription}", "subscription")),
            member("subscriptionId", symbol("{subscription}", "subscription")),
            member("tenantId", symbol("{tenant}", "tenant")),
            member("displayName", unknown("The subscription is known only in a deployment.")),
        ]),
        "tenant" => object(vec![
            member("tenantId", symbol("{tenant}", "tenant")),
            member("countryCode", unknown("The tenant is known only in a deployment.")),
            member("displayName", unknown("The tenant is known only in a deployment.")),
        ]),
        "deployment" => object(vec![
            member("name", symbol("{deployment}", "deployment")),
            member("location", unknown("The location of the deployment is known only in a deployment.")),
            member("properties", deployed_from()),
        ]),
        "environment" => object(vec![
            member("name", unknown(CLOUD)),
            member("suffixes", suffixes()),
            member("authentication", unknown(CLOUD)),
            member("resourceManager", unknown(CLOUD)),
            member("portal", unknown(CLOUD)),
            member("gallery", unknown(CLOUD)),
            member("graph", unknown(CLOUD)),
        ]),
        // Whatever they come to, it depends on nothing but their arguments: the name is made of these.
        "uniquestring" | "guid" => match args.values.iter().find(|value| !value.is_fully_known()) {
            Some(value) => Err(ExpressionError::unknown(value)),
            None => {
                let texts: Vec<String> =
                    args.values.iter().filter_map(|v| v.to_json()).map(|v| v.to_string()).collect();
                let text = format!("{{{}({})}}", args.name, texts.join(", "));
                Ok(Node::new(NodeValue::Symbol(Arc::from(text))).with_note(format!("`{}` is not computed.", args.name)))
            }
        },
        _ => return None,
    })
}

const CLOUD: &str = "The cloud is known only in a deployment.";

/// The properties of the deployment itself: where its template lies.
fn deployed_from() -> Node {
    let link = |name: &str, text: &str| member(name, symbol(text, "place of the template"));
    let uri = format!("{HERE}/azuredeploy.json");
    let link = Node::new(NodeValue::Object(vec![link("uri", &uri), link("id", "{templateSpec}")]));
    Node::new(NodeValue::Object(vec![
        member("templateLink", link),
        member("template", unknown("It is known only in a deployment.")),
        member("parameters", unknown("It is known only in a deployment.")),
        member("mode", unknown("It is known only in a deployment.")),
        member("provisioningState", unknown("It is known only in a deployment.")),
    ]))
}

/// The ends of names of a cloud.
fn suffixes() -> Node {
    let names = [
        "acrLoginServer",
        "azureDatalakeAnalyticsCatalogAndJob",
        "azureDatalakeStoreFileSystem",
        "azureFrontDoorEndpointSuffix",
        "keyvaultDns",
        "sqlServerHostname",
        "storage",
    ];
    Node::new(NodeValue::Object(names.map(|name| member(name, symbol(&format!("{{{name}}}"), "cloud"))).to_vec()))
}

fn member(name: &str, node: Node) -> (String, Node) {
    (name.to_owned(), node)
}

fn unknown(why: &str) -> Node {
    Node::unknown(why)
}

fn symbol(text: &str, what: &str) -> Node {
    Node::new(NodeValue::Symbol(Arc::from(text))).with_note(format!("The {what} is known only in a deployment."))
}

/// The type's position among the arguments: the first that is a text with a slash and no scope before it.
fn type_at<'a>(args: &Args<'a>, from: usize) -> Result<(usize, &'a str), ExpressionError> {
    for index in from..args.len().min(from + 3) {
        if let Some(text) = args.any(index)?.as_str()
            && text.contains('/')
            && !text.starts_with('/')
        {
            return Ok((index, text));
        }
    }
    match args.values.iter().find(|value| value.is_unknown()) {
        Some(value) => Err(ExpressionError::unknown(value)),
        None => args.wrong("wants a resource type such as 'Microsoft.ContainerRegistry/registries'"),
    }
}

/// `/providers/<namespace>/<type>/<name>/<type>/<name>`
fn provider_path(args: &Args<'_>, at: usize, kind: &str) -> Result<Vec<Node>, ExpressionError> {
    let mut segments = kind.trim_end_matches('/').split('/');
    let mut parts = vec![Node::text(format!("/providers/{}", segments.next().unwrap_or_default()))];
    let mut names = args.values.iter().skip(at + 1);
    for segment in segments {
        let Some(name) = names.next() else { return args.wrong("wants a name for each segment of the type") };
        parts.extend([Node::text(format!("/{segment}/")), name.clone()]);
    }
    match names.next() {
        Some(_) => args.wrong("has more names than the type has segments"),
        None => Ok(parts),
    }
}

fn resource_id(args: &Args<'_>, scope: &str) -> Outcome {
    let (at, kind) = type_at(args, 0)?;
    if kind.eq_ignore_ascii_case("Microsoft.Resources/resourceGroups") {
        let subscription = match at {
            0 => symbol("{subscription}", "subscription"),
            _ => args.any(0)?.clone(),
        };
        let name = args.any(at + 1)?.clone();
        return joined(&[Node::text("/subscriptions/"), subscription, Node::text("/resourceGroups/"), name]);
    }
    let mut parts = match (args.name, at) {
        ("resourceid", 1) => vec![
            Node::new(NodeValue::Symbol(Arc::from("/subscriptions/{subscription}/resourceGroups/"))),
            args.any(0)?.clone(),
        ],
        ("resourceid", 2) => vec![
            Node::text("/subscriptions/"),
            args.any(0)?.clone(),
            Node::text("/resourceGroups/"),
            args.any(1)?.clone(),
        ],
        ("subscriptionresourceid", 1) => vec![Node::text("/subscriptions/"), args.any(0)?.clone()],
        (_, 0) if scope.is_empty() => Vec::new(),
        (_, 0) => vec![Node::new(NodeValue::Symbol(Arc::from(scope)))],
        _ => return args.wrong("wants the resource type first"),
    };
    parts.extend(provider_path(args, at, kind)?);
    joined(&parts)
}

fn extension(args: &Args<'_>) -> Outcome {
    let (at, kind) = type_at(args, 1)?;
    let mut parts = vec![args.any(0)?.clone()];
    parts.extend(provider_path(args, at, kind)?);
    joined(&parts)
}

/// The id of a resource in the resource group that is deployed to.
pub fn id_of(kind: &str, name: &str) -> String {
    let mut segments = kind.split('/');
    let namespace = segments.next().unwrap_or_default();
    let mut id = format!("/subscriptions/{{subscription}}/resourceGroups/{{resourceGroup}}/providers/{namespace}");
    for (segment, name) in segments.zip(split_name(name)) {
        id.push_str(&format!("/{segment}/{name}"));
    }
    id
}
