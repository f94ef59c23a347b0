//! What `az deployment … what-if --no-pretty-print` prints.
#![no_main]

use acrscan::source::code::arm;
use acrscan_fuzz::{check, file, nothing};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|content: &[u8]| {
    let mut found = nothing();
    found.what_if.push(file("what-if.json", content));
    check(arm::read(&found, arm::Claims::default()));
});
