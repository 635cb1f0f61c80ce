//! Where a reference to a schema leads, seen from where it stands.

use serde_json::Value;

use super::inline::percent_decoded;
use crate::tree::{self, Child, Kind, Pointer};

/// A schema that a reference leads to.
pub(super) struct Target<'a> {
    /// Its place, outermost key first.
    pub(super) place: Vec<String>,
    pub(super) schema: &'a Value,
}

/// The documents in which references are looked up.
#[derive(Clone, Copy)]
pub(super) struct Sources<'a> {
    pub(super) upstream: &'a Value,
    /// The selected operations, whose parameters and bodies stand elsewhere in `upstream`.
    pub(super) selected: &'a Value,
}

impl<'a> Sources<'a> {
    /// Follows one reference that stands at `at`.
    ///
    /// A schema with an `$id` is a document of its own for what is inside it. One without is not,
    /// but schemas that were pasted in from elsewhere refer to their own `$defs` as if it were.
    ///
    /// # Errors
    ///
    /// Why it cannot be followed.
    pub(super) fn resolve(self, at: &Pointer, reference: &Value) -> Result<Target<'a>, String> {
        let Some(text) = reference.as_str() else {
            return Err(format!("$ref is {reference}, not a text"));
        };
        let (file, fragment) = text.split_once('#').unwrap_or((text, ""));
        let own = self.upstream.get("$self").and_then(Value::as_str);
        if !file.is_empty() && own != Some(file) {
            return Err(format!(
                "$ref {text} leads to another file, which is not read"
            ));
        }
        let fragment = percent_decoded(fragment);
        let found = if fragment.is_empty() || fragment.starts_with('/') {
            let keys: Vec<String> = fragment
                .split('/')
                .skip(1)
                .map(|key| key.replace("~1", "/").replace("~0", "~"))
                .collect();
            self.by_pointer(at, &keys)
                .ok_or_else(|| format!("$ref {text} leads nowhere: the document has no such place"))
        } else {
            self.by_anchor(at, &fragment)
                .map_err(|reason| format!("$ref {text} {reason}"))
        }?;
        if is_schema_place(&found.place) && (found.schema.is_object() || found.schema.is_boolean())
        {
            Ok(found)
        } else {
            Err(format!("$ref {text} leads to something that is no schema"))
        }
    }

    fn by_pointer(self, at: &Pointer, keys: &[String]) -> Option<Target<'a>> {
        let around = self.around(at);
        let own_document = around
            .iter()
            .find(|(_, schema)| schema.get("$id").is_some());
        let inside = |(place, schema): &(&[String], &'a Value)| {
            Some(Target {
                schema: descend(schema, keys)?,
                place: [place, keys].concat(),
            })
        };
        let root = || {
            let schema = descend(self.upstream, keys)?;
            let place = keys.to_vec();
            Some(Target { place, schema })
        };
        let pasted = || {
            let definitions = matches!(keys.first()?.as_str(), "$defs" | "definitions");
            definitions
                .then(|| around.iter().find_map(inside))
                .flatten()
        };
        own_document.and_then(inside).or_else(root).or_else(pasted)
    }

    fn by_anchor(self, at: &Pointer, name: &str) -> Result<Target<'a>, String> {
        // The names of one schema's anchors may be those of another's.
        let nearest = self.around(at);
        let outermost = nearest.last().map(|(place, _)| place.to_vec());
        let mut found = Vec::new();
        if let Some(place) = &outermost {
            found = anchors(self.holder(at), place, name);
        }
        if found.is_empty() {
            found = anchors(self.upstream, &[], name);
        }
        match (found.pop(), found.is_empty()) {
            (Some(target), true) => Ok(target),
            (Some(_), false) => Err("names an anchor that several schemas have".to_owned()),
            (None, _) => Err("names an anchor that no schema has".to_owned()),
        }
    }

    /// The schemas around a place, innermost first.
    fn around<'p>(self, at: &'p Pointer) -> Vec<(&'p [String], &'a Value)> {
        let keys = at.keys();
        let holder = self.holder(at);
        (1..=keys.len())
            .rev()
            .map(|length| &keys[..length])
            .filter(|place| kind_at(place) == Some(Kind::Schema))
            .filter_map(|place| Some((place, descend(holder, place)?)))
            .collect()
    }

    fn holder(self, at: &Pointer) -> &'a Value {
        match at.keys().first() {
            Some(first) if first == "paths" => self.selected,
            _ => self.upstream,
        }
    }
}

/// The kind of the value at a place; `None` for what the specification does not describe.
pub(super) fn kind_at(place: &[String]) -> Option<Kind> {
    let mut kind = Kind::Document;
    let mut keys = place.iter();
    while let Some(key) = keys.next() {
        kind = match tree::child(kind, key) {
            Child::Leaf => return None,
            Child::One(kind) => kind,
            Child::List(inner) | Child::Map(inner) => {
                keys.next()?;
                inner
            }
        };
    }
    Some(kind)
}

/// Whether a schema may stand there: where the specification says so, or where it says nothing.
fn is_schema_place(place: &[String]) -> bool {
    const ROOT: [&str; 10] = [
        "openapi",
        "$self",
        "info",
        "jsonSchemaDialect",
        "servers",
        "paths",
        "webhooks",
        "components",
        "security",
        "tags",
    ];
    let elsewhere = place
        .first()
        .is_some_and(|first| !ROOT.contains(&first.as_str()));
    elsewhere || kind_at(place) == Some(Kind::Schema)
}

fn descend<'a>(value: &'a Value, keys: &[String]) -> Option<&'a Value> {
    keys.iter().try_fold(value, |value, key| match value {
        Value::Object(object) => object.get(key),
        Value::Array(list) => list.get(key.parse::<usize>().ok()?),
        _ => None,
    })
}

/// The schemas under `place` that call themselves `name`.
fn anchors<'a>(document: &'a Value, place: &[String], name: &str) -> Vec<Target<'a>> {
    let mut places = Vec::new();
    let (Some(kind), Some(value)) = (kind_at(place), descend(document, place)) else {
        return Vec::new();
    };
    let mut at = Pointer::of(place.iter().map(String::as_str));
    tree::read(value, kind, &mut at, &mut |kind, at, value| {
        let named = |key: &str| value.get(key).is_some_and(|anchor| *anchor == *name);
        if kind == Kind::Schema && (named("$anchor") || named("$dynamicAnchor")) {
            places.push(at.keys().to_vec());
        }
    });
    places
        .into_iter()
        .filter_map(|place| {
            Some(Target {
                schema: descend(document, &place)?,
                place,
            })
        })
        .collect()
}
