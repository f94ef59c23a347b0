//! A `.tf` file.
#![no_main]

use acrscan::source::code::terraform;
use acrscan_fuzz::{TAGS, check, file, folder, nothing};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|content: &[u8]| {
    let path = file("main.tf", content);
    let mut found = nothing();
    found.terraform.insert(folder(&path), vec![path]);
    check(terraform::read(&found, &TAGS));
});
