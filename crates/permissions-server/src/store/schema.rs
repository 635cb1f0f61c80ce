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

/// Selects the version of a database, which is 0 before the first migration.
pub(super) const APPLIED: &str = "SELECT coalesce(max(version), 0) FROM _sqlx_migrations";

/// Records a migration: its version, description and checksum.
pub(super) const RECORD: &str = "
    INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
    VALUES ($1, $2, TRUE, $3, 0)";

/// Returns the migrations that a database of version `applied` needs. Fails if the database is newer than this program.
pub(super) fn pending(
    migrations: &'static [Migration],
    applied: i64,
) -> Result<&'static [Migration], String> {
    let done = migrations.partition_point(|migration| migration.version <= applied);
    if migrations
        .last()
        .is_some_and(|newest| newest.version < applied)
    {
        return Err(format!(
            "its schema has version {applied}, which is newer than this program; \
             use the version of permissions-server that wrote it"
        ));
    }
    Ok(&migrations[done..])
}

impl Migration {
    /// Returns the checksum that sqlx would record.
    pub(super) fn checksum(&self) -> Vec<u8> {
        Sha384::digest(self.sql).to_vec()
    }
}
