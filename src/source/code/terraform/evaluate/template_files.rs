//! Templates that are read when the configuration is evaluated: `templatefile` and `templatestring`.

use super::super::hcl::{ByteSpan, parse_template};
use super::value::{ExpressionError, Outcome, text, to_text};
use super::{Evaluator, NameScope};
use crate::source::code::declared::{Node, NodeValue};

/// A template has no span of its own among the files of the configuration.
const NOWHERE: ByteSpan = ByteSpan { file: 0, start: 0, end: 0 };

impl Evaluator<'_> {
    /// The text that a template comes to; it sees nothing but the variables.
    pub(super) fn render(&mut self, template: &str, variables: Option<&Node>, scope: &NameScope<'_>) -> Outcome {
        let names = match variables.map(|node| &node.value) {
            Some(NodeValue::Object(members)) => members.as_slice(),
            Some(NodeValue::Unknown | NodeValue::Symbol(_)) => {
                return Err(ExpressionError::Unknown(Box::new(Node::unknown(
                    "What a template is given is not known.",
                ))));
            }
            _ => return Err(ExpressionError::Wrong("A template is given an object.".to_owned())),
        };
        let parsed = parse_template(template, NOWHERE)
            .map_err(|error| ExpressionError::Wrong(format!("The template cannot be read: {}.", error.message)))?;
        let mut rendered = self.eval(&parsed, &NameScope::of_template(scope.instance, names))?;
        // It stands nowhere: whoever calls gives it a span.
        rendered.provenance.span = None;
        match rendered.value {
            NodeValue::Unknown | NodeValue::Symbol(_) => Err(ExpressionError::Unknown(Box::new(rendered))),
            _ => text(to_text(&rendered)?),
        }
    }
}
