//! A table with a head, as RFC 4180 has it, for spreadsheets. One opens what begins like a formula as a formula: such text
//! gets an apostrophe before it.

use std::borrow::Cow;

use serde_json::Value;

use super::report::Report;
use super::report::flat::{COLUMNS, rows};
use super::visible;

/// Renders the table.
///
/// # Errors
/// None that is known: it is written to memory.
pub fn render(report: &Report) -> anyhow::Result<String> {
    let mut table = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    table.write_record(COLUMNS)?;
    for row in rows(report) {
        let row = serde_json::to_value(&row)?;
        table.write_record(COLUMNS.map(|column| cell(&row[column])))?;
    }
    let table = table.into_inner().map_err(|error| error.into_error())?;
    Ok(String::from_utf8(table)?)
}

fn cell(value: &Value) -> String {
    let text = match value {
        Value::Null => return String::new(),
        Value::String(text) => visible(text),
        other => Cow::Owned(other.to_string()),
    };
    // What people type before a sign is not seen by a spreadsheet either.
    let is_formula = text.trim_start().starts_with(['=', '+', '-', '@', '|', '%']);
    if is_formula { format!("'{text}") } else { text.into_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::report::sample;

    #[test]
    fn every_row_has_its_cells_and_none_is_a_formula() {
        let mut report = sample::report();
        report.findings[0].name = "=HYPERLINK(\"https://evil.example\")".to_owned();
        report.findings[0].message = "a, \"b\"\nc".to_owned();
        report.findings[0].key = Some(" @SUM(1)".to_owned());
        let table = render(&report).expect("a table");
        let mut reader = csv::Reader::from_reader(table.as_bytes());
        assert_eq!(reader.headers().expect("a head").iter().collect::<Vec<_>>(), COLUMNS);
        let records: Vec<csv::StringRecord> = reader.records().map(|record| record.expect("a record")).collect();
        assert_eq!(records.len(), report.findings.len() + report.notifications.len());
        let at = |column: &str| records[0].get(COLUMNS.iter().position(|name| *name == column).expect(column));
        assert_eq!(at("registry"), Some("'=HYPERLINK(\"https://evil.example\")"));
        assert_eq!(at("message"), Some("a, \"b\"\\u{a}c"));
        assert_eq!(at("key"), Some("' @SUM(1)"));
        assert_eq!(table.lines().count(), records.len() + 1, "a record is a line");
    }
}
