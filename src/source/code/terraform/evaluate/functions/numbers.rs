//! Functions of numbers.

use super::super::super::hcl::from_f64;
use super::super::value::{ExpressionError, Outcome, number, to_f64, to_i64};
use super::{argument, text_argument};
use crate::source::code::declared::{Node, NodeValue};

pub fn call(name: &str, arguments: &[Node]) -> Option<Outcome> {
    let first = || argument(arguments, 0).and_then(to_f64);
    Some(match name {
        "abs" => first().and_then(|value| number(value.abs())),
        "ceil" => first().and_then(|value| number(value.ceil())),
        "floor" => first().and_then(|value| number(value.floor())),
        "signum" => first().and_then(|value| number(if value == 0.0 { 0.0 } else { value.signum() })),
        "pow" => first().and_then(|value| inexact(value.powf(to_f64(argument(arguments, 1)?)?))),
        // Of these two Terraform, too, has no more than 64 bits.
        "log" => first().and_then(|value| inexact(value.ln() / to_f64(argument(arguments, 1)?)?.ln())),
        "min" => of_all(arguments, f64::min),
        "max" => of_all(arguments, f64::max),
        "parseint" => text_argument(arguments, 0).and_then(|text| {
            let base = u32::try_from(to_i64(argument(arguments, 1)?)?).unwrap_or(0);
            let wrong = || ExpressionError::Wrong("The text is no number of that base.".to_owned());
            match (2..=36).contains(&base) {
                true => number(i64::from_str_radix(&text, base).map_err(|_| wrong())? as f64),
                false => Err(wrong()),
            }
        }),
        _ => return None,
    })
}

fn of_all(arguments: &[Node], pick: fn(f64, f64) -> f64) -> Outcome {
    let numbers = arguments.iter().map(to_f64).collect::<Result<Vec<f64>, ExpressionError>>()?;
    match numbers.into_iter().reduce(pick) {
        Some(picked) => number(picked),
        None => Err(ExpressionError::Wrong("A number is needed, and none is given.".to_owned())),
    }
}

fn inexact(value: f64) -> Outcome {
    match from_f64(value) {
        Some(number) => Ok(Node::new(NodeValue::Number(number))),
        None => Err(ExpressionError::Wrong("The result is no finite number.".to_owned())),
    }
}
