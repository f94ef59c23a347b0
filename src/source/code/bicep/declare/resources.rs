//! Names, ids and bodies of resources.

use super::super::lower::LocalScope;
use super::super::symbols::{Body, ResourceSymbol};
use super::super::syntax::{Expression, Key, Member as Written, Object, Piece, SyntaxKind};
use super::Declarer;
use crate::source::code::arm::expression::{Expr, ExprKind, Member};
use crate::source::code::declared::NodeValue;

/// The members of a resource's body that registries are read from.
const KEPT: [&str; 7] = ["location", "sku", "identity", "properties", "tags", "scope", "resourceGroup"];

/// What is known of any resource only in a deployment, where it is not written.
const RUNTIME: [&str; 9] = ["location", "sku", "identity", "properties", "tags", "kind", "zones", "plan", "managedBy"];

impl Declarer<'_, '_> {
    /// What others may ask of a resource: its id, its name, and so on.
    pub(super) fn known(&self, resource: &ResourceSymbol<'_>, object: &Object, local_scope: LocalScope<'_>) -> Expr {
        let span = self.head(resource);
        let pair =
            |name: &str, value: Expr| Member::Pair { key: Expr::text(name, span.clone()), value, span: span.clone() };
        let segments = self.segments(resource, object, local_scope);
        let own = object.get("name").map(|name| self.named(name, self.lower.expression(name, local_scope)));
        let own = own.unwrap_or_else(|| self.lower.unknown("It has no name.", span.clone()));
        let mut members = vec![
            pair("id", self.id(resource, object, &segments, local_scope)),
            pair("name", own),
            pair("type", Expr::text(&resource.kind, span.clone())),
            pair("apiVersion", Expr::text(&resource.version, span.clone())),
        ];
        members.extend(segments.into_iter().enumerate().map(|(index, name)| pair(&format!("#{index}"), name)));
        members.extend(RUNTIME.map(|name| {
            let why = format!("`{name}` of {} is known only in a deployment.", resource.symbol);
            pair(name, self.lower.unknown(why, span.clone()))
        }));
        Expr::new(ExprKind::Object(members), span)
    }

    /// The names of a resource and of those that it is in, one for each segment of its type.
    pub(super) fn segments(
        &self,
        resource: &ResourceSymbol<'_>,
        object: &Object,
        local_scope: LocalScope<'_>,
    ) -> Vec<Expr> {
        let span = self.head(resource);
        let wanted = resource.kind.matches('/').count().max(1);
        let name = object.get("name");
        let own = |name: Option<&Expression>| match name {
            Some(name) => self.named(name, self.lower.declared(name, name.range.clone(), local_scope)),
            None => self.lower.unknown("It has no name.", span.clone()),
        };
        let parent = object.get("parent").map(|parent| self.lower.expression(parent, local_scope));
        let parent = parent.or_else(|| {
            let symbol = resource.parent.clone()?;
            // Within a resource of a loop, nothing can be nested.
            Some(Expr::new(ExprKind::Resource(symbol), span.clone()))
        });
        if let Some(parent) = parent {
            let of_parent = (0..wanted.saturating_sub(1)).map(|index| {
                let kind =
                    ExprKind::Property { base: Box::new(parent.clone()), name: format!("#{index}"), safe: false };
                Expr::new(kind, span.clone())
            });
            return of_parent.chain(std::iter::once(own(name))).collect();
        }
        if wanted == 1 {
            return vec![own(name)];
        }
        let parts = name.map(|name| self.split(name, local_scope)).unwrap_or_default();
        if parts.len() == wanted {
            return parts;
        }
        // `'a/b'` that is put together elsewhere.
        let whole = own(name);
        (0..wanted)
            .map(|index| {
                let slash = Expr::text("/", span.clone());
                let base = Box::new(Expr::call("split", vec![whole.clone(), slash], span.clone()));
                let index = Box::new(Expr::new(ExprKind::Literal(NodeValue::Number(index.into())), span.clone()));
                Expr::new(ExprKind::Index { base, index, safe: false }, span.clone())
            })
            .collect()
    }

    /// A name, by what makes it where it is not known: those of its children begin with the same.
    fn named(&self, written: &Expression, name: Expr) -> Expr {
        if matches!(name.kind, ExprKind::Literal(_)) {
            return name;
        }
        let span = name.span.clone();
        Expr::call("#named", vec![name, Expr::text(self.source(written), span.clone())], span)
    }

    /// `'${acr.name}/task'`, split at its slashes.
    fn split(&self, name: &Expression, local_scope: LocalScope<'_>) -> Vec<Expr> {
        let span = self.unit.span(&name.range);
        let SyntaxKind::Template(pieces) = &name.kind else { return Vec::new() };
        let mut parts = vec![Vec::new()];
        for piece in pieces {
            match piece {
                Piece::Hole(hole) => parts.last_mut().into_iter().for_each(|part| {
                    part.push(self.lower.expression(hole, local_scope));
                }),
                Piece::Text(text) => {
                    for (index, text) in text.split('/').enumerate() {
                        if index > 0 {
                            parts.push(Vec::new());
                        }
                        if !text.is_empty() {
                            parts.last_mut().into_iter().for_each(|part| part.push(Expr::text(text, span.clone())));
                        }
                    }
                }
            }
        }
        parts.into_iter().map(|part| Expr::new(ExprKind::Text(part), span.clone())).collect()
    }

    fn id(
        &self,
        resource: &ResourceSymbol<'_>,
        object: &Object,
        segments: &[Expr],
        local_scope: LocalScope<'_>,
    ) -> Expr {
        let span = self.head(resource);
        let kind = std::iter::once(Expr::text(&resource.kind, span.clone()));
        let named = kind.chain(segments.iter().cloned());
        match self.scope_of(resource, object, local_scope) {
            None => Expr::call("resourceId", named.collect(), span),
            Some(scope) => Expr::call("extensionResourceId", std::iter::once(scope).chain(named).collect(), span),
        }
    }

    /// The id of the scope that a resource, or one that it is in, names.
    fn scope_of(&self, resource: &ResourceSymbol<'_>, object: &Object, local_scope: LocalScope<'_>) -> Option<Expr> {
        if let Some(scope) = object.get("scope") {
            return Some(self.scope(scope, local_scope));
        }
        let mut resource = resource;
        let mut object = object;
        // A circle of parents is refused by Bicep; here it ends.
        for _ in 0..8 {
            let local_scope = LocalScope { resource: Some(&resource.symbol), ..LocalScope::default() };
            let parent = object.get("parent").and_then(|parent| self.lower.resource(parent, &local_scope));
            let symbol = parent.map(|(symbol, _)| symbol).or_else(|| resource.parent.clone())?;
            resource = self.symbols.resources.get(&symbol)?;
            let SyntaxKind::Object(braces) = &Body::new(&resource.declared.body).object.kind else { return None };
            object = braces;
            if let Some(scope) = object.get("scope") {
                // What a loop calls its items is not known outside.
                let is_single = Body::new(&resource.declared.body).each.is_none();
                let local_scope = LocalScope { resource: Some(&resource.symbol), ..LocalScope::default() };
                return is_single.then(|| self.scope(scope, local_scope));
            }
        }
        None
    }

    /// The id of a scope: of a resource, a resource group, a subscription.
    pub(super) fn scope(&self, scope: &Expression, local_scope: LocalScope<'_>) -> Expr {
        let span = self.unit.span(&scope.range);
        if matches!(&scope.kind, SyntaxKind::Call { name, arguments, .. } if name == "tenant" && arguments.is_empty()) {
            return Expr::text("", span);
        }
        let base = Box::new(self.lower.expression(scope, local_scope));
        Expr::new(ExprKind::Property { base, name: "id".to_owned(), safe: false }, span)
    }

    /// The members of a body that registries are read from.
    pub(super) fn kept(&self, resource: &ResourceSymbol<'_>, object: &Object, local_scope: LocalScope<'_>) -> Expr {
        let span = self.head(resource);
        let mut members = Vec::new();
        for (written, member) in object.members.iter().zip(self.lower.members(object, local_scope)) {
            match written {
                Written::Pair { key: Key::Known(key), value, .. } if key.eq_ignore_ascii_case("scope") => {
                    if let Member::Pair { key, span, .. } = member {
                        members.push(Member::Pair { key, value: self.scope(value, local_scope), span });
                    }
                }
                Written::Pair { key: Key::Known(key), .. } if !KEPT.contains(&key.as_str()) => {}
                _ => members.push(member),
            }
        }
        Expr::new(ExprKind::Object(members), span)
    }
}
