//! What the names of a Bicep file stand for.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use super::files::{Files, Unit, is_local};
use super::syntax::{DeclarationKind, Expression, Literal, Resource, Type};

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
    /// The declared types, those that are imported among them.
    types: BTreeMap<String, NamedType>,
}

/// A type that has a name, and what the names of its file begin with.
#[derive(Debug)]
struct NamedType {
    kind: Type,
    mark: String,
}

/// `sys.string` is `string`.
fn without_namespace(path: &[String]) -> &[String] {
    match path {
        [namespace, rest @ ..] if !rest.is_empty() && (namespace == "sys" || namespace == "az") => rest,
        _ => path,
    }
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
            if let DeclarationKind::Resource(resource) = &declaration.what {
                symbols.resource(resource, None);
            }
        }
        symbols.declare_types(unit, "", imports);
        imports.files.iter().for_each(|file| symbols.declare_types(&file.unit, &file.mark, imports));
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
    pub fn values(&self, kind: &Type) -> Option<Vec<Literal>> {
        let mut values = Vec::new();
        let mut seen = BTreeSet::new();
        self.gather(kind, "", &mut values, &mut seen).then_some(values)
    }

    /// Whether a value of a type may be left out, and is null then: `type?`, or a type that stands for one.
    pub fn is_nullable(&self, kind: &Type) -> bool {
        let (mut kind, mut mark) = (kind, "");
        // A circle of types is refused by Bicep; here it ends.
        for _ in 0..64 {
            match kind {
                Type::Nullable(_) | Type::Literal(Literal::Null) => return true,
                Type::Union(kinds) => return kinds.contains(&Type::Literal(Literal::Null)),
                Type::Named(path) => match self.types.get(&known_by(mark, path)) {
                    Some(named) => (kind, mark) = (&named.kind, &named.mark),
                    None => return false,
                },
                Type::Object(_) | Type::Literal(_) | Type::Other => return false,
            }
        }
        false
    }

    fn gather(&self, kind: &Type, mark: &str, values: &mut Vec<Literal>, seen: &mut BTreeSet<String>) -> bool {
        match kind {
            Type::Literal(Literal::Null) => true,
            Type::Literal(literal) => {
                values.push(literal.clone());
                true
            }
            Type::Union(kinds) => kinds.iter().all(|kind| self.gather(kind, mark, values, seen)),
            Type::Named(path) => match (without_namespace(path), known_by(mark, path)) {
                (_, known) if self.types.contains_key(&known) => {
                    let named = &self.types[&known];
                    seen.insert(known) && self.gather(&named.kind, &named.mark, values, seen)
                }
                ([name], _) if name == "bool" => {
                    values.extend([Literal::Bool(true), Literal::Bool(false)]);
                    true
                }
                _ => false,
            },
            // What may be left out may be null, which is no value of the list.
            Type::Nullable(_) | Type::Object(_) | Type::Other => false,
        }
    }

    /// The types of a file and of those that it imports from, each by what it is known by where it is used.
    fn declare_types(&mut self, unit: &Unit, mark: &str, imports: &Imports) {
        let mut declare = |name: String, kind: Type, mark: &str| {
            self.types.insert(name, NamedType { kind, mark: mark.to_owned() });
        };
        for declaration in &unit.syntax.declarations {
            match &declaration.what {
                DeclarationKind::Type { name, kind } => declare(format!("{mark}{name}"), kind.clone(), mark),
                DeclarationKind::Import { names, all_as, from } => {
                    let path = unit.beside(from);
                    let Some(there) = imports.files.iter().find(|file| file.unit.path == path) else { continue };
                    for (name, alias) in names {
                        declare(format!("{mark}{alias}"), Type::Named(vec![name.clone()]), &there.mark);
                    }
                    for other in &there.unit.syntax.declarations {
                        if let (Some(alias), DeclarationKind::Type { name, .. }) = (all_as, &other.what) {
                            declare(format!("{mark}{alias}.{name}"), Type::Named(vec![name.clone()]), &there.mark);
                        }
                    }
                }
                _ => {}
            }
        }
    }
}

/// What a type is known by: what the names of its file begin with, and its own.
fn known_by(mark: &str, path: &[String]) -> String {
    format!("{mark}{}", path.join("."))
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
