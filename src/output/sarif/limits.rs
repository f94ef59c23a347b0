//! What GitHub code scanning takes of one file. What is more is refused by name here, and not cut by anybody.
//!
//! <https://docs.github.com/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning>

use std::io::{self, Write};

use anyhow::bail;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_sarif::sarif::Run;

/// GitHub refuses a file with more runs than this.
const MAX_RUNS: usize = 20;
/// GitHub refuses a file whose run has more results than this.
const MAX_RESULTS: usize = 25_000;
/// Of one run, GitHub shows no more results than this, the worst first.
pub const SHOWN_RESULTS: usize = 5_000;
/// GitHub refuses a file that is larger, compressed with gzip.
const MAX_BYTES: usize = 10 * 1000 * 1000;
/// A scope is split into no more files than this.
pub const MAX_PARTS: usize = 4096;

const ADVICE: &str =
    "give a folder, as in -o sarif=findings/, for a file of each subscription that is split where it must be";

/// Refuses more runs, and longer ones, than GitHub takes.
pub fn check_runs(runs: &[Run]) -> anyhow::Result<()> {
    if runs.len() > MAX_RUNS {
        bail!("no SARIF written: it would have {} runs, and GitHub refuses more than {MAX_RUNS}: {ADVICE}", runs.len());
    }
    for run in runs {
        let count = run.results.as_ref().map_or(0, Vec::len);
        if count > MAX_RESULTS {
            let category =
                run.automation_details.as_ref().and_then(|details| details.id.as_deref()).unwrap_or_default();
            bail!(
                "no SARIF written: the run {category} would have {count} results, and GitHub refuses more than \
                 {MAX_RESULTS}: {ADVICE}"
            );
        }
    }
    Ok(())
}

/// Refuses a file that GitHub would not take for its size.
pub fn check_size(text: &str) -> anyhow::Result<()> {
    // What is small as it is need not be compressed to know.
    if text.len() <= MAX_BYTES {
        return Ok(());
    }
    let size = compressed_size(text)?;
    match size > MAX_BYTES {
        true => bail!(
            "no SARIF written: compressed it would have {size} bytes, and GitHub refuses more than {MAX_BYTES}: {ADVICE}"
        ),
        false => Ok(()),
    }
}

fn compressed_size(text: &str) -> io::Result<usize> {
    let mut encoder = GzEncoder::new(Counter(0), Compression::default());
    encoder.write_all(text.as_bytes())?;
    Ok(encoder.finish()?.0)
}

/// Counts what is written and keeps none of it.
struct Counter(usize);

impl Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_counts_is_the_compressed_size() {
        assert!(check_size(&" ".repeat(MAX_BYTES + 1)).is_ok());
        // Digits of a generator: nothing that compresses below four tenths.
        let mut seed = 1_u64;
        let mut random = String::new();
        while random.len() < 3 * MAX_BYTES {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            random.push_str(&format!("{seed:016x}"));
        }
        let refused = check_size(&random).expect_err("too large").to_string();
        assert!(
            refused.contains("GitHub refuses more than 10000000") && refused.contains("-o sarif=findings/"),
            "{refused}"
        );
    }
}
