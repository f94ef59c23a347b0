//! References: variables, locals, outputs, resources, data sources.

use std::sync::Arc;

use super::super::hcl::{Block, Step};
use super::expand::Shape;
use super::value::{ExpressionError, Outcome};
use super::{Evaluator, NameScope, Referent, id_of, value_or_unknown};
use crate::source::code::declared::{Node, NodeValue, Span};

fn unknown(note: String) -> Outcome {
    Err(ExpressionError::Unknown(Box::new(Node::unknown(note))))
}

/// A default of a module is told at the call, which may set another, with the default as another span to look.
fn told_at(node: Node, call: &Span, default: &Span) -> Node {
    let Node { value, mut provenance } = node;
    let value = match value {
        NodeValue::List(items) => NodeValue::List(items.into_iter().map(|item| told_at(item, call, default)).collect()),
        NodeValue::Object(members) => NodeValue::Object(
            members.into_iter().map(|(name, member)| (name, told_at(member, call, default))).collect(),
        ),
        value => value,
    };
    if let Some(own) =
        provenance.span.take_if(|own| own.file == default.file && own.start >= default.start && own.end <= default.end)
    {
        provenance.span = Some(call.clone());
        provenance.related.insert(0, ("the default", own));
    }
    Node { value, provenance }
}

impl<'a> Evaluator<'a> {
    /// What a name, and the steps after it, refer to.
    pub(super) fn reference(&mut self, name: &str, steps: &[Step], scope: &NameScope<'_>) -> Outcome {
        if let Some(bound) = scope.lookup(name) {
            return self.walk(bound, steps, scope);
        }
        if scope.names.is_some() {
            return Err(ExpressionError::Wrong(format!("The template is given no `{name}`.")));
        }
        let Some((Step::Attribute(first), rest)) = steps.split_first() else {
            return Err(ExpressionError::Wrong(format!("`{name}` is no value.")));
        };
        match name {
            "var" => {
                let value = self.variable(scope.instance, first);
                self.walk(&value, rest, scope)
            }
            "local" => {
                let value = self.local(scope.instance, first);
                self.walk(&value, rest, scope)
            }
            "module" => {
                let value = self.called(scope.instance, first);
                self.walk(&value, rest, scope)
            }
            "data" => {
                let Some((Step::Attribute(second), rest)) = rest.split_first() else {
                    return Err(ExpressionError::Wrong("A data source has a type and a name.".to_owned()));
                };
                let module = self.instances[scope.instance].module;
                match module.data.get(&(first.clone(), second.clone())) {
                    Some(block) => self.resource(block, rest, scope),
                    None => unknown(format!("There is no data source `{first}.{second}` in the module.")),
                }
            }
            "each" | "count" | "self" => unknown(format!("`{name}.{first}` has no value here.")),
            "path" => self.path(first, scope.instance),
            "terraform" | "tofu" => unknown(format!("`{name}.{first}` depends on where Terraform runs.")),
            _ => match self.instances[scope.instance].module.resource(name, first) {
                Some(block) => self.resource(block, rest, scope),
                None => unknown(format!("There is no resource `{name}.{first}` in the module.")),
            },
        }
    }

    fn resource(&mut self, block: &'a Block, steps: &[Step], scope: &NameScope<'_>) -> Outcome {
        let instance = scope.instance;
        let what = format!("{}.{}", block.labels[0], block.labels[1]);
        let all = self.once(instance, id_of(block), "", (&what, block.head), |this| this.instances_of(instance, block));
        self.walk(&all, steps, scope)
    }

    /// Symbols of all instances of a resource or data source: one, a list of them, or a map.
    fn instances_of(&mut self, instance: usize, block: &'a Block) -> Node {
        let expansion = self.expansion(instance, block);
        let symbol = |this: &mut Self, index: usize| {
            let address = this.resource_address(instance, block, &expansion.repetitions[index]);
            let address: Arc<str> = address.into();
            this.named.insert(Arc::clone(&address), Referent::Resource(instance, block, index));
            Node::new(NodeValue::Symbol(address))
        };
        if expansion.shape == Shape::Single {
            return symbol(self, 0);
        }
        let counted = expansion.repetitions.iter().enumerate().filter(|(_, repetition)| !repetition.unexpanded);
        let counted: Vec<usize> = counted.map(|(index, _)| index).collect();
        let open = expansion.repetitions.iter().find(|repetition| repetition.unexpanded);
        let note =
            || Node::unknown(format!("How many of `{}.{}` there are is not known.", block.labels[0], block.labels[1]));
        match (expansion.shape, open) {
            (Shape::Each, Some(_)) => note(),
            (Shape::Each, None) => {
                let member = |index: usize| (expansion.repetitions[index].key.text(), symbol(self, index));
                Node::new(NodeValue::Object(counted.into_iter().map(member).collect()))
            }
            (_, open) => {
                let mut items: Vec<Node> = counted.into_iter().map(|index| symbol(self, index)).collect();
                items.extend(open.map(|_| note()));
                Node::new(NodeValue::List(items))
            }
        }
    }

    /// An attribute of one instance of a resource or data source: its value where the block sets it.
    pub(super) fn resource_attribute(
        &mut self,
        target: (usize, &'a Block, usize),
        address: &str,
        name: &str,
        steps: &[Step],
        scope: &NameScope<'_>,
    ) -> Outcome {
        let (instance, block, repetition) = target;
        if let Some(addresses) = self.service_tag(target, name) {
            return self.walk(&addresses, &steps[1..], scope);
        }
        let provenance = Default::default();
        let data = block.kind == "data";
        if let Some(attribute) = block.body.attribute(name) {
            let value = self.set_attribute(instance, block, repetition, attribute);
            return match value.value {
                // Who has a name has one, whatever it is.
                NodeValue::Unknown if name == "name" && steps.len() == 1 => {
                    let symbol = NodeValue::Symbol(format!("{address}.name").into());
                    Ok(Node { value: symbol, provenance: value.provenance.clone() })
                }
                NodeValue::Null => unknown(format!("`{address}.{name}` is known only once it is deployed.")),
                _ => self.walk(&value, &steps[1..], scope),
            };
        }
        if let Some(computed) = self.computed(target, address, name, steps) {
            return computed.and_then(|value| self.walk(&value, &steps[1..], scope));
        }
        let nested =
            block.body.blocks.iter().any(|inner| inner.kind == name || inner.labels.first().is_some_and(|l| l == name));
        if nested && !data {
            let list = match name {
                "identity" => self.identity_blocks(target, address),
                _ => self.nested_blocks(instance, block, repetition).get(name).cloned(),
            };
            if let Some(list) = &list
                && let Ok(found) = self.walk(list, &steps[1..], scope)
                && !matches!(found.value, NodeValue::Null)
            {
                return Ok(found);
            }
        }
        match data {
            true => unknown(format!("`{address}.{name}` is read when Terraform runs.")),
            false => self.symbol(address, &provenance, steps, scope),
        }
    }

    fn variable(&mut self, instance: usize, name: &str) -> Arc<Node> {
        let module = self.instances[instance].module;
        let Some(block) = module.variables.get(name) else {
            return Arc::new(Node::unknown(format!("The variable `{name}` is not declared.")));
        };
        let what = format!("var.{name}");
        self.once(instance, id_of(block), "", (&what, block.head), |this| {
            let variable_values = this.given_value(instance, name);
            let literal = |attribute: &str| block.body.attribute(attribute).map(|attribute| &attribute.value.kind);
            let nullable = !matches!(literal("nullable"), Some(super::super::hcl::ExprKind::Bool(false)));
            let variable_values = variable_values.filter(|value| nullable || !matches!(value.value, NodeValue::Null));
            let value = variable_values.or_else(|| {
                let default = block.body.attribute("default")?;
                let value = value_or_unknown(this.eval(&default.value, &NameScope::new(instance)));
                let value = this.attribute_value(value, default.span);
                let call = this.instances[instance].caller.as_ref().map(|caller| this.span(caller.call.head));
                Some(match call {
                    Some(call) => told_at(value, &call, &this.span(default.span)),
                    None => value,
                })
            });
            let value = value.unwrap_or_else(|| match this.instances[instance].caller {
                None => Node::unknown(format!("The variable `{name}` has no default and no value is given.")),
                Some(_) => Node::unknown(format!("The module's variable `{name}` has no default and is not given.")),
            });
            let mut value = match block.body.attribute("type") {
                Some(wanted) => this.converted(value, &wanted.value, instance),
                None => value,
            };
            if matches!(literal("sensitive"), Some(super::super::hcl::ExprKind::Bool(true))) {
                value.mark_sensitive();
            }
            value
        })
    }

    /// What the call of a module, or a variables file, says of a variable.
    fn given_value(&mut self, instance: usize, name: &str) -> Option<Node> {
        let Some(caller) = &self.instances[instance].caller else {
            if let Some(value) = self.variable_values.get(name) {
                return Some(value.clone());
            }
            let folder = self.tree.folders.get(self.instances[instance].folder)?;
            let attribute =
                self.variable_files.iter().copied().chain(&folder.values).find_map(|values| values.attribute(name))?;
            let mut value = value_or_unknown(self.eval(&attribute.value, &NameScope::new(instance)));
            if self.tree.files[attribute.span.file as usize].is_private {
                value.mark_sensitive();
            }
            return Some(self.attribute_value(value, attribute.span));
        };
        let attribute = caller.call.body.attribute(name)?;
        let (outer, repetition) = (caller.instance, caller.repetition.clone());
        let value = value_or_unknown(self.eval(&attribute.value, &NameScope::for_repetition(outer, &repetition)));
        Some(self.attribute_value(value, attribute.span))
    }

    fn local(&mut self, instance: usize, name: &str) -> Arc<Node> {
        let module = self.instances[instance].module;
        let Some(attribute) = module.locals.get(name) else {
            return Arc::new(Node::unknown(format!("The local `{name}` is not declared.")));
        };
        let what = format!("local.{name}");
        self.once(instance, id_of(attribute), "", (&what, attribute.span), |this| {
            let value = value_or_unknown(this.eval(&attribute.value, &NameScope::new(instance)));
            this.attribute_value(value, attribute.span)
        })
    }

    /// Symbols of all instances of a module: one, a list of them, or a map.
    fn called(&mut self, instance: usize, name: &str) -> Arc<Node> {
        let Some(call) = self.instances[instance].module.calls.get(name) else {
            return Arc::new(Node::unknown(format!("There is no module `{name}`.")));
        };
        let what = format!("module.{name}");
        self.once(instance, id_of(call), "", (&what, call.head), |this| {
            let Some(children) = this.children(instance, call) else {
                return Node::unknown(format!("The module `{name}` is not on disk."));
            };
            let expansion = this.expansion(instance, call);
            let symbol = |this: &mut Self, child: usize| {
                let address: Arc<str> = this.instances[child].address.as_str().into();
                this.named.insert(Arc::clone(&address), Referent::Module(child));
                Node::new(NodeValue::Symbol(address))
            };
            if expansion.repetitions.iter().any(|repetition| repetition.unexpanded) {
                return Node::unknown(format!("How many of `module.{name}` there are is not known."));
            }
            let symbols: Vec<Node> = children.iter().map(|child| symbol(this, *child)).collect();
            match expansion.shape {
                Shape::Single => symbols.into_iter().next().unwrap_or_default(),
                Shape::Count => Node::new(NodeValue::List(symbols)),
                Shape::Each => {
                    let keys = expansion.repetitions.iter().map(|repetition| repetition.key.text());
                    Node::new(NodeValue::Object(keys.zip(symbols).collect()))
                }
            }
        })
    }

    pub(super) fn output(&mut self, instance: usize, name: &str, steps: &[Step], scope: &NameScope<'_>) -> Outcome {
        let module = self.instances[instance].module;
        let value = module.outputs.get(name).and_then(|block| Some((block, block.body.attribute("value")?)));
        let Some((block, attribute)) = value else {
            return unknown(format!("`{}` has no output `{name}`.", self.instances[instance].address));
        };
        let what = format!("output.{name}");
        let value = self.once(instance, id_of(block), "", (&what, block.head), |this| {
            let mut value = value_or_unknown(this.eval(&attribute.value, &NameScope::new(instance)));
            let is_sensitive = block.body.attribute("sensitive").map(|attribute| &attribute.value.kind);
            if matches!(is_sensitive, Some(super::super::hcl::ExprKind::Bool(true))) {
                value.mark_sensitive();
            }
            this.attribute_value(value, attribute.span)
        });
        self.walk(&value, steps, scope)
    }
}
