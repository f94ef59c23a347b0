//! Login servers that tasks name: what is a symbol is the server of a registry that is declared.

use super::frame::Frame;
use super::join::RegistryMatch;
use super::task;
use crate::source::code::declared::{Node, NodeValue, Segment, is_symbolic, segments};

impl Frame {
    /// What a login server that is named by a symbol is called: the registry's own, where it is one of these.
    fn server(&self, host: &str, own: usize) -> Option<String> {
        let called = |at: usize| {
            let declared = &self.bases[at].declared;
            let server =
                declared.registry.get("properties").and_then(|properties| properties.get("loginServer")?.as_str());
            server.map_or_else(|| format!("{}.login_server", declared.address), str::to_owned)
        };
        let matched = match segments(host)[..] {
            [Segment::Symbol(symbol)] => {
                // Somebody else's registry that has a document here is called by its address.
                let base = &self.bases[own].declared;
                if base.is_elsewhere && format!("{}.login_server", base.address) == symbol {
                    return Some(symbol.to_owned());
                }
                match self.known.by_symbol(symbol, "login_server") {
                    RegistryMatch::Outside(_) => return Some(symbol.to_owned()),
                    matched => matched,
                }
            }
            _ => {
                let name =
                    [".azurecr.io", ".azurecr.us", ".azurecr.cn"].iter().find_map(|end| host.strip_suffix(end))?;
                let name = match segments(name)[..] {
                    [Segment::Symbol(only)] => only,
                    _ => name,
                };
                self.known.by_name(Some(&Node::new(NodeValue::Symbol(name.into()))))
            }
        };
        match matched {
            RegistryMatch::One(at) => Some(called(at)),
            _ => None,
        }
    }

    /// A login server that is named by a symbol is the registry's host.
    pub(super) fn name_hosts(&self, task: &mut Node, own: usize) {
        let hosts = task.member_mut("properties").and_then(|properties| properties.member_mut("credentials"));
        let Some(hosts) = hosts.and_then(|credentials| credentials.member_mut("customRegistries")) else { return };
        let NodeValue::Object(members) = &mut hosts.value else { return };
        for (host, _) in members.iter_mut().filter(|(host, _)| is_symbolic(host)) {
            match self.server(host, own) {
                Some(server) => *host = server,
                None => {
                    *hosts = Node::unknown("The login server of a credential is not known.");
                    return;
                }
            }
        }
    }

    /// Images and steps name the registry by its login server as well.
    pub(super) fn name_images(&self, task: &mut Node, own: usize) {
        let step = task.member_mut("properties").and_then(|properties| properties.member_mut("step"));
        let Some(NodeValue::Object(members)) = step.map(|step| &mut step.value) else { return };
        for (name, member) in members {
            match (name.as_str(), &mut member.value) {
                ("imageNames", NodeValue::List(items)) => {
                    items.iter_mut().for_each(|item| self.name_servers(item, own))
                }
                ("encodedTaskContent" | "encodedValuesContent", _) => {
                    self.name_servers(member, own);
                    if let NodeValue::String(text) = &member.value
                        && !task::is_base64(text)
                    {
                        member.value = NodeValue::String(task::base64(text));
                    }
                }
                _ => {}
            }
        }
    }

    fn name_servers(&self, node: &mut Node, own: usize) {
        let NodeValue::Symbol(symbol) = &node.value else { return };
        let text = symbol.strip_prefix("base64(").and_then(|rest| rest.strip_suffix(')')).unwrap_or(symbol);
        let mut named = String::new();
        for segment in segments(text) {
            match segment {
                Segment::Plain(text) => named.push_str(text),
                Segment::Symbol(symbol) => match self.server(&format!("${{{symbol}}}"), own) {
                    Some(server) => named.push_str(&server),
                    None => return,
                },
            }
        }
        node.value = NodeValue::String(named);
    }
}
