//! Projects. Their SQL is the same for both databases.
//!
//! SQLite numbers the parameters in the order in which they first occur, so `$1` must occur before `$2`.

use crate::id::check;

/// A project.
#[derive(Debug, Clone)]
pub(crate) struct Project {
    pub(crate) id: String,
    pub(crate) name: String,
    /// Seconds since 1970.
    pub(crate) created_at: i64,
    /// Seconds since 1970. `None` if the project is not archived.
    pub(crate) archived_at: Option<i64>,
}

/// A project to create or update.
#[derive(Debug, Clone)]
pub(crate) struct ProjectPreset {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) archived: bool,
}

impl ProjectPreset {
    /// Checks the id and the name. Returns the reason if one is invalid.
    pub(crate) fn check(&self) -> Result<(), String> {
        let Self { id, name, .. } = self;
        check(id).map_err(|reason| format!("the project id '{id}' {reason}"))?;
        if name.trim().is_empty() || name.chars().any(char::is_control) {
            return Err(format!(
                "the name of project '{id}' is blank or contains a control character; use printable characters"
            ));
        }
        Ok(())
    }
}

/// A request for one page of projects.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ProjectQuery {
    /// The cursor. The page starts after the project with this id.
    pub(crate) after: Option<String>,
    pub(crate) limit: u32,
    pub(crate) include_archived: bool,
}

/// Creates a project, or updates the name and the archived state of an existing project. The parameters are the id, the
/// name, the current time, and whether the project is archived.
pub(super) const PUT: &str = "
    INSERT INTO projects (id, name, created_at, archived_at) VALUES ($1, $2, $3, CASE WHEN $4 THEN $3 END)
    ON CONFLICT (id) DO UPDATE SET name = excluded.name,
    archived_at = CASE WHEN $4 THEN coalesce(projects.archived_at, $3) END";

/// Selects a page in the order of creation.
pub(super) const PAGE: &str = "
    SELECT id, name, created_at, archived_at FROM projects
    WHERE ($1 IS NULL OR (created_at, id) > (SELECT created_at, id FROM projects WHERE id = $1))
    AND ($2 OR archived_at IS NULL)
    ORDER BY created_at, id LIMIT $3";

/// Selects whether a project exists.
pub(super) const EXISTS: &str = "SELECT EXISTS (SELECT 1 FROM projects WHERE id = $1)";
