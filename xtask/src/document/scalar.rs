//! Resolves plain YAML scalars with the 1.2 core schema.

use serde_json::{Number, Value};

/// Value of a plain scalar.
#[derive(Debug, PartialEq)]
pub(super) enum Scalar {
    /// A value with a JSON form.
    Value(Value),
    /// An infinite number or NaN, which JSON does not have.
    NotFinite,
}

/// Resolves a plain scalar.
///
/// serde_json parses the numbers, so that the JSON and YAML forms of a document have equal values.
pub(super) fn resolve(text: &str) -> Scalar {
    let Some(first) = text.bytes().next() else {
        return Scalar::Value(Value::Null);
    };
    match first {
        b'n' | b'N' | b'~' if matches!(text, "null" | "Null" | "NULL" | "~") => {
            Scalar::Value(Value::Null)
        }
        b't' | b'T' if matches!(text, "true" | "True" | "TRUE") => Scalar::Value(Value::Bool(true)),
        b'f' | b'F' if matches!(text, "false" | "False" | "FALSE") => {
            Scalar::Value(Value::Bool(false))
        }
        b'0'..=b'9' | b'+' | b'-' | b'.' => {
            number(text).unwrap_or_else(|| Scalar::Value(Value::String(text.to_owned())))
        }
        _ => Scalar::Value(Value::String(text.to_owned())),
    }
}

fn number(text: &str) -> Option<Scalar> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN") {
        return Some(Scalar::NotFinite);
    }
    if let Some(integer) = radix(text) {
        return Some(integer);
    }
    // `f64::from_str` also accepts `inf` and `nan`, which the core schema writes differently.
    let is_numeric = |byte: u8| byte.is_ascii_digit() || b"+-.eE".contains(&byte);
    if !text.bytes().all(is_numeric) || text.parse::<f64>().is_err() {
        return None;
    }
    let number = serde_json::from_str::<Number>(&in_json(text, unsigned));
    Some(number.map_or(Scalar::NotFinite, |number| {
        Scalar::Value(Value::Number(number))
    }))
}

/// Writes a number as JSON does: without `+` and leading zeros, with digits around the point.
fn in_json(text: &str, unsigned: &str) -> String {
    let sign = if text.starts_with('-') { "-" } else { "" };
    let (mantissa, exponent) = match unsigned.find(['e', 'E']) {
        Some(at) => unsigned.split_at(at),
        None => (unsigned, ""),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, "")) => (whole, ".0".to_owned()),
        Some((whole, fraction)) => (whole, format!(".{fraction}")),
        None => (mantissa, String::new()),
    };
    let whole = match whole.trim_start_matches('0') {
        "" => "0",
        whole => whole,
    };
    format!("{sign}{whole}{fraction}{exponent}")
}

/// Parses integers in base 8 or 16, which have no sign in the core schema.
fn radix(text: &str) -> Option<Scalar> {
    let (digits, base) = match text.strip_prefix("0x") {
        Some(digits) => (digits, 16),
        None => (text.strip_prefix("0o")?, 8),
    };
    let values: Vec<u32> = digits
        .chars()
        .map(|digit| digit.to_digit(base))
        .collect::<Option<_>>()?;
    if values.is_empty() {
        return None;
    }
    let number = match u64::from_str_radix(digits, base) {
        Ok(integer) => Some(Number::from(integer)),
        Err(_) => Number::from_f64(
            values
                .iter()
                .fold(0.0, |sum, value| sum * f64::from(base) + f64::from(*value)),
        ),
    };
    Some(number.map_or(Scalar::NotFinite, |number| {
        Scalar::Value(Value::Number(number))
    }))
}
