//! What the parser makes of a Bicep file: declarations and expressions, each with its range of bytes.

mod expression;
pub(crate) mod lexer;
pub(crate) mod parser;

use std::ops::Range;

pub use self::expression::{Expression, For, Item, Key, Member, Object, Operator, Piece, SyntaxKind};

/// A file: what could be read of it, and what could not.
#[derive(Debug, Default)]
pub struct Syntax {
    /// Its declarations, in order.
    pub declarations: Vec<Declaration>,
    /// Where it is no Bicep.
    pub errors: Vec<SyntaxError>,
}

/// Where a text is no Bicep, and what was expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    /// The byte.
    pub at: usize,
    /// What is wrong.
    pub message: String,
}

/// A declaration at the top of a file.
#[derive(Debug)]
pub struct Declaration {
    /// What stands before it.
    pub decorators: Vec<Decorator>,
    /// From its keyword to its end.
    pub range: Range<usize>,
    /// What it declares.
    pub what: DeclarationKind,
}

/// What a declaration declares.
#[derive(Debug)]
pub enum DeclarationKind {
    /// `param name type = default`; in a parameter file `param name = value`.
    Parameter { name: String, kind: Option<Type>, default: Option<Expression> },
    /// `var name = value`.
    Variable { name: String, value: Expression },
    /// `resource`.
    Resource(Resource),
    /// `module`.
    Module(Module),
    /// `output name type = value`.
    Output { name: String, value: Expression },
    /// `type name = type`.
    Type { name: String, kind: Type },
    /// `func name(parameters) type => body`.
    Function { name: String, parameters: Vec<String>, body: Expression },
    /// `using 'path'` of a parameter file; `using none` has no path.
    Using(Option<String>),
    /// `import { name, name as alias } from 'path'`, or `import * as alias from 'path'`.
    Import { names: Vec<(String, String)>, all_as: Option<String>, from: String },
    /// `targetScope = 'subscription'`.
    TargetScope(String),
    /// `extends 'path'` of a parameter file.
    Extends(String),
    /// What has no bearing on values: metadata, targetScope, extensions, assertions.
    Other,
}

/// `@name(arguments)`.
#[derive(Debug)]
pub struct Decorator {
    /// Without a namespace.
    pub name: String,
    /// Its arguments.
    pub arguments: Vec<Expression>,
}

/// `resource symbol 'type@version' existing = body`.
#[derive(Debug)]
pub struct Resource {
    /// Its symbol.
    pub symbol: String,
    /// `type@version`, or the last segments of the type where it is nested.
    pub kind: String,
    /// Whether it is only referred to.
    pub existing: bool,
    /// From the keyword to the type.
    pub head: Range<usize>,
    /// An object, perhaps in `if`, perhaps in `for`.
    pub body: Expression,
}

/// `module symbol 'path' = body`.
#[derive(Debug)]
pub struct Module {
    /// Its symbol.
    pub symbol: String,
    /// A path, or a reference such as `br:…`.
    pub path: String,
    /// From the keyword to the path.
    pub head: Range<usize>,
    /// An object, perhaps in `if`, perhaps in `for`.
    pub body: Expression,
}

/// A type, as far as it says which values there may be.
#[derive(Debug, Clone, PartialEq)]
pub enum Type {
    /// One value.
    Literal(Literal),
    /// `a | b`.
    Union(Vec<Type>),
    /// `type?`.
    Nullable(Box<Type>),
    /// `bool`, `string`, or one that is declared; `namespace.name`.
    Named(Vec<String>),
    /// `{ name: type }`.
    Object(Vec<(String, Type)>),
    /// Any other.
    Other,
}

/// A value of a type.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Literal {
    Null,
    Bool(bool),
    Number(i64),
    Text(String),
}
