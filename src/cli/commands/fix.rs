//! The `fix` command: a script that mends what it can and locks nobody out. It changes nothing itself.

use std::path::PathBuf;

use anyhow::Context as _;
use chrono::Utc;
use clap::Args;
use rayon::prelude::*;

use super::super::args::PolicyArgs;
use super::super::inputs::{InputArgs, Inputs};
use super::super::{console, stdout};
use crate::fix::{Judge, PlanOptions, Preference, RegistryPlan, ScriptFormat, Totals, plan, script};
use crate::model::visible::visible_lines;
use crate::output::report::Outcome;
use crate::output::write_file;

/// `acrscan fix`
#[derive(Debug, Args)]
pub struct FixArgs {
    #[command(flatten)]
    #[allow(missing_docs)]
    pub inputs: InputArgs,
    /// A service-tag file as Microsoft publishes it weekly, in place of what Azure or the snapshot says
    #[arg(long, value_name = "FILE", help_heading = "Policies")]
    pub service_tags: Option<PathBuf>,
    /// The way to open for a task that has none, where several would do
    #[arg(long, value_name = "WAY", value_enum, help_heading = "Script")]
    pub prefer: Option<Preference>,
    /// The language of the script
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t, help_heading = "Script")]
    pub format: ScriptFormat,
    /// Where to write it; standard output if not given
    #[arg(short, long = "output", value_name = "FILE", help_heading = "Script")]
    pub output: Option<PathBuf>,
}

/// `acrscan fix`: the script.
///
/// # Errors
/// The input cannot be read, or the script cannot be written.
pub fn run(args: &FixArgs) -> anyhow::Result<Outcome> {
    let asked = &args.inputs.policies;
    // A command must make no finding of any policy, whichever are to be mended.
    let all = PolicyArgs { only: Vec::new(), ..asked.clone() };
    let inputs = args.inputs.read(args.service_tags.as_deref(), &all)?;
    if let Some(id) = asked.only.iter().find(|id| !inputs.policies.known.contains(id)) {
        anyhow::bail!("no policy has the id {id:?}; there are: {}", inputs.policies.known.join(", "));
    }
    let waived = inputs.waived(asked, Utc::now().date_naive())?;
    let Inputs { inventory, tags, policies, evaluator, access } = &inputs;
    let limit = policies.policies.iter().find(|policy| policy.id == "firewall-quota");
    let limit = limit.and_then(|policy| policy.parameters.get("limit")).and_then(serde_json::Value::as_u64);
    let options = PlanOptions {
        only: &asked.only,
        prefer: args.prefer,
        waived: &waived,
        quota: limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(100),
    };
    let judge = Judge { evaluator, access, tags };
    let records: Vec<_> = inventory.registries.iter().filter(|record| args.inputs.chooses(record)).collect();
    let plans: Vec<RegistryPlan> = records
        .par_iter()
        .map_init(
            || judge.workers(),
            |workers, record| plan(&judge, workers, record, &options).with_context(|| record.id.clone()),
        )
        .collect::<anyhow::Result<_>>()?;
    let text = script(&plans, args.format);
    match &args.output {
        Some(path) => write_file(path, &text).with_context(|| format!("cannot write {}", path.display()))?,
        None => stdout::write(&visible_lines(&text))?,
    }
    console::info(&format!("{}; nothing was changed", Totals::of(&plans).sentence()));
    Ok(if inventory.gaps.is_empty() { Outcome::Clean } else { Outcome::Incomplete })
}
