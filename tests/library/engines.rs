//! The built-in policies say the same on regorus' virtual machine and on its interpreter, whatever the document.
//! (`.ci/run` compares the machine with OPA on the same documents.)

use acrscan::evaluate::{Backend, Evaluator};
use acrscan::model::exposure::Posture;
use acrscan::policy::{PolicySet, Selection};

use crate::documents;

#[test]
fn the_machine_and_the_interpreter_agree() {
    let set = PolicySet::load(&Selection::default()).expect("the policies load");
    let documents = documents::generate(1200);
    let fast = Evaluator::new(&set).expect("they compile").answers(&documents);
    let slow = Evaluator::with(&set, Backend::Interpreter).expect("they compile").answers(&documents);
    let (mut denied, mut told) = (0, 0);
    for ((document, fast), slow) in documents.iter().zip(&fast).zip(&slow) {
        assert_eq!(fast.policies.len(), set.policies.len());
        assert_eq!(fast.exposure, slow.exposure, "on {document}");
        told += usize::from(fast.exposure.posture != Posture::Unknown);
        for (id, verdict) in &fast.policies {
            assert_eq!(verdict, &slow.policies[id], "{id} on {document}");
            let said = verdict.as_ref().unwrap_or_else(|error| panic!("{id} fails: {error}\non {document}"));
            denied += said["deny"].as_array().expect("a set").len();
        }
    }
    assert!(denied > 1000, "the documents must break policies: {denied}");
    assert!(told > 400, "the postures must be known: {told}");
}

/// The machine gives a rule up where a loop before an `else` finds nothing, and never gets to the `else`.
#[test]
fn no_loop_stands_before_an_else() {
    for module in PolicySet::load(&Selection::default()).expect("the policies load").modules {
        for block in module.rego.split("\n\n") {
            let clauses: Vec<&str> = block.split("} else").collect();
            for clause in &clauses[..clauses.len() - 1] {
                let looping = clause.lines().any(|line| line.starts_with("\tsome ") || line.starts_with("\tevery "));
                assert!(!looping, "{}: give the loop a rule of its own:\n{block}", module.path);
            }
        }
    }
}
