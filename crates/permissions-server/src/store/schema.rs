//! Schema versions, which both databases record in the table `_sqlx_migrations`.
//!
//! Version 0.1 of this server migrated with sqlx. The table keeps sqlx's name, columns and checksums, so that this version
//! opens databases of 0.1, and 0.1 reports that the schema of this version is newer.

use sha2::{Digest, Sha384};

/// One version of the schema.
#[derive(Debug)]
pub(super) struct Migration {
    pub(super) version: i64,
    pub(super) description: &'static str,
    pub(super) sql: &'static str,
}

/// Returns the migrations that a database still needs. Fails with the version of the database if it is newer than this
/// program.
pub(super) fn pending(
    migrations: &'static [Migration],
    applied: i64,
) -> Result<&'static [Migration], i64> {
    let newest = migrations.last().map_or(0, |newest| newest.version);
    if applied > newest {
        return Err(applied);
    }
    let done = migrations.partition_point(|migration| migration.version <= applied);
    Ok(migrations.split_at(done).1)
}

/// The message for a database whose schema is newer than this program.
pub(super) fn newer(database: &str, version: i64) -> String {
    format!(
        "failed to open the database {database}: its schema has version {version}, which is newer than this program; \
         use the version of permissions-server that wrote it"
    )
}

impl Migration {
    /// Returns the checksum that sqlx would record.
    pub(super) fn checksum(&self) -> Vec<u8> {
        Sha384::digest(self.sql).to_vec()
    }
}
