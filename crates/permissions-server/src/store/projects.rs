//! The SQL of projects, which is the same for both databases.
//!
//! SQLite numbers the parameters in the order in which they first occur, so `$1` must occur before `$2`.

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

/// A request for one page of projects.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ProjectQuery {
    /// The cursor. The page starts after the project with this id.
    pub(crate) after: Option<String>,
    pub(crate) limit: u32,
    pub(crate) include_archived: bool,
}

/// Creates a project or updates its name and whether it is archived.
pub(super) const PUT: &str = "
    INSERT INTO projects (id, name, created_at, archived_at) VALUES ($1, $2, $3, $4)
    ON CONFLICT (id) DO UPDATE SET name = excluded.name,
    archived_at = CASE WHEN excluded.archived_at IS NOT NULL
                  THEN coalesce(projects.archived_at, excluded.archived_at) END";

/// Selects a page in the order of creation.
pub(super) const PAGE: &str = "
    SELECT id, name, created_at, archived_at FROM projects
    WHERE ($1 IS NULL OR (created_at, id) > (SELECT created_at, id FROM projects WHERE id = $1))
    AND ($2 OR archived_at IS NULL)
    ORDER BY created_at, id LIMIT $3";

/// Selects whether a project exists.
pub(super) const EXISTS: &str = "SELECT EXISTS (SELECT 1 FROM projects WHERE id = $1)";
