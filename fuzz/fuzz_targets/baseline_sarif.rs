//! An earlier SARIF.
#![no_main]

use acrscan::triage::baseline::Baseline;
use acrscan_fuzz::file;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|content: &[u8]| {
    let path = file("baseline.sarif", content);
    if let Err(error) = Baseline::read(&path) {
        assert!(error.to_string().starts_with(&path.display().to_string()), "it names no file: {error}");
    }
});
