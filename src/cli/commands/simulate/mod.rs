//! The `simulate` command: what would break if.

mod render;

use std::path::PathBuf;

use anyhow::bail;
use clap::Args;
use ipnet::Ipv4Net;
use serde_json::Value;

use super::super::inputs::{InputArgs, Inputs};
use super::super::rendering::{Rendering, write_renderings};
use crate::fix::{Change, DefaultAction, RoleMode, simulate};
use crate::model::inventory::RegistryRecord;
use crate::net::service_tags::read_file;
use crate::output::report::Outcome;

/// `acrscan simulate`
#[derive(Debug, Args)]
pub struct SimulateArgs {
    #[command(flatten)]
    #[allow(missing_docs)]
    pub inputs: InputArgs,
    /// Disable public network access
    #[arg(long, help_heading = "Change")]
    pub close: bool,
    /// Have the firewall let in, or shut out, whoever is on no rule
    #[arg(long, value_name = "ACTION", value_enum, help_heading = "Change")]
    pub default_action: Option<DefaultAction>,
    /// Take these addresses off the firewall's rules; may be given several times
    #[arg(long, value_name = "CIDR", value_parser = parse_range, help_heading = "Change")]
    pub remove_range: Vec<Ipv4Net>,
    /// Let Tasks bypass the network rules, or not
    #[arg(long, value_name = "on|off", value_parser = parse_switch, help_heading = "Change")]
    pub bypass: Option<bool>,
    /// Count roles as repository permissions do, or as permissions of the whole registry
    #[arg(long, value_name = "MODE", value_enum, help_heading = "Change")]
    pub role_mode: Option<RoleMode>,
    /// Have this service-tag file be in force, as Microsoft publishes it weekly
    #[arg(long, value_name = "FILE", help_heading = "Change")]
    pub service_tags: Option<PathBuf>,
    /// Set a value in the registry's document, as in /registry/properties/publicNetworkAccess='"Disabled"'
    #[arg(long, value_name = "POINTER=JSON", value_parser = parse_set, help_heading = "Change")]
    pub set: Vec<(String, Value)>,
    /// The answer as `text`, `json` or `markdown`, to standard output or to a file, as in `json=answer.json`
    #[arg(short, long = "output", value_name = "FORMAT[=PATH]", help_heading = "Output")]
    pub output: Vec<Rendering>,
}

fn parse_range(text: &str) -> Result<Ipv4Net, String> {
    let net = text.parse::<Ipv4Net>().or_else(|_| text.parse::<std::net::Ipv4Addr>().map(Ipv4Net::from));
    net.map(|net| net.trunc()).map_err(|_| "an IPv4 address or a range of them, as in 203.0.113.0/24".to_owned())
}

fn parse_switch(text: &str) -> Result<bool, String> {
    match text {
        "on" => Ok(true),
        "off" => Ok(false),
        _ => Err("on or off".to_owned()),
    }
}

fn parse_set(text: &str) -> Result<(String, Value), String> {
    let (pointer, json) =
        text.split_once('=').ok_or("a JSON pointer and a value, as in /registry/properties/adminUserEnabled=false")?;
    if !pointer.starts_with('/') {
        return Err(format!("{pointer:?} is no JSON pointer: those begin with /"));
    }
    let value = serde_json::from_str(json)
        .map_err(|_| format!("{json:?} is no JSON; a text needs its quotes: \'\"Deny\"\'"))?;
    Ok((pointer.to_owned(), value))
}

impl SimulateArgs {
    fn changes(&self) -> Vec<Change> {
        let mut changes = Vec::new();
        if self.close {
            changes.push(Change::Close);
        }
        changes.extend(self.default_action.map(Change::DefaultAction));
        changes.extend(self.remove_range.iter().copied().map(Change::RemoveRange));
        changes.extend(self.bypass.map(Change::Bypass));
        changes.extend(self.role_mode.map(Change::RoleMode));
        changes.extend(self.set.iter().map(|(pointer, value)| Change::Set(pointer.clone(), value.clone())));
        changes
    }
}

/// `acrscan simulate`: who loses and who gains.
///
/// # Errors
/// No change was named, a change finds nothing to change, or the input cannot be read.
pub fn run(args: &SimulateArgs) -> anyhow::Result<Outcome> {
    let changes = args.changes();
    if changes.is_empty() && args.service_tags.is_none() {
        bail!(
            "nothing to simulate: name a change with --close, --default-action, --remove-range, --bypass, --role-mode, \
             --service-tags or --set"
        );
    }
    let Inputs { inventory, tags, evaluator, access, .. } = args.inputs.read(None, &args.inputs.policies)?;
    let coming = args.service_tags.as_deref().map(|path| read_file(path, tags.cloud)).transpose()?;
    let chosen = |record: &RegistryRecord| args.inputs.chooses(record);
    let both = [&tags, coming.as_ref().unwrap_or(&tags)];
    let simulation = simulate(&inventory, &chosen, &changes, both, (&evaluator, &access))?;
    write_renderings(&args.output, |format| render::render(&simulation, format))?;
    Ok(match () {
        () if !inventory.gaps.is_empty() => Outcome::Incomplete,
        () if simulation.breaks() => Outcome::Findings,
        () => Outcome::Clean,
    })
}
