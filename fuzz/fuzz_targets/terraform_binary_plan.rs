//! A plan as `terraform plan -out` writes it. Few changes leave an archive whole, so what is not one becomes its plan.
#![no_main]

use std::io::{Cursor, Write};

use acrscan::source::code::terraform;
use acrscan_fuzz::{TAGS, check, file, nothing};
use libfuzzer_sys::fuzz_target;
use zip::write::SimpleFileOptions;

const SOURCE: &[u8] = b"resource \"azurerm_container_registry\" \"main\" {\n  sku = \"Premium\"\n}\n";

fuzz_target!(|content: &[u8]| {
    let archive = if content.starts_with(b"PK") { content.to_vec() } else { archive(content) };
    let mut found = nothing();
    found.plans.push(file("tfplan", &archive));
    check(terraform::read(&found, &TAGS));
});

fn archive(plan: &[u8]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in [("tfplan", plan), ("tfconfig/m-/main.tf", SOURCE)] {
        let stored = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
        zip.start_file(name, stored).expect("a member");
        zip.write_all(content).expect("its content");
    }
    zip.finish().expect("an archive").into_inner()
}
