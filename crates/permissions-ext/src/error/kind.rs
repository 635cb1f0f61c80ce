use std::fmt;

use serde::Serialize;

/// The API's code for an organization without quota.
const INSUFFICIENT_QUOTA: &str = "insufficient_quota";

/// The category of an [`Error`](crate::Error).
///
/// Kinds may be added in a minor release. `Display` and `Serialize` write the name in snake case, such as
/// `rate_limited`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ErrorKind {
    /// A setting of the client is missing or invalid. Nothing was sent.
    Config,
    /// An id is empty, is `.` or `..`, or contains a backslash. Nothing was sent.
    InvalidId,
    /// A parameter is invalid: the client refused the parameter, or the API responded with 400, 422 or another 4xx
    /// status that has no kind of its own.
    InvalidRequest,
    /// The admin key is missing or unusable, or the key provider failed. Nothing was sent.
    Key,
    /// The API rejected the key (401).
    Unauthorized,
    /// The key has no access to the resource (403, 451). These operations require an admin key.
    PermissionDenied,
    /// The checkpoint or permission does not exist (404, 410).
    NotFound,
    /// The request conflicts with a concurrent change (409, 412, 423).
    Conflict,
    /// Too many requests (429).
    RateLimited,
    /// The organization has no quota or credit left (code `insufficient_quota`, 402). Waiting does not help.
    QuotaExceeded,
    /// An attempt took longer than `timeout`, or the API or a gateway reported a timeout (408, 504).
    Timeout,
    /// The `deadline` of the call passed, or a wait that the API asked for would end after the deadline.
    Deadline,
    /// The API failed (425, and 5xx except 504).
    Server,
    /// A status that these operations do not use: 1xx, a 2xx status without a body, or an unknown status.
    UnexpectedStatus,
    /// The response is a redirect (3xx). Redirects are not followed, because the key would be sent to another server.
    Redirect,
    /// The body of a successful response is not the documented JSON.
    Decode,
    /// The body of the response exceeds `body_limit`.
    BodyTooLarge,
    /// A list contradicts itself: a cursor is repeated or missing, or a list of the permissions of one project contains
    /// a permission of another project.
    Pagination,
    /// The response to a write does not confirm every requested id. The change may have been made.
    Incomplete,
    /// No connection could be established. Nothing was sent.
    Connect,
    /// The TLS certificate of the server or of the client was rejected. Nothing was sent.
    Certificate,
    /// A proxy refused the request (407) or the tunnel to the server.
    Proxy,
    /// The connection was lost before the response was complete.
    Transport,
    /// The live state has changed since the plan was made. Nothing was changed.
    StalePlan,
    /// The plan was made for another API, organization or project. Nothing was changed.
    TargetMismatch,
    /// The plan deletes permissions without `allow_delete`, or deletes all permissions of a checkpoint without
    /// `allow_empty`. Nothing was changed.
    NotAllowed,
    /// The call was cancelled, for example because the runtime shut down.
    Cancelled,
    /// A key provider, an observer or another callback panicked.
    Panic,
    /// The blocking client was called from an asynchronous task. Nothing was sent.
    WouldBlock,
}

impl ErrorKind {
    /// Maps a response to a kind. This is the only function that does so.
    pub(super) fn of_response(status: u16, code: Option<&str>) -> Self {
        match status {
            400.. if code == Some(INSUFFICIENT_QUOTA) => Self::QuotaExceeded,
            300..=399 => Self::Redirect,
            401 => Self::Unauthorized,
            402 => Self::QuotaExceeded,
            403 | 451 => Self::PermissionDenied,
            404 | 410 => Self::NotFound,
            407 => Self::Proxy,
            408 | 504 => Self::Timeout,
            409 | 412 | 423 => Self::Conflict,
            425 | 500..=599 => Self::Server,
            429 => Self::RateLimited,
            400..=499 => Self::InvalidRequest,
            _ => Self::UnexpectedStatus,
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_has_a_kind() {
        use ErrorKind::*;
        for (status, kind) in [
            (101, UnexpectedStatus),
            (201, UnexpectedStatus),
            (204, UnexpectedStatus),
            (206, UnexpectedStatus),
            (302, Redirect),
            (400, InvalidRequest),
            (401, Unauthorized),
            (403, PermissionDenied),
            (404, NotFound),
            (407, Proxy),
            (408, Timeout),
            (409, Conflict),
            (410, NotFound),
            (413, InvalidRequest),
            (418, InvalidRequest),
            (422, InvalidRequest),
            (425, Server),
            (429, RateLimited),
            (500, Server),
            (504, Timeout),
            (529, Server),
            (600, UnexpectedStatus),
            (999, UnexpectedStatus),
        ] {
            assert_eq!(ErrorKind::of_response(status, None), kind, "{status}");
        }
        let quota = ErrorKind::of_response(429, Some(INSUFFICIENT_QUOTA));
        assert_eq!(quota, QuotaExceeded);
    }

    #[test]
    fn kind_displays_in_snake_case() {
        assert_eq!(ErrorKind::PermissionDenied.to_string(), "permission_denied");
    }
}
