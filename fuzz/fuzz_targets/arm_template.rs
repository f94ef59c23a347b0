//! An ARM template.
#![no_main]

use acrscan::source::code::arm;
use acrscan_fuzz::{check, file, nothing};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|content: &[u8]| {
    let mut found = nothing();
    found.templates.push(file("template.json", content));
    check(arm::read(&found, arm::Claims::default()));
});
