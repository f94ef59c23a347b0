//! Writes input documents by the thousand and what the binary's policies say of them, a JSON value a line, for another
//! engine to be compared with: `cargo run -p tools --bin policy-documents -- COUNT DIR`.

#![allow(clippy::print_stderr, reason = "it is a command of its own")]

use std::fs;
use std::path::Path;

use acrscan::evaluate::Evaluator;
use acrscan::policy::{PolicySet, Selection};
use serde_json::{Map, Value};

#[path = "../../../tests/documents/mod.rs"]
mod documents;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [count, folder] = &arguments[..] else { return eprintln!("usage: policy-documents COUNT DIR") };
    let mut documents = documents::generate(count.parse().expect("COUNT is a number"));
    documents.extend(documents::task_paths());
    let set = PolicySet::load(&Selection::default()).expect("the policies load");
    let verdicts = Evaluator::new(&set).expect("they compile").answers(&documents);
    let verdicts = verdicts.into_iter().map(|answers| {
        let said = answers.policies.into_iter().map(|(id, verdict)| (id, verdict.expect("no policy fails")));
        Value::Object(said.collect::<Map<_, _>>())
    });
    let folder = Path::new(folder);
    fs::create_dir_all(folder).expect("DIR can be made");
    let lines = |values: &mut dyn Iterator<Item = Value>| values.map(|value| format!("{value}\n")).collect::<String>();
    fs::write(folder.join("expected.jsonl"), lines(&mut verdicts.into_iter())).expect("it can be written");
    fs::write(folder.join("documents.jsonl"), lines(&mut documents.into_iter())).expect("it can be written");
}
