//! The instances that a loop and a condition make of a body.

use super::super::arm::expression::{NameScope, Work, evaluate};
use super::super::declared::{Node, NodeValue, Span};
use super::declare::InstanceBody;

/// How many instances of a resource or module are followed.
const MAX_INSTANCES: usize = 10_000;

/// One turn of a loop, or the only one.
pub struct LoopInstance<'a, 'b> {
    pub scope: &'a NameScope<'b>,
    /// Its index, where there is a loop; `None` in it where that is not known.
    pub index: Option<Option<usize>>,
    /// The condition, where it is not known.
    pub condition: Option<Span>,
}

/// Calls for each turn of a body's loop, but for those whose condition is false.
pub fn instances(
    body: &InstanceBody,
    scope: &NameScope<'_>,
    work: &Work,
    head: &Span,
    call: &mut dyn FnMut(LoopInstance<'_, '_>),
) {
    let mut loop_instance = |scope: &NameScope<'_>, index: Option<Option<usize>>| {
        let condition = body.condition.as_ref().map(|condition| (evaluate(condition, scope), &condition.span));
        match condition.map(|(node, span)| (node.as_bool(), span)) {
            Some((Some(false), _)) => {}
            // What a condition keeps from being evaluated may be wrong without a fault.
            Some((None, span)) => {
                call(LoopInstance { scope: &scope.uncertain(), index, condition: Some(span.clone()) })
            }
            _ => call(LoopInstance { scope, index, condition: None }),
        }
    };
    let Some((item, index, list)) = &body.each else { return loop_instance(scope, None) };
    let over = evaluate(list, scope);
    let items = match over.value {
        NodeValue::List(items) if items.len() <= MAX_INSTANCES => items,
        NodeValue::List(items) => {
            let what = format!("the loop runs {} times; at most {MAX_INSTANCES} are followed", items.len());
            work.gap(head, &what);
            vec![Node::unknown("It is an item of a loop that is not followed.")]
        }
        _ => {
            let note = over.provenance.note.unwrap_or_else(|| "What the loop runs over is not known.".into());
            vec![Node::unknown(note)]
        }
    };
    // Behind an item that may stand for several, no index is known.
    let mut known = true;
    for (position, item_node) in items.iter().enumerate() {
        known = known && item_node.value != NodeValue::Unknown;
        let number = match known {
            true => Node::new(NodeValue::Number(position.into())),
            false => Node::unknown("The index in the loop is not known."),
        };
        scope.with(item, item_node, |scope| {
            scope.with(index.as_deref().unwrap_or(""), &number, |scope| match known {
                true => loop_instance(scope, Some(Some(position))),
                false => loop_instance(&scope.uncertain(), Some(None)),
            });
        });
    }
}
