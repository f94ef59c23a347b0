//! What Azure or the provider will say of a resource or data source, as far as its block tells: ids put together of what
//! they consist of, and names for the rest.

use super::super::hcl::{Block, Expr, ExprKind, Step};
use super::super::resource::endpoint::role_id;
use super::symbolic::{finished, push};
use super::value::Outcome;
use super::{Evaluator, NameScope};
use crate::source::code::declared::{Node, NodeValue, SymbolicText};

/// Attributes of data sources that are texts and never null: whoever takes one takes the same as whoever else does.
const NAMED: [&str; 9] = [
    "id",
    "principal_id",
    "client_id",
    "object_id",
    "tenant_id",
    "subscription_id",
    "login_server",
    "location",
    "display_name",
];

/// How azapi and ARM call what azurerm calls otherwise.
const OUTPUTS: [(&str, &str); 6] = [
    (".output.identity.principalId", ".identity[0].principal_id"),
    (".output.identity.tenantId", ".identity[0].tenant_id"),
    (".output.properties.principalId", ".principal_id"),
    (".output.properties.clientId", ".client_id"),
    (".output.properties.loginServer", ".login_server"),
    (".output.id", ".id"),
];

/// One name for what has several.
pub(super) fn canonical(symbol: String) -> String {
    for (azapi, azurerm) in OUTPUTS {
        if let Some(of) = symbol.strip_suffix(azapi) {
            return format!("{of}{azurerm}");
        }
    }
    symbol
}

impl<'a> Evaluator<'a> {
    /// An attribute that the block does not set and that can be told of it all the same.
    pub(super) fn computed(
        &mut self,
        target: (usize, &'a Block, usize),
        address: &str,
        name: &str,
        steps: &[Step],
    ) -> Option<Outcome> {
        let (instance, block, repetition) = target;
        let data = block.kind == "data";
        let mut own = |name: &str| {
            let attribute = block.body.attribute(name)?;
            Some(Node::clone(&self.set_attribute(instance, block, repetition, attribute)))
        };
        let symbol = |of: &str| Node::new(NodeValue::Symbol(format!("{address}.{of}").into()));
        let id_of = |parts: &[&Node]| {
            let mut id = SymbolicText::default();
            for (index, part) in parts.iter().enumerate() {
                if index > 0 {
                    id.push_text("/");
                }
                push(&mut id, part).ok()?;
            }
            Some(finished(id))
        };
        let text = |text: &str| Node::text(text);
        let subscription = text("/subscriptions");
        match (block.labels[0].as_str(), name) {
            ("azurerm_resource_group", "id") => {
                let group =
                    own("name").filter(|name| matches!(name.value, NodeValue::String(_) | NodeValue::Symbol(_)))?;
                id_of(&[&subscription, &symbol("subscription_id"), &text("resourceGroups"), &group])
            }
            ("azurerm_subscription", "id") if data => {
                let other = own("subscription_id").filter(|id| matches!(id.value, NodeValue::String(_)))?;
                id_of(&[&subscription, &other])
            }
            ("azurerm_container_registry", "id") if data => {
                let registry =
                    own("name").filter(|name| matches!(name.value, NodeValue::String(_) | NodeValue::Symbol(_)))?;
                let group = own("resource_group_name").unwrap_or_else(|| symbol("resource_group_name"));
                let group =
                    if matches!(group.value, NodeValue::Unknown) { symbol("resource_group_name") } else { group };
                let provider = text("providers/Microsoft.ContainerRegistry/registries");
                let groups = text("resourceGroups");
                id_of(&[&subscription, &symbol("subscription_id"), &groups, &group, &provider, &registry])
            }
            ("azurerm_role_definition", "id" | "role_definition_id" | "role_definition_resource_id") if data => {
                let guid = match own("role_definition_id") {
                    Some(id) => id.as_str()?.to_owned(),
                    None => role_id(own("name")?.as_str()?)?.to_owned(),
                };
                Some(Ok(Node::text(match name {
                    "role_definition_id" => guid,
                    _ => format!("/providers/Microsoft.Authorization/roleDefinitions/{guid}"),
                })))
            }
            _ if data && steps.len() == 1 && NAMED.contains(&name) => Some(Ok(symbol(name))),
            _ => None,
        }
    }

    /// The identity of a resource, with names for what Azure gives it.
    pub(super) fn identity_blocks(&mut self, target: (usize, &'a Block, usize), address: &str) -> Option<Node> {
        let (instance, block, repetition) = target;
        let mut blocks = self.nested_blocks(instance, block, repetition);
        let mut list = std::mem::take(blocks.member_mut("identity")?);
        if let NodeValue::List(items) = &mut list.value {
            for (index, item) in items.iter_mut().enumerate() {
                for name in ["principal_id", "tenant_id"] {
                    if item.get(name).is_none() {
                        let symbol = format!("{address}.identity[{index}].{name}");
                        item.set(name, Node::new(NodeValue::Symbol(symbol.into())));
                    }
                }
            }
        }
        Some(list)
    }

    /// What is not known and stands for a text that is: by how it is referred to, else by a name that nothing else has.
    pub(super) fn named_text(&mut self, value: Node, expr: &Expr, scope: &NameScope<'_>) -> Node {
        if !matches!(value.value, NodeValue::Unknown) {
            return value;
        }
        let name = match self.reference_name(expr, scope) {
            Some(name) => name,
            None => {
                self.unnamed += 1;
                format!("?{}", self.unnamed)
            }
        };
        Node { value: NodeValue::Symbol(name.into()), provenance: value.provenance }
    }

    /// What tells an expression from others of a module instance: the same text is the same value.
    fn reference_name(&self, expr: &Expr, scope: &NameScope<'_>) -> Option<String> {
        if scope.names.is_some() {
            return None;
        }
        match &expr.kind {
            ExprKind::Path(..) | ExprKind::Call(..) => {
                let mut name = String::new();
                write_name(expr, scope, &mut name)?;
                Some(self.instances[scope.instance].address_of(&name))
            }
            _ => None,
        }
    }
}

/// Functions that give another value each time.
const VOLATILE: [&str; 4] = ["uuid", "timestamp", "plantimestamp", "bcrypt"];

/// Writes an expression of references, literals and functions; none where it is of more, or of what a loop binds.
fn write_name(expr: &Expr, scope: &NameScope<'_>, name: &mut String) -> Option<()> {
    match &expr.kind {
        ExprKind::String(text) => name.push_str(&format!("{text:?}")),
        ExprKind::Number(number) => name.push_str(&number.to_string()),
        ExprKind::Bool(flag) => name.push_str(&flag.to_string()),
        ExprKind::Path(of, steps) => {
            let ExprKind::Name(root) = &of.kind else { return None };
            if scope.lookup(root).is_some() || ["each", "count", "self"].contains(&root.as_str()) {
                return None;
            }
            name.push_str(root);
            for step in steps {
                match step {
                    Step::Attribute(attribute) => name.extend([".", attribute]),
                    Step::Index(index) => {
                        name.push('[');
                        write_name(index, scope, name)?;
                        name.push(']');
                    }
                    Step::Splat(_) => return None,
                }
            }
        }
        ExprKind::Call(function, arguments, false) if !VOLATILE.contains(&function.as_str()) => {
            name.extend([function, "("]);
            for (index, argument) in arguments.iter().enumerate() {
                if index > 0 {
                    name.push(',');
                }
                write_name(argument, scope, name)?;
            }
            name.push(')');
        }
        _ => return None,
    }
    (name.len() < 1000 && !name.contains("${")).then_some(())
}
