//! Where a result is, as SARIF and GitHub have it: a path of the repository, a region, and what stands there.

use serde_sarif::sarif::{ArtifactContent, ArtifactLocation, PhysicalLocation, Region as SarifRegion};

use super::super::report::excerpt::Excerpt;
use super::super::report::location::Repository;
use crate::model::file_gap::FilePosition;
use crate::model::finding::Region;
use crate::model::text_file::TextFile;

/// A file and a region, with what stands there where the file is at hand.
pub fn physical_location(path: &str, region: Region, file: Option<&TextFile>) -> PhysicalLocation {
    let artifact = ArtifactLocation::builder().uri(uri(path)).build();
    let mut place = PhysicalLocation::builder().artifact_location(artifact).region(sarif_region(region)).build();
    if let Some(file) = file {
        let excerpt = Excerpt::of(file, region);
        let snippet = |text: &str| ArtifactContent::builder().text(text).build();
        if let Some(region) = place.region.as_mut() {
            region.snippet = Some(snippet(excerpt.region_text()));
        }
        // It must hold more than the region does (SARIF 3.29.5).
        if excerpt.last_line >= region.end_line && excerpt.region_text() != excerpt.text {
            let lines = SarifRegion::builder()
                .start_line(i64::from(excerpt.first_line))
                .end_line(i64::from(excerpt.last_line))
                .snippet(snippet(&excerpt.text))
                .build();
            place.context_region = Some(lines);
        }
    }
    place
}

/// A place of which no more is known than where it begins.
pub fn file_location(FilePosition { path, start }: &FilePosition, repository: &Repository) -> PhysicalLocation {
    let path = repository.relative_or_external(path);
    let artifact = ArtifactLocation::builder().uri(uri(&path)).build();
    let mut place = PhysicalLocation::builder().artifact_location(artifact).build();
    place.region = start.map(|(line, column)| {
        SarifRegion::builder().start_line(i64::from(line)).start_column(i64::from(column)).build()
    });
    place
}

/// Lines and columns, without a snippet.
pub fn sarif_region(region: Region) -> SarifRegion {
    SarifRegion::builder()
        .start_line(i64::from(region.start_line))
        .start_column(i64::from(region.start_column))
        .end_line(i64::from(region.end_line))
        .end_column(i64::from(region.end_column))
        .build()
}

/// A path as a relative URI reference: nothing in it can be read as a scheme, a query or a fragment.
pub fn uri(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/()".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            uri.push_str(&format!("%{byte:02X}"));
        }
    }
    uri
}
