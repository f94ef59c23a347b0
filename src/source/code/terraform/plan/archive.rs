//! The archive that a binary plan is: its plan and the sources that were planned.

use std::collections::BTreeMap;
use std::io::{Cursor, Read};

use zip::ZipArchive;

use crate::model::limits;

/// What a plan's members may come to, unpacked: a plan of 20,000 resources comes to a tenth of it.
const MAX_BYTES: u64 = 256 * 1024 * 1024;

/// How many members are looked at.
const MAX_MEMBERS: usize = 50_000;

/// How many times its packed size a member may come to, once it is of some size.
const MAX_RATIO: u64 = 200;

/// A member below this may be packed however tightly.
const SMALL: u64 = 8 * 1024 * 1024;

/// What is taken from the archive of a plan.
#[derive(Debug)]
pub struct Archive {
    /// The plan.
    pub plan: Vec<u8>,
    /// The sources that were planned: path within the archive's `tfconfig/` -> bytes.
    pub sources: BTreeMap<String, Vec<u8>>,
}

/// Unpacks a plan. States are left where they are.
///
/// # Errors
/// It is no archive, not that of a plan, or comes to too much.
pub fn open(bytes: &[u8]) -> Result<Archive, String> {
    let mut zip = ZipArchive::new(Cursor::new(bytes)).map_err(|error| format!("it is no whole archive ({error})"))?;
    if zip.len() > MAX_MEMBERS {
        return Err(format!("the archive has {} members, and at most {MAX_MEMBERS} are read", zip.len()));
    }
    // Members that are packed tightly each are no less together.
    let mut left = MAX_BYTES.min(SMALL.max((bytes.len() as u64).saturating_mul(MAX_RATIO)));
    let mut plan = None;
    let mut sources = BTreeMap::new();
    for index in 0..zip.len() {
        let member =
            zip.by_index(index).map_err(|error| format!("a member of the archive cannot be read ({error})"))?;
        let Ok(name) = member.name().map(|name| name.into_owned()) else { continue };
        let source = name.strip_prefix("tfconfig/").map(str::to_owned);
        if member.is_dir() || (name != "tfplan" && source.is_none()) {
            continue;
        }
        let packed = member.compressed_size().max(1);
        let limit = left.min(SMALL.max(packed.saturating_mul(MAX_RATIO)));
        limits::ask(usize::try_from(limit.min(member.size())).unwrap_or(usize::MAX))?;
        let mut content = Vec::new();
        member
            .take(limit + 1)
            .read_to_end(&mut content)
            .map_err(|error| format!("{} of the archive cannot be read ({error})", printable(&name)))?;
        if content.len() as u64 > limit {
            return Err(format!(
                "{} of the archive comes to more than {} MB when unpacked; that is no plan of Terraform's",
                printable(&name),
                limit / 1024 / 1024
            ));
        }
        left -= content.len() as u64;
        match source {
            Some(path) => drop(sources.insert(path, content)),
            None => plan = Some(content),
        }
    }
    let plan = plan.ok_or("the archive has no member tfplan, so it is no plan of Terraform's")?;
    Ok(Archive { plan, sources })
}

/// A member's name may hold anything.
fn printable(name: &str) -> String {
    name.chars().take(80).flat_map(char::escape_default).collect()
}

#[cfg(test)]
pub(super) mod tests {
    use std::io::Write;

    use zip::write::SimpleFileOptions;

    use super::*;

    pub(in crate::source::code::terraform) fn zip_of(members: &[(&str, &[u8])]) -> Vec<u8> {
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (name, content) in members {
            zip.start_file(*name, SimpleFileOptions::default()).expect("a member");
            zip.write_all(content).expect("its content");
        }
        zip.finish().expect("an archive").into_inner()
    }

    #[test]
    fn the_plan_and_its_sources_are_taken_and_states_are_not() {
        let zip = zip_of(&[("tfplan", b"p"), ("tfstate", b"secret"), ("tfconfig/m-/main.tf", b"s"), ("other", b"x")]);
        let archive = open(&zip).expect("a plan");
        assert_eq!(archive.plan, b"p");
        assert_eq!(archive.sources, BTreeMap::from([("m-/main.tf".to_owned(), b"s".to_vec())]));
    }

    #[test]
    fn what_is_no_plan_is_refused() {
        assert!(open(b"PK\x03\x04 and no more").expect_err("no archive").contains("no whole archive"));
        assert!(open(&zip_of(&[("tfstate", b"s")])).expect_err("no plan").contains("no member tfplan"));
        let bomb = zip_of(&[("tfplan", &vec![0; 20 * 1024 * 1024])]);
        assert!(bomb.len() < 100_000);
        let refused = open(&bomb).expect_err("a bomb");
        assert!(refused.contains("more than 9 MB") || refused.contains("more than 8 MB"), "{refused}");
        let mut cut = zip_of(&[("tfplan", b"plan"), ("tfconfig/m-/main.tf", b"")]);
        cut.truncate(cut.len() / 2);
        assert!(open(&cut).is_err());
    }
}
