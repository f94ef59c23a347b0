//! No file imports, over whatever way, a file that imports it; but for recursion. And who may import whom within `code`.

use std::collections::{BTreeMap, BTreeSet};

use crate::structure::sources;

/// Files that may import one another, and why.
const CIRCLES: &[(&[&str], &str)] = &[(
    &[
        "src/source/code/arm/expression/evaluate.rs",
        "src/source/code/arm/expression/functions/lambdas.rs",
        "src/source/code/arm/expression/functions/lazy.rs",
        "src/source/code/arm/expression/functions/mod.rs",
        "src/source/code/arm/expression/scope.rs",
    ],
    "an evaluator is recursive: names, lambdas and lazy functions evaluate expressions",
)];

/// Within `src/source/code/`: whose files must not import whose.
const LANGUAGES: &[(&str, &[&str])] = &[
    ("extraction.rs", &["discover", "terraform", "arm", "bicep"]),
    ("discover/", &["declared", "extraction", "terraform", "arm", "bicep"]),
    ("declared/", &["discover", "extraction", "terraform", "arm", "bicep"]),
    ("arm/", &["terraform", "bicep"]),
    ("bicep/", &["terraform"]),
    ("terraform/", &["bicep"]),
];

type Module = Vec<String>;

/// The files of the crate by their modules, without tests.
struct Crate {
    files: BTreeMap<Module, String>,
    imports: BTreeMap<Module, Vec<Module>>,
    /// Module and name -> what a `pub use` there stands for.
    exports: BTreeMap<(Module, String), Module>,
}

fn module_of(path: &str) -> Module {
    let mut module: Module =
        path.trim_start_matches("src/").trim_end_matches(".rs").split('/').map(str::to_owned).collect();
    module.pop_if(|last| last == "mod");
    module
}

/// The paths of a `use`: `a::{b, c::{d, e}}` has three. A name that is given is that of the last.
fn expand(tree: &str) -> Vec<String> {
    let Some((prefix, rest)) = tree.split_once('{') else { return vec![tree.trim().to_owned()] };
    let inner = rest.trim_end().strip_suffix('}').unwrap_or(rest);
    let (mut parts, mut depth) = (vec![String::new()], 0);
    for character in inner.chars() {
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        match character {
            ',' if depth == 0 => parts.push(String::new()),
            _ => parts.last_mut().expect("one").push(character),
        }
    }
    let parts = parts.iter().filter(|part| !part.trim().is_empty());
    parts.flat_map(|part| expand(&format!("{}{}", prefix.trim(), part.trim()))).collect()
}

/// Segments from the crate's root; `None` where the path leads out of the crate.
fn absolute(module: &Module, path: &str) -> Option<Module> {
    let mut segments: Vec<&str> = path.split("::").collect();
    if segments[0] == "crate" {
        return Some(segments[1..].iter().map(|segment| (*segment).to_owned()).collect());
    }
    let mut from = module.clone();
    let relative = ["self", "super"].contains(&segments[0]);
    while let Some("self" | "super") = segments.first().copied() {
        if segments.remove(0) == "super" {
            from.pop();
        }
    }
    from.extend(segments.into_iter().map(str::to_owned));
    relative.then_some(from)
}

impl Crate {
    fn read() -> Crate {
        let (mut files, mut imports, mut exports) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        let is_test = |path: &str| path.contains("/tests/") || path.ends_with("/tests.rs");
        for (path, text) in sources().into_iter().filter(|(path, _)| !is_test(path)) {
            let module = module_of(&path);
            let text = text.split("\n#[cfg(test)]\nmod tests {").next().unwrap_or_default();
            let mut own: Vec<Module> = Vec::new();
            for statement in text.split_inclusive(';') {
                let code: Vec<&str> = statement.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
                let code = code.join(" ");
                let (before, tree) = code.rsplit_once("use ").unwrap_or((&code, ""));
                let is_use = before.trim().is_empty()
                    || before.trim_end().ends_with("pub")
                    || before.trim_end().ends_with(')')
                    || before.trim_end().ends_with('}')
                    || before.trim_end().ends_with(']');
                if !tree.is_empty() && is_use {
                    for leaf in expand(tree.trim_end_matches(';')) {
                        let (target, name) =
                            leaf.split_once(" as ").unwrap_or((&leaf, leaf.rsplit("::").next().unwrap_or("")));
                        let Some(target) = absolute(&module, target) else { continue };
                        if before.contains("pub") {
                            exports.insert((module.clone(), name.trim().to_owned()), target.clone());
                        }
                        own.push(target);
                    }
                }
                // Paths that are written out where they are used.
                let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
                let written = before.split(|c: char| !is_part(c)).filter(|word| word.contains("::"));
                own.extend(written.filter_map(|word| absolute(&module, word)));
            }
            files.insert(module.clone(), path);
            imports.insert(module, own);
        }
        Crate { files, imports, exports }
    }

    /// The file that a path means, through what doors re-export.
    fn file_of(&self, path: &Module) -> Option<&str> {
        let mut path = path.clone();
        for _ in 0..8 {
            let length = (1..=path.len()).rev().find(|length| self.files.contains_key(&path[..*length]))?;
            let module = path[..length].to_vec();
            let exported = path.get(length).and_then(|name| self.exports.get(&(module.clone(), name.clone())));
            match exported {
                Some(target) => path = target.iter().chain(&path[length + 1..]).cloned().collect(),
                None => return self.files.get(&module).map(String::as_str),
            }
        }
        None
    }

    /// File -> the files that it imports, but for its own door and the one above.
    fn edges(&self) -> BTreeMap<&str, BTreeSet<&str>> {
        let mut edges: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for (module, imports) in &self.imports {
            let from = self.files[module].as_str();
            let folder = from.rsplit_once('/').map_or("", |(folder, _)| folder);
            let above = folder.rsplit_once('/').map_or("", |(folder, _)| folder);
            let doors = [format!("{folder}/mod.rs"), format!("{above}/mod.rs")];
            let targets = imports.iter().filter_map(|path| self.file_of(path));
            let targets = targets.filter(|to| *to != from && !doors.iter().any(|door| door == to));
            edges.entry(from).or_default().extend(targets);
        }
        edges
    }
}

fn reached<'a>(edges: &BTreeMap<&'a str, BTreeSet<&'a str>>, from: &'a str) -> BTreeSet<&'a str> {
    let (mut reached, mut next) = (BTreeSet::new(), vec![from]);
    while let Some(file) = next.pop() {
        let new = edges.get(file).into_iter().flatten().filter(|to| reached.insert(**to));
        next.extend(new.copied().collect::<Vec<_>>());
    }
    reached
}

#[test]
fn files_import_one_another_only_where_recursion_is_the_nature_of_the_thing() {
    let files = Crate::read();
    let edges = files.edges();
    let all: BTreeMap<&str, BTreeSet<&str>> = edges.keys().map(|file| (*file, reached(&edges, file))).collect();
    let circle = |file: &str| -> Vec<&str> {
        all[file].iter().filter(|other| all.get(**other).is_some_and(|back| back.contains(file))).copied().collect()
    };
    let circles: BTreeSet<Vec<&str>> =
        edges.keys().map(|file| circle(file)).filter(|circle| circle.len() > 1).collect();
    let allowed: BTreeSet<Vec<&str>> = CIRCLES.iter().map(|(files, _)| files.to_vec()).collect();
    assert_eq!(circles, allowed, "a new circle is to be ended, one that is gone to be taken off the list");
}

#[test]
fn only_the_door_of_code_knows_all_languages() {
    let files = Crate::read();
    let mut seen = BTreeSet::new();
    for (from, targets) in files.edges() {
        let Some(own) = from.strip_prefix("src/source/code/") else { continue };
        let Some((part, forbidden)) = LANGUAGES.iter().find(|(part, _)| own.starts_with(part)) else { continue };
        seen.insert(*part);
        for target in targets.iter().filter_map(|target| target.strip_prefix("src/source/code/")) {
            let room = target.split(['/', '.']).next().unwrap_or_default();
            assert!(!forbidden.contains(&room), "{from} must not import {target}");
        }
    }
    assert_eq!(seen.len(), LANGUAGES.len(), "a part of the room is gone: take it off the list");
}

#[test]
fn a_use_is_taken_apart() {
    assert_eq!(expand("super::{a::{B, C as D}, e}"), ["super::a::B", "super::a::C as D", "super::e"]);
    let module = module_of("src/source/code/arm/mod.rs");
    assert_eq!(module, ["source", "code", "arm"]);
    assert_eq!(
        absolute(&module, "super::declared::Node").map(|path| path.join("::")).as_deref(),
        Some("source::code::declared::Node")
    );
    assert_eq!(absolute(&module, "std::fs"), None);
}
