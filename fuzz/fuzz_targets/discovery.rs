//! A JSON file of any kind, told apart by content and then read.
#![no_main]

use acrscan::source::code;
use acrscan_fuzz::{TAGS, check_record, file};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|content: &[u8]| {
    if let Ok(inventory) = code::read(&[file("any.json", content)], &TAGS) {
        inventory.registries.iter().for_each(check_record);
    }
});
