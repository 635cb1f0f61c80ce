//! Converts PostgreSQL's errors to causes and messages.

use std::error::Error as _;
use std::io;

use tokio_postgres::Error;

use crate::store::{StoreError, StoreErrorKind};

impl From<Error> for StoreError {
    fn from(error: Error) -> Self {
        Self::new(kind(&error), reason(&error))
    }
}

fn kind(error: &Error) -> StoreErrorKind {
    let Some(code) = error.code().map(|code| code.code()) else {
        // An error without a code comes from the connection or from the conversion of a value.
        let is_conversion = error
            .source()
            .is_some_and(|source| source.is::<tokio_postgres::types::WrongType>());
        return if is_conversion {
            StoreErrorKind::Internal
        } else {
            StoreErrorKind::ConnectionLost
        };
    };
    match code {
        // Serialization failure and deadlock.
        "40001" | "40P01" => StoreErrorKind::Conflict,
        "25006" => StoreErrorKind::ReadOnly,
        "53100" => StoreErrorKind::Full,
        "XX001" | "XX002" => StoreErrorKind::Damaged,
        "53300" => StoreErrorKind::ConnectionLost,
        // 57P: PostgreSQL is starting or shutting down. 08: the connection failed.
        code if code.starts_with("57P") || code.starts_with("08") => StoreErrorKind::ConnectionLost,
        // 53: out of memory or locks. 57: cancelled by an administrator.
        code if code.starts_with("53") || code.starts_with("57") => StoreErrorKind::Unavailable,
        _ => StoreErrorKind::Internal,
    }
}

/// Returns the reason why a host failed.
pub(super) fn reason(error: &Error) -> String {
    if let Some(database) = error.as_db_error() {
        return match database.code().code() {
            "28P01" | "28000" => "the host rejects the user or the password".to_owned(),
            "3D000" => "the host has no such database; create it with createdb".to_owned(),
            "42501" => "the user may not create tables; grant CREATE on the schema".to_owned(),
            code => format!("the host reports: {} ({code})", database.message()),
        };
    }
    let io = error
        .source()
        .and_then(|source| source.downcast_ref::<io::Error>());
    match io.map(|io| (io.kind(), io)) {
        Some((io::ErrorKind::ConnectionRefused, _)) => "the host refuses connections".to_owned(),
        // tokio-postgres reports a standby with this error.
        Some((io::ErrorKind::PermissionDenied, _)) => "the host accepts no writes".to_owned(),
        Some((_, io)) => format!("the host cannot be reached ({io})"),
        None => match error.source() {
            Some(source) => format!("{error}: {source}"),
            None => error.to_string(),
        },
    }
}
