//! PostgreSQL's error codes in our words.

use std::io;

use sqlx::migrate::MigrateError;

use super::hosts::Hosts;
use crate::error::StartError;
use crate::store::{StoreError, StoreErrorKind};

/// What an error says about trying again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// The transaction was rolled back in favour of another.
    LostToAnother,
    /// The host is a standby, or has become one.
    ReadOnlyHost,
    /// The connection ended or could not be made.
    ConnectionLost,
    Other,
}

pub(super) fn meaning(error: &sqlx::Error) -> Meaning {
    match error {
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::Protocol(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::WorkerCrashed => Meaning::ConnectionLost,
        _ => match code(error).as_deref() {
            Some("40001" | "40P01") => Meaning::LostToAnother,
            Some("25006") => Meaning::ReadOnlyHost,
            // Shutting down, starting up, or out of connections.
            Some(code) if code.starts_with("57P") || code.starts_with("08") || code == "53300" => {
                Meaning::ConnectionLost
            }
            _ => Meaning::Other,
        },
    }
}

/// A failure of a request.
pub(super) fn at_run_time(error: &sqlx::Error) -> StoreError {
    let kind = match (meaning(error), code(error).as_deref()) {
        (Meaning::ReadOnlyHost, _) => StoreErrorKind::ReadOnly,
        (Meaning::LostToAnother | Meaning::ConnectionLost, _) => StoreErrorKind::Unavailable,
        (_, Some("53100")) => StoreErrorKind::Full,
        (_, Some("XX001" | "XX002")) => StoreErrorKind::Damaged,
        // Out of memory, out of locks, cancelled by an administrator.
        (_, Some(code)) if code.starts_with("53") || code.starts_with("57") => {
            StoreErrorKind::Unavailable
        }
        _ if matches!(error, sqlx::Error::PoolClosed) => StoreErrorKind::Unavailable,
        _ => StoreErrorKind::Internal,
    };
    StoreError::new(kind, format!("PostgreSQL: {error}"))
}

/// A failure to open the database.
pub(super) fn at_start(hosts: &Hosts, error: sqlx::Error) -> StartError {
    StartError::with_source(
        format!("failed to open the database {hosts}: it {}", reason(&error)),
        error,
    )
}

/// A failure to bring the schema up to date.
pub(super) fn at_migration(hosts: &Hosts, error: MigrateError) -> StartError {
    match error {
        MigrateError::VersionMissing(version) | MigrateError::VersionTooNew(version, _) => {
            StartError::with_source(
                format!(
                    "failed to open the database {hosts}: its schema has version {version}, which \
                     is newer than this program; use the version of permissions-server that wrote it"
                ),
                error,
            )
        }
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => {
            at_start(hosts, error)
        }
        error => StartError::with_source(
            format!("failed to bring the schema of the database {hosts} up to date: {error}"),
            error,
        ),
    }
}

/// What a host did instead of opening: a predicate to follow its name.
pub(super) fn reason(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Io(io) if io.kind() == io::ErrorKind::ConnectionRefused => {
            "refuses connections".to_owned()
        }
        sqlx::Error::PoolTimedOut => "does not answer".to_owned(),
        sqlx::Error::Io(io) => format!("cannot be reached ({io})"),
        _ => match (code(error).as_deref(), error.as_database_error()) {
            (Some("28P01" | "28000"), _) => "refuses the user or the password".to_owned(),
            (Some("3D000"), _) => "has no such database; create it with createdb".to_owned(),
            (Some("42501"), _) => {
                "does not let the user create tables; grant CREATE on the schema".to_owned()
            }
            (_, Some(database)) => format!("says: {}", database.message()),
            _ => format!("fails: {error}"),
        },
    }
}

fn code(error: &sqlx::Error) -> Option<String> {
    Some(error.as_database_error()?.code()?.into_owned())
}
