//! Policies: Rego files, their METADATA, and which of them a scan runs.

pub mod bundle;
pub mod contract;
mod data;
pub mod engine_message;
mod examples;
mod failing;
mod folder;
pub mod limits;
pub mod lint;
mod load;
mod metadata;
mod module;
mod preflight;
mod select;
mod set_name;

use std::path::PathBuf;

use serde_json::{Map, Value};

use crate::config::Config;
use crate::model::finding::Severity;

pub use self::examples::{Example, Examples};
pub use self::load::{builtin_libraries, examples};
pub use self::metadata::{Metadata, Parameter, Profile, Reads, Reference};
pub use self::module::Module;

/// One policy: a package `acr.<name>` that defines `deny` and `unknown`.
#[derive(Debug, Clone)]
pub struct Policy {
    /// The package's last segment with `-` for `_`.
    pub id: String,
    /// The package's last segment.
    pub name: String,
    /// The Rego file, as a user would open it.
    pub file: String,
    /// Whether it ships with the binary.
    pub builtin: bool,
    /// The text above `package`: the only place for a policy's title, severity and help.
    pub metadata: Metadata,
    /// The severity that the user's file gives it: it counts for results that carry one of their own as well.
    pub configured_severity: Option<Severity>,
    /// Parameter to value: METADATA's defaults, and over them what the user's file says.
    pub parameters: Map<String, Value>,
    /// The lines of `deny` and `unknown`, from 1.
    lines: [usize; 2],
    /// Why it cannot be asked at all, with file and line; its module is not loaded then.
    pub fault: Option<String>,
}

impl Policy {
    /// File and line of `deny` or of `unknown`: the first, where it has several.
    pub fn rule_location(&self, rule: &str) -> String {
        format!("{}:{}", self.file, self.lines[usize::from(rule == "unknown")])
    }
}

/// The policies that a scan runs, and the modules they are made of.
#[derive(Debug, Clone)]
pub struct PolicySet {
    /// Sorted by id.
    pub policies: Vec<Policy>,
    /// Every Rego file to load, libraries included, tests left out.
    pub modules: Vec<Module>,
    /// What the data files of the user's folders say: an object.
    pub data: Value,
    /// The ids of all policies there are, the built-in ones and those of the folders named, whether they run or not;
    /// sorted.
    pub known: Vec<String>,
    /// Settings by which less is found, or it counts for less; sorted.
    pub settings: Vec<SettingRemark>,
    /// What the user's policies say that is unusual: sentences with their places.
    pub warnings: Vec<String>,
}

/// A setting that may keep a finding from counting: whoever may change the code may change the settings.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SettingRemark {
    /// The file, as a user would open it.
    pub path: String,
    /// From 1.
    pub line: usize,
    /// Policy id.
    pub policy: String,
    /// What it does.
    pub message: String,
}

impl SettingRemark {
    /// `acrscan.toml:2: public-network-access is switched off`
    pub fn sentence(&self) -> String {
        format!("{}:{}: {} {}", self.path, self.line, self.policy, self.message)
    }
}

/// `data.parameters`, as policies see it: the policy's name, then the parameter's.
pub fn parameters(policies: &[Policy]) -> Value {
    policies.iter().map(|policy| (policy.name.clone(), Value::Object(policy.parameters.clone()))).collect()
}

/// Which policies to load.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// Folders of the user's own policies.
    pub folders: Vec<PathBuf>,
    /// What they were named by, where that is something else than the folder.
    pub folder_names: Vec<String>,
    /// Leave out the policies that ship with the binary. Their libraries stay, for a user's policy to import.
    pub no_builtin: bool,
    /// Run these only; empty for all.
    pub only: Vec<String>,
    /// Run all but these.
    pub skip: Vec<String>,
    /// Of the built-in policies, run those of one profile; `None` for all. A policy that is named in `only` runs
    /// whatever its profile.
    pub profile: Option<Profile>,
    /// What the user's file says of policies.
    pub config: Config,
    /// That file, where it was named.
    pub config_file: Option<PathBuf>,
}

/// Policies that cannot be used. Each message names the file, and the line where there is one.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// A folder or file that cannot be read.
    #[error("{path}: cannot read policies: {error}")]
    Read {
        /// What was to be read.
        path: String,
        /// Why it was not.
        error: String,
    },
    /// Rego that does not compile, or METADATA that does not hold.
    #[error("{file}:{line}: {message}")]
    At {
        /// The Rego file.
        file: String,
        /// Line, from 1.
        line: usize,
        /// What is wrong and how to fix it.
        message: String,
    },
    /// A folder given as policies that holds none.
    #[error("{0}: no policy in it: a policy is a .rego file whose package is acr.<name>")]
    Empty(String),
    /// `--run` names no test.
    #[error("no test has a name like {0:?}: give a part of its name, or a pattern with `*`")]
    NoTest(String),
    /// Two files claim one id.
    #[error("policy {id} is defined twice: in {first} and in {second}; give one package another name")]
    Twice {
        /// The id.
        id: String,
        /// One file.
        first: String,
        /// The other.
        second: String,
    },
    /// `--only` or `--skip` names a policy that is not there.
    #[error("no policy has the id {id:?}; there are: {known}")]
    UnknownId {
        /// What was asked for.
        id: String,
        /// The ids there are.
        known: String,
    },
    /// Nothing is left to run.
    #[error(
        "no policy is left to run: --only, --skip, --profile, --no-builtin-policies and the configuration leave none"
    )]
    NothingSelected,
    /// Rego that the engine refuses as a whole.
    #[error("the policies do not compile: {0}")]
    Compile(String),
}
