//! Members of `input` that no document has, wherever a variable leads to them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::reference::{Reference, Step, call, kind, line_of, reference, steps_of, text_of, walk};
use super::schema::{self, Found};
use super::{Fault, meant};

/// What a look at a module's references to `input` gives.
#[derive(Default)]
pub struct Checked {
    pub faults: Vec<Fault>,
    pub warnings: Vec<Fault>,
    /// The members at the top of `input` that it reads, and where first.
    pub members: BTreeMap<String, usize>,
}

/// Where a variable leads: a node of the schema with the words for it, or nowhere that is known.
type Place<'a> = Option<(&'a Value, String)>;

struct Look<'a> {
    root: &'a Value,
    /// A test may make up results, and their fields.
    is_test: bool,
    /// Of the whole module: rules that are one value, and imports.
    rules: BTreeMap<&'a str, Place<'a>>,
    /// Of the rule at hand.
    locals: BTreeMap<&'a str, Place<'a>>,
    checked: Checked,
    told: BTreeSet<Fault>,
}

/// Follows every reference of a module.
pub fn check(tree: &Value, schema: &Value, is_test: bool) -> Checked {
    let mut look = Look {
        root: schema,
        is_test,
        rules: BTreeMap::new(),
        locals: BTreeMap::new(),
        checked: Checked::default(),
        told: BTreeSet::new(),
    };
    for import in tree["imports"].as_array().into_iter().flatten() {
        let Some(path) = reference(&import["refr"]).filter(|path| path.root == "input") else { continue };
        let Some(Step::Name(last, _)) = path.steps.last() else { continue };
        let place = look.follow(&path, true);
        // An alias stands as a place in the text only: what it leads to is not followed.
        if import.get("as").is_none() {
            look.rules.insert(last, place);
        }
    }
    let rules = || tree["rules"].as_array().into_iter().flatten();
    // What a rule is may rest on another that stands below it.
    for _ in 0..3 {
        for rule in rules() {
            let Some((name, value)) = constant(rule) else { continue };
            let place = look.place(value);
            look.rules.insert(name, place);
        }
    }
    for rule in rules() {
        look.locals = BTreeMap::new();
        look.arguments(rule);
        for _ in 0..3 {
            look.bind(rule);
        }
        look.report(rule);
    }
    look.checked
}

/// The name and the value of a rule without a body: `props := input.registry.properties`.
fn constant(rule: &Value) -> Option<(&str, &Value)> {
    let head = rule["Spec"]["head"].get("Compr")?;
    let name = reference(&head["refr"]).filter(|name| name.steps.is_empty())?.root;
    let bodies = rule["Spec"]["bodies"].as_array()?;
    bodies.is_empty().then_some((name, &head["assign"]["value"]))
}

impl<'a> Look<'a> {
    /// Arguments of functions hide rules of their name.
    fn arguments(&mut self, rule: &'a Value) {
        for argument in rule["Spec"]["head"]["Func"]["args"].as_array().into_iter().flatten() {
            walk(argument, &mut |node| {
                if let Some(name) = node.get("Var").and_then(|var| var["value"].as_str()) {
                    self.locals.insert(name, None);
                }
                true
            });
        }
    }

    /// Variables that a statement sets.
    fn bind(&mut self, rule: &'a Value) {
        let mut bound: Vec<(&'a str, Place<'a>)> = Vec::new();
        walk(rule, &mut |node| {
            if let Some(assign) = node.get("AssignExpr")
                && let Some(name) = variable(&assign["lhs"])
            {
                bound.push((name, self.place(&assign["rhs"])));
            }
            if let Some(some) = node.get("SomeIn") {
                bound.extend(variable(&some["value"]).map(|name| (name, self.entry(&some["collection"]))));
                bound.extend(variable(&some["key"]).map(|name| (name, None)));
            }
            if let Some(every) = node.get("Every")
                && let Some(name) = every["value"]["text"].as_str()
            {
                bound.push((name, self.entry(&every["domain"])));
            }
            true
        });
        for (name, place) in bound {
            // One name for two things is followed as neither.
            let same = self.locals.get(name).is_none_or(|known| match (known, &place) {
                (Some((known, _)), Some((place, _))) => std::ptr::eq(*known, *place),
                (None, None) => true,
                _ => false,
            });
            let known = self.locals.contains_key(name);
            match (known, same) {
                (false, _) => drop(self.locals.insert(name, place)),
                (true, true) => {}
                // Not yet known in an earlier round.
                (true, false) if self.locals[name].is_none() => drop(self.locals.insert(name, place)),
                (true, false) => drop(self.locals.insert(name, None)),
            }
        }
    }

    fn entry(&self, collection: &'a Value) -> Place<'a> {
        let (node, words) = self.place(collection)?;
        Some((schema::any(self.root, node)?, format!("{words}[_]")))
    }

    /// Where an expression leads, without a word on what is wrong on the way.
    fn place(&self, expr: &'a Value) -> Place<'a> {
        if let Some((name, arguments, _)) = call(expr) {
            let [base, path, _] = arguments.as_slice() else { return None };
            let steps = steps_of(path).filter(|_| name == "object.get")?;
            let (mut node, mut words) = self.place(base)?;
            for step in &steps {
                (node, words) = self.step(node, words, step)?;
            }
            return Some((node, words));
        }
        let Reference { root, steps, .. } = reference(expr)?;
        let (mut node, mut words) = self.variable(root)?;
        for step in &steps {
            (node, words) = self.step(node, words, step)?;
        }
        Some((node, words))
    }

    fn variable(&self, name: &str) -> Place<'a> {
        if let Some(place) = self.locals.get(name) {
            return place.clone();
        }
        if name == "input" {
            return Some((self.root, name.to_owned()));
        }
        self.rules.get(name).cloned().flatten()
    }

    fn step(&self, node: &'a Value, words: String, step: &Step<'_>) -> Place<'a> {
        match step {
            Step::Any => Some((schema::any(self.root, node)?, format!("{words}[_]"))),
            Step::Name(name, _) => match schema::by_name(self.root, node, name) {
                Found::At(node) => Some((node, format!("{words}.{name}"))),
                _ => None,
            },
        }
    }

    /// Tells what is wrong with every reference of a rule.
    fn report(&mut self, rule: &'a Value) {
        walk(rule, &mut |node| {
            if let Some((name, arguments, _)) = call(node) {
                if let ("object.get", [base, path, _]) = (name.as_str(), arguments.as_slice())
                    && let (Some(place), Some(steps)) = (self.place(base), steps_of(path))
                {
                    self.walk_steps(place, &steps);
                }
                return true;
            }
            if !self.is_test
                && let Some(field) = pointer(node)
            {
                self.pointer(field);
            }
            if let Some(path) =
                matches!(kind(node), Some(("RefDot" | "RefBrack", _))).then(|| reference(node)).flatten()
            {
                self.follow(&path, true);
                // Indices may hold references of their own; the chain itself is done.
                indices(node, &mut |index| self.report(index));
                return false;
            }
            true
        });
    }

    fn follow(&mut self, path: &Reference<'a>, _tell: bool) -> Place<'a> {
        let place = self.variable(path.root)?;
        if place.1 == "input"
            && let Some(Step::Name(member, line)) = path.steps.first()
        {
            self.checked.members.entry((*member).to_owned()).or_insert(*line);
        }
        self.walk_steps(place, &path.steps)
    }

    fn walk_steps(&mut self, place: (&'a Value, String), steps: &[Step<'_>]) -> Place<'a> {
        let (mut node, mut words) = place;
        if words == "input"
            && let Some(Step::Name(member, line)) = steps.first()
        {
            self.checked.members.entry((*member).to_owned()).or_insert(*line);
        }
        for step in steps {
            let Step::Name(name, line) = step else {
                (node, words) = self.step(node, words, step)?;
                continue;
            };
            match schema::by_name(self.root, node, name) {
                Found::At(next) => (node, words) = (next, format!("{words}.{name}")),
                Found::Open => return None,
                Found::List => {
                    let message =
                        format!("`{words}` is a list, and has no member `{name}`: write `some item in {words}`");
                    self.tell(*line, message, true);
                    return None;
                }
                Found::Unlisted(names) => {
                    let message =
                        format!("`{words}.{name}` is nothing that acrscan knows of Azure{}", meant(name, names));
                    self.tell(*line, message, false);
                    return None;
                }
                Found::Missing(names) => {
                    let message =
                        format!("`{words}` has no member `{name}`, so this never holds{}", meant(name, names));
                    self.tell(*line, message, true);
                    return None;
                }
            }
        }
        Some((node, words))
    }

    /// A `field` that is written out.
    fn pointer(&mut self, (text, line): (&'a str, usize)) {
        let mut node = self.root;
        let mut words = String::new();
        for name in text.split('/').skip(1) {
            if name.parse::<u64>().is_ok() {
                let Some(next) = schema::any(self.root, node) else { return };
                node = next;
                continue;
            }
            match schema::by_name(self.root, node, name) {
                Found::At(next) => node = next,
                Found::Missing(names) => {
                    let message = format!(
                        "the field {text:?} points at nothing: `{words}/` has no member `{name}`{}",
                        meant(name, names)
                    );
                    return self.tell(line, message, true);
                }
                _ => return,
            }
            words = format!("{words}/{name}");
        }
    }

    fn tell(&mut self, line: usize, message: String, is_fault: bool) {
        if self.told.insert((line, message.clone())) {
            if is_fault { &mut self.checked.faults } else { &mut self.checked.warnings }.push((line, message));
        }
    }
}

/// The name of a variable that stands alone.
fn variable(expr: &Value) -> Option<&str> {
    expr.get("Var")?["value"].as_str()
}

/// A `"field": "/registry/…"` of a result.
fn pointer(node: &Value) -> Option<(&str, usize)> {
    let fields = node.get("Object")?["fields"].as_array()?;
    fields.iter().find_map(|field| {
        let [_, key, value] = field.as_array()?.as_slice() else { return None };
        (text_of(key) == Some("field")).then_some(())?;
        let text = text_of(value).filter(|text| text.starts_with('/'))?;
        Some((text, line_of(&kind(value)?.1["span"])))
    })
}

/// The expressions in the brackets of a chain.
fn indices<'a>(chain: &'a Value, visit: &mut impl FnMut(&'a Value)) {
    let Some((kind, inner)) = kind(chain) else { return };
    if kind == "RefBrack" {
        visit(&inner["index"]);
    }
    if matches!(kind, "RefBrack" | "RefDot") {
        indices(&inner["refr"], visit);
    }
}
