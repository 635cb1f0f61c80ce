//! Sorts and combines the members of unions.
//!
//! A union becomes an untagged enum of serde: the first member that decodes is used, and properties
//! that it does not declare are lost. [`Shapes::union`] sorts the members so that nothing is lost.

use serde_json::{Value, json};

use super::shapes::{Object, Shape, Shapes};
use crate::reference::referenced_name;

/// Maximum depth at which two schemas are compared. Deeper values count as equal.
const MAX_DEPTH: usize = 8;

impl Shapes<'_> {
    /// Returns the union's members, ordered so that no decoded value loses a property.
    ///
    /// Two object schemas for which the same value can be valid become one object with the
    /// properties of both.
    ///
    /// # Errors
    ///
    /// Returns the reason if there is no such order.
    pub(crate) fn union(&self, members: &[Value], any_of: bool) -> Result<Vec<Value>, String> {
        let mut members = members.to_vec();
        while let Some((first, second)) = self.overlapping(&members, any_of)? {
            let other = self.alternatives(&members.remove(second))?;
            let combined = match (self.alternatives(&members[first])?.as_slice(), &other[..]) {
                ([Shape::Object(a)], [Shape::Object(b)]) => {
                    vec![Shape::Object(superset(a, b)).schema()]
                }
                (a, b) => a.iter().chain(b).map(Shape::schema).collect(),
            };
            members.splice(first..=first, combined);
        }
        self.ordered(&members)
    }

    /// Returns the indexes of two members that overlap and must become one member, or `None`.
    fn overlapping(
        &self,
        members: &[Value],
        any_of: bool,
    ) -> Result<Option<(usize, usize)>, String> {
        let shapes = members.iter().map(|member| self.alternatives(member));
        let shapes = shapes.collect::<Result<Vec<_>, _>>()?;
        let overlap = |a: &Shape, b: &Shape| match (a, b) {
            (Shape::Object(one), Shape::Object(other)) if any_of => {
                one != other && !self.exclusive(one, other)
            }
            (Shape::Object(_), Shape::Object(_)) => {
                self.loses(a, b, MAX_DEPTH) && self.loses(b, a, MAX_DEPTH)
            }
            _ => false,
        };
        for second in 0..members.len() {
            for first in 0..second {
                if members[first] != members[second]
                    && any_pair(&shapes[first], &shapes[second], overlap)
                {
                    return Ok(Some((first, second)));
                }
            }
        }
        Ok(None)
    }

    /// Whether the objects have no value in common.
    fn exclusive(&self, a: &Object, b: &Object) -> bool {
        let forbids = |a: &Object, b: &Object| {
            let mut required = b.required.iter();
            a.closed && required.any(|name| !a.properties.contains_key(name))
        };
        let is_sent = |name: &&String| !self.is_one_way(a, name) && !self.is_one_way(b, name);
        let mut common = a.required.intersection(&b.required).filter(is_sent);
        let differs = |name| match (a.properties.get(name), b.properties.get(name)) {
            (Some(a), Some(b)) => !self.any_pair_of(a, b, MAX_DEPTH, Self::decodes),
            _ => false,
        };
        forbids(a, b) || forbids(b, a) || common.any(differs)
    }

    /// Sorts the members of a union so that no decoded value loses a property.
    fn ordered(&self, members: &[Value]) -> Result<Vec<Value>, String> {
        let mut open = Vec::new();
        for member in members {
            let shapes = self.alternatives(member)?;
            if !open.iter().any(|(other, _)| *other == member) {
                open.push((member, shapes));
            }
        }
        // Any string decodes as a plain string, so specific members come first.
        open.sort_by_key(|(_, shapes)| shapes.contains(&Shape::Text(None)));
        let mut ordered = Vec::new();
        while !open.is_empty() {
            let loses = |a: &Shape, b: &Shape| self.loses(a, b, MAX_DEPTH);
            let first = (0..open.len()).find(|index| {
                let mut others = open.iter().enumerate().filter(|(other, _)| other != index);
                others.all(|(_, (_, other))| !any_pair(&open[*index].1, other, loses))
            });
            let Some(first) = first else {
                let names: Vec<String> = open.iter().map(|(member, _)| describe(member)).collect();
                return Err(format!(
                    "the members {} of the union overlap: a value of one would be decoded as another and lose properties",
                    names.join(", ")
                ));
            };
            ordered.push(open.remove(first).0.clone());
        }
        Ok(ordered)
    }

    /// Whether a value of `b` can be decoded as `a` and lose a property.
    fn loses(&self, a: &Shape, b: &Shape, left: usize) -> bool {
        self.decodes(a, b, left) && !self.keeps(a, b, left)
    }

    /// Whether `test` holds for any pair of alternatives of two schemas. True if the schemas are
    /// nested too deeply to decide.
    fn any_pair_of(
        &self,
        a: &Value,
        b: &Value,
        left: usize,
        test: fn(&Self, &Shape, &Shape, usize) -> bool,
    ) -> bool {
        match (
            left.checked_sub(1),
            self.alternatives(a),
            self.alternatives(b),
        ) {
            (Some(left), Ok(a), Ok(b)) => any_pair(&a, &b, |a, b| test(self, a, b, left)),
            _ => true,
        }
    }

    /// Whether a value of `b` may be accepted by the type of `a`.
    fn decodes(&self, a: &Shape, b: &Shape, left: usize) -> bool {
        use Shape::{Any, Array, Boolean, Integer, Null, Number, Object, Text};
        match (a, b) {
            (Any, _) | (_, Any) | (Null, Null) | (Boolean, Boolean) => true,
            (Integer(_) | Number, Integer(_) | Number) => true,
            (Text(Some(a)), Text(Some(b))) => !a.is_disjoint(b),
            (Text(_), Text(_)) | (Array(_), Array(_)) => true,
            // serde also decodes structs from arrays, except structs with a flattened map.
            (Object(a), Array(_)) => a.additional.is_none() && !a.properties.is_empty(),
            (Object(a), Object(b)) => {
                let property = |name: &String| match (a.property(name), b.property(name)) {
                    (Some(inner), Some(other)) => {
                        let may_be_absent = !self.needs(a, name)
                            && (!b.required.contains(name) || self.is_one_way(b, name));
                        may_be_absent
                            || inner["nullable"] == true && other["nullable"] == true
                            || self.any_pair_of(inner, other, left, Self::decodes)
                    }
                    (Some(_), None) => !self.needs(a, name),
                    (None, _) => true,
                };
                a.required.iter().chain(&b.required).all(property)
            }
            _ => false,
        }
    }

    /// Whether a value of `b` round-trips if it is decoded as `a`.
    fn keeps(&self, a: &Shape, b: &Shape, left: usize) -> bool {
        use Shape::{Any, Array, Integer, Number, Object};
        let keeps = |a: &Value, b: &Value| a == b || !self.any_pair_of(a, b, left, Self::loses);
        let is_any = |schema: &Value| *schema == json!({});
        match (a, b) {
            (Any, _) => true,
            (Number, Integer(_)) => false,
            (Array(a), Array(b)) => keeps(a, b),
            (Array(a), Any) => is_any(a),
            (Object(a), Object(b)) => {
                let additional = match (&a.additional, &b.additional) {
                    (_, None) => true,
                    (Some(a), Some(b)) => keeps(a, b),
                    (None, Some(_)) => false,
                };
                let mut properties = b.properties.iter();
                additional
                    && properties.all(|(name, b)| a.property(name).is_some_and(|a| keeps(a, b)))
            }
            (Object(a), Any) => a.properties.is_empty() && a.additional.as_ref().is_none_or(is_any),
            (Object(_), Array(_)) => false,
            _ => true,
        }
    }

    /// Whether decoding fails if a property is absent. Decoding does not fail for a nullable
    /// property, because serde decodes an absent one as null.
    fn needs(&self, object: &Object, name: &str) -> bool {
        let property = object.properties.get(name);
        let is_nullable = property.is_some_and(|schema| schema["nullable"] == true);
        object.required.contains(name) && !is_nullable && !self.is_one_way(object, name)
    }

    /// Whether a property is `readOnly` or `writeOnly`, so that requests or responses omit it.
    fn is_one_way(&self, object: &Object, name: &str) -> bool {
        let has_flag = |schema, flag| self.has_flag(schema, flag);
        let property = object.properties.get(name);
        property.is_some_and(|schema| has_flag(schema, "readOnly") || has_flag(schema, "writeOnly"))
    }
}

impl Object {
    /// Returns the schema of a property. For an undeclared property, this is the schema of the
    /// additional properties.
    fn property(&self, name: &str) -> Option<&Value> {
        self.properties.get(name).or(self.additional.as_ref())
    }
}

fn any_pair(a: &[Shape], b: &[Shape], test: impl Fn(&Shape, &Shape) -> bool) -> bool {
    a.iter().any(|a| b.iter().any(|b| test(a, b)))
}

/// Returns an object type that can hold the properties of both objects.
fn superset(a: &Object, b: &Object) -> Object {
    let either = |a: Option<&Value>, b: Option<&Value>| match (a, b) {
        (Some(a), Some(b)) if a != b => Some(json!({ "anyOf": [a, b] })),
        (a, b) => a.or(b).cloned(),
    };
    let names = a.properties.keys().chain(b.properties.keys());
    let property =
        |name: &String| Some((name.clone(), either(a.property(name), b.property(name))?));
    Object {
        properties: names.filter_map(property).collect(),
        required: a.required.intersection(&b.required).cloned().collect(),
        additional: either(a.additional.as_ref(), b.additional.as_ref()),
        closed: a.closed && b.closed,
    }
}

/// Returns the name of a component schema, or a short description of an inline schema.
fn describe(schema: &Value) -> String {
    let title = || schema["title"].as_str().map(str::to_owned);
    let kind = || {
        schema["type"]
            .as_str()
            .map(|kind| format!("{kind} without a name"))
    };
    let name = referenced_name(schema).or_else(title).or_else(kind);
    name.unwrap_or_else(|| "{…}".to_owned())
}
