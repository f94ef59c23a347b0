//! The values of a resource's block: attributes, nested blocks, dynamic blocks.

use std::sync::Arc;

use super::super::hcl::{Attribute, Block, Body, Expr, ExprKind, Step};
use super::expand::object;
use super::expression::repetitions;
use super::value::unknown_like;
use super::{Evaluator, NameScope, id_of, value_or_unknown};
use crate::source::code::declared::{Node, NodeValue, Span};

/// What says how Terraform works with a resource, not what is made. In a block within it no name is special.
const META: [&str; 8] =
    ["count", "for_each", "depends_on", "provider", "lifecycle", "provisioner", "connection", "timeouts"];

/// Attributes that a resource cannot be without: what they are is a text, known or not.
const REQUIRED: [&str; 5] =
    ["name", "resource_group_name", "container_registry_name", "container_registry_id", "parent_id"];

impl<'a> Evaluator<'a> {
    /// An attribute of an instance of a resource.
    pub(super) fn set_attribute(
        &mut self,
        instance: usize,
        block: &'a Block,
        repetition: usize,
        attribute: &'a Attribute,
    ) -> Arc<Node> {
        let expansion = self.expansion(instance, block);
        let Some(repetition) = expansion.repetitions.get(repetition) else { return Arc::default() };
        let what = format!("{}.{}.{}", block.labels[0], block.labels[1], attribute.name);
        let key = repetition.key.suffix();
        self.once(instance, id_of(attribute), &key, (&what, attribute.span), |this| {
            // A body that is written as JSON is the object that it is written from: that one has places.
            let expr = match &attribute.value.kind {
                ExprKind::Call(name, arguments, _)
                    if name == "jsonencode"
                        && is_document(&block.labels[0], &attribute.name)
                        && arguments.len() == 1 =>
                {
                    &arguments[0]
                }
                _ => &attribute.value,
            };
            let scope = NameScope::for_repetition(instance, repetition);
            let mut value = value_or_unknown(this.eval(expr, &scope));
            if REQUIRED.contains(&attribute.name.as_str()) {
                value = this.named_text(value, expr, &scope);
            }
            this.attribute_value(value, attribute.span)
        })
    }

    /// The nested blocks of an instance of a resource: an object of lists.
    pub(super) fn nested_blocks(&mut self, instance: usize, block: &'a Block, repetition: usize) -> Node {
        let expansion = self.expansion(instance, block);
        let Some(repetition) = expansion.repetitions.get(repetition) else { return Node::default() };
        let mut members = Vec::new();
        self.blocks(&block.body, &META, &NameScope::for_repetition(instance, repetition), &mut members);
        Node::new(NodeValue::Object(members))
    }

    /// An instance of a resource as an object of its attributes, nested blocks being lists of objects.
    pub(super) fn resource_node(&mut self, instance: usize, block: &'a Block, repetition: usize) -> Node {
        let mut members = Vec::new();
        for attribute in block.body.attributes.iter().filter(|attribute| !META.contains(&attribute.name.as_str())) {
            let value = self.set_attribute(instance, block, repetition, attribute);
            self.charge(value.as_list().map_or(1, <[Node]>::len));
            members.push((attribute.name.clone(), Node::clone(&value)));
        }
        let expansion = self.expansion(instance, block);
        if let Some(repetition) = expansion.repetitions.get(repetition) {
            self.blocks(&block.body, &META, &NameScope::for_repetition(instance, repetition), &mut members);
        }
        Node::spanned(NodeValue::Object(members), self.span(block.head))
    }

    fn body(&mut self, body: &'a Body, scope: &NameScope<'_>, span: Span) -> Node {
        let mut members = Vec::new();
        for attribute in &body.attributes {
            let value = value_or_unknown(self.eval(&attribute.value, scope));
            members.push((attribute.name.clone(), self.attribute_value(value, attribute.span)));
        }
        // Further in, every name is the provider's own, such as `source` in `registry_credential`.
        self.blocks(body, &[], scope, &mut members);
        Node::spanned(NodeValue::Object(members), span)
    }

    /// Adds the nested blocks of a body but for those named, each kind as a list.
    fn blocks(&mut self, body: &'a Body, skipped: &[&str], scope: &NameScope<'_>, members: &mut Vec<(String, Node)>) {
        for block in &body.blocks {
            let span = self.span(block.head);
            if block.kind == "dynamic" {
                if let Some(kind) = block.labels.first() {
                    let items = self.dynamic(block, kind, scope);
                    add(members, kind, items, &span);
                }
            } else if !skipped.contains(&block.kind.as_str()) {
                let item = self.body(&block.body, scope, span.clone());
                add(members, &block.kind, vec![item], &span);
            }
        }
    }

    fn dynamic(&mut self, block: &'a Block, kind: &'a str, scope: &NameScope<'_>) -> Vec<Node> {
        let span = self.span(block.head);
        let (Some(each), Some(content)) = (block.body.attribute("for_each"), block.body.blocks_of("content").next())
        else {
            return vec![Node::unknown("The dynamic block lacks `for_each` or `content`.").or_span(&span)];
        };
        let iterator = match block.body.attribute("iterator").map(|attribute| &attribute.value.kind) {
            Some(ExprKind::Name(name) | ExprKind::String(name)) => name,
            _ => kind,
        };
        let over = value_or_unknown(self.eval(&each.value, scope));
        let walked = match repetitions(&over) {
            Ok(walked) => walked,
            Err(error) => return vec![self.at_attribute(error, each)],
        };
        let set = self.is_set(&each.value, scope.instance, 0);
        let mut items = Vec::with_capacity(walked.len());
        for (key, value) in walked {
            if matches!(value.value, NodeValue::Unknown) {
                // How many blocks it comes to is not known.
                let span = value.provenance.span.clone().unwrap_or_else(|| self.span(each.span));
                items.push(unknown_like(value).or_span(&span));
                continue;
            }
            if !self.enter(each.span) {
                items.push(Node::unknown("It takes too many steps to evaluate.").or_span(&span));
                return items;
            }
            let key = if set { value.clone() } else { key };
            let binding = object([("key", key), ("value", value.clone())]);
            items.push(self.body(&content.body, &scope.with(iterator, &binding), span.clone()));
            self.leave();
        }
        items
    }

    /// Whether an expression gives a set, whose items are their own keys, as far as it says so itself.
    pub(super) fn is_set(&self, expr: &Expr, instance: usize, depth: usize) -> bool {
        let module = self.instances[instance].module;
        match &expr.kind {
            ExprKind::Call(name, ..) => name == "toset" || name.starts_with("set"),
            ExprKind::Conditional(three) => {
                depth < 16 && (self.is_set(&three.1, instance, depth + 1) || self.is_set(&three.2, instance, depth + 1))
            }
            ExprKind::Path(of, steps) => match (&of.kind, steps.as_slice()) {
                (ExprKind::Name(root), [Step::Attribute(name)]) if root == "local" => {
                    let local = module.locals.get(name);
                    depth < 16 && local.is_some_and(|local| self.is_set(&local.value, instance, depth + 1))
                }
                (ExprKind::Name(root), [Step::Attribute(name)]) if root == "var" => {
                    let wanted = module.variables.get(name).and_then(|block| block.body.attribute("type"));
                    let is =
                        |wanted: &Attribute| matches!(&wanted.value.kind, ExprKind::Call(name, ..) if name == "set");
                    wanted.is_some_and(is)
                }
                _ => false,
            },
            _ => false,
        }
    }
}

/// Whether an attribute is a document that is written as JSON.
fn is_document(kind: &str, attribute: &str) -> bool {
    kind.starts_with("azapi_") || matches!(attribute, "template_content" | "parameters_content")
}

fn add(members: &mut Vec<(String, Node)>, kind: &str, items: Vec<Node>, span: &Span) {
    match members.iter_mut().find(|(name, _)| name == kind) {
        Some((_, Node { value: NodeValue::List(known), .. })) => known.extend(items),
        Some(_) => {}
        None => members.push((kind.to_owned(), Node::spanned(NodeValue::List(items), span.clone()))),
    }
}
