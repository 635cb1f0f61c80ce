//! Hand-written string types of the generated client.
//!
//! An id becomes one segment of a URL path. The generated code percent-encodes it, but URL parsers
//! resolve `.` and `..` and read a backslash as a slash. The id types therefore reject these values.

use std::borrow::Borrow;
use std::cmp::Ordering;
use std::convert::Infallible;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::ops::Deref;
use std::str::FromStr;
use std::sync::Arc;

use serde::de::{Deserialize, Deserializer, Visitor};
use serde::ser::{Serialize, Serializer};

/// Length in bytes up to which a string needs no allocation: ids of permissions and projects have 27 to 29 bytes. With its
/// tag and its length, a string then has 32 bytes, and pages of permissions are moved several times.
const INLINE: usize = 30;

/// Half of a typical string, which is copied without a call of `memcpy`.
const HALF: usize = 16;

/// A short string in place, or a longer one that clones share.
#[derive(Clone)]
enum Text {
    /// The bytes after the length are zero.
    Short {
        bytes: [u8; INLINE],
        length: u8,
    },
    Long(Arc<str>),
}

impl Text {
    fn new(text: &str) -> Self {
        let mut bytes = [0; INLINE];
        match (bytes.get_mut(..text.len()), u8::try_from(text.len())) {
            (Some(place), Ok(length)) => {
                let text = text.as_bytes();
                match (text.first_chunk::<HALF>(), text.last_chunk::<HALF>()) {
                    // Both halves have a fixed length and may overlap.
                    (Some(first), Some(last)) => {
                        place[..HALF].copy_from_slice(first);
                        let rest = place.len() - HALF;
                        place[rest..].copy_from_slice(last);
                    }
                    _ => place.copy_from_slice(text),
                }
                Self::Short { bytes, length }
            }
            _ => Self::Long(text.into()),
        }
    }

    /// Compares all bytes without an early exit, which the compiler vectorizes. A page of 100 permissions has 200 ids.
    fn contains_backslash(&self) -> bool {
        let contains = |bytes: &[u8]| {
            bytes
                .iter()
                .fold(false, |found, byte| found | (*byte == b'\\'))
        };
        match self {
            Self::Short { bytes, .. } => contains(bytes),
            Self::Long(text) => contains(text.as_bytes()),
        }
    }

    fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Short { bytes, length } => &bytes[..usize::from(*length)],
            Self::Long(text) => text.as_bytes(),
        }
    }

    fn as_str(&self) -> &str {
        match self {
            // The bytes are always valid, and the check takes a few nanoseconds.
            Self::Short { .. } => std::str::from_utf8(self.as_bytes()).unwrap_or_default(),
            Self::Long(text) => text,
        }
    }
}

/// The reason why a string is not a valid id.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct InvalidId {
    type_name: &'static str,
    reason: &'static str,
}

impl fmt::Display for InvalidId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "invalid {}: {}", self.type_name, self.reason)
    }
}

impl std::error::Error for InvalidId {}

impl From<Infallible> for InvalidId {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

/// Returns the reason why a string cannot be a URL path segment.
fn invalid_segment(text: &Text) -> Option<&'static str> {
    match text.as_bytes() {
        b"" => Some("it is empty"),
        b"." | b".." => Some("`.` and `..` would change the path of the request"),
        _ if text.contains_backslash() => {
            Some("it contains a backslash, which URL parsers read as a slash")
        }
        _ => None,
    }
}

/// Deserializes a string type from borrowed text.
struct TextVisitor<T>(PhantomData<T>);

impl<T: for<'a> TryFrom<&'a str, Error = InvalidId>> Visitor<'_> for TextVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<T, E> {
        T::try_from(text).map_err(E::custom)
    }
}

/// Defines a string type. `$invalid` returns the reason why a string is rejected.
macro_rules! string_type {
    ($(#[$doc:meta])* $name:ident, $invalid:expr) => {
        $(#[$doc])*
        #[derive(Clone)]
        pub struct $name(Text);

        impl $name {
            /// Returns the string.
            #[must_use]
            pub fn as_str(&self) -> &str {
                self.0.as_str()
            }
        }

        impl TryFrom<&str> for $name {
            type Error = InvalidId;
            fn try_from(text: &str) -> Result<Self, InvalidId> {
                let text = Text::new(text);
                let invalid: fn(&Text) -> Option<&'static str> = $invalid;
                match invalid(&text) {
                    Some(reason) => Err(InvalidId { type_name: stringify!($name), reason }),
                    None => Ok(Self(text)),
                }
            }
        }
        impl TryFrom<String> for $name {
            type Error = InvalidId;
            fn try_from(text: String) -> Result<Self, InvalidId> {
                Self::try_from(text.as_str())
            }
        }
        impl TryFrom<&String> for $name {
            type Error = InvalidId;
            fn try_from(text: &String) -> Result<Self, InvalidId> {
                Self::try_from(text.as_str())
            }
        }
        impl FromStr for $name {
            type Err = InvalidId;
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                Self::try_from(text)
            }
        }
        impl From<&$name> for $name {
            fn from(id: &$name) -> Self {
                id.clone()
            }
        }
        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.as_str().to_owned()
            }
        }

        impl Deref for $name {
            type Target = str;
            fn deref(&self) -> &str {
                self.as_str()
            }
        }
        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                self.as_str()
            }
        }
        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                self.as_str()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_tuple(stringify!($name)).field(&self.as_str()).finish()
            }
        }

        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                self.0.as_bytes() == other.0.as_bytes()
            }
        }
        impl PartialEq<str> for $name {
            fn eq(&self, other: &str) -> bool {
                self.as_str() == other
            }
        }
        impl PartialEq<&str> for $name {
            fn eq(&self, other: &&str) -> bool {
                self.as_str() == *other
            }
        }
        impl Eq for $name {}
        impl Ord for $name {
            fn cmp(&self, other: &Self) -> Ordering {
                self.as_str().cmp(other.as_str())
            }
        }
        impl PartialOrd for $name {
            fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
                Some(self.cmp(other))
            }
        }
        impl Hash for $name {
            fn hash<H: Hasher>(&self, state: &mut H) {
                // As `str` does, which `Borrow<str>` requires.
                state.write(self.0.as_bytes());
                state.write_u8(0xff);
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_str(TextVisitor(PhantomData))
            }
        }
    };
}

string_type! {
    /// The name of a fine-tuned checkpoint, such as `ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd`.
    ///
    /// Its parts are `ft`, the base model, the organization, an optional suffix and the id of the
    /// checkpoint. Only empty strings, `.`, `..` and backslashes are rejected.
    CheckpointId, invalid_segment
}

string_type! {
    /// The id of a permission: `cp_` and letters and digits, such as `cp_zc4Q7MP6XxulcVzj4MZdwsAB`.
    ///
    /// Only empty strings, `.`, `..` and backslashes are rejected.
    PermissionId, invalid_segment
}

string_type! {
    /// The id of a project: `proj_` and letters and digits, such as `proj_abGMw1llN8IrBb6SvvY5A1iH`.
    ///
    /// Only empty strings, `.`, `..` and backslashes are rejected.
    ProjectId, invalid_segment
}

string_type! {
    /// Any other string in a URL path. Empty strings, `.`, `..` and backslashes are rejected.
    PathSegment, invalid_segment
}

string_type! {
    /// The member `object` of a response, such as `list`. Any string is accepted.
    ObjectType, |_| None
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeSet, HashSet};

    use super::*;

    #[test]
    fn unsafe_path_segments_are_rejected() {
        for (text, reason) in [
            ("", "it is empty"),
            (".", "change the path"),
            ("..", "change the path"),
            ("a\\b", "a backslash"),
        ] {
            for error in [
                ProjectId::try_from(text).unwrap_err(),
                ProjectId::try_from(text.to_owned()).unwrap_err(),
                ProjectId::try_from(&text.to_owned()).unwrap_err(),
                text.parse::<ProjectId>().unwrap_err(),
            ] {
                let message = error.to_string();
                assert!(message.starts_with("invalid ProjectId: "), "{message}");
                assert!(message.contains(reason), "{message}");
            }
            let json = serde_json::to_string(text).unwrap();
            assert!(
                serde_json::from_str::<PathSegment>(&json).is_err(),
                "{json}"
            );
            assert_eq!(serde_json::from_str::<ObjectType>(&json).unwrap(), text);
        }
    }

    #[test]
    fn id_with_any_other_characters_round_trips() {
        let long = "ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd";
        for text in [
            "...",
            "a/b",
            "%2e%2e",
            "é\n",
            "proj_abGMw1llN8IrBb6SvvY5A1iH",
            long,
        ] {
            let id: CheckpointId = text.parse().unwrap();
            assert_eq!(id, text);
            assert_eq!(id.len(), text.len());
            let json = serde_json::to_string(&id).unwrap();
            assert_eq!(serde_json::from_str::<CheckpointId>(&json).unwrap(), id);
            assert_eq!(String::from(id), text);
        }
    }

    #[test]
    fn usual_ids_need_no_allocation() {
        for text in [
            "cp_zc4Q7MP6XxulcVzj4MZdwsAB",
            "proj_abGMw1llN8IrBb6SvvY5A1iH",
            "checkpoint.permission",
        ] {
            assert!(matches!(Text::new(text), Text::Short { .. }), "{text}");
        }
    }

    #[test]
    fn ids_sort_hash_and_compare_as_strings() {
        let ids = ["proj_b", "proj_a"].map(|text| ProjectId::try_from(text).unwrap());
        let sorted: BTreeSet<_> = ids.iter().cloned().collect();
        assert_eq!(sorted.first().map(ProjectId::as_str), Some("proj_a"));
        assert!(HashSet::from(ids).contains("proj_b"));
    }

    #[test]
    fn debug_and_display_show_the_string() {
        let id = ProjectId::try_from("proj_a").unwrap();
        assert_eq!(
            format!("{id:?} [{id:8}]"),
            "ProjectId(\"proj_a\") [proj_a  ]"
        );
    }
}
