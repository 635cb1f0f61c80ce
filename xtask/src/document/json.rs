//! JSON through serde_json, with additional checks for duplicate keys, depth and number of values.

use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use super::{DocumentError, MAX_DEPTH, MAX_VALUES, Place, yaml};

/// Reason why a text was not read as JSON.
pub(super) enum Failure {
    /// The text is not JSON, but can be YAML.
    Syntax(DocumentError),
    /// The text is JSON, but violates a limit or has a duplicate key.
    Refused(DocumentError),
}

/// Parses `text`. Errors contain `name`.
pub(super) fn parse(text: &str, name: &str) -> Result<Value, Failure> {
    let checks = Checks::default();
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let parsed = Node {
        checks: &checks,
        depth: 0,
    }
    .deserialize(&mut deserializer)
    .and_then(|value| deserializer.end().map(|()| value));
    let error = match parsed {
        Ok(value) => return Ok(value),
        Err(error) => error,
    };
    let recursion_limit = error.to_string().starts_with("recursion limit exceeded");
    if checks.violated.get() || recursion_limit {
        // JSON is also YAML, and the YAML loader reports the places of both duplicate keys.
        if let Err(error) = yaml::parse(text, name) {
            return Err(Failure::Refused(error));
        }
    }
    Err(Failure::Syntax(explain(&error, text, name)))
}

/// Returns the error with its place in characters and a remedy.
fn explain(error: &serde_json::Error, text: &str, name: &str) -> DocumentError {
    let place = Place::of(text, offset_of(text, error.line(), error.column()));
    let message = error.to_string();
    let problem = message
        .rsplit_once(" at line ")
        .map_or(message.as_str(), |(problem, _)| problem);
    let (problem, remedy) = if error.is_eof() {
        (
            format!("the JSON is truncated: {problem}"),
            "download it again",
        )
    } else {
        (format!("is not JSON: {problem}"), "correct the syntax")
    };
    DocumentError::new(name, place, problem, remedy)
}

/// Returns the byte offset of a position. serde_json counts columns in bytes from 1.
fn offset_of(text: &str, line: usize, column: usize) -> usize {
    let before: usize = text
        .split_inclusive('\n')
        .take(line.saturating_sub(1))
        .map(str::len)
        .sum();
    let mut offset = (before + column.saturating_sub(1)).min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}

#[derive(Default)]
struct Checks {
    values: Cell<usize>,
    violated: Cell<bool>,
}

impl Checks {
    /// Stops serde_json. The YAML loader then reports what is wrong.
    fn violation<E: serde::de::Error>(&self) -> E {
        self.violated.set(true);
        E::custom("refused")
    }
}

/// Builds a value as serde_json does, with the additional checks.
#[derive(Clone, Copy)]
struct Node<'a> {
    checks: &'a Checks,
    depth: usize,
}

impl Node<'_> {
    fn child<E: serde::de::Error>(self) -> Result<Self, E> {
        if self.depth == MAX_DEPTH {
            return Err(self.checks.violation());
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
        self.checks.values.set(self.checks.values.get() + 1);
        if self.checks.values.get() > MAX_VALUES {
            return Err(self.checks.violation());
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
        let child = self.child()?;
        let mut items = Vec::new();
        while let Some(item) = access.next_element_seed(child)? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let child = self.child()?;
        let mut map = Map::new();
        while let Some(key) = access.next_key::<String>()? {
            let value = access.next_value_seed(child)?;
            if map.insert(key, value).is_some() {
                return Err(self.checks.violation());
            }
        }
        Ok(Value::Object(map))
    }
}
