//! JSON through `serde_json`, with one check more: a key given twice in one object, which
//! `serde_json::Value` would settle in silence for the last.

use std::cell::Cell;
use std::collections::HashMap;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use super::{DocumentError, MAX_DEPTH, MAX_VALUES, Place};

/// Why a text was not read as JSON.
pub(super) enum Failure {
    /// It is not JSON, but may be YAML.
    Syntax(DocumentError),
    /// It is JSON, or nearly, and still not to be read.
    Refused(DocumentError),
}

/// Parses `text`; `name` is what errors call it.
pub(super) fn parse(text: &str, name: &str) -> Result<Value, Failure> {
    let (duplicate, values) = (Cell::new(false), Cell::new(0));
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let parsed = Node {
        duplicate: &duplicate,
        values: &values,
        depth: 0,
    }
    .deserialize(&mut deserializer)
    .and_then(|value| deserializer.end().map(|()| value));
    parsed.map_err(|error| {
        if duplicate.get()
            && let Some(Duplicate { key, first, second }) = first_duplicate(text)
        {
            let (first, second) = (Place::of(text, first), Place::of(text, second));
            return Failure::Refused(DocumentError::duplicate_key(name, &key, second, first));
        }
        explain(&error, text, name)
    })
}

/// Turns an error of `serde_json` into one with the place in characters and a way out.
fn explain(error: &serde_json::Error, text: &str, name: &str) -> Failure {
    let place = Place::of(text, offset_of(text, error.line(), error.column()));
    let message = error.to_string();
    let problem = message
        .rsplit_once(" at line ")
        .map_or(message.as_str(), |(problem, _)| problem);
    if problem == TOO_MANY {
        Failure::Refused(DocumentError::too_many(name, place))
    } else if problem == TOO_DEEP || problem == "recursion limit exceeded" {
        Failure::Refused(DocumentError::too_deep(name, place))
    } else if error.is_eof() {
        let problem = format!("the JSON is cut off here: {problem}");
        Failure::Syntax(DocumentError::new(
            name,
            place,
            problem,
            "download it again",
        ))
    } else {
        let problem = format!("is not JSON: {problem}");
        Failure::Syntax(DocumentError::new(name, place, problem, "correct it there"))
    }
}

const TOO_DEEP: &str = "too deep";
const TOO_MANY: &str = "too many values";

/// `serde_json` counts columns in bytes, from 1, and points at the last byte it read.
fn offset_of(text: &str, line: usize, column: usize) -> usize {
    let line_start = if line <= 1 {
        0
    } else {
        text.match_indices('\n')
            .nth(line - 2)
            .map_or(0, |(newline, _)| newline + 1)
    };
    let mut offset = (line_start + column.saturating_sub(1)).min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}

/// Builds a value as `serde_json` does, but stops at a key that its object already has.
#[derive(Clone, Copy)]
struct Node<'a> {
    duplicate: &'a Cell<bool>,
    values: &'a Cell<usize>,
    depth: usize,
}

impl Node<'_> {
    fn inner<E: serde::de::Error>(self) -> Result<Self, E> {
        if self.depth == MAX_DEPTH {
            return Err(E::custom(TOO_DEEP));
        }
        Ok(Self {
            depth: self.depth + 1,
            ..self
        })
    }
}

impl<'de> DeserializeSeed<'de> for Node<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        self.values.set(self.values.get() + 1);
        if self.values.get() > MAX_VALUES {
            return Err(D::Error::custom(TOO_MANY));
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Node<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let inner = self.inner()?;
        let mut items = Vec::new();
        while let Some(item) = access.next_element_seed(inner)? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let inner = self.inner()?;
        let mut map = Map::new();
        while let Some(key) = access.next_key::<String>()? {
            let value = access.next_value_seed(inner)?;
            if map.insert(key, value).is_some() {
                self.duplicate.set(true);
                return Err(A::Error::custom("duplicate key"));
            }
        }
        Ok(Value::Object(map))
    }
}

struct Duplicate {
    key: String,
    first: usize,
    second: usize,
}

/// Finds the places of a key given twice, in a text that is JSON up to there. Only an error comes
/// here, so that no other document pays for remembering where its keys are.
fn first_duplicate(text: &str) -> Option<Duplicate> {
    let bytes = text.as_bytes();
    // For each open object its keys with their places; for each open array nothing.
    let mut open: Vec<Option<HashMap<String, usize>>> = Vec::new();
    let mut previous = 0;
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'{' => open.push(Some(HashMap::new())),
            b'[' => open.push(None),
            b'}' | b']' => drop(open.pop()),
            b'"' => {
                let end = string_end(bytes, at)?;
                if let (b'{' | b',', Some(Some(keys))) = (previous, open.last_mut()) {
                    let key: String = serde_json::from_str(text.get(at..end)?).ok()?;
                    if let Some(&first) = keys.get(&key) {
                        return Some(Duplicate {
                            key,
                            first,
                            second: at,
                        });
                    }
                    keys.insert(key, at);
                }
                at = end - 1;
            }
            _ => {}
        }
        if !byte.is_ascii_whitespace() {
            previous = byte;
        }
        at += 1;
    }
    None
}

/// The offset after the quote that closes the string opened at `start`.
fn string_end(bytes: &[u8], start: usize) -> Option<usize> {
    let mut at = start + 1;
    loop {
        match bytes.get(at)? {
            b'\\' => at += 2,
            b'"' => return Some(at + 1),
            _ => at += 1,
        }
    }
}
