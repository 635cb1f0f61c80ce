//! Loads YAML 1.2 from the events of saphyr-parser.
//!
//! Libraries that return parsed values do not give the guarantees of this module: serde-saphyr 2.2
//! reads `0b11` and `007` as numbers and ignores `!include`, and saphyr expands aliases without a
//! limit.

use std::collections::HashMap;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, StrInput, Tag};
use serde_json::{Map, Value};

use super::error::MIB;
use super::scalar;
use super::{DocumentError, MAX_ALIAS_BYTES, MAX_DEPTH, MAX_VALUES, Place};

/// Parses `text`. Errors contain `name`.
pub(super) fn parse(text: &str, name: &str) -> Result<Value, DocumentError> {
    let mut loader = Loader {
        name,
        parser: Parser::new_from_str(text),
        values: 0,
        anchors: HashMap::new(),
        copied: 0,
    };
    let mut root = None;
    while let Some((event, at)) = loader.next()? {
        match event {
            Event::DocumentStart(_) if root.is_some() => {
                let problem = "a second YAML document starts here";
                return Err(loader.error(at, problem, "keep one document per file"));
            }
            Event::Scalar(..)
            | Event::SequenceStart(..)
            | Event::MappingStart(..)
            | Event::Alias(_) => root = Some(loader.node(event, at, 0)?),
            _ => {}
        }
    }
    root.ok_or_else(|| DocumentError::empty(name))
}

struct Loader<'a> {
    name: &'a str,
    parser: Parser<'a, StrInput<'a>>,
    /// Number of values read so far.
    values: usize,
    /// Completed values with an anchor, by the number of the anchor.
    anchors: HashMap<usize, Value>,
    /// Estimated size of all values copied into and out of `anchors`, in bytes.
    copied: usize,
}

impl<'a> Loader<'a> {
    fn next(&mut self) -> Result<Option<(Event<'a>, Marker)>, DocumentError> {
        let Some(event) = self.parser.next_event() else {
            return Ok(None);
        };
        let (event, span) = event.map_err(|error| {
            // The parser has its own depth limit for flow collections. The parser reads ahead, so
            // this limit can fail before the loader compares the depth with `MAX_DEPTH`.
            if error.info() == "recursion limit exceeded" {
                return DocumentError::too_deep(self.name, place(*error.marker()));
            }
            let problem = format!("is not YAML: {}", error.info());
            let remedy = if error.info().contains("end of stream") {
                "close the open bracket or quotation mark; if the document is truncated, download it again"
            } else {
                "correct the syntax"
            };
            self.error(*error.marker(), problem, remedy)
        })?;
        Ok(Some((event, span.start)))
    }

    /// Returns the next event inside a collection.
    fn next_inside(&mut self, start: Marker) -> Result<(Event<'a>, Marker), DocumentError> {
        let event = self.next()?;
        event.ok_or_else(|| self.error(start, "the collection is not closed", "close it"))
    }

    /// Loads the node that starts with `event` at nesting level `depth`.
    fn node(&mut self, event: Event<'a>, at: Marker, depth: usize) -> Result<Value, DocumentError> {
        let (value, anchor) = match event {
            Event::Scalar(text, style, anchor, tag) => {
                (self.scalar(&text, style, tag.as_deref(), at)?, anchor)
            }
            Event::SequenceStart(anchor, tag) => {
                self.check_collection(tag.as_deref(), "seq", at, depth)?;
                let mut items = Vec::new();
                loop {
                    let (event, at) = self.next_inside(at)?;
                    if matches!(event, Event::SequenceEnd) {
                        break;
                    }
                    items.push(self.node(event, at, depth + 1)?);
                }
                (Value::Array(items), anchor)
            }
            Event::MappingStart(anchor, tag) => {
                self.check_collection(tag.as_deref(), "map", at, depth)?;
                (self.mapping(at, depth + 1)?, anchor)
            }
            Event::Alias(anchor) => (self.alias(anchor, at, depth)?, 0),
            _ => (Value::Null, 0),
        };
        self.values += 1;
        if self.values > MAX_VALUES {
            return Err(DocumentError::too_many(self.name, place(at)));
        }
        self.keep(anchor, &value, at)?;
        Ok(value)
    }

    /// Loads the entries of a mapping.
    ///
    /// The value of a merge key `<<` is a mapping or a list of mappings. Their entries are added,
    /// except entries whose key already exists.
    fn mapping(&mut self, start: Marker, depth: usize) -> Result<Value, DocumentError> {
        let mut entries = Map::new();
        let mut merged = Vec::new();
        let mut places: HashMap<Option<String>, Marker> = HashMap::new();
        loop {
            let (event, at) = self.next_inside(start)?;
            if matches!(event, Event::MappingEnd) {
                break;
            }
            let key = self.key(event, at)?;
            if let Some(first) = places.insert(key.clone(), at) {
                let (key, first) = (key.as_deref().unwrap_or("<<"), place(first));
                let problem =
                    format!("the key {key:?} occurs twice in an object, first at {first}");
                return Err(self.error(at, problem, "remove or rename one of them"));
            }
            let (event, at) = self.next_inside(start)?;
            let value = self.node(event, at, depth)?;
            match (key, value) {
                (Some(name), value) => drop(entries.insert(name, value)),
                (None, Value::Array(maps)) if maps.iter().all(Value::is_object) => {
                    merged.extend(maps);
                }
                (None, map @ Value::Object(_)) => merged.push(map),
                (None, _) => {
                    let problem = "the value of `<<` is not a mapping";
                    return Err(self.error(at, problem, "quote the key if it is not a merge key"));
                }
            }
        }
        for (key, value) in merged.iter().filter_map(Value::as_object).flatten() {
            entries.entry(key).or_insert_with(|| value.clone());
        }
        Ok(Value::Object(entries))
    }

    /// Returns the name of a key, or `None` for the merge key.
    fn key(&mut self, event: Event<'a>, at: Marker) -> Result<Option<String>, DocumentError> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                if anchor == 0 && tag.is_none() && style == ScalarStyle::Plain && text == "<<" {
                    return Ok(None);
                }
                // A key is its source text, so that `200` and `"200"` are the same key.
                if tag.is_some() || anchor != 0 {
                    let value = self.scalar(&text, style, tag.as_deref(), at)?;
                    self.keep(anchor, &value, at)?;
                }
                Ok(Some(text.into_owned()))
            }
            Event::Alias(anchor) => match self.alias(anchor, at, 0)? {
                Value::String(text) => Ok(Some(text)),
                Value::Array(_) | Value::Object(_) => Err(self.collection_as_key(at)),
                scalar => Ok(Some(scalar.to_string())),
            },
            _ => Err(self.collection_as_key(at)),
        }
    }

    fn scalar(
        &self,
        text: &str,
        style: ScalarStyle,
        tag: Option<&Tag>,
        at: Marker,
    ) -> Result<Value, DocumentError> {
        let string = || Ok(Value::String(text.to_owned()));
        let Some(tag) = tag else {
            return match style {
                ScalarStyle::Plain => self.resolve(text, at),
                _ => string(),
            };
        };
        // The tag `!` alone means a string.
        let non_specific = tag.handle.is_empty() && tag.suffix == "!"
            || tag.handle == "!" && tag.suffix.is_empty();
        if non_specific || tag.is_yaml_core_schema() && tag.suffix == "str" {
            return string();
        }
        let value = self.resolve(text, at)?;
        let fits = tag.is_yaml_core_schema()
            && match tag.suffix.as_str() {
                "null" => value.is_null(),
                "bool" => value.is_boolean(),
                "int" => value.as_number().is_some_and(|number| !number.is_f64()),
                "float" => value.is_number(),
                _ => false,
            };
        if fits {
            Ok(value)
        } else {
            Err(self.unsupported_tag(tag, at))
        }
    }

    fn resolve(&self, text: &str, at: Marker) -> Result<Value, DocumentError> {
        let problem = "the number is not finite, and JSON has no such number";
        scalar::resolve(text).ok_or_else(|| self.error(at, problem, "quote it if it is text"))
    }

    fn check_collection(
        &self,
        tag: Option<&Tag>,
        expected: &str,
        at: Marker,
        depth: usize,
    ) -> Result<(), DocumentError> {
        match tag {
            Some(tag) if !(tag.is_yaml_core_schema() && tag.suffix == expected) => {
                Err(self.unsupported_tag(tag, at))
            }
            _ if depth == MAX_DEPTH => Err(DocumentError::too_deep(self.name, place(at))),
            _ => Ok(()),
        }
    }

    /// Stores the value of an anchor for later aliases. The number 0 means that there is no anchor.
    fn keep(&mut self, anchor: usize, value: &Value, at: Marker) -> Result<(), DocumentError> {
        if anchor != 0 {
            let copy = self.copy(value, at)?;
            self.anchors.insert(anchor, copy);
        }
        Ok(())
    }

    fn alias(&mut self, anchor: usize, at: Marker, depth: usize) -> Result<Value, DocumentError> {
        let Some(value) = self.anchors.remove(&anchor) else {
            let problem = "the alias refers to a node that contains it";
            return Err(self.error(at, problem, "use `$ref` for recursive data"));
        };
        if depth + self::depth(&value) > MAX_DEPTH {
            return Err(DocumentError::too_deep(self.name, place(at)));
        }
        let copy = self.copy(&value, at)?;
        self.anchors.insert(anchor, value);
        Ok(copy)
    }

    /// Copies the value of an alias. Fails if the total size of all copies exceeds the limit.
    fn copy(&mut self, value: &Value, at: Marker) -> Result<Value, DocumentError> {
        self.copied = self.copied.saturating_add(value.to_string().len());
        if self.copied > MAX_ALIAS_BYTES {
            let limit = MAX_ALIAS_BYTES as u64 / MIB;
            let problem = format!("the YAML aliases expand to more than {limit} MiB");
            return Err(self.error(at, problem, "replace anchors and aliases by `$ref`"));
        }
        Ok(value.clone())
    }

    fn collection_as_key(&self, at: Marker) -> DocumentError {
        self.error(at, "the key is a collection", "use a scalar as the key")
    }

    fn unsupported_tag(&self, tag: &Tag, at: Marker) -> DocumentError {
        let tag = if tag.is_yaml_core_schema() {
            format!("!!{}", tag.suffix)
        } else {
            format!("{}{}", tag.handle, tag.suffix)
        };
        let problem = format!("the tag `{tag}` does not match its value or has no JSON form");
        self.error(
            at,
            problem,
            "remove the tag, or quote the value if it is text",
        )
    }

    fn error(&self, at: Marker, problem: impl Into<String>, remedy: &str) -> DocumentError {
        DocumentError::new(self.name, place(at), problem, remedy)
    }
}

/// Returns the nesting depth of a value: the largest number of collections inside each other.
fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Value::Object(map) => 1 + map.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

/// Returns the position of a marker. The parser counts columns from 0.
fn place(marker: Marker) -> Place {
    Place::Text {
        line: marker.line(),
        column: marker.col() + 1,
    }
}
