//! What a task's steps do to its own registry, as a small fact. It is worked out when the task is read, for the steps
//! themselves may hold secrets and go no further.

mod base64;
mod command;
mod names;
mod steps;
#[cfg(test)]
mod tests;
mod yaml;

use std::collections::BTreeSet;

use serde_json::{Value, json};

use self::names::OwnRegistry;

/// Stands for a text that is not known: in source code, what is given later.
pub const UNKNOWN_TEXT: &str = "\u{e003}";

/// How large a task file may be; Azure's own limit is a fraction of it.
const MAX_CONTENT: usize = 256 * 1024;
/// How many registries a fact names at most.
const MAX_REGISTRIES: usize = 32;

/// Whether steps use a right. Of several answers the last of this order wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
enum Use {
    /// They do not.
    #[default]
    No,
    /// They may.
    Perhaps,
    /// They do.
    Yes,
}

impl From<Use> for Value {
    fn from(used: Use) -> Value {
        match used {
            Use::No => false.into(),
            Use::Perhaps => Value::Null,
            Use::Yes => true.into(),
        }
    }
}

/// What steps need.
#[derive(Debug, Default)]
struct Needs {
    pull: Use,
    push: Use,
    delete: Use,
    catalog: Use,
    /// `az acr import`, through Azure Resource Manager.
    import: Use,
    /// A step purges with a version of acr-cli that repository permissions refuse.
    outdated_purge: bool,
    /// The login servers that the steps name.
    registries: BTreeSet<String>,
}

impl Needs {
    fn pulls(&mut self, used: Use) {
        self.pull = self.pull.max(used);
    }

    /// Pushing an image asks for what is there already.
    fn pushes(&mut self, used: Use) {
        self.push = self.push.max(used);
        self.pulls(used);
    }

    fn deletes(&mut self, used: Use) {
        self.delete = self.delete.max(used);
        self.pulls(used);
    }

    fn lists_catalog(&mut self, used: Use) {
        self.catalog = self.catalog.max(used);
    }

    /// Nothing that the registry offers can be ruled out.
    fn may_do_anything(&mut self) {
        self.pushes(Use::Perhaps);
        self.deletes(Use::Perhaps);
        self.lists_catalog(Use::Perhaps);
    }

    fn names(&mut self, registry: Option<String>) {
        self.registries.extend(registry.filter(|_| self.registries.len() < MAX_REGISTRIES));
    }
}

/// The fact on one task: `{pull, push, delete, catalog, import, outdated_purge, registries, steps_read}`, and why the
/// steps were not read where they were not. `task` and `registry` are as ARM gives them, letter case of names aside.
pub fn fact(task: &Value, registry: &Value) -> Value {
    let own = OwnRegistry::of(registry);
    match steps::read(member(member(task, "properties"), "step"), &own) {
        Ok(needs) => json!({
            "pull": Value::from(needs.pull),
            "push": Value::from(needs.push),
            "delete": Value::from(needs.delete),
            "catalog": Value::from(needs.catalog),
            "import": Value::from(needs.import),
            "outdated_purge": needs.outdated_purge,
            "registries": needs.registries,
            "steps_read": true,
        }),
        Err(why) => json!({
            "pull": null, "push": null, "delete": null, "catalog": null, "import": null, "outdated_purge": false,
            "registries": [], "steps_read": false, "unread": why,
        }),
    }
}

/// A task file as ARM has it, in base64, where it is not so already.
pub fn encoded(content: &str) -> String {
    match base64::decode(content, content.len()) {
        Ok(_) => content.to_owned(),
        Err(_) => base64::encode(content.as_bytes()),
    }
}

/// A member whatever the case of its name's letters; null where there is none.
fn member<'a>(value: &'a Value, name: &str) -> &'a Value {
    let exact = &value[name];
    if !exact.is_null() {
        return exact;
    }
    let members = value.as_object().into_iter().flatten();
    members.filter(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, item)| item).next().unwrap_or(&Value::Null)
}
