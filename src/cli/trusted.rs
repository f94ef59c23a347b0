//! Whose settings hold. Whoever may change the code may change the settings, waivers and policies beside it, so that a
//! gate takes them from elsewhere, and tells what the checkout would add.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow, bail};
use tempfile::TempDir;

use crate::config::{Config, FILE, WaiverTable};
use crate::model::git::{Commit, PREFIX};
use crate::model::path::display_path;
use crate::model::private_file;
use crate::policy::{PolicySet, Selection};
use crate::triage::baseline::Baseline;
use crate::triage::waiver::WaiverRemark;

/// Where settings, waivers, policies and the baseline are taken from.
#[derive(Debug)]
pub enum Trusted {
    /// From where the command line says, the checkout among it.
    Checkout,
    /// Settings and waivers from a file that the checkout has no say in.
    File(PathBuf),
    /// From a commit, under the paths that the command line names.
    Commit {
        /// The commit.
        commit: Commit,
        /// As it was named.
        name: String,
    },
}

/// What `--policies` names, as it is read.
#[derive(Debug)]
pub struct PolicySources {
    /// As they are read.
    pub paths: Vec<PathBuf>,
    named: Vec<PathBuf>,
    copy: Option<TempDir>,
}

impl PolicySources {
    /// Gives copies the names of what they are of.
    pub fn rename(&self, names: &mut [String]) {
        for ((name, path), named) in names.iter_mut().zip(&self.paths).zip(&self.named) {
            if path != named {
                *name = display_path(named);
            }
        }
    }

    /// Loads the policies that are selected. Messages name files as the repository has them.
    ///
    /// # Errors
    /// They cannot be loaded.
    pub fn load(&self, selection: &Selection) -> anyhow::Result<PolicySet> {
        let Some(copy) = &self.copy else { return Ok(PolicySet::load(selection)?) };
        let place = format!("{}{}", copy.path().display(), std::path::MAIN_SEPARATOR);
        let plain = |text: &str| text.replace(&place, "");
        let mut policies = PolicySet::load(selection).map_err(|error| anyhow!(plain(&error.to_string())))?;
        for policy in &mut policies.policies {
            policy.file = plain(&policy.file);
            policy.fault = policy.fault.as_deref().map(plain);
        }
        for module in &mut policies.modules {
            module.path = plain(&module.path);
        }
        Ok(policies)
    }
}

impl Trusted {
    /// What `--trusted-config` says.
    ///
    /// # Errors
    /// It names a commit that is not there.
    pub fn open(argument: Option<&str>) -> anyhow::Result<Trusted> {
        let Some(argument) = argument else { return Ok(Trusted::Checkout) };
        match argument.strip_prefix(PREFIX) {
            Some(revision) => {
                let commit = Commit::open(revision).map_err(|why| anyhow!("--trusted-config: {why}"))?;
                Ok(Trusted::Commit { commit, name: argument.to_owned() })
            }
            None => Ok(Trusted::File(PathBuf::from(argument))),
        }
    }

    /// Whether waivers of the checkout hold.
    pub fn is_checkout(&self) -> bool {
        matches!(self, Trusted::Checkout)
    }

    /// The settings that hold.
    ///
    /// # Errors
    /// They cannot be read.
    pub fn config(&self, named: Option<&Path>) -> anyhow::Result<Config> {
        let path = named.unwrap_or(Path::new(FILE));
        match self {
            Trusted::Checkout => Ok(Config::load(named)?),
            Trusted::File(file) => Ok(Config::load(Some(file))?),
            Trusted::Commit { commit, name } => {
                let found = commit.file(path).map_err(|why| anyhow!("--trusted-config: {why}"))?;
                match found {
                    Some(bytes) => {
                        let text = String::from_utf8(bytes)
                            .map_err(|_| anyhow!("{}: not UTF-8 text in {name}", path.display()))?;
                        Ok(Config::parse(&path.display().to_string(), &text).with_context(|| format!("in {name}"))?)
                    }
                    None => Ok(Config::default()),
                }
            }
        }
    }

    /// What the checkout's settings say besides, and what does not hold for that.
    pub fn proposed(&self, named: Option<&Path>, trusted: &Config) -> Vec<WaiverRemark> {
        if self.is_checkout() {
            return Vec::new();
        }
        let path = named.unwrap_or(Path::new(FILE));
        let remark = |line: usize, message: String| WaiverRemark {
            path: path.display().to_string(),
            line: u32::try_from(line).unwrap_or(u32::MAX),
            message,
        };
        let proposed = match Config::load(named) {
            Ok(config) => config,
            // It holds nothing, and whoever reads the report learns why it could not.
            Err(error) => return vec![remark(1, format!("it cannot be read: {error}"))],
        };
        let mut remarks = Vec::new();
        for policy in &proposed.policies {
            let same = |setting: &crate::config::Setting| {
                let known = trusted.policies.iter().filter(|known| known.id == policy.id).flat_map(|it| &it.settings);
                known.into_iter().any(|known| known.name == setting.name && known.value == setting.value)
            };
            for setting in policy.settings.iter().filter(|setting| !same(setting)) {
                let message = format!("`{} = {}` of policy {}", setting.name, setting.value, policy.id);
                remarks.push(remark(setting.place.line, message));
            }
        }
        let plain = |table: &WaiverTable| {
            let WaiverTable { policy, resource, key, reason, expires, approved_by, .. } = table.clone();
            (policy, resource, key, reason, expires, approved_by)
        };
        for table in proposed.waivers.iter().filter(|one| trusted.waivers.iter().all(|it| plain(it) != plain(one))) {
            let message = format!("the waiver of {} for {}: {}", table.policy, table.resource, table.reason);
            remarks.push(remark(table.place.line, message));
        }
        for table in &proposed.terraform {
            let is_known = trusted.terraform.iter().any(|it| it.root == table.root && it.var_files == table.var_files);
            if !is_known {
                remarks.push(remark(table.place.line, format!("the files of {}", table.root.display())));
            }
        }
        remarks
    }

    /// Where the policies are: of what is named in the repository, a copy of what the commit has there.
    ///
    /// # Errors
    /// The commit has nothing there, or it cannot be copied.
    pub fn policy_sources(&self, named: &[PathBuf]) -> anyhow::Result<PolicySources> {
        let mut sources = PolicySources { paths: named.to_vec(), named: named.to_vec(), copy: None };
        let Trusted::Commit { commit, name } = self else { return Ok(sources) };
        let copy = tempfile::tempdir().context("cannot write the commit's policies to a folder")?;
        for path in &mut sources.paths {
            let is_elsewhere = path.to_string_lossy().contains("://");
            let Some(inside) = commit.path_of(path).filter(|_| !is_elsewhere) else { continue };
            let files = commit.folder(path, "").map_err(|why| anyhow!("--trusted-config: {why}"))?;
            if files.is_empty() {
                bail!("{name} has nothing in {}; leave --policies out until it has", path.display());
            }
            for file in files {
                let target = copy.path().join(&file.path);
                private_file::create_folders(target.parent().unwrap_or(copy.path()))?;
                private_file::write(&target, &file.bytes)?;
            }
            *path = copy.path().join(inside);
        }
        sources.copy = Some(copy);
        Ok(sources)
    }

    /// The baseline: of a file of the repository, what the commit has there.
    ///
    /// # Errors
    /// It cannot be read, or the commit has none.
    pub fn baseline(&self, path: &Path) -> anyhow::Result<Baseline> {
        match self {
            Trusted::Commit { commit, name } if commit.may_have(path) => {
                let found = commit.file(path).map_err(|why| anyhow!("--trusted-config: {why}"))?;
                let Some(bytes) = found else {
                    bail!("{name} has no {}; put a baseline that is not of the repository elsewhere", path.display())
                };
                let copy = tempfile::NamedTempFile::new().context("cannot write the commit's baseline to a file")?;
                private_file::write(copy.path(), &bytes)?;
                let shown = copy.path().display().to_string();
                Baseline::read(copy.path())
                    .map_err(|error| anyhow!("{}", error.to_string().replace(&shown, &path.display().to_string())))
            }
            _ => Ok(Baseline::read(path)?),
        }
    }

    /// A file of source code as it is where settings are taken from.
    pub fn text(&self, path: &str) -> Option<String> {
        match self {
            Trusted::Commit { commit, .. } => String::from_utf8(commit.file(Path::new(path)).ok()??).ok(),
            Trusted::Checkout | Trusted::File(_) => None,
        }
    }
}
