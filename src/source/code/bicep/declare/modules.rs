//! The modules of a file, and the order in which they depend on each other.

use std::collections::BTreeSet;

use super::super::syntax::DeclarationKind;
use super::{Declarer, LocalScope, ModuleDeclaration};
use crate::source::code::arm::expression::{Expr, ExprKind, Member};

impl<'a> Declarer<'a, '_> {
    pub(super) fn modules(&mut self) -> Vec<ModuleDeclaration<'a>> {
        let mut modules = Vec::new();
        for declaration in &self.unit.syntax.declarations {
            let DeclarationKind::Module(module) = &declaration.what else { continue };
            let head = self.unit.span(&module.head);
            let body = self.taken_apart(&module.body, LocalScope::default(), &mut |declarer, object, local_scope| {
                let none = || Expr::new(ExprKind::Object(Vec::new()), head.clone());
                let pair = |name: &str, value: Expr| {
                    let key = Expr::text(name, head.clone());
                    Member::Pair { key, span: value.span.clone(), value }
                };
                let params = object.get("params").map(|params| declarer.lower.expression(params, local_scope));
                let mut members = vec![pair("params", params.unwrap_or_else(none))];
                let scope = object.get("scope").map(|scope| declarer.scope(scope, local_scope));
                members.extend(scope.map(|scope| pair("scope", scope)));
                Expr::new(ExprKind::Object(members), head.clone())
            });
            self.uses.insert(module.symbol.clone(), self.lower.take_asked());
            modules.push(ModuleDeclaration { module, head, body });
        }
        modules
    }

    /// The modules, each after those that it depends on; of a circle, in the order of the file.
    pub(super) fn in_order(&self, modules: Vec<ModuleDeclaration<'a>>) -> Vec<ModuleDeclaration<'a>> {
        let symbols: BTreeSet<&str> = modules.iter().map(|called| called.module.symbol.as_str()).collect();
        let mut waits: Vec<(ModuleDeclaration<'a>, BTreeSet<String>)> = Vec::new();
        for called in modules {
            let mut reached = BTreeSet::new();
            let mut next: Vec<&String> = self.uses.get(&called.module.symbol).into_iter().flatten().collect();
            while let Some(name) = next.pop() {
                if reached.insert(name.clone()) {
                    next.extend(self.uses.get(name).into_iter().flatten());
                }
            }
            reached.retain(|name| symbols.contains(name.as_str()) && *name != called.module.symbol);
            waits.push((called, reached));
        }
        let mut ordered: Vec<ModuleDeclaration<'a>> = Vec::new();
        while !waits.is_empty() {
            let ready = waits.iter().position(|(_, waits_for)| waits_for.is_empty()).unwrap_or(0);
            let (called, _) = waits.remove(ready);
            for (_, waits_for) in &mut waits {
                waits_for.remove(&called.module.symbol);
            }
            ordered.push(called);
        }
        ordered
    }
}
