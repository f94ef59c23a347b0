//! What the names of a Bicep file stand for.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use super::files::{Files, Unit, is_local};
use super::syntax::{DeclarationKind, Expression, Resource, Type};

/// What a name stands for.
#[derive(Debug, Clone)]
pub enum Symbol {
    /// A parameter.
    Parameter,
    /// A variable, and what the evaluator knows it by.
    Variable(String),
    /// A function, and what the evaluator knows it by.
    Function(String),
    /// A resource: the key of [`Symbols::resources`].
    Resource,
    /// A module.
    Module,
    /// `import * as name`.
    Namespace(BTreeMap<String, Symbol>),
    /// It is declared where it cannot be read, and this says so.
    Unreadable(String),
}

/// A resource of a file, nested ones included.
#[derive(Debug)]
pub struct ResourceSymbol<'a> {
    /// `acr`, and of a nested one `acr::task`.
    pub symbol: String,
    /// The declaration.
    pub declared: &'a Resource,
    /// The whole type, without a version.
    pub kind: String,
    /// The version; empty where none is said.
    pub version: String,
    /// The symbol of the resource that it is nested in.
    pub parent: Option<String>,
}

/// What the names of a file stand for.
#[derive(Debug, Default)]
pub struct Symbols<'a> {
    /// Name -> what it stands for.
    pub names: BTreeMap<String, Symbol>,
    /// Symbol -> resource.
    pub resources: BTreeMap<String, ResourceSymbol<'a>>,
    /// The symbols of the resources, in the order of the file.
    pub order: Vec<String>,
    /// The declared types.
    pub types: BTreeMap<String, &'a Type>,
}

/// A file that others import from: what the evaluator knows its names by begins with this.
pub struct Imported {
    /// The file.
    pub unit: Arc<Unit>,
    /// What its names begin with.
    pub mark: String,
    /// What its own names stand for.
    pub names: BTreeMap<String, Symbol>,
}

/// The files that a file imports from, and those that they import from, each once.
#[derive(Default)]
pub struct Imports {
    /// In the order in which they were met.
    pub files: Vec<Imported>,
    at: BTreeMap<PathBuf, String>,
}

impl<'a> Symbols<'a> {
    /// The names of a file; what is imported is put into `imports`.
    pub fn collect(unit: &'a Unit, files: &mut Files, imports: &mut Imports) -> Symbols<'a> {
        let mut symbols = Symbols { names: names(unit, "", files, imports), ..Symbols::default() };
        for declaration in &unit.syntax.declarations {
            match &declaration.what {
                DeclarationKind::Resource(resource) => symbols.resource(resource, None),
                DeclarationKind::Type { name, kind } => drop(symbols.types.insert(name.clone(), kind)),
                _ => {}
            }
        }
        symbols
    }

    fn resource(&mut self, declared: &'a Resource, within: Option<&str>) {
        let (kind, version) = declared.kind.split_once('@').unwrap_or((&declared.kind, ""));
        let parent = within.and_then(|within| self.resources.get(within));
        let symbol = within.map_or_else(|| declared.symbol.clone(), |within| format!("{within}::{}", declared.symbol));
        let version = match parent {
            Some(parent) if version.is_empty() => parent.version.clone(),
            _ => version.to_owned(),
        };
        let kind = parent.map_or_else(|| kind.to_owned(), |parent| format!("{}/{kind}", parent.kind));
        let resource =
            ResourceSymbol { symbol: symbol.clone(), declared, kind, version, parent: within.map(str::to_owned) };
        self.resources.insert(symbol.clone(), resource);
        self.order.push(symbol.clone());
        // The parser bounds how deep they nest.
        for nested in declared.body.body_object().map_or(&[][..], |object| &object.resources) {
            self.resource(nested, Some(&symbol));
        }
    }

    /// The values that a type names one by one, null left out; `None` where it does not.
    pub fn values(&self, kind: &Type) -> Option<Vec<super::syntax::Literal>> {
        let mut values = Vec::new();
        let mut seen = BTreeSet::new();
        self.gather(kind, &mut values, &mut seen).then_some(values)
    }

    fn gather(&self, kind: &'a Type, values: &mut Vec<super::syntax::Literal>, seen: &mut BTreeSet<String>) -> bool {
        use super::syntax::Literal;
        match kind {
            Type::Literal(Literal::Null) => true,
            Type::Literal(literal) => {
                values.push(literal.clone());
                true
            }
            Type::Union(kinds) => kinds.iter().all(|kind| self.gather(kind, values, seen)),
            Type::Named(path) => match path.as_slice() {
                [name] if name == "bool" => {
                    values.extend([Literal::Bool(true), Literal::Bool(false)]);
                    true
                }
                [name] if seen.insert(name.clone()) => match self.types.get(name).copied() {
                    Some(kind) => self.gather(kind, values, seen),
                    None => false,
                },
                _ => false,
            },
            // What may be left out may be null, which is no value of the list.
            Type::Nullable(_) | Type::Object(_) | Type::Other => false,
        }
    }
}

/// The top names of a file.
fn names(unit: &Unit, mark: &str, files: &mut Files, imports: &mut Imports) -> BTreeMap<String, Symbol> {
    let mut names = BTreeMap::new();
    for declaration in &unit.syntax.declarations {
        match &declaration.what {
            DeclarationKind::Parameter { name, .. } => drop(names.insert(name.clone(), Symbol::Parameter)),
            DeclarationKind::Variable { name, .. } => {
                names.insert(name.clone(), Symbol::Variable(format!("{mark}{name}")));
            }
            DeclarationKind::Function { name, .. } => {
                names.insert(name.clone(), Symbol::Function(format!("{mark}{name}")));
            }
            DeclarationKind::Resource(resource) => drop(names.insert(resource.symbol.clone(), Symbol::Resource)),
            DeclarationKind::Module(module) => drop(names.insert(module.symbol.clone(), Symbol::Module)),
            DeclarationKind::Import { names: wanted, all_as, from } => {
                let there = imported(unit, from, files, imports);
                if let Some(alias) = all_as {
                    let namespace = match &there {
                        Ok(there) => Symbol::Namespace(there.clone()),
                        Err(why) => Symbol::Unreadable(why.clone()),
                    };
                    names.insert(alias.clone(), namespace);
                }
                for (name, alias) in wanted {
                    match &there {
                        Ok(there) => {
                            if let Some(symbol) = there.get(name) {
                                names.insert(alias.clone(), symbol.clone());
                            }
                        }
                        Err(why) => drop(names.insert(alias.clone(), Symbol::Unreadable(why.clone()))),
                    }
                }
            }
            _ => {}
        }
    }
    names
}

/// The names of a file that is imported from.
fn imported(
    unit: &Unit,
    from: &str,
    files: &mut Files,
    imports: &mut Imports,
) -> Result<BTreeMap<String, Symbol>, String> {
    let why = || format!("It is imported from {from}, which is not read.");
    if !is_local(from) || !from.ends_with(".bicep") {
        return Err(why());
    }
    let path = unit.beside(from);
    if let Some(mark) = imports.at.get(&path) {
        let known = imports.files.iter().find(|file| &file.mark == mark);
        // A file that imports itself finds nothing there: Bicep refuses it.
        return known.map(|file| file.names.clone()).ok_or_else(why);
    }
    let imported = files
        .load_led_to(&unit.path, &path)
        .map_err(|error| format!("It is imported from {from}, and that is not read: {error}."))?;
    let mark = format!("{}#", imports.at.len() + 1);
    imports.at.insert(path, mark.clone());
    // Each file is met once, so that this ends; what few files chain deeper than this are not followed.
    if imports.at.len() > 256 {
        return Err(why());
    }
    let names = names(&imported, &mark, files, imports);
    imports.files.push(Imported { unit: imported, mark, names: names.clone() });
    Ok(names)
}

/// The expression of a body, its loop and its condition.
pub struct Body<'a> {
    /// The loop, without its body.
    pub each: Option<(&'a str, Option<&'a str>, &'a Expression)>,
    /// The condition.
    pub condition: Option<&'a Expression>,
    /// The object, or what stands in its place.
    pub object: &'a Expression,
}

impl<'a> Body<'a> {
    /// Takes a body apart.
    pub fn new(body: &'a Expression) -> Body<'a> {
        use super::syntax::SyntaxKind;
        let (each, inner) = match &body.kind {
            SyntaxKind::For(each) => (Some((each.item.as_str(), each.index.as_deref(), &each.list)), &each.body),
            _ => (None, body),
        };
        match &inner.kind {
            SyntaxKind::If(parts) => Body { each, condition: Some(&parts[0]), object: &parts[1] },
            _ => Body { each, condition: None, object: inner },
        }
    }
}
