//! Expressions of ARM templates and Bicep files: one tree for both, and what it comes to as far as that can be known.

mod access;
mod evaluate;
mod functions;
mod scope;
mod work;

pub use self::evaluate::{evaluate, principal_of};
pub use self::functions::{GROUP, copy_local, id_of, split_name};
pub use self::scope::{Binding, Function, NameScope, Names};
pub use self::work::{Work, on_deep_stack};

use super::super::declared::{NodeValue, Span};

/// An expression, and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Where it stands: of a literal that is all of a member's value, the whole pair `"name": "value"`.
    pub span: Span,
}

/// What an expression is. Names are told apart without their letter case.
#[derive(Debug, Clone, PartialEq)]
pub enum ExprKind {
    /// A scalar as written.
    Literal(NodeValue),
    /// Texts and values joined to one text: Bicep's `'a${b}'`.
    Text(Vec<Expr>),
    /// An object.
    Object(Vec<Member>),
    /// A list.
    Array(Vec<Item>),
    /// A function, an operator (`add`, `equals`, `not`, `if`, `coalesce`, … as ARM names them), or a function of the
    /// user's own (`namespace.name`, in Bicep `name`).
    Call {
        /// Its name.
        name: String,
        /// Its arguments.
        args: Vec<Expr>,
    },
    /// A member of an object: `base.name`; if `safe`, null where there is none.
    Property {
        /// The object.
        base: Box<Expr>,
        /// The member.
        name: String,
        /// Whether its absence is no error.
        safe: bool,
    },
    /// An item of a list or a member of an object: `base[index]`; if `safe`, null where there is none.
    Index {
        /// The list or object.
        base: Box<Expr>,
        /// The item's index or the member's name.
        index: Box<Expr>,
        /// Whether its absence is no error.
        safe: bool,
    },
    /// A parameter; in the body of a user's function, an argument.
    Parameter(String),
    /// A variable.
    Variable(String),
    /// A resource by its symbolic name: an object of `id`, `name`, `type` and what else is declared.
    Resource(String),
    /// The item or index of a loop, or the argument of a lambda.
    Local(String),
    /// A loop; it comes to a list.
    For(Box<For>),
    /// The last argument of `map`, `filter` and their like.
    Lambda {
        /// The names of its arguments.
        names: Vec<String>,
        /// What it returns.
        body: Box<Expr>,
    },
}

/// A loop: Bicep's `[for (item, index) in over: if (filter) body]`, and ARM's `copy`.
#[derive(Debug, Clone, PartialEq)]
pub struct For {
    /// The local that is each item.
    pub item: Option<String>,
    /// The local that is each item's index, from 0.
    pub index: Option<String>,
    /// The list.
    pub over: Expr,
    /// Which items are taken.
    pub filter: Option<Expr>,
    /// What comes of each.
    pub body: Expr,
}

/// A part of an object.
#[derive(Debug, Clone, PartialEq)]
pub enum Member {
    /// `key: value`.
    Pair {
        /// Its name: mostly a literal.
        key: Expr,
        /// Its value.
        value: Expr,
        /// The whole pair.
        span: Span,
    },
    /// The members of another object; they take the place of those before.
    Spread(Expr),
}

/// A part of a list.
#[derive(Debug, Clone, PartialEq)]
pub enum Item {
    /// An item.
    One(Expr),
    /// The items of another list.
    Spread(Expr),
}

impl Expr {
    /// An expression at a place.
    pub fn new(kind: ExprKind, span: Span) -> Expr {
        Expr { kind, span }
    }

    /// A text at a place.
    pub fn text(text: impl Into<String>, span: Span) -> Expr {
        Expr::new(ExprKind::Literal(NodeValue::String(text.into())), span)
    }

    /// A call at a place.
    pub fn call(name: impl Into<String>, args: Vec<Expr>, span: Span) -> Expr {
        Expr::new(ExprKind::Call { name: name.into(), args }, span)
    }

    /// The text of a literal string.
    pub fn as_str(&self) -> Option<&str> {
        match &self.kind {
            ExprKind::Literal(NodeValue::String(text)) => Some(text),
            _ => None,
        }
    }

    /// The value of an object's member, whatever its name's letter case.
    pub fn get(&self, name: &str) -> Option<&Expr> {
        self.pair(name).map(|(value, _)| value)
    }

    /// The value of an object's member and the whole pair, whatever the letter case of its name.
    pub fn pair(&self, name: &str) -> Option<(&Expr, &Span)> {
        self.pairs().find(|(key, ..)| key.eq_ignore_ascii_case(name)).map(|(_, value, span)| (value, span))
    }

    /// The members of an object whose names are literals: name, value, whole pair.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &Expr, &Span)> {
        let members = match &self.kind {
            ExprKind::Object(members) => members.as_slice(),
            _ => &[],
        };
        members.iter().filter_map(|member| match member {
            Member::Pair { key, value, span } => Some((key.as_str()?, value, span)),
            Member::Spread(_) => None,
        })
    }

    /// The items of a list that are written one by one.
    pub fn items(&self) -> impl Iterator<Item = &Expr> {
        let items = match &self.kind {
            ExprKind::Array(items) => items.as_slice(),
            _ => &[],
        };
        items.iter().filter_map(|item| match item {
            Item::One(expr) => Some(expr),
            Item::Spread(_) => None,
        })
    }

    /// The source text of the expression, blanks left out: what stands for a value that is not known but has a name.
    pub fn source(&self) -> String {
        let text = self.span.file.text.get(self.span.start..self.span.end).unwrap_or_default();
        text.chars().filter(|c| !c.is_whitespace()).take(200).collect()
    }
}
