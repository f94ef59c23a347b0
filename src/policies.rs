//! The `policies` command.

use std::io::{self, Write as _};

use anyhow::Context;

use crate::cli::PoliciesArgs;
use crate::policy::{Policy, PolicyError, PolicySet, Selection};
use crate::report::Outcome;

/// Lists the policies, or explains one.
///
/// # Errors
/// The policies cannot be loaded, or none has that id.
pub fn run(args: &PoliciesArgs) -> anyhow::Result<Outcome> {
    let set = PolicySet::load(&Selection { folders: args.folders.clone(), ..Selection::default() })?;
    let text = match &args.id {
        None => list(&set),
        Some(id) => explain(set.get(id).ok_or_else(|| {
            let known = set.policies.iter().map(|policy| policy.id.as_str()).collect::<Vec<_>>().join(", ");
            PolicyError::UnknownId { id: id.clone(), known }
        })?),
    };
    match io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(Outcome::Clean),
        other => other.map(|()| Outcome::Clean).context("cannot write to standard output"),
    }
}

fn list(set: &PolicySet) -> String {
    let width = set.policies.iter().map(|policy| policy.id.len()).max().unwrap_or_default();
    let line = |policy: &Policy| {
        let severity = policy.metadata.custom.severity.as_str();
        format!("{:<width$}  {severity:<8}  {}\n", policy.id, policy.metadata.title)
    };
    set.policies.iter().map(line).collect()
}

fn explain(policy: &Policy) -> String {
    let metadata = &policy.metadata;
    let mut text = format!(
        "{} ({})\n{}\n\n{}\n\nHow to mend it: {}\n",
        policy.id,
        metadata.custom.severity.as_str(),
        metadata.title,
        metadata.description.trim(),
        metadata.custom.remediation.trim(),
    );
    for (name, parameter) in &metadata.custom.parameters {
        text += &format!("\nParameter {name} (default {}): {}\n", parameter.default, parameter.description.trim());
    }
    for reference in &metadata.related_resources {
        text += &format!("\nSee {}", reference.url);
    }
    text.trim_end().to_owned() + "\n"
}
