//! From the findings of a registry to steps that lock nobody out. Each is tried on the documents before it is written.

use std::collections::BTreeSet;

use ipnet::Ipv4Net;
use serde_json::{Value, json};

use super::alternatives::{LeftFinding, why_left};
use super::clients::{ClientRange, ranges};
use super::draft::Draft;
use super::firewall::{FirewallEdit, edit_of, merged};
use super::state::State;
use super::step::{Phase, RegistryNames, Step};
use super::strategies::{Preference, own, strategies};
use crate::document::input;
use crate::evaluate::{AccessEvaluator, Answer, Evaluator, Posture, Worker};
use crate::model::finding::{Finding, ResultKind};
use crate::model::inventory::{Origin, RegistryRecord};
use crate::model::registry_id::RegistryId;
use crate::net::service_tags::ServiceTags;

/// What is to be mended, and how.
pub struct PlanOptions<'a> {
    /// Policies whose findings are mended; empty for all.
    pub only: &'a [String],
    /// The way to open where several would do.
    pub prefer: Option<Preference>,
    /// Fingerprints of findings that somebody accepts.
    pub waived: &'a BTreeSet<String>,
    /// How many IP rules a registry may have where Azure was not asked.
    pub quota: usize,
}

/// A step of the script.
#[derive(Debug, Clone, PartialEq)]
pub struct PlannedStep {
    /// What it does.
    pub step: Step,
    /// What the reader should know before it.
    pub note: Option<String>,
}

/// What to do about one registry.
#[derive(Debug, Default)]
pub struct RegistryPlan {
    /// How commands name it.
    pub names: RegistryNames,
    /// Where it stands in source code; such a registry has no commands.
    pub in_source: bool,
    /// In their order.
    pub steps: Vec<PlannedStep>,
    /// What is found no more after the steps.
    pub mended: Vec<Finding>,
    /// What is left.
    pub left: Vec<LeftFinding>,
    /// Tasks that the steps give a way.
    pub gained: Vec<String>,
}

/// Judges a registry as it is and as it would be.
pub struct Judge<'a> {
    /// All policies.
    pub evaluator: &'a Evaluator,
    /// Who gets in.
    pub access: &'a AccessEvaluator,
    /// What the registries are compared with.
    pub tags: &'a ServiceTags,
}

/// What one thread judges with.
pub struct Workers {
    policies: Worker,
    access: Worker,
}

impl Judge<'_> {
    /// What one thread judges with.
    pub fn workers(&self) -> Workers {
        Workers { policies: self.evaluator.worker(), access: self.access.worker() }
    }

    /// The standing alone: what is checked after each command.
    fn look(&self, workers: &mut Workers, draft: Draft) -> anyhow::Result<State> {
        let record = draft.record();
        let document = input::build(&record, self.tags)?;
        let standing = self.access.standing(&mut workers.access, &record, self.tags)?;
        let clients = ClientRange::new(&document, &standing);
        Ok(State { draft, document, standing, clients, findings: Vec::new() })
    }

    fn judge(&self, workers: &mut Workers, draft: Draft) -> anyhow::Result<State> {
        let mut state = self.look(workers, draft)?;
        let record = state.draft.record();
        state.findings = self.evaluator.evaluate_one(&mut workers.policies, &record, self.tags).findings;
        Ok(state)
    }
}

/// How many findings that a step would make are mended with it.
const MAX_FOLLOWING: usize = 4;

/// Steps that mend a finding together.
struct Group {
    fingerprint: String,
    steps: Vec<Step>,
    edit: Option<FirewallEdit>,
}

/// Why steps were not taken.
enum Refusal {
    /// They would harm, or mend nothing.
    Because(String),
    /// They would make another finding, which may have commands of its own.
    Makes(Box<Finding>, Box<State>),
    Failed(anyhow::Error),
}

impl From<anyhow::Error> for Refusal {
    fn from(error: anyhow::Error) -> Refusal {
        Refusal::Failed(error)
    }
}

impl From<String> for Refusal {
    fn from(why: String) -> Refusal {
        Refusal::Because(why)
    }
}

/// Makes the plan of one registry.
///
/// # Errors
/// A document is broken.
pub fn plan(
    judge: &Judge,
    workers: &mut Workers,
    record: &RegistryRecord,
    options: &PlanOptions,
) -> anyhow::Result<RegistryPlan> {
    let mut planner = Planner::new(judge, workers, record, options)?;
    let mut banned: BTreeSet<String> = BTreeSet::new();
    loop {
        let groups = planner.choose(&banned)?;
        let steps = ordered(&groups, &planner.initial);
        match planner.walk(&steps)? {
            // The order of the whole takes something that the groups alone do not.
            Err((step, why)) => {
                let owner = groups.iter().rev().find(|group| group.steps.contains(&step));
                let owner = owner.or(groups.last()).map(|group| group.fingerprint.clone());
                let Some(owner) = owner.filter(|owner| banned.insert(owner.clone())) else { break };
                planner.refused.push((owner, why));
            }
            Ok(last) => return Ok(planner.finish(steps, &last)),
        }
    }
    let last = planner.initial.clone();
    Ok(planner.finish(Vec::new(), &last))
}

struct Planner<'a> {
    judge: &'a Judge<'a>,
    workers: &'a mut Workers,
    options: &'a PlanOptions<'a>,
    names: RegistryNames,
    in_source: bool,
    initial: State,
    /// What was let in at first, by a rule.
    ranges: BTreeSet<Ipv4Net>,
    targets: BTreeSet<String>,
    known: BTreeSet<String>,
    refused: Vec<(String, String)>,
}

impl<'a> Planner<'a> {
    fn new(
        judge: &'a Judge,
        workers: &'a mut Workers,
        record: &RegistryRecord,
        options: &'a PlanOptions,
    ) -> anyhow::Result<Planner<'a>> {
        let initial = judge.judge(workers, Draft::new(record)?)?;
        let fails = |finding: &&Finding| finding.kind == ResultKind::Fail;
        let asked = |finding: &&Finding| {
            (options.only.is_empty() || options.only.contains(&finding.policy))
                && !options.waived.contains(&finding.fingerprint)
        };
        let of_registry = RegistryId::parse(&record.id);
        let names = RegistryNames {
            name: of_registry.as_ref().map_or_else(|| record.id.clone(), |id| id.name.clone()),
            id: record.id.clone(),
            subscription: of_registry.map(|id| id.subscription).unwrap_or_default(),
        };
        let ranges = ranges(&initial.document, &initial.standing).into_iter().filter(|net| net.prefix_len() > 0);
        Ok(Planner {
            targets: initial.findings.iter().filter(fails).filter(asked).map(|f| f.fingerprint.clone()).collect(),
            known: initial.findings.iter().map(|finding| finding.fingerprint.clone()).collect(),
            ranges: ranges.collect(),
            in_source: matches!(record.origin, Origin::Source(_)),
            judge,
            workers,
            options,
            names,
            initial,
            refused: Vec::new(),
        })
    }

    /// The groups that mend something and harm nobody, each on top of those before.
    fn choose(&mut self, banned: &BTreeSet<String>) -> anyhow::Result<Vec<Group>> {
        let mut groups: Vec<Group> = Vec::new();
        if self.in_source {
            return Ok(groups);
        }
        let mut state = self.initial.clone();
        // What was refused may do after all once another way is there.
        for _ in 0..2 {
            let mut tried = banned.clone();
            let mut progress = false;
            while let Some(finding) = self.next(&state, &tried) {
                tried.insert(finding.fingerprint.clone());
                self.refused
                    .retain(|(fingerprint, _)| *fingerprint != finding.fingerprint || banned.contains(fingerprint));
                let ways = strategies(&state, &finding, &self.names, self.options.prefer, &mut |draft| {
                    self.judge.judge(self.workers, draft)
                })?;
                for way in ways {
                    let attempt = match way {
                        Ok(steps) => self.attempt(&state, &finding, steps, MAX_FOLLOWING),
                        Err(why) => Err(Refusal::Because(why)),
                    };
                    match attempt {
                        Ok((after, group)) => {
                            state = after;
                            groups.push(group);
                            progress = true;
                            self.refused.retain(|(fingerprint, _)| *fingerprint != finding.fingerprint);
                            break;
                        }
                        Err(Refusal::Because(why)) => self.refused.push((finding.fingerprint.clone(), why)),
                        Err(Refusal::Makes(new, _)) => {
                            let why = format!("it would make another finding: {}", new.policy);
                            self.refused.push((finding.fingerprint.clone(), why));
                        }
                        Err(Refusal::Failed(error)) => return Err(error),
                    }
                }
            }
            if !progress {
                break;
            }
        }
        Ok(groups)
    }

    /// The finding to mend next: what opens a way before what closes one, and then the worst.
    fn next(&self, state: &State, tried: &BTreeSet<String>) -> Option<Finding> {
        let open = state.standing.posture == Posture::Open;
        let first = |finding: &Finding| {
            let steps = finding.fix.iter().filter_map(|command| Step::parse(command, &self.names));
            let opens = finding.policy == "task-cannot-reach-registry";
            steps.map(|step| step.phase(open)).min().filter(|_| !opens).unwrap_or(Phase::Identity)
        };
        let wanted = |finding: &&Finding| {
            finding.kind == ResultKind::Fail
                && self.targets.contains(&finding.fingerprint)
                && !tried.contains(&finding.fingerprint)
        };
        let order =
            |finding: &&Finding| (first(finding), std::cmp::Reverse(finding.severity), finding.fingerprint.clone());
        state.findings.iter().filter(wanted).min_by_key(order).cloned()
    }

    /// Takes the steps of one finding on a copy.
    fn attempt(
        &mut self,
        state: &State,
        finding: &Finding,
        steps: Vec<Step>,
        following: usize,
    ) -> Result<(State, Group), Refusal> {
        let wanted = steps;
        let edit = edit_of(&wanted, state, self.options.quota)?;
        let mut last = Refusal::Because("its list of rules cannot be changed".to_owned());
        for verbatim in [false, true] {
            let step = edit.clone().map(|edit| edit.step(verbatim));
            // The list that is as short as can be is the one that was tried.
            let Some(edit) = step.map_or(Some(None), |step| step.map(Some)) else { break };
            let mut steps: Vec<Step> = wanted.iter().filter(|step| !step.edits_rules()).cloned().collect();
            steps.extend(edit.clone());
            let open = state.standing.posture == Posture::Open;
            steps.sort_by_key(|step| step.phase(open));
            match self.take(state, finding, &steps) {
                Ok(after) => {
                    let edit = edit.map(|_| FirewallEdit::of(&after.document));
                    return Ok((after, Group { fingerprint: finding.fingerprint.clone(), steps, edit }));
                }
                Err(Refusal::Failed(error)) => return Err(Refusal::Failed(error)),
                Err(refusal) => last = refusal,
            }
            if edit.is_none() {
                break;
            }
        }
        // What closes a registry brings policies of closed registries into play: they are mended with it.
        if let Refusal::Makes(new, after) = &last
            && following > 0
            && let Ok(more) = own(new, after, &self.names)
        {
            let all = wanted.into_iter().chain(more).collect();
            return self.attempt(state, finding, all, following - 1);
        }
        Err(last)
    }

    fn take(&mut self, state: &State, finding: &Finding, steps: &[Step]) -> Result<State, Refusal> {
        let mut before = state.clone();
        for step in steps {
            let mut draft = before.draft.clone();
            if !step.apply(&mut draft) {
                return Err("what its command does could not be followed".to_owned().into());
            }
            let after = self.judge.look(self.workers, draft)?;
            self.harm(&before, &after)?;
            before = after;
        }
        let after = self.judge.judge(self.workers, before.draft)?;
        if let Some(new) = after.findings.iter().find(|new| !self.known.contains(&new.fingerprint)) {
            let new = Box::new(new.clone());
            return Err(Refusal::Makes(new, Box::new(after)));
        }
        if let Some(left) = after.findings.iter().find(|left| left.fingerprint == finding.fingerprint) {
            return Err(match left.kind {
                ResultKind::Fail => "its command would not mend it as things stand",
                ResultKind::Unknown => "after its command it could not be told, as something was not read",
            }
            .to_owned()
            .into());
        }
        Ok(after)
    }

    /// Who loses their way between two points.
    fn harm(&self, before: &State, after: &State) -> Result<(), String> {
        for task in &before.standing.tasks {
            let now = after.standing.tasks.iter().find(|other| other.field == task.field);
            if task.answer.loses_to(now.map_or(Answer::No, |now| now.answer)) {
                return Err(format!("task {} would lose its way, or might", task.task));
            }
        }
        for range in &self.ranges {
            if before.clients.lets_in(*range) == Answer::Yes && after.clients.lets_in(*range) != Answer::Yes {
                return Err(format!("whoever comes from {range} would be shut out"));
            }
        }
        Ok(())
    }

    /// Walks the whole script from the start: the step that harms, or the end.
    fn walk(&mut self, steps: &[Step]) -> anyhow::Result<Result<State, (Step, String)>> {
        let mut before = self.initial.clone();
        for step in steps {
            let mut draft = before.draft.clone();
            let applied = step.apply(&mut draft);
            let after = self.judge.look(self.workers, draft)?;
            let harm = if applied { self.harm(&before, &after) } else { Err("its commands collide".to_owned()) };
            if let Err(why) = harm {
                return Ok(Err((step.clone(), why)));
            }
            before = after;
        }
        Ok(Ok(self.judge.judge(self.workers, before.draft)?))
    }

    fn finish(self, steps: Vec<Step>, last: &State) -> RegistryPlan {
        let remains = |finding: &Finding| last.findings.iter().any(|other| other.fingerprint == finding.fingerprint);
        let targets = self
            .initial
            .findings
            .iter()
            .filter(|finding| finding.kind == ResultKind::Fail && self.targets.contains(&finding.fingerprint));
        let (left, mended): (Vec<&Finding>, Vec<&Finding>) = targets.partition(|finding| remains(finding));
        let why = |finding: &Finding| {
            self.refused
                .iter()
                .rev()
                .find(|(fingerprint, _)| *fingerprint == finding.fingerprint)
                .map(|(_, why)| why.as_str())
        };
        let left = left.into_iter().map(|finding| why_left(finding, why(finding), self.in_source)).collect();
        let was =
            |field: &str| self.initial.standing.tasks.iter().find(|task| task.field == field).map(|task| task.answer);
        let gained = last
            .standing
            .tasks
            .iter()
            .filter(|task| task.answer == Answer::Yes && was(&task.field) != Some(Answer::Yes));
        RegistryPlan {
            gained: gained.map(|task| task.task.clone()).collect(),
            steps: steps
                .into_iter()
                .map(|step| PlannedStep { note: note(&step, &self.initial.document), step })
                .collect(),
            mended: mended.into_iter().cloned().collect(),
            left,
            in_source: self.in_source,
            names: self.names,
        }
    }
}

/// All steps in the order that opens before it closes, each once, and the firewall's list as a whole.
fn ordered(groups: &[Group], initial: &State) -> Vec<Step> {
    let open = initial.standing.posture == Posture::Open;
    let mut steps: Vec<Step> = Vec::new();
    for step in groups.iter().flat_map(|group| &group.steps) {
        if !step.edits_rules() && !steps.contains(step) {
            steps.push(step.clone());
        }
    }
    if let Some(edit) = groups.iter().rev().find_map(|group| group.edit.as_ref()) {
        steps.push(merged(edit));
    }
    steps.sort_by_key(|step| step.phase(open));
    steps
}

/// What the reader should know of a step: who asks for the endpoint that it approves.
fn note(step: &Step, document: &Value) -> Option<String> {
    let Step::ApproveEndpoint { name } = step else { return None };
    let list = document.pointer("/registry/properties/privateEndpointConnections")?.as_array()?;
    let connection = list.iter().find(|item| item["name"] == json!(name))?;
    let requester = connection.pointer("/properties/privateEndpoint/id").and_then(Value::as_str)?;
    let words = connection.pointer("/properties/privateLinkServiceConnectionState/description").and_then(Value::as_str);
    let words = words.filter(|words| !words.is_empty()).map_or_else(String::new, |words| format!(" ({words:?})"));
    Some(format!("lets in the private endpoint {requester}{words}"))
}
