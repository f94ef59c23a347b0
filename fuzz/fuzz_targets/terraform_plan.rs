//! A plan as `terraform show -json` prints it.
#![no_main]

use acrscan::source::code::terraform;
use acrscan_fuzz::{TAGS, check, file, nothing};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|content: &[u8]| {
    let mut found = nothing();
    found.plans.push(file("plan.json", content));
    check(terraform::read(&found, &TAGS));
});
