//! Hand-written string types of the generated client.
//!
//! An id becomes one segment of a URL path. The generated code percent-encodes it, but URL parsers
//! resolve `.` and `..` and read a backslash as a slash. The id types therefore reject these values.

use std::borrow::Borrow;
use std::convert::Infallible;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Deref;
use std::str::FromStr;

use serde::de::{Deserializer, Visitor};
use serde::{Deserialize, Serialize, Serializer};
use smallvec::SmallVec;

/// The bytes of a string. Ids of permissions and projects have 27 to 29 bytes and need no allocation.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Text(SmallVec<[u8; 32]>);

impl Text {
    fn as_str(&self) -> &str {
        // The bytes are always valid UTF-8, so the default is never returned. The check takes only a few nanoseconds.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self(SmallVec::from_slice(text.as_bytes()))
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_str().fmt(f)
    }
}

impl Hash for Text {
    fn hash<H: Hasher>(&self, state: &mut H) {
        // The hash equals that of a `str`, which `Borrow<str>` requires.
        state.write(&self.0);
        state.write_u8(0xff);
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextVisitor;

        impl Visitor<'_> for TextVisitor {
            type Value = Text;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_str<E>(self, text: &str) -> Result<Text, E> {
                Ok(text.into())
            }
        }

        deserializer.deserialize_str(TextVisitor)
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
fn invalid_segment(text: &[u8]) -> Option<&'static str> {
    match text {
        b"" => Some("it is empty"),
        b"." | b".." => Some("`.` and `..` would change the path of the request"),
        // The loop over the bytes has no early exit, so that the compiler vectorizes it. A page of 100 permissions has
        // 200 ids.
        _ if text
            .iter()
            .fold(false, |found, byte| found | (*byte == b'\\')) =>
        {
            Some("it contains a backslash, which URL parsers read as a slash")
        }
        _ => None,
    }
}

/// Defines a string type. `$invalid` returns the reason why a string is rejected.
macro_rules! string_type {
    ($(#[$doc:meta])* $name:ident, $invalid:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
        #[serde(try_from = "Text")]
        pub struct $name(Text);

        impl $name {
            /// Returns the string.
            #[must_use]
            pub fn as_str(&self) -> &str {
                self.0.as_str()
            }
        }

        impl TryFrom<Text> for $name {
            type Error = InvalidId;
            fn try_from(text: Text) -> Result<Self, InvalidId> {
                let invalid: fn(&[u8]) -> Option<&'static str> = $invalid;
                match invalid(&text.0) {
                    Some(reason) => Err(InvalidId { type_name: stringify!($name), reason }),
                    None => Ok(Self(text)),
                }
            }
        }
        impl TryFrom<&str> for $name {
            type Error = InvalidId;
            fn try_from(text: &str) -> Result<Self, InvalidId> {
                Self::try_from(Text::from(text))
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
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
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
    fn id_without_rejected_characters_round_trips() {
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
            assert!(!Text::from(text).0.spilled(), "{text}");
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
