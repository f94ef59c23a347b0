//! A registry's login server by what names it: where only a deployment knows its letters, credentials and images that
//! name it are the registry's own all the same.

use crate::source::code::declared::{DeclaredRegistry, Node, NodeValue};

/// What follows the name of a registry, where its login server is put together of both.
const ENDS: [&str; 5] = ["{acrloginserver}", ".azurecr.io", ".azurecr.us", ".azurecr.cn", ".{acrloginserver}"];

/// Calls the login server of a registry of this name by its address, wherever its tasks name it.
pub fn call_by_address(registry: &mut DeclaredRegistry, name: &str) {
    let name = name.to_lowercase();
    let server = format!("{}.login_server", registry.address);
    for task in &mut registry.tasks {
        let Some(properties) = task.folded_mut("properties") else { continue };
        if let Some(NodeValue::Object(hosts)) = properties
            .folded_mut("credentials")
            .and_then(|credentials| credentials.folded_mut("customRegistries"))
            .map(|hosts| &mut hosts.value)
        {
            for (host, _) in hosts.iter_mut().filter(|(host, _)| host.contains('{')) {
                if server_length(&host.to_lowercase(), &name) == Some(host.len()) {
                    host.clone_from(&server);
                }
            }
        }
        if let Some(step) = properties.folded_mut("step")
            && let Some(NodeValue::List(images)) = step.folded_mut("imageNames").map(|images| &mut images.value)
        {
            images.iter_mut().for_each(|image| name_server(image, &name, &server));
        }
    }
    registry.alternatives.iter_mut().for_each(|other| call_by_address(other, &name));
}

/// How much of a text, in lower case, is the login server of a registry of this name.
fn server_length(text: &str, name: &str) -> Option<usize> {
    let composed = text.strip_prefix(name).and_then(|rest| {
        let end = ENDS.iter().find(|end| rest.starts_with(**end))?;
        Some(name.len() + end.len())
    });
    composed.or_else(|| {
        let own = format!("/providers/microsoft.containerregistry/registries/{name}.properties.loginserver}}");
        let at = text.find(&own).filter(|_| text.starts_with("{/"))?;
        Some(at + own.len())
    })
}

/// A text that begins with the server's name, with what it is called instead.
fn name_server(node: &mut Node, name: &str, server: &str) {
    let NodeValue::Symbol(symbol) = &node.value else { return };
    // Lower case may be longer in bytes than what it is of.
    let rest = server_length(&symbol.to_ascii_lowercase(), name).and_then(|length| symbol.get(length..));
    let Some(rest) = rest.map(str::to_owned) else { return };
    // What a run fills in stands in two braces.
    let is_known = !rest.replace("{{", "").contains('{');
    let text = format!("{server}{rest}");
    node.value = if is_known { NodeValue::String(text) } else { NodeValue::Symbol(text.into()) };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_told_by_its_resource_or_its_name() {
        let id = "{/subscriptions/{subscription}/resourcegroups/{resourcegroup}/providers/microsoft.containerregistry";
        let whole = |text: &str, name| server_length(text, name) == Some(text.len());
        assert!(whole(&format!("{id}/registries/p{{u(1)}}.properties.loginserver}}"), "p{u(1)}"));
        assert!(whole("p{u(1)}.azurecr.io", "p{u(1)}") && whole("p{acrloginserver}", "p"));
        assert!(!whole(&format!("{id}/registries/other.properties.loginserver}}"), "p"));
        assert!(!whole("pp.azurecr.io", "p") && !whole("{p}.azurecr.io", "p"));
    }
}
