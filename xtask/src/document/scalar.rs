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
    let (sign, unsigned) = match text.strip_prefix(['-', '+']) {
        Some(rest) => (if text.starts_with('-') { "-" } else { "" }, rest),
        None => ("", text),
    };
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN") {
        return Some(Scalar::NotFinite);
    }
    if let Some(integer) = radix(text) {
        return Some(integer);
    }
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let no_digit = whole.is_empty() && fraction.is_none_or(str::is_empty);
    if no_digit || !digits(whole) || !fraction.is_none_or(digits) {
        return None;
    }
    if let Some(exponent) = exponent {
        let power = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
        if power.is_empty() || !digits(power) {
            return None;
        }
    }
    Some(finite(&in_json(sign, whole, fraction, exponent)))
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

fn finite(json: &str) -> Scalar {
    serde_json::from_str::<Number>(json).map_or(Scalar::NotFinite, |number| {
        Scalar::Value(Value::Number(number))
    })
}

fn in_json(sign: &str, whole: &str, fraction: Option<&str>, exponent: Option<&str>) -> String {
    let whole = whole.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    let mut json = format!("{sign}{whole}");
    if let Some(fraction) = fraction {
        json.push('.');
        json.push_str(if fraction.is_empty() { "0" } else { fraction });
    }
    if let Some(exponent) = exponent {
        json.push('e');
        json.push_str(exponent);
    }
    json
}
