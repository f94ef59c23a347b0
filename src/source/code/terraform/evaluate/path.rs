//! Paths: members, items, splats, and what follows a symbol.

use super::super::hcl::Step;
use super::computed::canonical;
use super::value::{ExpressionError, Outcome, to_i64, to_text, unknown_error};
use super::{Evaluator, NameScope, Referent};
use crate::source::code::declared::{Node, NodeValue, Provenance};

impl<'a> Evaluator<'a> {
    /// What the steps lead to. The value that they start from is not copied.
    pub(super) fn walk(&mut self, from: &Node, steps: &[Step], scope: &NameScope<'_>) -> Outcome {
        let mut at = from;
        for (taken, step) in steps.iter().enumerate() {
            match &at.value {
                NodeValue::Unknown => return Ok(Node { value: NodeValue::Unknown, provenance: at.provenance.clone() }),
                NodeValue::Symbol(name) => {
                    let name = name.clone();
                    return self.follow(&name, &at.provenance, &steps[taken..], scope);
                }
                _ => {}
            }
            at = match step {
                Step::Attribute(name) => member(at, name)?,
                Step::Index(index) => {
                    let index = self.eval(index, scope)?;
                    item(at, &index)?
                }
                Step::Splat(full) => return self.splat(at, *full, &steps[taken + 1..], scope),
            };
        }
        self.charge(at.as_list().map_or(0, <[Node]>::len));
        Ok(at.clone())
    }

    fn splat(&mut self, at: &Node, full: bool, rest: &[Step], scope: &NameScope<'_>) -> Outcome {
        // Only names belong to `.*`.
        let own = match full {
            true => rest.len(),
            false => rest.iter().take_while(|step| matches!(step, Step::Attribute(_))).count(),
        };
        let each = match &at.value {
            NodeValue::Null => &[],
            NodeValue::List(items) => items.as_slice(),
            _ => std::slice::from_ref(at),
        };
        let mut items = Vec::with_capacity(each.len());
        for item in each {
            items.push(match item.value {
                NodeValue::Unknown => item.clone(),
                _ => match self.walk(item, &rest[..own], scope) {
                    Err(ExpressionError::Unknown(unknown)) => *unknown,
                    outcome => outcome?,
                },
            });
        }
        let list = Node::new(NodeValue::List(items));
        self.walk(&list, &rest[own..], scope)
    }

    /// What the steps lead to from something that has a name and may not be known: a resource, a module, an attribute.
    pub(super) fn follow(
        &mut self,
        name: &str,
        provenance: &Provenance,
        steps: &[Step],
        scope: &NameScope<'_>,
    ) -> Outcome {
        match self.named.get(name).copied() {
            _ if steps.is_empty() => {
                return Ok(Node { value: NodeValue::Symbol(name.into()), provenance: provenance.clone() });
            }
            Some(Referent::Module(instance)) => {
                return match &steps[0] {
                    Step::Attribute(output) => self.output(instance, output, &steps[1..], scope),
                    _ => Err(ExpressionError::Wrong("Of a module only outputs can be read.".to_owned())),
                };
            }
            Some(Referent::Resource(instance, block, repetition)) => {
                return match &steps[0] {
                    Step::Attribute(attribute) => {
                        self.resource_attribute((instance, block, repetition), name, attribute, steps, scope)
                    }
                    // `resource[*]` of a single one is a list of it.
                    Step::Splat(full) => {
                        let one = Node { value: NodeValue::Symbol(name.into()), provenance: provenance.clone() };
                        let list = Node::new(NodeValue::List(vec![one]));
                        self.splat(&list, *full, &steps[1..], scope)
                    }
                    Step::Index(_) => Err(ExpressionError::Wrong(format!("`{name}` has no instances to choose from."))),
                };
            }
            None => {}
        }
        self.symbol(name, provenance, steps, scope)
    }

    /// A name for what the steps lead to.
    pub(super) fn symbol(
        &mut self,
        name: &str,
        provenance: &Provenance,
        steps: &[Step],
        scope: &NameScope<'_>,
    ) -> Outcome {
        let mut name = name.to_owned();
        for step in steps {
            match step {
                Step::Attribute(attribute) => name.extend([".", attribute]),
                Step::Index(index) => {
                    let index = self.eval(index, scope)?;
                    match &index.value {
                        NodeValue::Number(number) => name.push_str(&format!("[{number}]")),
                        NodeValue::String(text) => name.push_str(&format!("[{text:?}]")),
                        _ => return Err(unknown_error(&index)),
                    }
                }
                Step::Splat(_) => {
                    return Err(ExpressionError::Unknown(Box::new(Node::unknown(format!(
                        "What `{name}` consists of is known only once it is deployed."
                    )))));
                }
            }
        }
        Ok(Node { value: NodeValue::Symbol(canonical(name).into()), provenance: provenance.clone() })
    }
}

fn member<'n>(of: &'n Node, name: &str) -> Result<&'n Node, ExpressionError> {
    match &of.value {
        NodeValue::Object(_) => {
            of.get(name).ok_or_else(|| ExpressionError::Wrong(format!("It has no attribute `{name}`.")))
        }
        NodeValue::Null => Err(ExpressionError::Wrong(format!("The attribute `{name}` is read of null."))),
        _ => Err(ExpressionError::Wrong(format!("The attribute `{name}` is read of what has no attributes."))),
    }
}

fn item<'n>(of: &'n Node, index: &Node) -> Result<&'n Node, ExpressionError> {
    match &of.value {
        NodeValue::Object(_) => {
            let key = to_text(index)?;
            of.get(&key).ok_or_else(|| ExpressionError::Wrong("The key is not in the map.".to_owned()))
        }
        NodeValue::List(items) => {
            let index = to_i64(index)?;
            let index = usize::try_from(index).ok();
            // An item that is not known may be any number of items.
            let before = index.map_or(items.len(), |index| items.len().min(index + 1));
            if let Some(open) = items[..before].iter().find(|item| matches!(item.value, NodeValue::Unknown)) {
                return Err(unknown_error(open));
            }
            let found = index.and_then(|index| items.get(index));
            found.ok_or_else(|| ExpressionError::Wrong("The list has no such item.".to_owned()))
        }
        _ => Err(ExpressionError::Wrong("An index is taken of what has no items.".to_owned())),
    }
}
