//! Functions and operators.

use super::super::symbols::Symbol;
use super::super::syntax::{Expression, Kind, Operator};
use super::{Lower, Within};
use crate::model::path::is_of_the_repository;
use crate::model::text_file::TextFile;
use crate::source::code::arm::expression as shared;
use crate::source::code::arm::expression::{Expr, Kind as To};
use crate::source::code::declared::Place;

impl Lower<'_> {
    pub(super) fn call(
        &self,
        on: Option<&Expression>,
        name: &str,
        mut arguments: Vec<Expr>,
        place: Place,
        within: &Within<'_>,
    ) -> Expr {
        match on {
            Some(on) if !matches!(&on.kind, Kind::Name(name) if name == "sys" || name == "az") => {
                return match self.of_namespace(on, name, within) {
                    Some(Symbol::Function(known)) => Expr::call(known, arguments, place),
                    Some(Symbol::Unreadable(why)) => self.unknown(why.as_str(), place),
                    // A function of a resource, such as listKeys or getSecret.
                    _ => self.unknown(format!("What `{name}` answers is known only in a deployment."), place),
                };
            }
            Some(_) => {}
            None => match self.names.get(name) {
                Some(Symbol::Function(known)) => return Expr::call(known, arguments, place),
                Some(Symbol::Unreadable(why)) => return self.unknown(why.as_str(), place),
                _ => {}
            },
        }
        match name {
            "any" if arguments.len() == 1 => arguments.remove(0),
            "resourceGroup" | "subscription" | "managementGroup" if !arguments.is_empty() => {
                elsewhere(name, arguments, &place)
            }
            "loadTextContent" | "loadJsonContent" => {
                self.loaded(name, &arguments).unwrap_or_else(|why| self.unknown(why, place))
            }
            "getSecret"
            | "readEnvironmentVariable"
            | "externalInput"
            | "readCliArg"
            | "loadYamlContent"
            | "loadFileAsBase64"
            | "loadDirectoryFileInfo"
            | "deployer"
            | "managementGroup" => self.unknown(format!("What `{name}` comes to is not known here."), place),
            _ if name.starts_with("list") && name.len() > 4 => {
                self.unknown(format!("What `{name}` answers is known only in a deployment."), place)
            }
            _ => Expr::call(name, arguments, place),
        }
    }

    /// The content of a file, as the text or the JSON that it is.
    fn loaded(&self, function: &str, arguments: &[Expr]) -> Result<Expr, String> {
        /// Bicep refuses what is larger as well.
        const MOST: usize = 1 << 20;
        let [path] = arguments else { return Err(format!("A part of what `{function}` loads is not looked for.")) };
        let given = path.as_str().ok_or_else(|| format!("`{function}` is given a path that is not known."))?;
        let target = self.unit.beside(given);
        if !is_of_the_repository(&self.unit.path, &target) {
            return Err(format!("`{function}` leads to a file that is not there, or not in this repository."));
        }
        let read = TextFile::read(&target)?;
        if read.text.len() > MOST {
            return Err(format!("{}: it is too large for `{function}`.", read.path));
        }
        let text = Expr::text(read.text, path.place.clone());
        Ok(if function == "loadJsonContent" { Expr::call("json", vec![text], path.place.clone()) } else { text })
    }
}

/// An operator, as the evaluator's function.
pub fn binary(operator: Operator, left: Expr, right: Expr, place: &Place) -> Expr {
    let call = |name: &str, args: Vec<Expr>| Expr::call(name, args, place.clone());
    let folded = |left: Expr, right: Expr| {
        let lower = |of: Expr| Expr::call("toLower", vec![of], place.clone());
        Expr::call("equals", vec![lower(left), lower(right)], place.clone())
    };
    let name = match operator {
        Operator::NotEqual => return call("not", vec![call("equals", vec![left, right])]),
        Operator::EqualFolded => return folded(left, right),
        Operator::NotEqualFolded => return call("not", vec![folded(left, right)]),
        Operator::Coalesce => "coalesce",
        Operator::Or => "or",
        Operator::And => "and",
        Operator::Equal => "equals",
        Operator::Less => "less",
        Operator::LessOrEqual => "lessOrEquals",
        Operator::Greater => "greater",
        Operator::GreaterOrEqual => "greaterOrEquals",
        Operator::Add => "add",
        Operator::Subtract => "sub",
        Operator::Multiply => "mul",
        Operator::Divide => "div",
        Operator::Modulo => "mod",
    };
    call(name, vec![left, right])
}

/// A resource group or subscription by its name, not the one that is deployed to.
fn elsewhere(function: &str, mut arguments: Vec<Expr>, place: &Place) -> Expr {
    let text = |text: &str| Expr::text(text, place.clone());
    let pair = |name: &str, value: Expr| shared::Member::Pair {
        key: Expr::text(name, place.clone()),
        value,
        place: place.clone(),
    };
    let last = arguments.pop().unwrap_or_else(|| text(""));
    let mut id = match function {
        "managementGroup" => vec![text("/providers/Microsoft.Management/managementGroups/")],
        _ => vec![text("/subscriptions/")],
    };
    if function == "resourceGroup" {
        let subscription = arguments.pop().unwrap_or_else(|| {
            let base = Box::new(Expr::call("subscription", Vec::new(), place.clone()));
            let name = "subscriptionId".to_owned();
            Expr::new(To::Property { base, name, safe: false }, place.clone())
        });
        id.extend([subscription, text("/resourceGroups/")]);
    }
    id.push(last.clone());
    let id = Expr::new(To::Text(id), place.clone());
    let name = if function == "subscription" { "subscriptionId" } else { "name" };
    let known = vec![pair("id", id), pair(name, last)];
    Expr::new(To::Object(known), place.clone())
}
