//! Changes and their grades, with the kinds of changes in one table.
//!
//! A kind that oasdiff or cargo-semver-checks also grades has the grade of that tool. If both tools
//! grade the kind, it has the stricter of the two grades. Errors and warnings of oasdiff both count
//! as major.

use std::fmt;

use serde::Serialize;

use self::Grade::{Major, Minor, Patch};

/// The version bump that a change requires, by semantic versioning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Grade {
    /// Code, requests and responses stay the same.
    Patch,
    /// Adds functionality. Existing code compiles and works.
    Minor,
    /// Existing code may not compile, or a call that succeeded may fail.
    Major,
}

/// Whether a value is part of requests, responses or both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// Sent by the client. The server must not require more than before.
    Request,
    /// Sent by the server. The server must not send values that were not allowed before.
    Response,
    /// Sent by the client and the server.
    Both,
}

/// A difference between two trimmed specs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Change {
    /// The version bump that the change requires.
    pub grade: Grade,
    /// Direction of the changed value. `None` if the change concerns no value.
    pub direction: Option<Direction>,
    /// Location of the change, such as `Permission.project_id` or `GET /path, query limit`.
    pub location: String,
    /// The difference.
    pub what: String,
    /// Reason for the grade.
    pub reason: String,
}

impl Direction {
    pub(super) fn and(self, other: Self) -> Self {
        if self == other { self } else { Self::Both }
    }
}

impl fmt::Display for Grade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Patch => "patch",
            Self::Minor => "minor",
            Self::Major => "major",
        })
    }
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Request => "request",
            Self::Response => "response",
            Self::Both => "request and response",
        })
    }
}

/// A kind of change.
pub(super) struct Rule {
    /// Grade if the value is part of requests.
    request: Grade,
    /// Grade if the value is part of responses.
    response: Grade,
    /// Description with the placeholders `{key}`, `{old}` and `{new}`.
    pub(super) what: &'static str,
    /// Reason for the grade.
    pub(super) reason: &'static str,
}

impl Rule {
    pub(super) fn grade(&self, direction: Option<Direction>) -> Grade {
        match direction {
            Some(Direction::Request) => self.request,
            Some(Direction::Response) => self.response,
            Some(Direction::Both) | None => self.request.max(self.response),
        }
    }
}

const fn same(grade: Grade, what: &'static str, reason: &'static str) -> Rule {
    by_direction(grade, grade, what, reason)
}

const fn by_direction(
    request: Grade,
    response: Grade,
    what: &'static str,
    reason: &'static str,
) -> Rule {
    Rule {
        request,
        response,
        what,
        reason,
    }
}

#[rustfmt::skip]
mod table {
    use super::*;

    const TIGHTER: &str = "the server may refuse a request that it accepted before; a response contains no new values";
    const LOOSER: &str = "the server accepts more values than before; a response may contain new values";
    const REPLACED: &str = "`{key}` is {new} instead of {old}";

    pub(in super::super) const UNKNOWN: Rule = same(Major, "`{key}` is {new} instead of {old}", "no rule covers this change, so it counts as breaking");
    pub(in super::super) const DOCUMENTATION: Rule = same(Patch, "`{key}` changed", "documentation only");
    pub(in super::super) const RUST_EXTENSION: Rule = same(Major, REPLACED, "the Rust type or its name changes");

    pub(in super::super) const SERVER_ADDED: Rule = same(Patch, "the server {new} is new", "the user of the client chooses the server");
    pub(in super::super) const SERVER_REMOVED: Rule = same(Major, "the server {old} was removed", "old clients use the URL of this server");
    pub(in super::super) const SCHEME_ADDED: Rule = same(Patch, "the security scheme is new", "a change of an operation's `security` is reported separately");
    pub(in super::super) const SCHEME_REMOVED: Rule = same(Patch, "the security scheme was removed", "a change of an operation's `security` is reported separately");
    pub(in super::super) const SCHEME_CHANGED: Rule = same(Major, REPLACED, "clients would send the credential in the wrong form");

    pub(in super::super) const OPERATION_ADDED: Rule = same(Minor, "the operation is new", "the client has a new method");
    pub(in super::super) const OPERATION_REMOVED: Rule = same(Major, "the operation was removed", "the client no longer has its method");
    pub(in super::super) const OPERATION_MOVED: Rule = same(Major, "moved from {old}", "old clients use the old path");
    pub(in super::super) const OPERATION_RENAMED: Rule = same(Major, "the operation is called {new} instead of {old}", "the client method has another name");
    pub(in super::super) const KEY_NOT_NEEDED: Rule = same(Patch, "requires {new} instead of {old}", "the operation works without credentials before and after");
    pub(in super::super) const KEY_NO_LONGER_NEEDED: Rule = same(Minor, "requires {new} instead of {old}", "credentials are no longer required");
    pub(in super::super) const KEY_ALTERNATIVE: Rule = same(Minor, "requires {new} instead of {old}", "all accepted credentials are still accepted");
    pub(in super::super) const KEY_REFUSED: Rule = same(Major, "requires {new} instead of {old}", "previously accepted credentials may be refused");

    pub(in super::super) const PATH_PARAMETER_RENAMED: Rule = same(Major, "the parameter was renamed from {old}", "the setter has another name; requests are unchanged");
    pub(in super::super) const PARAMETER_ADDED: Rule = same(Minor, "an optional parameter is new", "the builder has a new setter");
    pub(in super::super) const PARAMETER_REQUIRED: Rule = same(Major, "a required parameter is new", "a call without the parameter fails");
    pub(in super::super) const PARAMETER_REMOVED: Rule = same(Major, "the parameter was removed", "the builder no longer has its setter");
    pub(in super::super) const PARAMETER_FORM: Rule = same(Major, REPLACED, "old clients encode the value in the old form");
    pub(in super::super) const BECAME_REQUIRED: Rule = by_direction(Major, Patch, "became required", "a call without it fails; a response always contains it");
    pub(in super::super) const BECAME_OPTIONAL: Rule = by_direction(Minor, Major, "became optional", "the setter accepts the same values; a response may omit the value");
    pub(in super::super) const BODY_ADDED: Rule = same(Minor, "an optional body is new", "the builder has a new setter");
    pub(in super::super) const BODY_REQUIRED: Rule = same(Major, "a required body is new", "a call without it fails");
    pub(in super::super) const BODY_OPTIONAL: Rule = same(Major, "became optional", "the argument of its setter becomes an `Option`");
    pub(in super::super) const BODY_REMOVED: Rule = same(Major, "the body was removed", "the builder no longer has its setter");
    pub(in super::super) const MEDIA_ADDED: Rule = same(Minor, "the media type is new", "the other media types are unchanged");
    pub(in super::super) const MEDIA_REMOVED: Rule = same(Major, "the media type was removed", "old clients use it");

    pub(in super::super) const STATUS_ADDED: Rule = same(Minor, "the status is new", "the new status has the same content as the other statuses");
    pub(in super::super) const STATUS_CONTENT: Rule = same(Major, "a status with different content is new", "the result type of the method depends on the content of each status");
    pub(in super::super) const STATUS_REMOVED: Rule = same(Major, "the status was removed", "old clients expect this status");
    pub(in super::super) const ERROR_STATUS: Rule = same(Major, "an error status was added to or removed from the documentation", "the error type of the method depends on the documented error statuses");
    pub(in super::super) const HEADER_ADDED: Rule = same(Patch, "the header is new", "the client returns all headers");
    pub(in super::super) const HEADER_REMOVED: Rule = same(Major, "the header was removed", "code that reads this header finds no value");

    pub(in super::super) const TYPE_ADDED: Rule = same(Minor, "the type is new", "existing code does not use the new type");
    pub(in super::super) const TYPE_REMOVED: Rule = same(Major, "the type was removed", "code that uses the type does not compile");
    pub(in super::super) const TYPE_RENAMED: Rule = same(Major, "the type is now called {new}", "code that uses the old name does not compile; requests and responses are unchanged");
    pub(in super::super) const TYPE_REPLACED: Rule = same(Major, "the type is {new} instead of {old}", "the Rust type changes");
    pub(in super::super) const TYPE_INLINED: Rule = same(Major, "the type {old} is inlined", "the Rust type has another name");
    pub(in super::super) const TYPE_NAMED: Rule = same(Major, "the type is now {new}", "the Rust type has another name");
    pub(in super::super) const TYPE_TITLE: Rule = same(Major, "the title is {new} instead of {old}", "the Rust type may have another name");
    pub(in super::super) const TYPE_NEGATION: Rule = same(Major, REPLACED, "the Rust type refuses different values than before");
    pub(in super::super) const COMBINATION: Rule = same(Major, "the schemas in `{key}` changed", "the Rust type may change");
    pub(in super::super) const FORMAT_TYPE: Rule = same(Major, REPLACED, "the Rust type changes");
    pub(in super::super) const FORMAT_ADDED: Rule = by_direction(Major, Patch, REPLACED, TIGHTER);
    pub(in super::super) const FORMAT_REMOVED: Rule = by_direction(Minor, Major, REPLACED, LOOSER);
    pub(in super::super) const FORMAT_CHANGED: Rule = same(Major, REPLACED, "values of the old format may be refused");
    pub(in super::super) const ENUM_ADDED: Rule = same(Major, "became an enum", "the Rust type changes");
    pub(in super::super) const ENUM_REMOVED: Rule = same(Major, "is no longer an enum", "the Rust type changes");
    pub(in super::super) const VALUE_ADDED: Rule = same(Major, "the value {new} is new", "a `match` without a wildcard does not compile, and old clients cannot decode the new value");
    pub(in super::super) const VALUE_REMOVED: Rule = same(Major, "the value {old} was removed", "code that uses the variant of this value does not compile");
    pub(in super::super) const VALUE_ORDER: Rule = same(Major, "the order of the values changed", "the order of the variants of the Rust enum changes");
    pub(in super::super) const DEFAULT: Rule = by_direction(Major, Patch, REPLACED, "a request without the value has another meaning");
    pub(in super::super) const PROPERTY_DEFAULT: Rule = by_direction(Minor, Patch, REPLACED, "a request without the value has another meaning");
    pub(in super::super) const TIGHTER_LIMIT: Rule = by_direction(Major, Patch, REPLACED, TIGHTER);
    pub(in super::super) const LOOSER_LIMIT: Rule = by_direction(Minor, Major, REPLACED, LOOSER);
    pub(in super::super) const OTHER_LIMIT: Rule = same(Major, REPLACED, "some values that were accepted before are now refused");
    pub(in super::super) const PATTERN_CHANGED: Rule = by_direction(Major, Patch, REPLACED, "the server may refuse a request that it accepted before; the client does not check responses");
    pub(in super::super) const PATTERN_REMOVED: Rule = by_direction(Minor, Patch, REPLACED, "the server accepts more values than before");

    pub(in super::super) const PROPERTY_ADDED: Rule = same(Minor, "an optional property is new", "the non-exhaustive struct has a new field");
    pub(in super::super) const PROPERTY_REQUIRED_ADDED: Rule = by_direction(Major, Minor, "a required property is new", "the server refuses a request without the property; the type of a response has a new field");
    pub(in super::super) const PROPERTY_REMOVED: Rule = same(Major, "the property was removed", "code that uses the field of this property does not compile");
    pub(in super::super) const PROPERTY_REQUIRED: Rule = same(Major, "the property became required", "the field is no longer an `Option`");
    pub(in super::super) const PROPERTY_OPTIONAL: Rule = same(Major, "the property became optional", "the field becomes an `Option`");
    pub(in super::super) const NULLABLE_REQUIRED: Rule = by_direction(Major, Patch, "the property became required", "the field is an `Option` before and after; the server refuses a request without the property");
    pub(in super::super) const NULLABLE_OPTIONAL: Rule = by_direction(Minor, Major, "the property became optional", "the field is an `Option` before and after; a response may omit the property");
    pub(in super::super) const NULL_ALLOWED: Rule = same(Major, "may be null", "the Rust type becomes an `Option`");
    pub(in super::super) const NULL_FORBIDDEN: Rule = same(Major, "may no longer be null", "the Rust type is no longer an `Option`");
    pub(in super::super) const OPTION_NULL_ALLOWED: Rule = by_direction(Minor, Major, "may be null", "the field was already an `Option`; old clients did not expect null");
    pub(in super::super) const OPTION_NULL_FORBIDDEN: Rule = by_direction(Major, Patch, "may no longer be null", "the field is an `Option` before and after; the server refuses null");
    pub(in super::super) const ADDITIONAL_FORBIDDEN: Rule = by_direction(Major, Patch, "no longer accepts additional properties", "the server refuses requests with additional properties; the Rust type is unchanged");
    pub(in super::super) const ADDITIONAL_ALLOWED: Rule = by_direction(Minor, Patch, "accepts additional properties", "the client ignores unknown properties of a response");
    pub(in super::super) const ADDITIONAL_TYPE: Rule = same(Major, "additional properties are {new} instead of {old}", "the Rust type stores additional properties in a map, and the type of the map changes");
}

pub(super) use table::*;
