//! What a source adds to a registry that it does not declare, and that another source of the same scan does: names of
//! registries are unique in all of Azure.

use super::node::{Node, NodeValue};
use super::registry::DeclaredRegistry;

/// Hands tasks, pools and roles of registries that are declared elsewhere to those that declare them.
pub fn join_elsewhere(registries: &mut Vec<DeclaredRegistry>) {
    let (elsewhere, mut own): (Vec<DeclaredRegistry>, Vec<DeclaredRegistry>) =
        std::mem::take(registries).into_iter().partition(|registry| registry.is_elsewhere);
    for other in elsewhere {
        let name = other.registry.get("name").and_then(Node::as_str).map(str::to_lowercase);
        let is_it = |registry: &&mut DeclaredRegistry| {
            let own = registry.registry.get_folded("name").and_then(Node::as_str).map(str::to_lowercase);
            !registry.is_elsewhere && name.is_some() && own == name
        };
        match own.iter_mut().find(is_it) {
            Some(registry) => hand_over(other, registry),
            None => own.push(other),
        }
    }
    *registries = own;
}

fn hand_over(mut from: DeclaredRegistry, to: &mut DeclaredRegistry) {
    let properties = to.registry.get_folded("properties");
    let server = properties.and_then(|properties| properties.get_folded("loginServer")?.as_str()).map(str::to_owned);
    let server = server.unwrap_or_else(|| format!("{}.login_server", to.address));
    let known = format!("{}.login_server", from.address);
    from.tasks.iter_mut().for_each(|task| rename_server(task, &known, &server));
    to.alternatives.iter_mut().for_each(|registry| extend(registry, &from));
    extend(to, &from);
}

fn extend(registry: &mut DeclaredRegistry, from: &DeclaredRegistry) {
    registry.tasks.extend(from.tasks.iter().cloned());
    registry.agent_pools.extend(from.agent_pools.iter().cloned());
    registry.role_assignments.extend(from.role_assignments.iter().cloned());
}

/// Whoever does not declare a registry calls its login server by what reads it.
fn rename_server(task: &mut Node, known: &str, server: &str) {
    let credentials = task.member_mut("properties").and_then(|properties| properties.member_mut("credentials"));
    let Some(hosts) = credentials.and_then(|credentials| credentials.member_mut("customRegistries")) else { return };
    let NodeValue::Object(members) = &mut hosts.value else { return };
    for (host, _) in members.iter_mut().filter(|(host, _)| host == known) {
        *host = server.to_owned();
    }
}
