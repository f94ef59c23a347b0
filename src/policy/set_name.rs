//! What the set of policies of a scan is called, where it is not the one that runs by itself.

use super::Selection;
use crate::config;
use crate::model::digest;
use crate::model::path::display_path;

impl Selection {
    /// `None` for what runs where nothing is said; the profile's name where that is all that is said; else a short hash.
    ///
    /// It goes by what was asked for and not by which policies that comes to: the set of a newer version is the same
    /// set, and so is one that got a policy more.
    pub fn set_name(&self) -> Option<String> {
        let sorted = |ids: &[String]| {
            let mut ids = ids.to_vec();
            ids.sort();
            ids.dedup();
            ids
        };
        let profile = self.profile.map_or("all", |profile| profile.as_str());
        // Whoever names policies has them run whatever their profile.
        let profile = Some(profile).filter(|profile| self.only.is_empty() && *profile != "network");
        let mut asked: Vec<String> = Vec::new();
        asked.extend(sorted(&self.only).iter().map(|id| format!("only {id}")));
        asked.extend(sorted(&self.skip).iter().map(|id| format!("skip {id}")));
        asked.extend(self.no_builtin.then(|| "no built-in policies".to_owned()));
        let names = match self.folder_names.is_empty() {
            true => self.folders.iter().map(|folder| display_path(folder)).collect(),
            false => self.folder_names.clone(),
        };
        let mut folders: Vec<String> = names.iter().map(|name| format!("policies {name}")).collect();
        folders.sort();
        folders.dedup();
        asked.extend(folders);
        let config = self.config_file.as_ref().map(|file| display_path(file));
        // Named or not, it is the same file.
        asked.extend(config.filter(|file| file != config::FILE).map(|file| format!("config {file}")));
        match (profile, asked.is_empty()) {
            (profile, true) => profile.map(str::to_owned),
            (profile, false) => {
                asked.extend(profile.map(|profile| format!("profile {profile}")));
                Some(digest::short(&asked.join("\n")))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Profile;

    #[test]
    fn what_runs_by_itself_has_no_name_and_each_other_set_its_own() {
        let network = || Selection { profile: Some(Profile::Network), ..Selection::default() };
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        assert_eq!(network().set_name(), None);
        assert_eq!(Selection { config_file: Some("./acrscan.toml".into()), ..network() }.set_name(), None);
        assert_eq!(Selection::default().set_name().as_deref(), Some("all"));
        let hardening = Selection { profile: Some(Profile::Hardening), ..Selection::default() };
        assert_eq!(hardening.set_name().as_deref(), Some("hardening"));
        let sets = [
            Selection { only: words(&["admin-user"]), ..network() },
            Selection { only: words(&["admin-user", "quarantine"]), ..network() },
            Selection { skip: words(&["admin-user"]), ..network() },
            Selection { skip: words(&["admin-user"]), ..Selection::default() },
            Selection { no_builtin: true, folders: vec!["mine".into()], ..network() },
            Selection { folders: vec!["mine".into()], ..network() },
            Selection { folders: vec!["yours".into()], ..network() },
            Selection { config_file: Some("strict.toml".into()), ..network() },
        ];
        let names: Vec<String> = sets.iter().map(|set| set.set_name().expect("a name")).collect();
        let distinct: std::collections::BTreeSet<&String> = names.iter().collect();
        assert_eq!(distinct.len(), names.len(), "{names:?}");
        assert!(names.iter().all(|name| name.len() == 8), "{names:?}");
    }

    #[test]
    fn order_and_a_profile_without_effect_change_no_name() {
        let only = |ids: [&str; 2], profile| Selection {
            only: ids.map(str::to_owned).to_vec(),
            profile,
            ..Selection::default()
        };
        let one = only(["a", "b"], Some(Profile::Network)).set_name();
        assert_eq!(one, only(["b", "a"], None).set_name());
    }
}
