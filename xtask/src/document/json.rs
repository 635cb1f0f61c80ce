//! Parses JSON with serde_json, and checks for duplicate keys and the number of values.

use serde_json::Value;

use super::{DocumentError, MAX_VALUES, Place, yaml};

/// Parses `text`. Errors contain `name`.
pub(super) fn parse(text: &str, name: &str) -> Result<Value, DocumentError> {
    let members = count_members(text)
        .map_err(|offset| DocumentError::too_many(name, Place::of(text, offset)))?;
    let value: Value = serde_json::from_str(text).map_err(|error| explain(&error, text, name))?;
    // serde_json keeps only the last of several equal keys. If the text has duplicate keys, the
    // parsed value therefore has fewer members than the text.
    if members_of(&value) != members {
        // JSON is also YAML, and the YAML loader reports the positions of both keys.
        yaml::parse(text, name)?;
    }
    Ok(value)
}

/// Returns the number of object members in a JSON text.
///
/// # Errors
///
/// Returns the byte offset at which the text has more than [`MAX_VALUES`] values.
fn count_members(text: &str) -> Result<usize, usize> {
    let (mut members, mut values) = (0, 1);
    let (mut in_string, mut escaped) = (false, false);
    let mut previous = b' ';
    for (offset, byte) in text.bytes().enumerate() {
        if in_string {
            in_string = escaped || byte != b'"';
            escaped = byte == b'\\' && !escaped;
            continue;
        }
        if byte.is_ascii_whitespace() {
            continue;
        }
        in_string = byte == b'"';
        members += usize::from(byte == b':');
        // Each value is counted at the comma before it. The first value of a collection has no
        // comma, so the first value is counted at its first byte.
        let first = matches!(previous, b'{' | b'[') && !matches!(byte, b'}' | b']');
        values += usize::from(byte == b',' || first);
        if values > MAX_VALUES {
            return Err(offset);
        }
        previous = byte;
    }
    Ok(members)
}

fn members_of(value: &Value) -> usize {
    match value {
        Value::Array(items) => items.iter().map(members_of).sum(),
        Value::Object(map) => map.len() + map.values().map(members_of).sum::<usize>(),
        _ => 0,
    }
}

/// Returns the error with its line, its column and a remedy. The column is counted in characters.
fn explain(error: &serde_json::Error, text: &str, name: &str) -> DocumentError {
    // serde_json counts columns in bytes from 1.
    let line = text.split('\n').nth(error.line().saturating_sub(1));
    let before = line
        .unwrap_or_default()
        .bytes()
        .take(error.column().saturating_sub(1));
    let is_first_of_char = |byte: &u8| byte & 0xc0 != 0x80;
    let place = Place::Text {
        line: error.line(),
        column: 1 + before.filter(is_first_of_char).count(),
    };
    let message = error.to_string();
    let problem = message
        .rsplit_once(" at line ")
        .map_or(message.as_str(), |(problem, _)| problem);
    if problem == "recursion limit exceeded" {
        return DocumentError::too_deep(name, place);
    }
    let (problem, remedy) = match error.is_eof() {
        true => (
            format!("the JSON is truncated: {problem}"),
            "download it again",
        ),
        false => (format!("is not JSON: {problem}"), "correct the syntax"),
    };
    DocumentError::new(name, place, problem, remedy)
}
