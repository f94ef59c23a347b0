//! How a registry stands on the network: its posture in a word, who gets in by which way, and whether its tasks do.

use serde::{Deserialize, Serialize};

/// An answer of three-valued logic; what was not read is unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum Answer {
    Yes,
    No,
    #[default]
    Unknown,
}

impl Answer {
    /// The word used in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Answer::Yes => "yes",
            Answer::No => "no",
            Answer::Unknown => "unknown",
        }
    }
}

/// Which networks may connect. Ordered from the widest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Posture {
    /// All of them.
    Open,
    /// It was not read.
    #[default]
    Unknown,
    /// Those that the firewall lists.
    Selected,
    /// None but over private endpoints and bypasses.
    Closed,
}

impl Posture {
    /// The word used in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Posture::Open => "open",
            Posture::Unknown => "unknown",
            Posture::Selected => "selected",
            Posture::Closed => "closed",
        }
    }
}

/// A way that a task takes to its registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// The public endpoint, from the addresses of the shared pool.
    Public,
    /// A virtual network.
    VirtualNetwork,
    /// The network rule bypass.
    Bypass,
}

impl Way {
    /// The word used in reports for programs.
    pub fn as_str(self) -> &'static str {
        match self {
            Way::Public => "public",
            Way::VirtualNetwork => "virtual_network",
            Way::Bypass => "bypass",
        }
    }
}

/// What policies' library `lib.exposure` says of one registry.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Exposure {
    /// Which networks may connect.
    pub posture: Posture,
    /// Whether trusted services pass by where others are stopped.
    pub trusted_services: Answer,
    /// Whether tasks pass by where others are stopped.
    pub tasks_bypass: Answer,
    /// The private endpoint connections; `None` where they were not read.
    pub endpoints: Option<Vec<Endpoint>>,
    /// The firewall's rules; `None` where they were not read.
    pub rules: Option<Vec<AddressRange>>,
    /// The tasks that are enabled, or may be; `None` where they were not read.
    pub tasks: Option<Vec<TaskVerdict>>,
    /// Whether there are no other tasks.
    pub tasks_complete: bool,
}

/// A private endpoint connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoint {
    /// Its name.
    pub name: String,
    /// Whether it leads to the registry.
    pub approved: Answer,
    /// Azure's word for its state, in lower case; may be empty.
    pub state: String,
}

/// A rule of the firewall.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddressRange {
    /// As it is written.
    pub value: String,
    /// Whether anybody gets in by it.
    pub admits: Answer,
    /// The service tag that it is a range of, where that is the registry's region's.
    pub tag: Option<String>,
}

/// Whether a task reaches its registry, and may do there what it is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskVerdict {
    /// Its name.
    pub name: String,
    /// JSON pointer into the policy input document.
    pub field: String,
    /// The verdict.
    pub reaches: Answer,
    /// The way that a run takes; `None` where none is known to be open.
    pub way: Option<Way>,
    /// The first link that breaks, of a task that does not reach it: pool, import, way, login or role.
    pub broken_link: Option<String>,
    /// Each way, and whether it is open to the task.
    pub ways: TaskWays,
}

/// Whether each way is open to a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskWays {
    /// The public endpoint.
    pub public: Answer,
    /// A virtual network.
    pub virtual_network: Answer,
    /// The network rule bypass.
    pub bypass: Answer,
}

impl Exposure {
    /// How many of the tasks have this verdict.
    pub fn count_tasks(&self, reaches: Answer) -> usize {
        self.tasks.iter().flatten().filter(|task| task.reaches == reaches).count()
    }

    /// What is certain where a registry comes to one of several documents: what is said of all of them. `self` is said of
    /// the document with the value in question as not known.
    pub fn merge(mut self, alternatives: &[Exposure]) -> Exposure {
        let Some((first, rest)) = alternatives.split_first() else { return self };
        let agreed = |same: &dyn Fn(&Exposure) -> bool| rest.iter().all(same);
        if agreed(&|other| other.posture == first.posture) {
            self.posture = first.posture;
        }
        if agreed(&|other| other.trusted_services == first.trusted_services) {
            self.trusted_services = first.trusted_services;
        }
        if agreed(&|other| other.tasks_bypass == first.tasks_bypass) {
            self.tasks_bypass = first.tasks_bypass;
        }
        for task in self.tasks.iter_mut().flatten() {
            let verdict = |of: &Exposure| of.tasks.iter().flatten().find(|other| other.field == task.field).cloned();
            let Some(known) = verdict(first) else { continue };
            if agreed(&|other| verdict(other).is_some_and(|other| other.reaches == known.reaches)) {
                *task = TaskVerdict { name: std::mem::take(&mut task.name), ..known };
            }
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exposure(posture: Posture, reaches: Answer) -> Exposure {
        let ways = TaskWays { public: reaches, virtual_network: Answer::No, bypass: Answer::No };
        let task = TaskVerdict {
            name: "t".to_owned(),
            field: "/tasks/0".to_owned(),
            reaches,
            way: None,
            broken_link: None,
            ways,
        };
        Exposure { posture, tasks: Some(vec![task]), ..Exposure::default() }
    }

    #[test]
    fn what_all_alternatives_come_to_is_certain() {
        let own = || exposure(Posture::Unknown, Answer::Unknown);
        let closed = || exposure(Posture::Closed, Answer::No);
        assert_eq!(own().merge(&[]), own());
        let merged = own().merge(&[closed(), exposure(Posture::Selected, Answer::No)]);
        assert_eq!((merged.posture, merged.count_tasks(Answer::No)), (Posture::Unknown, 1));
        let merged = own().merge(&[closed(), exposure(Posture::Closed, Answer::Yes)]);
        assert_eq!((merged.posture, merged.count_tasks(Answer::Unknown)), (Posture::Closed, 1));
    }
}
