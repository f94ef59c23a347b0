//! Terraform's language as a syntax tree with the place of everything: from HCL text, and from its JSON form.

#[cfg(test)]
mod agreement;
mod expression;
mod json;
mod number;
mod parser;
mod structure;
mod template;
#[cfg(test)]
mod tests;

pub use self::json::{parse_json, parse_json_values};
pub(super) use self::number::{from_f64, read_number};
pub use self::parser::{SyntaxError, parse, parse_expression, parse_template};

use serde_json::Number;

/// How deep brackets, blocks and the like may be nested.
pub const MAX_NESTING: usize = 512;

/// How high the tree of one expression may get: what walks it needs a stack.
const MAX_HEIGHT: u16 = 2048;

/// A stretch of one of the files that were read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ByteSpan {
    /// Which of the files.
    pub file: u32,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl ByteSpan {
    /// From the start of this one to the end of another.
    fn to(self, other: ByteSpan) -> ByteSpan {
        ByteSpan { end: other.end.max(self.start), ..self }
    }

    /// Whether the other lies within this one.
    pub fn holds(self, other: ByteSpan) -> bool {
        self.file == other.file && self.start <= other.start && other.end <= self.end
    }
}

/// What a file or block consists of.
#[derive(Debug, Clone, Default)]
pub struct Body {
    /// `name = value`, in the order of the source.
    pub attributes: Vec<Attribute>,
    /// Nested blocks, in the order of the source.
    pub blocks: Vec<Block>,
}

impl Body {
    /// An attribute by name.
    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|attribute| attribute.name == name)
    }

    /// The nested blocks of a kind.
    pub fn blocks_of<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Block> {
        self.blocks.iter().filter(move |block| block.kind == kind)
    }
}

/// `name = value`.
#[derive(Debug, Clone)]
pub struct Attribute {
    /// The name.
    pub name: String,
    /// From the name to the end of the value.
    pub span: ByteSpan,
    /// The value.
    pub value: Expr,
}

/// `kind "label" { … }`.
#[derive(Debug, Clone)]
pub struct Block {
    /// Such as `resource`.
    pub kind: String,
    /// Such as `azurerm_container_registry` and `main`.
    pub labels: Vec<String>,
    /// The kind and the labels.
    pub head: ByteSpan,
    /// What is between the braces.
    pub body: Body,
}

/// An expression.
#[derive(Debug, Clone)]
pub struct Expr {
    /// Where it stands.
    pub span: ByteSpan,
    /// What it is.
    pub kind: ExprKind,
    /// How many expressions are within one another, this one included.
    height: u16,
}

/// What an expression is.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub enum ExprKind {
    Null,
    Bool(bool),
    Number(Number),
    /// A text without any interpolation.
    String(String),
    Template(Vec<Part>),
    List(Vec<Expr>),
    Object(Vec<(Expr, Expr)>),
    /// The first name of a reference: `var`, `local`, a resource type, an iterator.
    Name(String),
    /// What follows after a `.` or within `[ ]`.
    Path(Box<Expr>, Vec<Step>),
    /// A function's name, its arguments, and whether the last stands for a list of them (`...`).
    Call(String, Vec<Expr>, bool),
    Not(Box<Expr>),
    Minus(Box<Expr>),
    Binary(Operator, Box<(Expr, Expr)>),
    /// Condition, value if true, value if false.
    Conditional(Box<(Expr, Expr, Expr)>),
    For(Box<For>),
}

/// A step of a path.
#[derive(Debug, Clone)]
pub enum Step {
    /// `.name`.
    Attribute(String),
    /// `[index]` and `.0`.
    Index(Expr),
    /// `[*]` (true), which all further steps belong to, and `.*` (false), which only further names belong to.
    Splat(bool),
}

/// A binary operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Operator {
    Or,
    And,
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
}

/// `[for key, value in over : result if condition]`, `{for … : name => result...}`.
#[derive(Debug, Clone)]
pub struct For {
    /// The name of the key or index, where one is given.
    pub key: Option<String>,
    /// The name of the value.
    pub value: String,
    /// What is walked.
    pub over: Expr,
    /// The key of each member, where an object is made.
    pub name: Option<Expr>,
    /// Each item or member.
    pub result: Expr,
    /// Whether values of the same key are grouped (`...`).
    pub grouped: bool,
    /// Which items are taken.
    pub condition: Option<Expr>,
}

/// A part of a template.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub enum Part {
    Text(String),
    Value(Expr),
    /// Condition, parts if true, parts if false.
    If(Expr, Vec<Part>, Vec<Part>),
    /// Name of the key, name of the value, what is walked, parts for each.
    For(Option<String>, String, Expr, Vec<Part>),
}
