//! The state of a comparison, and helper functions.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{
    change::{Change, Direction},
    rules::{DOCUMENTATION, RUST_EXTENSION, Rule, UNKNOWN},
};
use crate::{
    keywords::{self, Role},
    reference::component_name,
    tree::entries,
};

/// A comparison of two trimmed specs.
pub(super) struct Comparison<'a> {
    pub(super) documents: Pair<'a>,
    /// Map from the old to the new names of schemas that changed only their name.
    pub(super) renamed: BTreeMap<String, String>,
    /// Map from the old to the new `operationId`s of renamed operations.
    pub(super) renamed_operations: BTreeMap<String, String>,
    pub(super) changes: Vec<Change>,
}

/// Location of a compared value.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) direction: Option<Direction>,
    pub(super) location: String,
    /// Whether the value is a property of an object.
    pub(super) in_property: bool,
}

impl<'a> Comparison<'a> {
    pub(super) fn new(documents: Pair<'a>) -> Self {
        Self {
            documents,
            renamed: BTreeMap::new(),
            renamed_operations: BTreeMap::new(),
            changes: Vec::new(),
        }
    }

    /// Adds a change by a rule without placeholders.
    pub(super) fn add(&mut self, place: &Place, rule: &Rule) {
        self.replaced(place, rule, "", Pair::of(&Value::Null, &Value::Null));
    }

    /// Adds a change by a rule with the placeholders `{key}`, `{old}` and `{new}`.
    pub(super) fn replaced(&mut self, place: &Place, rule: &Rule, key: &str, pair: Pair<'_>) {
        let what = rule
            .what
            .replace("{key}", key)
            .replace("{old}", &shown(pair.old))
            .replace("{new}", &shown(pair.new));
        self.changes.push(Change {
            grade: rule.grade(place.direction),
            direction: place.direction,
            location: place.location.clone(),
            what,
            reason: rule.reason.to_owned(),
        });
    }

    /// Compares the values of two objects, key by key.
    ///
    /// `rule` is called for each key whose values differ, and returns whether it handled the key.
    /// Other keys are documentation, or unknown and therefore breaking.
    pub(super) fn members(
        &mut self,
        place: &Place,
        pair: Pair<'_>,
        mut rule: impl FnMut(&mut Self, &str, Pair<'_>) -> bool,
    ) {
        for key in pair.keys() {
            let member = pair.at(key);
            if member.is_equal() || rule(self, key, member) {
                continue;
            }
            let default = if key.starts_with("x-rust-") {
                &RUST_EXTENSION
            } else if is_documentation(key) {
                &DOCUMENTATION
            } else {
                &UNKNOWN
            };
            self.replaced(place, default, key, member);
        }
    }

    /// Compares the entries of two maps, such as the headers of a response.
    pub(super) fn entries(
        &mut self,
        place: impl Fn(&str) -> Place,
        pair: Pair<'_>,
        (removed, added): (&Rule, &Rule),
        mut both: impl FnMut(&mut Self, &Place, Pair<'_>),
    ) {
        for name in pair.keys() {
            let (place, entry) = (place(name), pair.at(name));
            match (entry.old.is_null(), entry.new.is_null()) {
                (false, false) => both(self, &place, entry),
                (false, true) => self.add(&place, removed),
                (true, _) => self.add(&place, added),
            }
        }
    }

    /// Compares two lists of values, whose order has no meaning.
    pub(super) fn items(
        &mut self,
        place: &Place,
        (old, new): (&[&Value], &[&Value]),
        (removed, added): (&Rule, &Rule),
    ) {
        for value in old.iter().filter(|value| !new.contains(value)) {
            self.replaced(place, removed, "", Pair::of(value, &Value::Null));
        }
        for value in new.iter().filter(|value| !old.contains(value)) {
            self.replaced(place, added, "", Pair::of(&Value::Null, value));
        }
    }

    /// Returns whether two references refer to the same Rust type.
    pub(super) fn is_same_type(&self, references: Pair<'_>) -> bool {
        let (old, new) = references.map(|reference| reference.as_str().and_then(component_name));
        let (Some(old), Some(new)) = (old, new) else {
            return references.is_equal();
        };
        self.renamed.get(&old).unwrap_or(&old) == &new
    }
}

/// The old and new versions of a value. An absent value is null.
#[derive(Clone, Copy)]
pub(super) struct Pair<'v> {
    pub(super) old: &'v Value,
    pub(super) new: &'v Value,
}

impl<'v> Pair<'v> {
    pub(super) fn of(old: &'v Value, new: &'v Value) -> Self {
        Self { old, new }
    }

    pub(super) fn is_equal(self) -> bool {
        self.old == self.new
    }

    /// Returns both versions of the value of a key.
    pub(super) fn at(self, key: &str) -> Self {
        Self::of(at(self.old, key), at(self.new, key))
    }

    /// Returns the keys of both objects, sorted and without duplicates.
    pub(super) fn keys(self) -> BTreeSet<&'v str> {
        let (old, new) = self.map(entries);
        old.chain(new).map(|(key, _)| key.as_str()).collect()
    }

    pub(super) fn map<T>(self, f: impl Fn(&'v Value) -> T) -> (T, T) {
        (f(self.old), f(self.new))
    }

    /// Returns both versions of a boolean key. An absent key is false.
    pub(super) fn flags(self, key: &str) -> (bool, bool) {
        self.at(key).map(|value| value == &Value::Bool(true))
    }
}

impl Place {
    pub(super) fn new(
        direction: impl Into<Option<Direction>>,
        location: impl Into<String>,
    ) -> Self {
        Self {
            direction: direction.into(),
            location: location.into(),
            in_property: false,
        }
    }

    /// Returns a nested location. `step` starts with its separator, such as `.` or `, `.
    pub(super) fn inside(&self, step: impl AsRef<str>) -> Self {
        Self {
            location: format!("{}{}", self.location, step.as_ref()),
            ..self.clone()
        }
    }

    /// Returns the location of a property.
    pub(super) fn property(&self, name: &str) -> Self {
        Self {
            in_property: true,
            ..self.inside(format!(".{name}"))
        }
    }

    /// Returns this location with a direction.
    pub(super) fn with(&self, direction: Direction) -> Self {
        Self {
            direction: Some(direction),
            ..self.clone()
        }
    }
}

/// Returns whether a key is documentation or an extension without an effect on the client.
fn is_documentation(key: &str) -> bool {
    let is_annotation = matches!(keywords::role(key), Some(Role::Prose | Role::Annotation));
    is_annotation && key != "default"
        || key.starts_with("x-")
        || matches!(key, "bearerFormat" | "links" | "summary" | "tags")
}

/// Returns the value of a key, or null if it is absent.
pub(super) fn at<'v>(value: &'v Value, key: &str) -> &'v Value {
    value.get(key).unwrap_or(&Value::Null)
}

/// Formats a value for a message.
pub(super) fn shown(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::String(text) => format!("`{text}`"),
        other => format!("`{other}`"),
    }
}
