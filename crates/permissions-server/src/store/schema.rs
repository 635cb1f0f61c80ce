//! Schema versions, which both databases record in the table `_sqlx_migrations`.
//!
//! Version 0.1 of this server migrated with sqlx. The table keeps sqlx's name, columns and checksums. Therefore this version
//! can open a database of version 0.1, and version 0.1 refuses a database of this version with the message that the schema is
//! newer.

use sha2::{Digest, Sha384};

/// The descriptions of the versions, starting with version 1.
const DESCRIPTIONS: [&str; 2] = ["permissions", "projects"];

/// The SQL of all schema versions, for SQLite or for PostgreSQL.
pub(super) type Statements = [&'static str; DESCRIPTIONS.len()];

/// The step from the previous version of the schema to `version`.
#[derive(Debug)]
pub(super) struct Migration {
    pub(super) version: i64,
    pub(super) description: &'static str,
    pub(super) sql: &'static str,
    /// The checksum that sqlx would record.
    pub(super) checksum: Vec<u8>,
}

/// Selects the version of a database, which is 0 before the first migration.
pub(super) const APPLIED: &str = "SELECT coalesce(max(version), 0) FROM _sqlx_migrations";

/// Records a migration: its version, description and checksum.
pub(super) const RECORD: &str = "
    INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
    VALUES ($1, $2, TRUE, $3, 0)";

/// Returns the migrations that a database of version `applied` needs. Fails if the database is newer than this program.
pub(super) fn pending(
    statements: Statements,
    applied: i64,
) -> Result<impl Iterator<Item = Migration>, String> {
    let versions = (1..).zip(DESCRIPTIONS.into_iter().zip(statements));
    let all = versions.map(|(version, (description, sql))| Migration {
        version,
        description,
        sql,
        checksum: Sha384::digest(sql).to_vec(),
    });
    if DESCRIPTIONS.len() < usize::try_from(applied).unwrap_or(0) {
        return Err(format!(
            "its schema has version {applied}, which is newer than this program; \
             use the version of permissions-server that wrote it"
        ));
    }
    Ok(all.filter(move |migration| migration.version > applied))
}
