//! A Bicep file.
#![no_main]

use acrscan::source::code::BicepFile;
use acrscan::source::code::bicep;
use acrscan_fuzz::{check, file, nothing};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|content: &[u8]| {
    let mut found = nothing();
    found.bicep.push(BicepFile { path: file("main.bicep", content), compiled: Vec::new() });
    check(bicep::read(&found).0);
});
