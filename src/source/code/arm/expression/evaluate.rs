//! What an expression comes to. Total: what cannot be known is unknown and says why, what is wrong is told as a gap.

use super::functions;
use super::functions::Fault;
use super::scope::{Scope, Sort};
use super::{Expr, For, Item, Kind, Member};
use crate::source::code::declared::{Node, Place, Val};

/// How many times a loop runs at most.
pub(super) const MOST_ITEMS: usize = 10_000;

/// What an expression comes to, as far as that can be known.
pub fn evaluate(expr: &Expr, scope: &Scope<'_>) -> Node {
    let place = &expr.place;
    let Some(scope) = &scope.deeper() else {
        scope.work.gap(place, "the expression nests too deep and is not evaluated; split it");
        return Node::unknown("It nests too deep to be evaluated.");
    };
    if !scope.work.take(1) {
        return scope.spent(place);
    }
    match &expr.kind {
        Kind::Literal(Val::String(text)) if !scope.work.take(text.len() / 32) => scope.spent(place),
        Kind::Literal(value) => Node::at(value.clone(), place.clone()),
        Kind::Text(parts) => {
            let parts: Vec<Node> = parts.iter().map(|part| evaluate(part, scope)).collect();
            settle(functions::joined(&parts), "text", &parts, place, scope)
        }
        Kind::Object(members) => object(members, place, scope),
        Kind::Array(items) => array(items, place, scope),
        Kind::Call { name, args } => call(name, args, place, scope),
        Kind::Property { base, name, safe } => {
            if let Some(principal) = principal(base, name, scope) {
                return principal;
            }
            let base = evaluate(base, scope);
            let found = member(base, name, *safe);
            settle(found, "property", &[], place, scope)
        }
        Kind::Index { base, index, safe } => {
            let (base, index) = (evaluate(base, scope), evaluate(index, scope));
            settle(item(base, &index, *safe), "index", &[], place, scope)
        }
        Kind::Parameter(name) => scope.look_up(Sort::Parameter, name, place),
        Kind::Variable(name) => scope.look_up(Sort::Variable, name, place),
        Kind::Resource(name) => scope.look_up(Sort::Resource, name, place),
        Kind::Local(name) => match scope.local(name) {
            Some(value) => scope.bounded(value.clone(), place),
            None => {
                scope.work.gap(place, &format!("`{name}` is not declared here; correct the name"));
                Node::unknown(format!("`{name}` is not declared."))
            }
        },
        Kind::For(each) => repeat(each, place, scope),
        Kind::Lambda { .. } => {
            scope.work.gap(place, "a lambda stands where a value is expected; give it to map, filter or their like");
            Node::unknown("It is a lambda.")
        }
    }
}

/// `reference(…).identity.principalId`: whose it is says the resource's id.
fn principal(base: &Expr, name: &str, scope: &Scope<'_>) -> Option<Node> {
    let Kind::Property { base: resource, name: outer, .. } = &base.kind else { return None };
    let Kind::Call { name: function, args } = &resource.kind else { return None };
    let (is_principal, is_identity) =
        (name.eq_ignore_ascii_case("principalId"), outer.eq_ignore_ascii_case("identity"));
    if !is_principal || !is_identity || !function.eq_ignore_ascii_case("reference") {
        return None;
    }
    let target = evaluate(args.first()?, scope);
    let id = match &target.value {
        Val::Symbol(symbol) => symbol.to_string(),
        Val::String(text) => text.clone(),
        _ => return None,
    };
    Some(Node::of(Val::Symbol(principal_of(&id).into())).with_note("An identity is known only in a deployment."))
}

/// The name of a resource's own principal, after its id.
pub fn principal_of(id: &str) -> String {
    format!("{{{}.identity.principalId}}", id.to_lowercase())
}

/// A result as a value; what is wrong with it is told.
pub(super) fn settle(result: Result<Node, Fault>, name: &str, args: &[Node], place: &Place, scope: &Scope<'_>) -> Node {
    match result {
        Ok(value) => value,
        Err(Fault::Unknown(value)) => functions::symbolic(name, args).unwrap_or(value),
        Err(Fault::Wrong(what)) => {
            scope.wrong(place, &what);
            Node::unknown(format!("It cannot be evaluated: {what}."))
        }
    }
}

fn call(name: &str, args: &[Expr], place: &Place, scope: &Scope<'_>) -> Node {
    if let Some(value) = functions::lazy(name, args, place, scope) {
        return value;
    }
    let values: Vec<Node> = args.iter().map(|arg| evaluate(arg, scope)).collect();
    if let Some(function) = scope.names.user_function(name) {
        let names = function.parameters.iter().map(|name| name.to_lowercase());
        let arguments = names.zip(values).collect();
        let inner = Scope { arguments: Some(&arguments), locals: None, ..*scope };
        return scope.bounded(evaluate(&function.body, &inner), place);
    }
    match functions::strict(name, &values) {
        Some(result) => {
            let value = settle(result, name, &values, place, scope);
            scope.bounded(value, place)
        }
        None => {
            scope.work.gap(place, &format!("unknown function `{name}`; what depends on it is not known"));
            Node::unknown(format!("The function `{name}` is not known."))
        }
    }
}

fn object(members: &[Member], place: &Place, scope: &Scope<'_>) -> Node {
    let mut made: Vec<(String, Node)> = Vec::new();
    let mut index = std::collections::HashMap::new();
    let mut put = |name: String, value: Node| match index.entry(name.to_lowercase()) {
        std::collections::hash_map::Entry::Occupied(at) => {
            let at: &usize = at.get();
            if let Some(slot) = made.get_mut(*at) {
                *slot = (name, value);
            }
        }
        std::collections::hash_map::Entry::Vacant(free) => {
            free.insert(made.len());
            made.push((name, value));
        }
    };
    for member in members {
        match member {
            Member::Pair { key, value, place: pair } => {
                let name = match key.as_str() {
                    Some(name) => name.to_owned(),
                    None => match evaluate(key, scope).value {
                        Val::String(name) => name,
                        // A name that is not known still names something.
                        Val::Symbol(symbol) => symbol.to_string(),
                        _ => {
                            let why = "It has a member whose name is not known.";
                            return Node::at(Val::Unknown, place.clone()).with_note(why);
                        }
                    },
                };
                let mut node = evaluate(value, scope);
                match value.kind {
                    // What is written here is used here.
                    Kind::Object(_) | Kind::Array(_) | Kind::For(_) | Kind::Literal(_) => {}
                    _ => used_at(&mut node, pair),
                }
                put(name, node);
            }
            Member::Spread(other) => {
                let node = evaluate(other, scope);
                match node.value {
                    Val::Object(more) => more.into_iter().for_each(|(name, mut value)| {
                        used_at(&mut value, &other.place);
                        put(name, value);
                    }),
                    Val::Null => {}
                    Val::Unknown | Val::Symbol(_) => {
                        let note = node.site.note.unwrap_or_else(|| "What is spread into it is not known.".into());
                        return Node::at(Val::Unknown, place.clone()).with_note(note);
                    }
                    _ => {
                        let wrong = Err(Fault::Wrong("what is spread into an object is no object".to_owned()));
                        return settle(wrong, "", &[], &other.place, scope);
                    }
                }
            }
        }
    }
    Node::at(Val::Object(made), place.clone())
}

/// Records where a value is used, unless it is written within that very stretch.
pub(super) fn used_at(node: &mut Node, place: &Place) {
    match &node.site.place {
        None => node.site.place = Some(place.clone()),
        Some(own) if own.file == place.file && place.start <= own.start && own.end <= place.end => {}
        Some(_) if node.site.related.iter().any(|(_, known)| known == place) => {}
        Some(_) => node.site.related.push(("used here", place.clone())),
    }
    match &mut node.value {
        Val::List(items) => items.iter_mut().for_each(|item| used_at(item, place)),
        Val::Object(members) => members.iter_mut().for_each(|(_, member)| used_at(member, place)),
        _ => {}
    }
}

fn array(items: &[Item], place: &Place, scope: &Scope<'_>) -> Node {
    let mut made = Vec::new();
    for item in items {
        match item {
            Item::One(expr) => {
                let mut node = evaluate(expr, scope);
                if !matches!(expr.kind, Kind::Object(_) | Kind::Array(_) | Kind::For(_) | Kind::Literal(_)) {
                    used_at(&mut node, &expr.place);
                }
                made.push(node);
            }
            Item::Spread(other) => {
                let mut node = evaluate(other, scope);
                used_at(&mut node, &other.place);
                match node.value {
                    Val::List(more) => made.extend(more),
                    Val::Null => {}
                    Val::Unknown | Val::Symbol(_) => made.push(Node { value: Val::Unknown, site: node.site }),
                    _ => {
                        let wrong = Err(Fault::Wrong("what is spread into a list is no list".to_owned()));
                        made.push(settle(wrong, "", &[], &other.place, scope));
                    }
                }
            }
        }
    }
    Node::at(Val::List(made), place.clone())
}

/// A member of an object.
pub(super) fn member(base: Node, name: &str, safe: bool) -> Result<Node, Fault> {
    match base.value {
        Val::Unknown | Val::Symbol(_) => Err(Fault::Unknown(Node { value: Val::Unknown, ..base })),
        Val::Null if safe => Ok(Node::of(Val::Null)),
        Val::Object(members) => match members.into_iter().find(|(key, _)| key.eq_ignore_ascii_case(name)) {
            Some((_, value)) => Ok(value),
            None if safe => Ok(Node::of(Val::Null)),
            None => Err(Fault::Wrong(format!("the object has no member `{name}`"))),
        },
        _ => Err(Fault::Wrong(format!("there is no member `{name}`, for it is no object"))),
    }
}

/// An item of a list, or a member of an object.
pub(super) fn item(base: Node, index: &Node, safe: bool) -> Result<Node, Fault> {
    if index.is_unknown() {
        let unknown = Node { value: Val::Unknown, site: index.site.clone() };
        return Err(Fault::Unknown(unknown));
    }
    match (&base.value, &index.value) {
        (_, Val::String(name)) => member(base, name, safe),
        (Val::Unknown | Val::Symbol(_), _) => Err(Fault::Unknown(Node { value: Val::Unknown, ..base })),
        (Val::Null, _) if safe => Ok(Node::of(Val::Null)),
        (Val::List(items), Val::Number(number)) => {
            let Some(at) = number.as_u64().and_then(|at| usize::try_from(at).ok()) else {
                return Err(Fault::Wrong(format!("the index {number} is none")));
            };
            // An item that is not known may stand for any number of items.
            if let Some(unknown) = items.iter().take(at.saturating_add(1)).find(|item| item.value == Val::Unknown) {
                return Err(Fault::Unknown(unknown.clone()));
            }
            match items.get(at) {
                Some(value) => Ok(value.clone()),
                None if safe => Ok(Node::of(Val::Null)),
                None => Err(Fault::Wrong(format!("the index {at} is beyond the list's {} items", items.len()))),
            }
        }
        (Val::List(_), _) => Err(Fault::Wrong("the index of a list is no number".to_owned())),
        _ => Err(Fault::Wrong("what is indexed is neither list nor object".to_owned())),
    }
}

fn repeat(each: &For, place: &Place, scope: &Scope<'_>) -> Node {
    let over = evaluate(&each.over, scope);
    let unknown = |node: Node| {
        let note = node.site.note.unwrap_or_else(|| "What the loop runs over is not known.".into());
        Node::at(Val::Unknown, place.clone()).with_note(note)
    };
    let items = match over.value {
        Val::List(items) => items,
        Val::Unknown | Val::Symbol(_) => {
            return Node::at(Val::List(vec![unknown(over)]), place.clone());
        }
        _ => {
            let wrong = Err(Fault::Wrong("what the loop runs over is no list".to_owned()));
            return settle(wrong, "", &[], place, scope);
        }
    };
    if items.len() > MOST_ITEMS {
        let many = format!("the loop runs {} times; at most {MOST_ITEMS} are followed", items.len());
        return settle(Err(Fault::Wrong(many)), "", &[], place, scope);
    }
    let mut made = Vec::new();
    for (position, item) in items.into_iter().enumerate() {
        if item.value == Val::Unknown {
            made.push(unknown(item));
            continue;
        }
        let index = Node::of(Val::Number(position.into()));
        let (item_name, index_name) = (each.item.as_deref().unwrap_or(""), each.index.as_deref().unwrap_or(""));
        let taken = scope.with(item_name, &item, |scope| {
            scope.with(index_name, &index, |scope| {
                let taken = each.filter.as_ref().map(|filter| evaluate(filter, scope));
                match taken.map(|node| (node.as_bool(), node)) {
                    None | Some((Some(true), _)) => Some(evaluate(&each.body, scope)),
                    Some((Some(false), _)) => None,
                    Some((None, node)) => Some(unknown(node)),
                }
            })
        });
        made.extend(taken);
    }
    Node::at(Val::List(made), place.clone())
}
