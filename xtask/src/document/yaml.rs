//! YAML from the parser's events, on a stack of our own: depth and aliases are bounded, and nothing
//! is lost in silence.

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, Tag};
use serde_json::{Map, Value};

use super::anchors::{Anchors, Refusal};
use super::scalar::{self, Scalar};
use super::{DocumentError, MAX_DEPTH, MAX_VALUES, Place};

/// Parses `text`; `name` is what errors call it.
pub(super) fn parse(text: &str, name: &str) -> Result<Value, DocumentError> {
    let mut loader = Loader {
        text,
        name,
        open: Vec::new(),
        values: 0,
        anchors: Anchors::default(),
    };
    let mut root = None;
    let mut parser = Parser::new_from_str(text);
    while let Some(event) = parser.next_event() {
        let (event, span) = event.map_err(|error| {
            // The parser looks ahead in flow notation and gives up at a depth of its own.
            if error.info() == "recursion limit exceeded" {
                return DocumentError::too_deep(name, place(*error.marker()));
            }
            let problem = format!("is not YAML: {}", error.info());
            let remedy = if error.info().contains("end of stream") {
                "close it; if the document is cut off, download it again"
            } else {
                "correct it there"
            };
            loader.error(*error.marker(), problem, remedy)
        })?;
        if matches!(event, Event::DocumentStart(_)) && root.is_some() {
            let problem = "a second YAML document starts here";
            return Err(loader.error(span.start, problem, "keep one document to a file"));
        }
        if let Some(value) = loader.on_event(event, span.start)? {
            root = Some(value);
        }
    }
    root.ok_or_else(|| DocumentError::empty(name))
}

struct Loader<'a> {
    text: &'a str,
    name: &'a str,
    /// The collections around the current event, outermost first.
    open: Vec<Collection>,
    /// How many values are complete.
    values: usize,
    anchors: Anchors,
}

struct Collection {
    /// 0 where there is none, as the parser counts.
    anchor: usize,
    start: Marker,
    items: Items,
}

enum Items {
    Sequence(Vec<Value>),
    Mapping {
        entries: Map<String, Value>,
        key: Option<Key>,
        merged: Vec<Value>,
    },
}

enum Key {
    Name(String),
    /// The plain `<<`: what follows supplies the entries that the mapping itself does not have.
    Merge,
}

impl Loader<'_> {
    /// Takes one event in; returns the root once it is complete.
    fn on_event(&mut self, event: Event<'_>, at: Marker) -> Result<Option<Value>, DocumentError> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                if anchor == 0 && tag.is_none() && self.expects_key() {
                    let merge = style == ScalarStyle::Plain && text == "<<";
                    self.set_key(
                        if merge {
                            Key::Merge
                        } else {
                            Key::Name(text.into_owned())
                        },
                        at,
                    )?;
                    return Ok(None);
                }
                let value = self.scalar(&text, style, tag.as_deref(), at)?;
                self.keep(anchor, &value, at)?;
                if self.expects_key() {
                    self.set_key(Key::Name(text.into_owned()), at)?;
                    return Ok(None);
                }
                self.complete(value, at)
            }
            Event::SequenceStart(anchor, tag) => {
                self.check_tag(tag.as_deref(), "seq", at)?;
                self.open(anchor, at, Items::Sequence(Vec::new()))
            }
            Event::MappingStart(anchor, tag) => {
                self.check_tag(tag.as_deref(), "map", at)?;
                let (entries, key, merged) = (Map::new(), None, Vec::new());
                self.open(
                    anchor,
                    at,
                    Items::Mapping {
                        entries,
                        key,
                        merged,
                    },
                )
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let Some(collection) = self.open.pop() else {
                    return Ok(None);
                };
                let value = match collection.items {
                    Items::Sequence(items) => Value::Array(items),
                    Items::Mapping {
                        entries, merged, ..
                    } => merge(entries, merged),
                };
                self.keep(collection.anchor, &value, at)?;
                self.complete(value, collection.start)
            }
            Event::Alias(anchor) => {
                let value = self.alias(anchor, at)?;
                if self.expects_key() {
                    let key = match value {
                        Value::String(text) => text,
                        Value::Array(_) | Value::Object(_) => return Err(self.key_refused(at)),
                        scalar => scalar.to_string(),
                    };
                    self.set_key(Key::Name(key), at)?;
                    return Ok(None);
                }
                self.complete(value, at)
            }
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd => Ok(None),
        }
    }

    fn expects_key(&self) -> bool {
        matches!(
            self.open.last(),
            Some(Collection {
                items: Items::Mapping { key: None, .. },
                ..
            })
        )
    }

    fn open(
        &mut self,
        anchor: usize,
        at: Marker,
        items: Items,
    ) -> Result<Option<Value>, DocumentError> {
        if self.expects_key() {
            return Err(self.key_refused(at));
        }
        if self.open.len() == MAX_DEPTH {
            return Err(DocumentError::too_deep(self.name, place(at)));
        }
        self.open.push(Collection {
            anchor,
            start: at,
            items,
        });
        Ok(None)
    }

    fn set_key(&mut self, new: Key, at: Marker) -> Result<(), DocumentError> {
        let (name, text) = (self.name, self.text);
        let Some(Collection {
            start,
            items:
                Items::Mapping {
                    entries,
                    key,
                    merged,
                },
            ..
        }) = self.open.last_mut()
        else {
            return Ok(());
        };
        let given = match &new {
            Key::Name(name) => entries.contains_key(name).then_some(name.as_str()),
            Key::Merge => (!merged.is_empty()).then_some("<<"),
        };
        if let Some(given) = given {
            let first = first_place(text, *start, given);
            return Err(DocumentError::duplicate_key(name, given, place(at), first));
        }
        *key = Some(new);
        Ok(())
    }

    /// Puts a complete value where it belongs; the root belongs to the caller.
    fn complete(&mut self, value: Value, at: Marker) -> Result<Option<Value>, DocumentError> {
        self.values += 1;
        if self.values > MAX_VALUES {
            return Err(DocumentError::too_many(self.name, place(at)));
        }
        let Some(Collection { items, .. }) = self.open.last_mut() else {
            return Ok(Some(value));
        };
        match items {
            Items::Sequence(items) => items.push(value),
            Items::Mapping {
                entries,
                key,
                merged,
            } => match key.take() {
                Some(Key::Name(name)) => drop(entries.insert(name, value)),
                Some(Key::Merge) => match mergeable(value) {
                    Some(values) => *merged = values,
                    None => {
                        let problem = "`<<` merges mappings, and this is none";
                        return Err(self.error(at, problem, "quote the key to mean its text"));
                    }
                },
                None => return Err(self.key_refused(at)),
            },
        }
        Ok(None)
    }

    fn scalar(
        &self,
        text: &str,
        style: ScalarStyle,
        tag: Option<&Tag>,
        at: Marker,
    ) -> Result<Value, DocumentError> {
        let Some(tag) = tag else {
            return if style == ScalarStyle::Plain {
                self.finite(scalar::resolve(text), at)
            } else {
                Ok(Value::String(text.to_owned()))
            };
        };
        // A lone `!` says: no resolution, this is text.
        let is_text = tag.handle.is_empty() && tag.suffix == "!"
            || tag.handle == "!" && tag.suffix.is_empty();
        if is_text || tag.is_yaml_core_schema() && tag.suffix == "str" {
            return Ok(Value::String(text.to_owned()));
        }
        let value = self.finite(scalar::resolve(text), at)?;
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
            Err(self.tag_refused(tag, at))
        }
    }

    fn finite(&self, scalar: Scalar, at: Marker) -> Result<Value, DocumentError> {
        match scalar {
            Scalar::Value(value) => Ok(value),
            Scalar::NotFinite => Err(self.error(
                at,
                "this number is not finite, JSON has none such",
                "quote it to mean its text",
            )),
        }
    }

    fn check_tag(&self, tag: Option<&Tag>, only: &str, at: Marker) -> Result<(), DocumentError> {
        match tag {
            Some(tag) if !(tag.is_yaml_core_schema() && tag.suffix == only) => {
                Err(self.tag_refused(tag, at))
            }
            _ => Ok(()),
        }
    }

    /// Remembers the value of an anchor for its aliases.
    fn keep(&mut self, anchor: usize, value: &Value, at: Marker) -> Result<(), DocumentError> {
        let kept = self.anchors.keep(anchor, value);
        kept.map_err(|refusal| self.alias_refused(&refusal, at))
    }

    fn alias(&mut self, anchor: usize, at: Marker) -> Result<Value, DocumentError> {
        let copy = self.anchors.copy(anchor, MAX_DEPTH - self.open.len());
        copy.map_err(|refusal| self.alias_refused(&refusal, at))
    }

    fn alias_refused(&self, refusal: &Refusal, at: Marker) -> DocumentError {
        match refusal {
            Refusal::Budget => DocumentError::alias_budget(self.name, place(at)),
            Refusal::Depth => DocumentError::too_deep(self.name, place(at)),
            Refusal::Cycle => self.error(
                at,
                "this alias refers to a node around it, which has no end",
                "use `$ref` for what contains itself",
            ),
        }
    }

    fn key_refused(&self, at: Marker) -> DocumentError {
        self.error(
            at,
            "a collection stands here as a key",
            "use a scalar as the key",
        )
    }

    fn tag_refused(&self, tag: &Tag, at: Marker) -> DocumentError {
        let tag = if tag.is_yaml_core_schema() {
            format!("!!{}", tag.suffix)
        } else {
            format!("{}{}", tag.handle, tag.suffix)
        };
        let problem = format!("the tag `{tag}` does not fit here or has no JSON form");
        self.error(
            at,
            problem,
            "remove the tag, or quote the value to mean its text",
        )
    }

    fn error(&self, at: Marker, problem: impl Into<String>, remedy: &str) -> DocumentError {
        DocumentError::new(self.name, place(at), problem, remedy)
    }
}

/// What `<<` may be given: a mapping or a sequence of mappings.
fn mergeable(value: Value) -> Option<Vec<Value>> {
    match value {
        Value::Object(_) => Some(vec![value]),
        Value::Array(values) if values.iter().all(Value::is_object) => Some(values),
        _ => None,
    }
}

/// The mapping's own entries win, then those of the earliest merged mapping.
fn merge(mut entries: Map<String, Value>, merged: Vec<Value>) -> Value {
    for value in merged {
        let Value::Object(values) = value else {
            continue;
        };
        for (key, value) in values {
            entries.entry(key).or_insert(value);
        }
    }
    Value::Object(entries)
}

/// Finds where the mapping that starts at `start` has `key` first. Only an error comes here, so that
/// no other document pays for remembering where its keys are.
fn first_place(text: &str, start: Marker, key: &str) -> Place {
    let mut depth = 0_usize;
    let mut is_key = true;
    for (event, span) in Parser::new_from_str(text).map_while(Result::ok) {
        let inside = depth > 0;
        match event {
            Event::MappingStart(..) | Event::SequenceStart(..) => {
                depth += usize::from(inside || span.start == start);
            }
            Event::MappingEnd | Event::SequenceEnd => {
                depth = depth.saturating_sub(1);
                // A collection that ends inside the mapping was a value: a key comes next.
                if depth == 1 {
                    is_key = true;
                }
            }
            Event::Scalar(text, ..) if depth == 1 => {
                if is_key && text == key {
                    return place(span.start);
                }
                is_key = !is_key;
            }
            Event::Alias(_) if depth == 1 => is_key = !is_key,
            _ => {}
        }
    }
    place(start)
}

/// The parser counts columns from 0.
fn place(marker: Marker) -> Place {
    Place::Text {
        line: marker.line(),
        column: marker.col() + 1,
    }
}
