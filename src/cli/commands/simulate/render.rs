//! What a simulation says, in each format.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde_json::{Value, json};

use super::super::super::rendering::AnswerFormat;
use crate::evaluate::Answer;
use crate::fix::{ClientChange, Simulation, TaskChange};
use crate::model::finding::Finding;
use crate::model::registry_id::RegistryId;
use crate::output::escape::{code, prose, visible};
use crate::output::plural;

/// More ranges than these are counted.
const MAX_RANGES: usize = 6;

pub fn render(simulation: &Simulation, format: AnswerFormat) -> anyhow::Result<String> {
    Ok(match format {
        AnswerFormat::Text => text(simulation),
        AnswerFormat::Json => serde_json::to_string_pretty(&answer(simulation))? + "\n",
        AnswerFormat::Markdown => markdown(simulation),
    })
}

fn answer(simulation: &Simulation) -> Value {
    let task = |task: &TaskChange| {
        json!({
            "registry": task.registry,
            "task": task.task,
            "before": task.before.answer,
            "after": task.after.answer,
            "way": { "before": task.before.way, "after": task.after.way },
            "reason": { "before": task.before.reason, "after": task.after.reason },
        })
    };
    let client = |client: &ClientChange| {
        let ClientChange { registry, range, before, after } = client;
        json!({ "registry": registry, "range": range, "before": before, "after": after })
    };
    let finding = |finding: &Finding| {
        json!({
            "policy": finding.policy,
            "severity": finding.severity.as_str(),
            "registry": finding.resource,
            "key": finding.key,
            "field": finding.field,
            "message": finding.message,
            "fingerprint": finding.fingerprint,
        })
    };
    json!({
        "schema_version": 1,
        "breaks": simulation.breaks(),
        "tasks": simulation.tasks.iter().map(task).collect::<Vec<_>>(),
        "clients": simulation.clients.iter().map(client).collect::<Vec<_>>(),
        "findings": {
            "new": simulation.new.iter().map(finding).collect::<Vec<_>>(),
            "gone": simulation.gone.iter().map(finding).collect::<Vec<_>>(),
        },
        "notes": simulation.notes.iter()
            .map(|note| json!({ "registry": note.registry, "message": note.message }))
            .collect::<Vec<_>>(),
    })
}

fn name(registry: &str) -> String {
    RegistryId::parse(registry).map_or_else(|| registry.to_owned(), |id| id.name)
}

fn changed_tasks(simulation: &Simulation) -> impl Iterator<Item = &TaskChange> {
    simulation.tasks.iter().filter(|task| task.before.answer != task.after.answer)
}

fn changed_clients(simulation: &Simulation) -> impl Iterator<Item = &ClientChange> {
    simulation.clients.iter().filter(|client| client.before != client.after)
}

fn way(way: Option<&String>) -> String {
    way.map_or_else(|| "no sure way".to_owned(), |way| way.replace('_', " "))
}

/// The sentence that answers the question.
fn summary(simulation: &Simulation) -> String {
    let tasks = simulation.losing_tasks().count();
    let clients = simulation.losing_clients().count();
    let registries: BTreeSet<&str> = simulation
        .losing_tasks()
        .map(|task| task.registry.as_str())
        .chain(simulation.losing_clients().map(|client| client.registry.as_str()))
        .collect();
    match tasks + clients {
        0 => format!("Nobody loses their way, of {}.", plural(simulation.tasks.len(), "task", "tasks")),
        _ => format!(
            "{} and {} lose their way, or may, at {}.",
            plural(tasks, "task", "tasks"),
            plural(clients, "range of addresses", "ranges of addresses"),
            plural(registries.len(), "registry", "registries")
        ),
    }
}

fn range(range: &str) -> &str {
    if range == "0.0.0.0/0" { "everybody (0.0.0.0/0)" } else { range }
}

fn text(simulation: &Simulation) -> String {
    let mut text = String::new();
    let registries: BTreeSet<&str> = changed_tasks(simulation)
        .map(|task| task.registry.as_str())
        .chain(changed_clients(simulation).map(|client| client.registry.as_str()))
        .chain(simulation.new.iter().chain(&simulation.gone).map(|finding| finding.resource.as_str()))
        .chain(simulation.notes.iter().map(|note| note.registry.as_str()))
        .collect();
    for registry in registries {
        let _ = writeln!(text, "{}", visible(&name(registry)));
        for note in simulation.notes.iter().filter(|note| note.registry == registry) {
            let _ = writeln!(text, "  note    {}", visible(&note.message));
        }
        for task in changed_tasks(simulation).filter(|task| task.registry == registry) {
            let verb = if task.before.answer.loses_to(task.after.answer) { "loses" } else { "gains" };
            let _ = writeln!(
                text,
                "  {verb}   task {}: {} ({}) -> {}: {}",
                visible(&task.task),
                task.before.answer.as_str(),
                way(task.before.way.as_ref()),
                task.after.answer.as_str(),
                visible(&task.after.reason)
            );
        }
        let mut clients: BTreeMap<(Answer, Answer), Vec<&str>> = BTreeMap::new();
        for client in changed_clients(simulation).filter(|client| client.registry == registry) {
            clients.entry((client.before, client.after)).or_default().push(range(&client.range));
        }
        for ((before, after), ranges) in clients {
            let verb = if before.loses_to(after) { "loses" } else { "gains" };
            let more = ranges.len().saturating_sub(MAX_RANGES);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            let ranges = ranges.iter().take(MAX_RANGES).copied().collect::<Vec<_>>().join(", ");
            let _ = writeln!(text, "  {verb}   {ranges}{more}: {} -> {}", before.as_str(), after.as_str());
        }
        for (word, findings) in [("new  ", &simulation.new), ("gone ", &simulation.gone)] {
            for finding in findings.iter().filter(|finding| finding.resource == registry) {
                let (severity, message) = (finding.severity.as_str(), visible(&finding.message));
                let _ = writeln!(text, "  {word}   {} ({severity}): {message}", finding.policy);
            }
        }
        text.push('\n');
    }
    let _ = writeln!(text, "{}", summary(simulation));
    text
}

fn markdown(simulation: &Simulation) -> String {
    let mut page = format!("## acrscan: what would break\n\n{}\n", prose(&summary(simulation)));
    let mut table = |title: &str, head: &str, rows: Vec<String>| {
        if !rows.is_empty() {
            let line = "---|".repeat(head.matches('|').count() - 1);
            let _ = write!(page, "\n### {title}\n\n{head}\n|{line}\n{}", rows.concat());
        }
    };
    let task = |task: &TaskChange| {
        format!(
            "| {} | {} | {} ({}) | {} | {} |\n",
            code(&name(&task.registry)),
            code(&task.task),
            task.before.answer.as_str(),
            way(task.before.way.as_ref()),
            task.after.answer.as_str(),
            prose(&task.after.reason)
        )
    };
    table("Tasks", "| registry | task | before | after | why |", changed_tasks(simulation).map(task).collect());
    let client = |client: &ClientChange| {
        let (before, after) = (client.before.as_str(), client.after.as_str());
        format!("| {} | {} | {before} | {after} |\n", code(&name(&client.registry)), code(range(&client.range)))
    };
    table("Clients", "| registry | range | before | after |", changed_clients(simulation).map(client).collect());
    let finding = |finding: &Finding| {
        let registry = code(&name(&finding.resource));
        format!(
            "| {registry} | {} | {} | {} |\n",
            code(&finding.policy),
            finding.severity.as_str(),
            prose(&finding.message)
        )
    };
    let head = "| registry | policy | severity | finding |";
    table("New findings", head, simulation.new.iter().map(finding).collect());
    table("Findings that go", head, simulation.gone.iter().map(finding).collect());
    let note =
        |note: &crate::fix::RegistryNote| format!("| {} | {} |\n", code(&name(&note.registry)), prose(&note.message));
    table("Notes", "| registry | note |", simulation.notes.iter().map(note).collect());
    page
}
