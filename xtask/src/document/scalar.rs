//! Resolves plain YAML scalars with the 1.2 core schema.

use serde_json::{Number, Value};

/// Resolves a plain scalar. Returns `None` for infinite numbers and NaN, which JSON does not have.
pub(super) fn resolve(text: &str) -> Option<Value> {
    Some(match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        ".nan" | ".NaN" | ".NAN" => return None,
        _ if matches!(unsigned(text), ".inf" | ".Inf" | ".INF") => return None,
        _ => match integer(text).or_else(|| decimal(text)) {
            Some(number) => Value::Number(number?),
            None => Value::String(text.to_owned()),
        },
    })
}

fn unsigned(text: &str) -> &str {
    text.strip_prefix(['-', '+']).unwrap_or(text)
}

/// Parses an integer in base 8 or 16. Such an integer has no sign in the core schema.
///
/// Returns `None` if the text is not such an integer, and `Some(None)` if the number is too large
/// for JSON.
fn integer(text: &str) -> Option<Option<Number>> {
    let (digits, base) = match text.strip_prefix("0x") {
        Some(digits) => (digits, 16),
        None => (text.strip_prefix("0o")?, 8),
    };
    let values = digits.chars().map(|digit| digit.to_digit(base));
    let values: Vec<u32> = values.collect::<Option<_>>()?;
    if values.is_empty() {
        return None;
    }
    Some(match u64::from_str_radix(digits, base) {
        Ok(integer) => Some(Number::from(integer)),
        Err(_) => {
            let add = |sum, value: &u32| sum * f64::from(base) + f64::from(*value);
            Number::from_f64(values.iter().fold(0.0, add))
        }
    })
}

/// Parses a decimal number.
///
/// Returns `None` if the text is not a decimal number, and `Some(None)` if the number is too large
/// for JSON.
///
/// serde_json parses the number, so that the JSON and YAML forms of a document have equal values.
fn decimal(text: &str) -> Option<Option<Number>> {
    // `f64::from_str` also accepts `inf` and `nan`, which the core schema writes differently.
    let is_numeric = |byte: u8| byte.is_ascii_digit() || b"+-.eE".contains(&byte);
    if !text.bytes().all(is_numeric) || text.parse::<f64>().is_err() {
        return None;
    }
    // JSON allows neither a leading `+` nor leading zeros, and requires digits on both sides of the
    // decimal point.
    let sign = if text.starts_with('-') { "-" } else { "" };
    let unsigned = unsigned(text);
    let (mantissa, exponent) =
        unsigned.split_at(unsigned.find(['e', 'E']).unwrap_or(unsigned.len()));
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, "")) => (whole, ".0".to_owned()),
        Some((whole, fraction)) => (whole, format!(".{fraction}")),
        None => (mantissa, String::new()),
    };
    let whole = match whole.trim_start_matches('0') {
        "" => "0",
        whole => whole,
    };
    Some(serde_json::from_str(&format!("{sign}{whole}{fraction}{exponent}")).ok())
}
