//! The arguments of a function, asked for by what they must be.

use crate::source::code::declared::{Node, NodeValue, doubt_of_members};

/// Why a function has no value.
#[derive(Debug)]
pub enum ExpressionError {
    /// Something that it needs is not known: this.
    Unknown(Node),
    /// It is used wrongly: what is wrong, without a full stop.
    Wrong(String),
}

/// What a function comes to.
pub type Outcome = Result<Node, ExpressionError>;

impl ExpressionError {
    /// What is not known because this is not.
    pub fn unknown(node: &Node) -> ExpressionError {
        let mut unknown = Node::new(NodeValue::Unknown);
        unknown.provenance.note = node.provenance.note.clone().or_else(|| part_note(node));
        ExpressionError::Unknown(unknown)
    }
}

/// Why something within the value is not known.
fn part_note(node: &Node) -> Option<std::sync::Arc<str>> {
    let mut parts: Box<dyn Iterator<Item = &Node>> = match &node.value {
        NodeValue::List(items) => Box::new(items.iter()),
        NodeValue::Object(members) => Box::new(members.iter().map(|(_, member)| member)),
        NodeValue::Unknown | NodeValue::Symbol(_) => return node.provenance.note.clone(),
        _ => return None,
    };
    parts.find_map(part_note)
}

/// How many members an object may have that is merged or compared: each is looked for among the others.
pub const MAX_MEMBERS: usize = 4_000;

/// The arguments of a function.
#[derive(Clone, Copy)]
pub struct Args<'a> {
    /// The function's name, lower case.
    pub name: &'a str,
    /// Their values.
    pub values: &'a [Node],
}

impl<'a> Args<'a> {
    pub fn len(&self) -> usize {
        self.values.len()
    }

    pub fn wrong<T>(&self, what: &str) -> Result<T, ExpressionError> {
        Err(ExpressionError::Wrong(format!("`{}` {what}", self.name)))
    }

    fn wrong_type<T>(&self, index: usize, what: &str) -> Result<T, ExpressionError> {
        self.wrong(&format!("wants {what} as its argument {}", index + 1))
    }

    /// An argument of whatever type, known or not.
    pub fn any(&self, index: usize) -> Result<&'a Node, ExpressionError> {
        match self.values.get(index) {
            Some(node) => Ok(node),
            None => self.wrong(&format!("wants more than {} arguments", self.values.len())),
        }
    }

    /// An argument that is known itself; what is within it may still not be.
    pub fn known(&self, index: usize) -> Result<&'a Node, ExpressionError> {
        let node = self.any(index)?;
        if node.is_unknown() { Err(ExpressionError::unknown(node)) } else { Ok(node) }
    }

    /// An argument that is known with all that is in it.
    pub fn fully_known(&self, index: usize) -> Result<&'a Node, ExpressionError> {
        let node = self.any(index)?;
        if node.is_fully_known() { Ok(node) } else { Err(ExpressionError::unknown(node)) }
    }

    pub fn text(&self, index: usize) -> Result<&'a str, ExpressionError> {
        match &self.known(index)?.value {
            NodeValue::String(text) => Ok(text),
            _ => self.wrong_type(index, "a text"),
        }
    }

    pub fn int(&self, index: usize) -> Result<i64, ExpressionError> {
        match &self.known(index)?.value {
            NodeValue::Number(number) => match number.as_i64() {
                Some(number) => Ok(number),
                None => self.wrong_type(index, "an integer"),
            },
            _ => self.wrong_type(index, "an integer"),
        }
    }

    pub fn flag(&self, index: usize) -> Result<bool, ExpressionError> {
        match self.known(index)?.value {
            NodeValue::Bool(flag) => Ok(flag),
            _ => self.wrong_type(index, "true or false"),
        }
    }

    /// A list, of which items may not be known.
    pub fn list(&self, index: usize) -> Result<&'a [Node], ExpressionError> {
        match &self.known(index)?.value {
            NodeValue::List(items) => Ok(items),
            _ => self.wrong_type(index, "a list"),
        }
    }

    /// A list whose length is known.
    pub fn counted(&self, index: usize) -> Result<&'a [Node], ExpressionError> {
        let items = self.list(index)?;
        match items.iter().find(|item| item.value == NodeValue::Unknown) {
            Some(item) => Err(ExpressionError::unknown(item)),
            None => Ok(items),
        }
    }

    pub fn object(&self, index: usize) -> Result<&'a [(String, Node)], ExpressionError> {
        match &self.known(index)?.value {
            NodeValue::Object(members) if members.len() > MAX_MEMBERS => {
                self.wrong(&format!("is not evaluated for objects of more than {MAX_MEMBERS} members"))
            }
            NodeValue::Object(members) => Ok(members),
            _ => self.wrong_type(index, "an object"),
        }
    }

    /// An object of which it is known which members there are.
    pub fn whole_object(&self, index: usize) -> Result<&'a [(String, Node)], ExpressionError> {
        let members = self.object(index)?;
        match doubt_of_members(members) {
            Some(marker) => Err(ExpressionError::unknown(marker)),
            None => Ok(members),
        }
    }

    /// All arguments, or those of its one argument, a list: `min(1, 2)`, `min([1, 2])`.
    pub fn spread(&self) -> Result<Args<'a>, ExpressionError> {
        match self.values {
            [one] if matches!(one.value, NodeValue::List(_)) => Ok(Args { name: self.name, values: self.counted(0)? }),
            _ => Ok(*self),
        }
    }
}

/// A text as a value.
pub fn string(text: impl Into<String>) -> Outcome {
    Ok(Node::text(text))
}

/// A truth value.
pub fn flag(flag: bool) -> Outcome {
    Ok(Node::new(NodeValue::Bool(flag)))
}

/// A number.
pub fn int(number: i64) -> Outcome {
    Ok(Node::new(NodeValue::Number(number.into())))
}

/// A list.
pub fn list(items: Vec<Node>) -> Outcome {
    Ok(Node::new(NodeValue::List(items)))
}

/// An object.
pub fn object(members: Vec<(String, Node)>) -> Outcome {
    Ok(Node::new(NodeValue::Object(members)))
}
