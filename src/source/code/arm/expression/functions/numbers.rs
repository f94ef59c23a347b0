//! Functions of numbers.

use super::args::{Args, Outcome, int};
use crate::source::code::declared::{Node, NodeValue};

pub fn call(args: &Args<'_>) -> Option<Outcome> {
    Some(match args.name {
        "add" => two(args, i64::checked_add),
        "sub" => two(args, i64::checked_sub),
        "mul" => two(args, i64::checked_mul),
        "div" => two(args, i64::checked_div),
        "mod" => two(args, i64::checked_rem),
        "minus" => args.int(0).and_then(|number| int(number.saturating_neg())),
        "min" => best(args, |a, b| a.min(b)),
        "max" => best(args, |a, b| a.max(b)),
        "int" => to_int(args),
        "float" => to_float(args),
        _ => return None,
    })
}

fn two(args: &Args<'_>, operation: fn(i64, i64) -> Option<i64>) -> Outcome {
    match operation(args.int(0)?, args.int(1)?) {
        Some(number) => int(number),
        None => args.wrong("has no result: it divides by zero, or the number is too large"),
    }
}

fn best(args: &Args<'_>, better: fn(i64, i64) -> i64) -> Outcome {
    let args = args.spread()?;
    let mut best = args.int(0)?;
    for index in 1..args.len() {
        best = better(best, args.int(index)?);
    }
    int(best)
}

fn to_int(args: &Args<'_>) -> Outcome {
    match &args.known(0)?.value {
        NodeValue::Number(number) => match number.as_i64().or_else(|| number.as_f64().map(|number| number as i64)) {
            Some(number) => int(number),
            None => args.wrong("wants a number that fits 64 bits"),
        },
        NodeValue::String(text) => match text.trim().parse() {
            Ok(number) => int(number),
            Err(_) => args.wrong("wants a text that is an integer"),
        },
        _ => args.wrong("wants a number or a text"),
    }
}

fn to_float(args: &Args<'_>) -> Outcome {
    let number = match &args.known(0)?.value {
        NodeValue::Number(number) => number.as_f64(),
        NodeValue::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    match number.and_then(serde_json::Number::from_f64) {
        Some(number) => Ok(Node::new(NodeValue::Number(number))),
        None => args.wrong("wants a number"),
    }
}
