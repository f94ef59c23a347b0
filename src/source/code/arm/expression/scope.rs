//! What names mean where an expression stands, and how much work its evaluation may be.

use std::cell::RefCell;
use std::collections::BTreeMap;

use super::Expr;
use super::evaluate::evaluate;
use super::work::{Gaps, Work, value_size};
use crate::source::code::declared::{Node, NodeValue, Span};

/// How deep evaluation may nest, variables that refer to variables included.
const MAX_DEPTH: usize = 1_000;

/// How deep a value may nest.
const MAX_NESTING: usize = 600;

/// What a name stands for.
#[derive(Debug, Clone)]
pub enum Binding {
    /// To be evaluated when somebody asks, in the scope of these names.
    Expr(Expr),
    /// Known already, or known not to be.
    Value(Node),
}

#[derive(Debug)]
struct Slot {
    binding: Binding,
    is_secret: bool,
    state: RefCell<State>,
}

#[derive(Debug)]
enum State {
    Fresh,
    Busy,
    Done { value: Node, size: usize, gaps: Gaps },
}

/// A function of the user's own.
#[derive(Debug, Clone)]
pub struct Function {
    /// The names of its parameters; within its body they are [`super::ExprKind::Parameter`].
    pub parameters: Vec<String>,
    /// What it returns.
    pub body: Expr,
}

/// The names of one template or Bicep file. Each is evaluated once, when it is first asked for.
#[derive(Debug, Default)]
pub struct Names {
    parameters: BTreeMap<String, Slot>,
    variables: BTreeMap<String, Slot>,
    resources: BTreeMap<String, Slot>,
    functions: BTreeMap<String, Function>,
    /// What deployments put out, by their names in lower case.
    outputs: RefCell<BTreeMap<String, Node>>,
    /// Tells symbols of this template from those of others that are deployed with it; empty for the main one.
    pub prefix: String,
}

/// What sort of name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameKind {
    Parameter,
    Variable,
    Resource,
}

impl NameKind {
    fn word(self) -> &'static str {
        match self {
            NameKind::Parameter => "parameter",
            NameKind::Variable => "variable",
            NameKind::Resource => "resource",
        }
    }
}

impl Names {
    /// None yet; symbols begin with the prefix.
    pub fn with_prefix(prefix: &str) -> Names {
        Names { prefix: prefix.to_owned(), ..Names::default() }
    }

    /// Declares a parameter.
    pub fn parameter(&mut self, name: &str, binding: Binding) {
        self.parameters.insert(name.to_lowercase(), Slot::new(binding));
    }

    /// Declares a parameter whose value is not to be shown.
    pub fn secure_parameter(&mut self, name: &str, binding: Binding) {
        self.parameters.insert(name.to_lowercase(), Slot { is_secret: true, ..Slot::new(binding) });
    }

    /// Declares a variable.
    pub fn variable(&mut self, name: &str, binding: Binding) {
        self.variables.insert(name.to_lowercase(), Slot::new(binding));
    }

    /// Declares a resource: an object of `id`, `name`, `type` and the like.
    pub fn resource(&mut self, name: &str, binding: Binding) {
        self.resources.insert(name.to_lowercase(), Slot::new(binding));
    }

    /// Declares a function: `namespace.name`, in Bicep `name`.
    pub fn function(&mut self, name: &str, function: Function) {
        self.functions.insert(name.to_lowercase(), function);
    }

    /// A parameter that has no value: what depends on it is not known, but it is the same everywhere.
    pub fn no_value(&self, name: &str) -> Node {
        let symbol = format!("{{{}parameters('{name}')}}", self.prefix);
        Node::new(NodeValue::Symbol(symbol.into())).with_note(format!("Parameter `{name}` has no value here."))
    }

    /// Whether there is a resource of this symbolic name.
    pub fn has_resource(&self, name: &str) -> bool {
        self.resources.contains_key(&name.to_lowercase())
    }

    /// Says what a deployment of this name puts out.
    pub fn put_outputs(&self, name: &str, outputs: &Node) {
        self.outputs.borrow_mut().insert(name.to_lowercase(), outputs.clone());
    }

    /// What the deployment of this name puts out.
    pub(super) fn outputs(&self, name: &str) -> Option<Node> {
        self.outputs.borrow().get(&name.to_lowercase()).cloned()
    }

    pub(super) fn user_function(&self, name: &str) -> Option<&Function> {
        self.functions.get(&name.to_lowercase())
    }

    fn slots(&self, kind: NameKind) -> &BTreeMap<String, Slot> {
        match kind {
            NameKind::Parameter => &self.parameters,
            NameKind::Variable => &self.variables,
            NameKind::Resource => &self.resources,
        }
    }
}

impl Slot {
    fn new(binding: Binding) -> Slot {
        Slot { binding, is_secret: false, state: RefCell::new(State::Fresh) }
    }
}

/// A local name: of a loop or a lambda.
#[derive(Debug)]
pub(super) struct Local<'a> {
    pub name: &'a str,
    pub value: &'a Node,
    pub outer: Option<&'a Local<'a>>,
}

/// Where an expression is evaluated.
#[derive(Debug, Clone, Copy)]
pub struct NameScope<'a> {
    pub(super) names: &'a Names,
    pub(super) work: &'a Work,
    pub(super) arguments: Option<&'a BTreeMap<String, Node>>,
    pub(super) locals: Option<&'a Local<'a>>,
    pub(super) depth: usize,
    /// Whether a deployment may never evaluate what is evaluated here: then it is no fault that it has no value.
    pub(super) uncertain: bool,
}

impl<'a> NameScope<'a> {
    /// The scope of a template's or a file's names.
    pub fn new(names: &'a Names, work: &'a Work) -> NameScope<'a> {
        NameScope { names, work, arguments: None, locals: None, depth: 0, uncertain: false }
    }

    /// Evaluates with a local name besides: a loop's item or index.
    pub fn with<T>(&self, name: &str, value: &Node, body: impl FnOnce(&NameScope<'_>) -> T) -> T {
        let local = Local { name, value, outer: self.locals };
        body(&NameScope { locals: Some(&local), ..*self })
    }

    /// The same scope, of which it is not known whether a deployment evaluates anything in it.
    #[must_use]
    pub fn uncertain(&self) -> NameScope<'a> {
        NameScope { uncertain: true, ..*self }
    }

    /// Tells of something that is wrong, where it is sure to be evaluated.
    pub(super) fn wrong(&self, span: &Span, what: &str) {
        if !self.uncertain {
            self.work.gap(span, what);
        }
    }

    /// Says what a deployment of this name puts out.
    pub fn put_outputs(&self, name: &str, outputs: &Node) {
        self.names.put_outputs(name, outputs);
    }

    /// The work that is left.
    pub fn work(&self) -> &'a Work {
        self.work
    }

    /// One level deeper; `None` where that is too deep.
    pub(super) fn deeper(&self) -> Option<NameScope<'a>> {
        (self.depth < MAX_DEPTH).then_some(NameScope { depth: self.depth + 1, ..*self })
    }

    pub(super) fn local(&self, name: &str) -> Option<&'a Node> {
        let mut next = self.locals;
        while let Some(local) = next {
            if local.name.eq_ignore_ascii_case(name) {
                return Some(local.value);
            }
            next = local.outer;
        }
        None
    }

    /// The value of a name that the template or file declares.
    pub(super) fn look_up(&self, kind: NameKind, name: &str, span: &Span) -> Node {
        if let (NameKind::Parameter, Some(arguments)) = (kind, self.arguments)
            && let Some(value) = arguments.get(&name.to_lowercase())
        {
            return self.copy(value, value_size(value).0, span);
        }
        let word = kind.word();
        let Some(slot) = self.names.slots(kind).get(&name.to_lowercase()) else {
            self.work.gap(span, &format!("{word} `{name}` is not declared; declare it, or correct the name"));
            return Node::unknown(format!("The {word} `{name}` is not declared."));
        };
        match &*slot.state.borrow() {
            State::Done { value, size, gaps } => {
                self.report(gaps);
                return self.copy(value, *size, span);
            }
            State::Busy => {
                self.work.gap(span, &format!("{word} `{name}` depends on itself; break the cycle"));
                return Node::unknown(format!("The {word} `{name}` depends on itself."));
            }
            State::Fresh => {}
        }
        slot.state.replace(State::Busy);
        let (value, gaps) = self.work.collect_gaps(|| match &slot.binding {
            Binding::Value(value) => value.clone(),
            Binding::Expr(expr) => {
                evaluate(expr, &NameScope { depth: self.depth, ..NameScope::new(self.names, self.work) })
            }
        });
        self.report(&gaps);
        let mut value = self.bounded(value, span);
        if slot.is_secret {
            value.mark_sensitive();
        }
        let (size, _) = value_size(&value);
        let copy = self.copy(&value, size, span);
        slot.state.replace(State::Done { value, size, gaps });
        copy
    }

    /// Tells what went wrong in evaluating a name, each time that its value is used.
    fn report(&self, gaps: &Gaps) {
        if !self.uncertain {
            self.work.report(gaps);
        }
    }

    /// A copy, where there is work left for it.
    fn copy(&self, value: &Node, size: usize, span: &Span) -> Node {
        if self.work.take(size) { value.clone() } else { self.give_up(span) }
    }

    /// The value, unless it nests deeper than anything that reads it could follow.
    pub(super) fn bounded(&self, value: Node, span: &Span) -> Node {
        let (size, depth) = value_size(&value);
        if depth > MAX_NESTING {
            self.work.gap(span, &format!("the value nests deeper than {MAX_NESTING} levels and is not followed"));
            return Node::unknown("It nests too deep to be followed.");
        }
        if self.work.take(size / 8) { value } else { self.give_up(span) }
    }

    /// What stands for a value that would be too much work.
    pub(super) fn give_up(&self, span: &Span) -> Node {
        self.work.run_out(span);
        Node::unknown("Evaluation was given up: it is too much work.")
    }
}
