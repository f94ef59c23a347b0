//! A JSON file of any kind, told apart by content and then read.
#![no_main]

use acrscan::source::code;
use acrscan_fuzz::{TAGS, check_record, file};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|content: &[u8]| {
    if let Ok(found) = code::find(&[file("any.json", content)]) {
        code::read(found, &TAGS).registries.iter().for_each(check_record);
    }
});
