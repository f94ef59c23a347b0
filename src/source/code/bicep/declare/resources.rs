//! Names, ids and bodies of resources.

use super::super::lower::Within;
use super::super::symbols::{Body, ResourceSymbol};
use super::super::syntax::{Expression, Key, Kind as Syntax, Member as Written, Object, Piece};
use super::Declarer;
use crate::source::code::arm::expression::{Expr, Kind, Member};
use crate::source::code::declared::Val;

/// The members of a resource's body that registries are read from.
const KEPT: [&str; 5] = ["location", "sku", "identity", "properties", "scope"];

/// What is known of any resource only in a deployment, where it is not written.
const RUNTIME: [&str; 9] = ["location", "sku", "identity", "properties", "tags", "kind", "zones", "plan", "managedBy"];

impl Declarer<'_, '_> {
    /// What others may ask of a resource: its id, its name, and so on.
    pub(super) fn known(&self, resource: &ResourceSymbol<'_>, object: &Object, within: Within<'_>) -> Expr {
        let place = self.head(resource);
        let pair = |name: &str, value: Expr| Member::Pair {
            key: Expr::text(name, place.clone()),
            value,
            place: place.clone(),
        };
        let segments = self.segments(resource, object, within);
        let own = object.get("name").map(|name| self.lower.expression(name, within));
        let own = own.unwrap_or_else(|| self.lower.unknown("It has no name.", place.clone()));
        let mut members = vec![
            pair("id", self.id(resource, object, &segments, within)),
            pair("name", own),
            pair("type", Expr::text(&resource.kind, place.clone())),
            pair("apiVersion", Expr::text(&resource.version, place.clone())),
        ];
        members.extend(segments.into_iter().enumerate().map(|(index, name)| pair(&format!("#{index}"), name)));
        members.extend(RUNTIME.map(|name| {
            let why = format!("`{name}` of {} is known only in a deployment.", resource.symbol);
            pair(name, self.lower.unknown(why, place.clone()))
        }));
        Expr::new(Kind::Object(members), place)
    }

    /// The names of a resource and of those that it is in, one for each segment of its type.
    pub(super) fn segments(&self, resource: &ResourceSymbol<'_>, object: &Object, within: Within<'_>) -> Vec<Expr> {
        let place = self.head(resource);
        let wanted = resource.kind.matches('/').count().max(1);
        let name = object.get("name");
        let own = |name: Option<&Expression>| match name {
            Some(name) => self.lower.declared(name, name.range.clone(), within),
            None => self.lower.unknown("It has no name.", place.clone()),
        };
        let parent = object.get("parent").map(|parent| self.lower.expression(parent, within));
        let parent = parent.or_else(|| {
            let symbol = resource.within.clone()?;
            // Within a resource of a loop, nothing can be nested.
            Some(Expr::new(Kind::Resource(symbol), place.clone()))
        });
        if let Some(parent) = parent {
            let of_parent = (0..wanted.saturating_sub(1)).map(|index| {
                let kind = Kind::Property { base: Box::new(parent.clone()), name: format!("#{index}"), safe: false };
                Expr::new(kind, place.clone())
            });
            return of_parent.chain(std::iter::once(own(name))).collect();
        }
        if wanted == 1 {
            return vec![own(name)];
        }
        let parts = name.map(|name| self.split(name, within)).unwrap_or_default();
        if parts.len() == wanted {
            return parts;
        }
        // `'a/b'` that is put together elsewhere.
        let whole = own(name);
        (0..wanted)
            .map(|index| {
                let slash = Expr::text("/", place.clone());
                let base = Box::new(Expr::call("split", vec![whole.clone(), slash], place.clone()));
                let index = Box::new(Expr::new(Kind::Literal(Val::Number(index.into())), place.clone()));
                Expr::new(Kind::Index { base, index, safe: false }, place.clone())
            })
            .collect()
    }

    /// `'${acr.name}/task'`, split at its slashes.
    fn split(&self, name: &Expression, within: Within<'_>) -> Vec<Expr> {
        let place = self.unit.place(&name.range);
        let Syntax::Template(pieces) = &name.kind else { return Vec::new() };
        let mut parts = vec![Vec::new()];
        for piece in pieces {
            match piece {
                Piece::Hole(hole) => parts.last_mut().into_iter().for_each(|part| {
                    part.push(self.lower.expression(hole, within));
                }),
                Piece::Text(text) => {
                    for (index, text) in text.split('/').enumerate() {
                        if index > 0 {
                            parts.push(Vec::new());
                        }
                        if !text.is_empty() {
                            parts.last_mut().into_iter().for_each(|part| part.push(Expr::text(text, place.clone())));
                        }
                    }
                }
            }
        }
        parts.into_iter().map(|part| Expr::new(Kind::Text(part), place.clone())).collect()
    }

    fn id(&self, resource: &ResourceSymbol<'_>, object: &Object, segments: &[Expr], within: Within<'_>) -> Expr {
        let place = self.head(resource);
        let kind = std::iter::once(Expr::text(&resource.kind, place.clone()));
        let named = kind.chain(segments.iter().cloned());
        match self.scope_of(resource, object, within) {
            None => Expr::call("resourceId", named.collect(), place),
            Some(scope) => Expr::call("extensionResourceId", std::iter::once(scope).chain(named).collect(), place),
        }
    }

    /// The id of the scope that a resource, or one that it is in, names.
    fn scope_of(&self, resource: &ResourceSymbol<'_>, object: &Object, within: Within<'_>) -> Option<Expr> {
        if let Some(scope) = object.get("scope") {
            return Some(self.scope(scope, within));
        }
        let mut resource = resource;
        let mut object = object;
        // A circle of parents is refused by Bicep; here it ends.
        for _ in 0..8 {
            let within = Within { resource: Some(&resource.symbol), ..Within::default() };
            let parent = object.get("parent").and_then(|parent| self.lower.resource(parent, &within));
            let symbol = parent.map(|(symbol, _)| symbol).or_else(|| resource.within.clone())?;
            resource = self.symbols.resources.get(&symbol)?;
            let Syntax::Object(braces) = &Body::of(&resource.declared.body).object.kind else { return None };
            object = braces;
            if let Some(scope) = object.get("scope") {
                // What a loop calls its items is not known outside.
                let is_single = Body::of(&resource.declared.body).each.is_none();
                let within = Within { resource: Some(&resource.symbol), ..Within::default() };
                return is_single.then(|| self.scope(scope, within));
            }
        }
        None
    }

    /// The id of a scope: of a resource, a resource group, a subscription.
    fn scope(&self, scope: &Expression, within: Within<'_>) -> Expr {
        let place = self.unit.place(&scope.range);
        if matches!(&scope.kind, Syntax::Call { name, arguments, .. } if name == "tenant" && arguments.is_empty()) {
            return Expr::text("", place);
        }
        let base = Box::new(self.lower.expression(scope, within));
        Expr::new(Kind::Property { base, name: "id".to_owned(), safe: false }, place)
    }

    /// The members of a body that registries are read from.
    pub(super) fn kept(&self, resource: &ResourceSymbol<'_>, object: &Object, within: Within<'_>) -> Expr {
        let place = self.head(resource);
        let mut members = Vec::new();
        for (written, member) in object.members.iter().zip(self.lower.members(object, within)) {
            match written {
                Written::Pair { key: Key::Known(key), value, .. } if key.eq_ignore_ascii_case("scope") => {
                    if let Member::Pair { key, place, .. } = member {
                        members.push(Member::Pair { key, value: self.scope(value, within), place });
                    }
                }
                Written::Pair { key: Key::Known(key), .. } if !KEPT.contains(&key.as_str()) => {}
                _ => members.push(member),
            }
        }
        Expr::new(Kind::Object(members), place)
    }
}
