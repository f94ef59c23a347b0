//! Before and after: tasks, client ranges and findings of every registry.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context as _;
use rayon::prelude::*;
use serde_json::Value;

use super::change::{Applied, Change};
use super::clients::{ClientRange, ranges};
use super::draft::Draft;
use crate::document::input;
use crate::evaluate::{AccessEvaluator, Answer, Evaluator, Standing, TaskStanding};
use crate::model::finding::{Finding, ResultKind};
use crate::model::inventory::{Inventory, RegistryRecord};
use crate::model::registry_id::RegistryId;
use crate::net::service_tags::ServiceTags;

/// One enabled task, before and after.
#[derive(Debug, Clone, PartialEq)]
pub struct TaskChange {
    /// The registry's id.
    pub registry: String,
    /// The task's name.
    pub task: String,
    /// How it stands before.
    pub before: TaskStanding,
    /// How it stands after.
    pub after: TaskStanding,
}

/// One range of client addresses, before and after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientChange {
    /// The registry's id.
    pub registry: String,
    /// CIDR; `0.0.0.0/0` stands for everybody.
    pub range: String,
    /// Whether all of it is let in before.
    pub before: Answer,
    /// Whether all of it is let in after.
    pub after: Answer,
}

/// What is to be said of a registry besides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistryNote {
    /// The registry's id.
    pub registry: String,
    /// A sentence.
    pub message: String,
}

/// What a change does.
#[derive(Debug, Default)]
pub struct Simulation {
    /// Sorted by registry and place in its document.
    pub tasks: Vec<TaskChange>,
    /// Sorted by registry and range.
    pub clients: Vec<ClientChange>,
    /// Findings that the change makes.
    pub new: Vec<Finding>,
    /// Findings that it ends.
    pub gone: Vec<Finding>,
    /// What was not changed, and what could not be read.
    pub notes: Vec<RegistryNote>,
    /// Whether a list of tasks was not read: who is on it is not told.
    pub tasks_unread: bool,
}

impl Simulation {
    /// The tasks that lose their way, or may.
    pub fn losing_tasks(&self) -> impl Iterator<Item = &TaskChange> {
        self.tasks.iter().filter(|task| task.before.answer.loses_to(task.after.answer))
    }

    /// The ranges that are shut out, or may be.
    pub fn losing_clients(&self) -> impl Iterator<Item = &ClientChange> {
        self.clients.iter().filter(|client| client.before.loses_to(client.after))
    }

    /// Whether somebody loses.
    pub fn breaks(&self) -> bool {
        self.losing_tasks().next().is_some() || self.losing_clients().next().is_some()
    }
}

/// Whether a registry is called so: by its name, its id, or its address in source code.
pub fn registry_matches(record: &RegistryRecord, asked: &str) -> bool {
    let name = RegistryId::parse(&record.id).map(|id| id.name);
    record.id.eq_ignore_ascii_case(asked)
        || name.is_some_and(|name| name.eq_ignore_ascii_case(asked))
        || record.id.rsplit(':').next().is_some_and(|address| address == asked)
}

/// How each registry stands, with the document that policies see of it.
///
/// # Errors
/// A document is broken.
pub fn standings(
    access: &AccessEvaluator,
    registries: &[RegistryRecord],
    tags: &ServiceTags,
) -> anyhow::Result<Vec<(Value, Standing)>> {
    registries
        .par_iter()
        .map_init(
            || access.worker(),
            |worker, record| {
                let document = input::build(record, tags).with_context(|| record.id.clone())?;
                let standing = access.standing(worker, record, tags).with_context(|| record.id.clone())?;
                Ok((document, standing))
            },
        )
        .collect()
}

/// Makes the changes in the registries that are chosen, and compares.
///
/// # Errors
/// A change finds nothing to change in any registry, or a document is broken.
pub fn simulate(
    inventory: &Inventory,
    chosen: &dyn Fn(&RegistryRecord) -> bool,
    changes: &[Change],
    tags: [&ServiceTags; 2],
    evaluators: (&Evaluator, &AccessEvaluator),
) -> anyhow::Result<Simulation> {
    let (evaluator, access) = evaluators;
    let mut simulation = Simulation::default();
    let mut changed = Inventory { registries: Vec::new(), ..Inventory::default() };
    let mut missed: BTreeMap<usize, usize> = BTreeMap::new();
    let mut asked = 0;
    for record in &inventory.registries {
        if !chosen(record) {
            changed.registries.push(record.clone());
            continue;
        }
        asked += 1;
        let mut draft = Draft::new(record).with_context(|| record.id.clone())?;
        for (index, change) in changes.iter().enumerate() {
            match change.apply(&mut draft) {
                Applied::Changed => draft.outdate_runs(),
                Applied::NothingThere => *missed.entry(index).or_default() += 1,
                Applied::Refused(why) => simulation
                    .notes
                    .push(RegistryNote { registry: record.id.clone(), message: format!("not changed: {why}") }),
            }
        }
        changed.registries.push(draft.record());
    }
    for (index, change) in changes.iter().enumerate() {
        if asked > 0 && missed.get(&index) == Some(&asked) {
            match change {
                Change::Set(pointer, _) => anyhow::bail!(
                    "--set {pointer}: no registry's document has anything there; pointers begin with /registry, /tasks \
                     or another member that `acrscan scan --save-inputs DIR` shows"
                ),
                Change::RemoveRange(range) => {
                    anyhow::bail!("--remove-range {range}: no firewall rule of any registry holds it or lies in it")
                }
                _ => {}
            }
        }
    }
    let before = standings(access, &inventory.registries, tags[0])?;
    let after = standings(access, &changed.registries, tags[1])?;
    for ((record, before), after) in inventory.registries.iter().zip(&before).zip(&after) {
        simulation.add(record, before, after);
    }
    let was = evaluator.evaluate(inventory, tags[0]).findings;
    let is = evaluator.evaluate(&changed, tags[1]).findings;
    simulation.new = besides(&is, &was);
    simulation.gone = besides(&was, &is);
    Ok(simulation)
}

/// The findings of one scan that another has not.
pub fn besides(findings: &[Finding], others: &[Finding]) -> Vec<Finding> {
    let fails = |finding: &&Finding| finding.kind == ResultKind::Fail;
    let known: BTreeSet<&str> = others.iter().filter(fails).map(|finding| finding.fingerprint.as_str()).collect();
    findings.iter().filter(fails).filter(|finding| !known.contains(finding.fingerprint.as_str())).cloned().collect()
}

impl Simulation {
    fn add(&mut self, record: &RegistryRecord, before: &(Value, Standing), after: &(Value, Standing)) {
        let registry = || record.id.clone();
        if let Some(why) = before.1.tasks_unread.as_ref().or(after.1.tasks_unread.as_ref()) {
            self.tasks_unread = true;
            let message = format!("{why}: which of its tasks lose or gain is not known");
            self.notes.push(RegistryNote { registry: registry(), message });
        }
        let find = |tasks: &[TaskStanding], field: &str| tasks.iter().find(|task| task.field == field).cloned();
        let gone = |like: &TaskStanding| TaskStanding {
            answer: Answer::No,
            way: None,
            reason: "it is not there, or switched off".to_owned(),
            ..like.clone()
        };
        for task in &before.1.tasks {
            let after = find(&after.1.tasks, &task.field).unwrap_or_else(|| gone(task));
            self.tasks.push(TaskChange { registry: registry(), task: task.task.clone(), before: task.clone(), after });
        }
        for task in after.1.tasks.iter().filter(|task| find(&before.1.tasks, &task.field).is_none()) {
            let before = gone(task);
            self.tasks.push(TaskChange { registry: registry(), task: task.task.clone(), before, after: task.clone() });
        }
        let all: BTreeSet<_> = ranges(&before.0, &before.1).into_iter().chain(ranges(&after.0, &after.1)).collect();
        let [was, is] = [before, after].map(|(document, standing)| ClientRange::new(document, standing));
        self.clients.extend(all.into_iter().map(|net| ClientChange {
            registry: registry(),
            range: net.to_string(),
            before: was.lets_in(net),
            after: is.lets_in(net),
        }));
    }
}
