//! What every rule needs: both documents, where it stands, and a list to write to.

use std::collections::BTreeMap;

use serde_json::Value;

use super::change::{Change, Direction, Grade};

/// Two documents under comparison.
pub(super) struct Comparison<'a> {
    pub(super) old: &'a Value,
    pub(super) new: &'a Value,
    /// Old names of schemas with their new ones, where only the name changed.
    pub(super) renamed: BTreeMap<String, String>,
    pub(super) changes: Vec<Change>,
}

/// Where a rule stands.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) direction: Option<Direction>,
    pub(super) location: String,
    /// Whether it is a property of an object rather than a parameter or a whole.
    pub(super) in_property: bool,
}

impl<'a> Comparison<'a> {
    pub(super) fn new(old: &'a Value, new: &'a Value) -> Self {
        Self {
            old,
            new,
            renamed: BTreeMap::new(),
            changes: Vec::new(),
        }
    }

    pub(super) fn add(
        &mut self,
        place: &Place,
        grade: Grade,
        what: impl Into<String>,
        reason: &str,
    ) {
        self.changes.push(Change {
            grade,
            direction: place.direction,
            location: place.location.clone(),
            what: what.into(),
            reason: reason.to_owned(),
        });
    }

    /// A difference that no rule knows.
    pub(super) fn unclassified(&mut self, place: &Place, what: impl Into<String>) {
        self.add(
            place,
            Grade::Major,
            what,
            "no rule knows this change, so it counts as breaking",
        );
    }

    /// A difference in what only people read.
    pub(super) fn documentation(&mut self, place: &Place, keyword: &str) {
        let what = format!("`{keyword}` changed");
        self.add(place, Grade::Patch, what, "documentation only");
    }

    /// Whether a reference still means the same type of the client.
    pub(super) fn same_reference(&self, old: &str, new: &str) -> bool {
        old == new
            || self
                .renamed
                .get(schema_name(old))
                .is_some_and(|name| name == schema_name(new))
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

    /// A place inside this one; `step` brings its own separator.
    pub(super) fn inside(&self, step: impl AsRef<str>) -> Self {
        Self {
            direction: self.direction,
            location: format!("{}{}", self.location, step.as_ref()),
            in_property: self.in_property,
        }
    }

    /// A property of the object at this place.
    pub(super) fn property(&self, name: &str) -> Self {
        let place = self.inside(format!(".{name}"));
        Self {
            in_property: true,
            ..place
        }
    }

    pub(super) fn travelling(&self, direction: Direction) -> Self {
        Self {
            direction: Some(direction),
            ..self.clone()
        }
    }

    /// Where nothing is known of the direction, both rules hold.
    pub(super) fn direction(&self) -> Direction {
        self.direction.unwrap_or(Direction::Both)
    }
}

/// The value at a key, or null: rules compare absent keys too.
pub(super) fn at<'v>(value: &'v Value, key: &str) -> &'v Value {
    value.get(key).unwrap_or(&Value::Null)
}

/// The keys of both objects, sorted, without repetition.
pub(super) fn keys<'v>(old: &'v Value, new: &'v Value) -> Vec<&'v str> {
    let of = |value: &'v Value| value.as_object().into_iter().flat_map(|map| map.keys());
    let mut keys: Vec<&str> = of(old).chain(of(new)).map(String::as_str).collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}

/// Follows a chain of references to a component; what leads nowhere is returned as it is.
pub(super) fn resolve<'v>(document: &'v Value, value: &'v Value) -> &'v Value {
    let mut value = value;
    // A chain longer than this is a cycle, and a cycle has no end to return.
    for _ in 0..32 {
        let Some(reference) = value.get("$ref").and_then(Value::as_str) else {
            return value;
        };
        let Some(target) = reference
            .strip_prefix('#')
            .and_then(|at| document.pointer(at))
        else {
            return value;
        };
        value = target;
    }
    value
}

/// The last segment of a reference, which is the name of its schema.
pub(super) fn schema_name(reference: &str) -> &str {
    reference.rsplit('/').next().unwrap_or(reference)
}

/// A value as a reviewer reads it in a sentence.
pub(super) fn shown(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::String(text) => format!("`{text}`"),
        other => format!("`{other}`"),
    }
}
