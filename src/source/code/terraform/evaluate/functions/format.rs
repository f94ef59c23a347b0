//! `format` and `formatlist`.

use super::super::json::json_text;
use super::super::symbolic::{finished, is_text, push};
use super::super::value::{
    ExpressionError, MAX_TEXT, Outcome, list, number_text, to_bool, to_number, to_text, unknown_error,
};
use super::{all_items, argument, text_argument};
use crate::source::code::declared::{Node, NodeValue, SymbolicText};

/// Widths and precisions beyond this are not meant in earnest.
const MAX_WIDTH: usize = 1000;

pub fn call(name: &str, arguments: &[Node]) -> Option<Outcome> {
    Some(match name {
        "format" => format(arguments),
        "formatlist" => formatlist(arguments),
        _ => return None,
    })
}

/// `%[2]-05.1f`, taken apart.
#[derive(Default)]
struct Verb {
    index: Option<usize>,
    left: bool,
    zeros: bool,
    plus: bool,
    blank: bool,
    sharp: bool,
    width: usize,
    precision: Option<usize>,
    letter: char,
}

impl Verb {
    /// The verb that a text after its `%` begins with, and what follows it.
    fn parse(text: &str) -> Option<(Verb, &str)> {
        let mut verb = Verb::default();
        let mut rest = text;
        loop {
            rest = match rest.chars().next()? {
                '-' => (verb.left = true, &rest[1..]).1,
                '0' => (verb.zeros = true, &rest[1..]).1,
                '+' => (verb.plus = true, &rest[1..]).1,
                ' ' => (verb.blank = true, &rest[1..]).1,
                '#' => (verb.sharp = true, &rest[1..]).1,
                _ => break,
            };
        }
        let number = |rest: &mut &str| {
            let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
            let (number, after) = rest.split_at(digits);
            *rest = after;
            number.parse::<usize>().ok().map(|number| number.min(MAX_WIDTH))
        };
        verb.width = number(&mut rest).unwrap_or(0);
        if let Some(after) = rest.strip_prefix('.') {
            rest = after;
            verb.precision = Some(number(&mut rest).unwrap_or(0));
        }
        if let Some(after) = rest.strip_prefix('[') {
            rest = after;
            verb.index = Some(number(&mut rest)?);
            rest = rest.strip_prefix(']')?;
        }
        let letter = rest.chars().next()?;
        verb.letter = letter;
        Some((verb, &rest[letter.len_utf8()..]))
    }

    fn written(&self, value: &Node) -> Result<String, ExpressionError> {
        if matches!(value.value, NodeValue::Null) {
            return Err(ExpressionError::Unknown(Box::new(Node::unknown("`format` is given null."))));
        }
        let written = match self.letter {
            'v' if self.sharp => super::call("jsonencode", std::slice::from_ref(value)).and_then(|it| to_text(&it))?,
            'v' => match &value.value {
                NodeValue::List(_) | NodeValue::Object(_) => {
                    super::call("jsonencode", std::slice::from_ref(value)).and_then(|it| to_text(&it))?
                }
                NodeValue::Number(number) => self.signed(number_text(number)),
                _ => to_text(value)?,
            },
            's' => self.cut(to_text(value)?),
            'q' => json_text(&self.cut(to_text(value)?), false),
            't' => to_bool(value)?.to_string(),
            'd' => self.signed(self.whole(value)?.to_string()),
            'b' => self.radix(value, |n| format!("{n:b}"))?,
            'o' => self.radix(value, |n| format!("{n:o}"))?,
            'x' => self.radix(value, |n| format!("{n:x}"))?,
            'X' => self.radix(value, |n| format!("{n:X}"))?,
            'e' | 'E' | 'f' | 'F' | 'g' | 'G' => {
                let number = to_number(value)?.as_f64().unwrap_or_default();
                let written = match self.letter.to_ascii_lowercase() {
                    'e' => exponential(number, self.precision.or(Some(6))),
                    'f' => format!("{number:.*}", self.precision.unwrap_or(6)),
                    _ => general(number, self.precision),
                };
                let upper = self.letter.is_ascii_uppercase();
                self.signed(if upper { written.to_uppercase() } else { written })
            }
            other => return Err(ExpressionError::Wrong(format!("`format` has no verb `{other}`."))),
        };
        Ok(self.padded(written))
    }

    fn whole(&self, value: &Node) -> Result<i64, ExpressionError> {
        let number = to_number(value)?;
        number.as_i64().ok_or_else(|| ExpressionError::Wrong("`format` needs a whole number.".to_owned()))
    }

    fn radix(&self, value: &Node, digits: fn(u64) -> String) -> Result<String, ExpressionError> {
        let number = self.whole(value)?;
        let sign = if number < 0 { "-" } else { "" };
        Ok(self.signed(format!("{sign}{}", digits(number.unsigned_abs()))))
    }

    fn cut(&self, text: String) -> String {
        self.precision.map_or(text.clone(), |length| text.chars().take(length).collect())
    }

    fn signed(&self, number: String) -> String {
        match (number.starts_with('-'), self.plus, self.blank) {
            (false, true, _) => format!("+{number}"),
            (false, _, true) => format!(" {number}"),
            _ => number,
        }
    }

    fn padded(&self, text: String) -> String {
        let fill = self.width.saturating_sub(text.chars().count());
        match (self.left, self.zeros) {
            (true, _) => format!("{text}{}", " ".repeat(fill)),
            (false, true) => {
                let sign = text.len() - text.trim_start_matches(['+', '-']).len();
                format!("{}{}{}", &text[..sign], "0".repeat(fill), &text[sign..])
            }
            (false, false) => format!("{}{text}", " ".repeat(fill)),
        }
    }
}

/// `1.5e+03`: the exponent with its sign and at least two digits.
fn exponential(number: f64, precision: Option<usize>) -> String {
    let written = precision.map_or_else(|| format!("{number:e}"), |digits| format!("{number:.digits$e}"));
    let (mantissa, exponent) = written.split_once('e').unwrap_or((&written, "0"));
    let (sign, digits) = match exponent.strip_prefix('-') {
        Some(digits) => ('-', digits),
        None => ('+', exponent),
    };
    format!("{mantissa}e{sign}{digits:0>2}")
}

/// The shorter of the two, without zeros at the end.
fn general(number: f64, precision: Option<usize>) -> String {
    let digits = precision.map(|digits| digits.max(1));
    let short = exponential(number, digits.map(|digits| digits - 1));
    let (mantissa, exponent) = short.split_once('e').unwrap_or((&short, "+00"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let bare = |text: &str| match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text.to_owned(),
    };
    let mantissa = bare(mantissa);
    let known = mantissa.chars().filter(char::is_ascii_digit).count() as i32;
    let most = match digits {
        Some(digits) if digits as i32 > known && known > exponent => known,
        Some(digits) => digits as i32,
        None => 6,
    };
    if exponent < -4 || exponent >= most.max(1) {
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{mantissa}e{sign}{:02}", exponent.abs());
    }
    let rounded: f64 = short.parse().unwrap_or(number);
    bare(&format!("{rounded}"))
}

fn format(arguments: &[Node]) -> Outcome {
    let pattern = text_argument(arguments, 0)?;
    let values = &arguments[1..];
    let mut next = 0;
    let (mut written, mut rest) = (SymbolicText::default(), pattern.as_str());
    while let Some(start) = rest.find('%') {
        written.push_text(&rest[..start]);
        rest = &rest[start + 1..];
        if let Some(after) = rest.strip_prefix('%') {
            written.push_text("%");
            rest = after;
            continue;
        }
        let Some((verb, after)) = Verb::parse(rest) else {
            return Err(ExpressionError::Wrong("`format` has a verb that is none.".to_owned()));
        };
        rest = after;
        let at = verb.index.map_or(next, |index| index.saturating_sub(1));
        next = at + 1;
        let value = values.get(at).ok_or_else(|| ExpressionError::Wrong("`format` lacks an argument.".to_owned()))?;
        match &value.value {
            NodeValue::Symbol(name) if matches!(verb.letter, 's' | 'v') && verb.width == 0 && is_text(name) => {
                push(&mut written, value)?;
            }
            _ => written.push_text(&verb.written(value)?),
        }
        if written.len() > MAX_TEXT {
            return finished(written);
        }
    }
    written.push_text(rest);
    finished(written)
}

fn formatlist(arguments: &[Node]) -> Outcome {
    let mut length = None;
    for (index, argument) in arguments.iter().enumerate() {
        match &argument.value {
            NodeValue::List(_) => length = Some(all_items(arguments, index)?.len().min(length.unwrap_or(usize::MAX))),
            NodeValue::Unknown => return Err(unknown_error(argument)),
            _ => {}
        }
    }
    argument(arguments, 0)?;
    let row = |row: usize| {
        let of = |argument: &Node| argument.as_list().map_or_else(|| argument.clone(), |items| items[row].clone());
        // One text that is not known is one item.
        match format(&arguments.iter().map(of).collect::<Vec<Node>>()) {
            Err(ExpressionError::Unknown(unknown)) => Ok(*unknown),
            other => other,
        }
    };
    list((0..length.unwrap_or(1)).map(row).collect::<Result<_, _>>()?)
}
