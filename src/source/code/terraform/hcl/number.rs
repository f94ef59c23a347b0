//! Numbers.

use serde_json::Number;

use super::parser::{Parsed, Parser};
use super::{Expr, ExprKind};

impl Parser<'_> {
    pub fn number(&mut self) -> Parsed<Expr> {
        let start = self.pos;
        let bytes = self.rest().as_bytes();
        let digits =
            |from: usize| bytes[from.min(bytes.len())..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        let mut length = digits(0);
        if bytes.get(length) == Some(&b'.') && digits(length + 1) > 0 {
            length += 1 + digits(length + 1);
        }
        if matches!(bytes.get(length), Some(b'e' | b'E')) {
            let sign = usize::from(matches!(bytes.get(length + 1), Some(b'+' | b'-')));
            if digits(length + 1 + sign) > 0 {
                length += 1 + sign + digits(length + 1 + sign);
            }
        }
        let number = read_number(&self.rest()[..length]).ok_or_else(|| self.error("the number is too large"))?;
        self.pos += length;
        self.expr(self.since(start), ExprKind::Number(number))
    }
}

/// A number as Terraform has it: whole where it can be.
pub(in crate::source::code::terraform) fn read_number(text: &str) -> Option<Number> {
    if let Ok(whole) = text.parse::<i64>() {
        return Some(whole.into());
    }
    from_f64(text.parse::<f64>().ok()?)
}

/// A number of a computed value; none where it is not finite.
pub(in crate::source::code::terraform) fn from_f64(value: f64) -> Option<Number> {
    // Beyond 2^53 not every whole number is told apart.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    match value.fract() == 0.0 && value.abs() <= EXACT {
        true => Some((value as i64).into()),
        false => Number::from_f64(value),
    }
}
