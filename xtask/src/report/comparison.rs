//! The state of a comparison, and helper functions.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::rules::{Change, DOCUMENTATION, Direction, RUST_EXTENSION, Rule, UNKNOWN};
use crate::{
    keywords::is_annotation,
    reference::component_name,
    tree::{entries, text},
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

impl Comparison<'_> {
    /// Adds a change with the grade and the texts of a rule. The texts have no placeholders.
    pub(super) fn add(&mut self, place: &Place, rule: &Rule) {
        self.replaced(place, rule, "", Pair::of(&Value::Null, &Value::Null));
    }

    /// Adds a change with the grade and the texts of a rule, and replaces the placeholders `{key}`,
    /// `{old}` and `{new}` in its description.
    pub(super) fn replaced(&mut self, place: &Place, rule: &Rule, key: &str, pair: Pair<'_>) {
        let what = rule.what.replace("{key}", key);
        let what = what
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
    /// The function `rule` is called for each key whose values differ. The function returns the
    /// rule for the key, or `None` if the function compared the values itself. [`default_rule`]
    /// returns the rule for unknown keys.
    pub(super) fn members<'r>(
        &mut self,
        place: &Place,
        pair: Pair<'_>,
        mut rule: impl FnMut(&mut Self, &str, Pair<'_>) -> Option<&'r Rule>,
    ) {
        for key in pair.keys() {
            let member = pair.at(key);
            if !member.is_equal()
                && let Some(rule) = rule(self, key, member)
            {
                self.replaced(place, rule, key, member);
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
        match references.map(|reference| component_name(text(reference))) {
            (Some(old), Some(new)) => self.renamed.get(&old).unwrap_or(&old) == &new,
            _ => references.is_equal(),
        }
    }
}

/// Returns the rule for a key without a rule of its own. A change of such a key counts as breaking,
/// unless the key is documentation.
pub(super) fn default_rule(key: &str) -> &'static Rule {
    if key.starts_with("x-rust-") {
        &RUST_EXTENSION
    } else if is_annotation(key) && key != "default"
        || key.starts_with("x-")
        || matches!(key, "bearerFormat" | "links" | "summary" | "tags")
    {
        &DOCUMENTATION
    } else {
        &UNKNOWN
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

    /// Returns whether both versions are objects.
    pub(super) fn are_objects(self) -> bool {
        self.map(Value::is_object) == (true, true)
    }

    /// Returns both versions of the value of a key.
    pub(super) fn at(self, key: &str) -> Self {
        Self::of(&self.old[key], &self.new[key])
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
        self.at(key).map(|value| *value == true)
    }
}

impl Place {
    pub(super) fn new(direction: Option<Direction>, location: impl Into<String>) -> Self {
        Self {
            direction,
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

/// Formats a value for a message.
fn shown(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::String(text) => format!("`{text}`"),
        other => format!("`{other}`"),
    }
}
