//! Settings and waivers.
#![no_main]

use acrscan::config::Config;
use acrscan_fuzz::file;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|content: &[u8]| {
    let path = file("acrscan.toml", content);
    if let Err(error) = Config::load(Some(&path)) {
        assert!(error.to_string().starts_with(&path.display().to_string()), "it names no file: {error}");
    }
});
