//! Expressions, as they are written.

use std::ops::Range;

use super::{Literal, Resource};

/// An expression.
#[derive(Debug)]
pub struct Expression {
    /// Where it stands.
    pub range: Range<usize>,
    /// How many expressions are within each other in it: bounded, so that what walks over it is.
    pub height: u16,
    /// What it is.
    pub kind: SyntaxKind,
}

/// What an expression is.
#[derive(Debug)]
#[allow(missing_docs)]
pub enum SyntaxKind {
    Literal(Literal),
    /// `'text ${expression} text'`.
    Template(Vec<Piece>),
    Object(Object),
    List(Vec<Item>),
    Name(String),
    /// `name(arguments)`, `namespace.name(arguments)`.
    Call {
        on: Option<Box<Expression>>,
        name: String,
        arguments: Vec<Expression>,
    },
    /// `of.name`, `of.?name`.
    Member {
        of: Box<Expression>,
        name: String,
        safe: bool,
    },
    /// `of[index]`, `of[?index]`; `of[^index]` counts from the end.
    Index {
        of: Box<Expression>,
        index: Box<Expression>,
        safe: bool,
        from_end: bool,
    },
    /// `of::name`.
    Nested {
        of: Box<Expression>,
        name: String,
    },
    Not(Box<Expression>),
    Minus(Box<Expression>),
    Binary(Operator, Box<Expression>, Box<Expression>),
    /// `condition ? one : other`.
    Choice(Box<[Expression; 3]>),
    Lambda {
        parameters: Vec<String>,
        body: Box<Expression>,
    },
    /// `[for item in list: body]`.
    For(Box<For>),
    /// `if (condition) body`, before the body of a resource or module.
    If(Box<[Expression; 2]>),
}

/// A part of a text.
#[derive(Debug)]
#[allow(missing_docs)]
pub enum Piece {
    Text(String),
    Hole(Expression),
}

/// The braces of an object.
#[derive(Debug, Default)]
pub struct Object {
    /// Its members, in order.
    pub members: Vec<Member>,
    /// The resources nested in the body of a resource.
    pub resources: Vec<Resource>,
}

/// A member of an object.
#[derive(Debug)]
#[allow(missing_docs)]
pub enum Member {
    /// With the range of the whole pair.
    Pair {
        key: Key,
        value: Expression,
        range: Range<usize>,
    },
    Spread(Expression),
}

/// The name of a member.
#[derive(Debug)]
#[allow(missing_docs)]
pub enum Key {
    Known(String),
    Template(Expression),
}

/// An item of a list.
#[derive(Debug)]
#[allow(missing_docs)]
pub enum Item {
    Value(Expression),
    Spread(Expression),
}

/// `[for item in list: body]`, `[for (item, index) in list: body]`.
#[derive(Debug)]
#[allow(missing_docs)]
pub struct For {
    pub item: String,
    pub index: Option<String>,
    pub list: Expression,
    pub body: Expression,
}

/// An operator between two expressions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Operator {
    Coalesce,
    Or,
    And,
    Equal,
    NotEqual,
    EqualFolded,
    NotEqualFolded,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
}

impl Operator {
    /// The operator of a symbol.
    pub fn from_symbol(symbol: &str) -> Option<Operator> {
        Some(match symbol {
            "??" => Operator::Coalesce,
            "||" => Operator::Or,
            "&&" => Operator::And,
            "==" => Operator::Equal,
            "!=" => Operator::NotEqual,
            "=~" => Operator::EqualFolded,
            "!~" => Operator::NotEqualFolded,
            "<" => Operator::Less,
            "<=" => Operator::LessOrEqual,
            ">" => Operator::Greater,
            ">=" => Operator::GreaterOrEqual,
            "+" => Operator::Add,
            "-" => Operator::Subtract,
            "*" => Operator::Multiply,
            "/" => Operator::Divide,
            "%" => Operator::Modulo,
            _ => return None,
        })
    }

    /// How tightly it binds.
    pub fn precedence(self) -> u8 {
        match self {
            Operator::Coalesce => 1,
            Operator::Or => 2,
            Operator::And => 3,
            Operator::Equal | Operator::NotEqual | Operator::EqualFolded | Operator::NotEqualFolded => 4,
            Operator::Less | Operator::LessOrEqual | Operator::Greater | Operator::GreaterOrEqual => 5,
            Operator::Add | Operator::Subtract => 6,
            Operator::Multiply | Operator::Divide | Operator::Modulo => 7,
        }
    }
}

impl Object {
    /// A member by its name, as it is written.
    pub fn get(&self, name: &str) -> Option<&Expression> {
        self.members.iter().find_map(|member| match member {
            Member::Pair { key: Key::Known(key), value, .. } if key == name => Some(value),
            _ => None,
        })
    }
}

impl Expression {
    /// The object of a resource's or module's body, within `for` and `if`.
    pub fn body_object(&self) -> Option<&Object> {
        match &self.kind {
            SyntaxKind::Object(object) => Some(object),
            SyntaxKind::If(parts) => parts[1].body_object(),
            SyntaxKind::For(each) => each.body.body_object(),
            _ => None,
        }
    }
}
