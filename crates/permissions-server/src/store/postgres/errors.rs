//! Meanings and messages of PostgreSQL's errors.

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
        // The server shuts down or starts (57P), or the connection fails (08).
        code if code.starts_with("57P") || code.starts_with("08") => StoreErrorKind::ConnectionLost,
        // Out of memory or locks (53), or cancelled by an administrator (57).
        code if code.starts_with("53") || code.starts_with("57") => StoreErrorKind::Unavailable,
        _ => StoreErrorKind::Internal,
    }
}

/// Describes an error, as the predicate of a sentence about a host.
pub(super) fn reason(error: &Error) -> String {
    if let Some(database) = error.as_db_error() {
        return match database.code().code() {
            "28P01" | "28000" => "it rejects the user or the password".to_owned(),
            "3D000" => "it has no such database; create it with createdb".to_owned(),
            "42501" => "the user may not create tables; grant CREATE on the schema".to_owned(),
            code => format!("it reports: {} ({code})", database.message()),
        };
    }
    let io = error
        .source()
        .and_then(|source| source.downcast_ref::<io::Error>());
    match io.map(|io| (io.kind(), io)) {
        Some((io::ErrorKind::ConnectionRefused, _)) => "it refuses connections".to_owned(),
        // tokio-postgres reports a standby with this error.
        Some((io::ErrorKind::PermissionDenied, _)) => "it accepts no writes".to_owned(),
        Some((_, io)) => format!("it cannot be reached ({io})"),
        None => match error.source() {
            Some(source) => format!("{error}: {source}"),
            None => error.to_string(),
        },
    }
}
