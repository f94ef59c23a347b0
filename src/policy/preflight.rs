//! What regorus would only find out when it gets there: a call to a function that does not exist, and a function that
//! calls itself.
//!
//! regorus resolves a function at the moment of the call. A policy that misspells a built-in in a rule that seldom
//! fires would load, pass every registry, and fail on the one that matters. A function that calls itself takes the
//! whole process with it, for regorus has no bound on its stack; OPA refuses such a one as we do.

use std::collections::{BTreeMap, BTreeSet};

use regorus::Engine;
use serde_json::Value;

use super::PolicyError;
use super::engine_message::is_unknown_function;
use super::module::Module;

/// What one module defines and calls.
pub struct Outline {
    /// `acr.public_network_access`.
    pub package: String,
    /// Names of its rules and functions.
    pub defines: BTreeSet<String>,
    /// The same, each with the line of its first definition.
    pub lines: Vec<(String, usize)>,
    /// Rules that are not sets: `deny := …`, or a default.
    pub not_sets: Vec<(String, usize)>,
    /// Rules that are: `deny contains …`.
    pub sets: BTreeSet<String>,
    /// Functions: name, line, and what they call.
    functions: Vec<(String, usize, Vec<String>)>,
    /// Import alias to full path without `data.`.
    imports: Vec<(String, String)>,
    /// Function path as written, and its line.
    calls: Vec<(String, usize)>,
}

/// The syntax trees of modules that the engine has parsed, in the order they were added.
pub fn trees(engine: &Engine) -> Result<Vec<Value>, String> {
    let text = engine.get_ast_as_json().map_err(|error| error.to_string())?;
    serde_json::from_str(&text).map_err(|error| error.to_string())
}

/// The outlines of syntax trees.
pub fn outlines(trees: &[Value]) -> Vec<Outline> {
    let contents = |module: &Value| module["source"]["contents"].as_str().unwrap_or_default().to_owned();
    trees.iter().map(|module| outline(&module["ast"], &contents(module))).collect()
}

/// Refuses the first call, in `checked`, to a function that is neither defined in `all` nor built in.
pub fn check_calls(checked: &[(&Module, &Outline)], all: &[Outline]) -> Result<(), PolicyError> {
    let defined: BTreeSet<String> = all
        .iter()
        .flat_map(|outline| outline.defines.iter().map(|name| format!("{}.{name}", outline.package)))
        .collect();
    let mut known_builtins = BTreeSet::new();
    for (module, outline) in checked {
        for (call, line) in &outline.calls {
            let candidates = [format!("{}.{call}", outline.package), outline.resolve(call)];
            if candidates.iter().any(|path| defined.contains(path)) || known_builtins.contains(call) {
                continue;
            }
            if !is_builtin(call) {
                let message = format!("call to a function that does not exist: {call}");
                return Err(PolicyError::At { file: module.path.clone(), line: *line, message });
            }
            known_builtins.insert(call.clone());
        }
    }
    Ok(())
}

/// The first function of each module that comes back to itself: the module's place in `all`, the function, its line.
pub fn recursions(all: &[Outline]) -> BTreeMap<usize, (String, usize)> {
    let mut calls: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for outline in all {
        for (name, _, called) in &outline.functions {
            let paths = called.iter().flat_map(|call| [format!("{}.{call}", outline.package), outline.resolve(call)]);
            calls.entry(format!("{}.{name}", outline.package)).or_default().extend(paths);
        }
    }
    let returns = |start: &str| {
        let mut seen = BTreeSet::new();
        let mut open = vec![start];
        while let Some(path) = open.pop() {
            for next in calls.get(path).into_iter().flatten() {
                if next == start {
                    return true;
                }
                if seen.insert(next) {
                    open.push(next);
                }
            }
        }
        false
    };
    let mut found = BTreeMap::new();
    for (index, outline) in all.iter().enumerate() {
        let recursive = outline.functions.iter().find(|(name, ..)| returns(&format!("{}.{name}", outline.package)));
        if let Some((name, line, _)) = recursive {
            found.insert(index, (name.clone(), *line));
        }
    }
    found
}

impl Outline {
    /// What an import is of, without `data.`, by the name that it has here.
    pub fn import(&self, alias: &str) -> Option<&str> {
        let import = self.imports.iter().find(|(known, _)| known == alias);
        import.map(|(_, path)| path.as_str()).filter(|path| !path.starts_with("input"))
    }

    /// Whether a name is that of a function.
    pub fn is_function(&self, name: &str) -> bool {
        self.functions.iter().any(|(known, ..)| known == name)
    }

    /// The full path, without `data.`, of a function as written in this module.
    fn resolve(&self, call: &str) -> String {
        if let Some(path) = call.strip_prefix("data.") {
            return path.to_owned();
        }
        let (first, rest) = call.split_once('.').unwrap_or((call, ""));
        match self.imports.iter().find(|(alias, _)| alias == first) {
            Some((_, path)) if rest.is_empty() => path.clone(),
            Some((_, path)) => format!("{path}.{rest}"),
            None => call.to_owned(),
        }
    }
}

/// How deep brackets may be nested. regorus tries each one as several things, so that its parser takes twice as long
/// for each level; the built-in policies have 5.
pub const MAX_BRACKETS: usize = 12;

/// The first line whose brackets are nested too deep to be parsed in good time.
pub fn too_deep(rego: &str) -> Option<usize> {
    let (mut depth, mut line, mut quote) = (0_usize, 1, None);
    let mut characters = rego.chars();
    while let Some(character) = characters.next() {
        line += usize::from(character == '\n');
        match (quote, character) {
            (Some('"'), '\\') => drop(characters.next()),
            (Some('"' | '#'), '\n') => quote = None,
            (Some(open), close) if open == close => quote = None,
            (Some(_), _) => {}
            (None, '"' | '`' | '#') => quote = Some(character),
            (None, '[' | '{' | '(') => depth += 1,
            (None, ']' | '}' | ')') => depth = depth.saturating_sub(1),
            (None, _) => {}
        }
        if depth > MAX_BRACKETS {
            return Some(line);
        }
    }
    None
}

/// Asks the engine itself, so that there is no list of built-ins to keep.
fn is_builtin(name: &str) -> bool {
    if name == "print" {
        return true;
    }
    let mut engine = Engine::new();
    if engine.add_policy("probe.rego".to_owned(), format!("package probe\nanswer := {name}()\n")).is_err() {
        return false;
    }
    match engine.eval_rule("data.probe.answer".to_owned()) {
        Ok(_) => true,
        // Any other complaint (there are no arguments) comes from the function itself.
        Err(error) => !is_unknown_function(&error.to_string()),
    }
}

fn outline(ast: &Value, rego: &str) -> Outline {
    let mut outline = Outline {
        package: path_of(&ast["package"]["refr"]).unwrap_or_default(),
        defines: BTreeSet::new(),
        lines: Vec::new(),
        not_sets: Vec::new(),
        sets: BTreeSet::new(),
        functions: Vec::new(),
        imports: Vec::new(),
        calls: Vec::new(),
    };
    for import in ast["imports"].as_array().into_iter().flatten() {
        let Some(path) = path_of(&import["refr"]) else { continue };
        let path = path.strip_prefix("data.").unwrap_or(&path).to_owned();
        // The alias is given as a place in the text only.
        let place = |end: &str| import["as"][end].as_u64().map(|offset| offset as usize);
        let alias = place("start").zip(place("end")).and_then(|(start, end)| rego.get(start..end));
        let alias = alias.unwrap_or_else(|| path.rsplit('.').next().unwrap_or(&path)).to_owned();
        outline.imports.push((alias, path));
    }
    for rule in ast["rules"].as_array().into_iter().flatten() {
        let head = rule["Spec"]["head"].as_object().and_then(|kinds| kinds.iter().next());
        let (kind, refr, line) = match head {
            Some((kind, head)) => (kind.as_str(), &head["refr"], line_of(&rule["Spec"]["span"])),
            None => ("Default", &rule["Default"]["refr"], line_of(&rule["Default"]["span"])),
        };
        let Some(name) = path_of(refr) else { continue };
        match kind {
            "Set" => drop(outline.sets.insert(name.clone())),
            "Func" => {
                let mut calls = Vec::new();
                find_calls(rule, &mut calls);
                outline.functions.push((name.clone(), line, calls.into_iter().map(|(call, _)| call).collect()));
            }
            _ => outline.not_sets.push((name.clone(), line)),
        }
        if outline.defines.insert(name.clone()) {
            outline.lines.push((name, line));
        }
    }
    find_calls(ast, &mut outline.calls);
    outline
}

fn line_of(span: &Value) -> usize {
    span["line"].as_u64().unwrap_or(1) as usize
}

/// `a.b.c` of a chain of references; `None` where it is anything else, such as `a[x]`.
pub fn path_of(refr: &Value) -> Option<String> {
    if let Some(name) = refr["Var"]["value"].as_str() {
        return Some(name.to_owned());
    }
    let dot = refr.get("RefDot")?;
    let field = dot["field"].as_array()?.get(1)?.as_str()?;
    Some(format!("{}.{field}", path_of(&dot["refr"])?))
}

fn find_calls(node: &Value, calls: &mut Vec<(String, usize)>) {
    match node {
        Value::Object(members) => {
            if let Some(call) = members.get("Call")
                && let Some(path) = path_of(&call["fcn"])
            {
                calls.push((path, line_of(&call["span"])));
            }
            members.values().for_each(|member| find_calls(member, calls));
        }
        Value::Array(items) => items.iter().for_each(|item| find_calls(item, calls)),
        _ => {}
    }
}
