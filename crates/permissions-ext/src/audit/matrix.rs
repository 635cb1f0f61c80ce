use std::collections::HashMap;

use serde::Serialize;
use serde::ser::{SerializeStruct as _, Serializer};

use super::{Audited, Report};
use crate::{CheckpointId, Error, Permission, ProjectId};

/// Checkpoints × projects: made by [`Report::matrix`].
///
/// ```
/// # fn run(report: permissions_ext::audit::Report) {
/// let matrix = report.matrix();
/// for row in matrix.rows() {
///     let cells: Vec<&str> = matrix.cells(row).map(|access| access.name()).collect();
///     println!("{} {}", row.checkpoint, cells.join(" "));
/// }
/// # }
/// ```
///
/// Serialises as an object with `projects`, and with `rows` that have a `checkpoint` and, for each project, one of the
/// names of [`Access`] in `access`.
#[derive(Debug)]
#[must_use]
pub struct Matrix<'a> {
    projects: Vec<&'a ProjectId>,
    rows: Vec<MatrixRow<'a>>,
}

/// The row of one checkpoint. It holds what it has, not a cell for each project: a matrix costs no more memory than
/// the report.
#[derive(Debug)]
#[non_exhaustive]
pub struct MatrixRow<'a> {
    /// The checkpoint.
    pub checkpoint: &'a CheckpointId,
    access: Result<HashMap<&'a ProjectId, &'a Permission>, &'a Error>,
}

/// Whether a project has access to a checkpoint.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Access<'a> {
    /// It has, by this permission; by the oldest of them, should there be several.
    Granted(&'a Permission),
    /// It has not.
    Missing,
    /// The checkpoint could not be read.
    Unknown(&'a Error),
}

impl<'a> Matrix<'a> {
    pub(super) fn new(report: &'a Report) -> Self {
        Self {
            projects: report.projects().into_iter().collect(),
            rows: report.results().iter().map(MatrixRow::new).collect(),
        }
    }

    /// The columns, in order.
    #[must_use]
    pub fn projects(&self) -> &[&'a ProjectId] {
        &self.projects
    }

    /// The rows, in the order the checkpoints were named.
    #[must_use]
    pub fn rows(&self) -> &[MatrixRow<'a>] {
        &self.rows
    }

    /// The cells of a row, one for each column.
    pub fn cells<'m>(&'m self, row: &'m MatrixRow<'a>) -> impl Iterator<Item = Access<'a>> + 'm {
        self.projects
            .iter()
            .map(move |project_id| row.access(project_id))
    }
}

impl<'a> MatrixRow<'a> {
    fn new(audited: &'a Audited) -> Self {
        // Listed newest first, so that the oldest stays.
        let by_project = |permissions: &'a Vec<Permission>| {
            permissions
                .iter()
                .map(|permission| (&permission.project_id, permission))
                .collect()
        };
        Self {
            checkpoint: &audited.checkpoint,
            access: audited.result.as_ref().map(by_project),
        }
    }

    /// Whether a project has access to this checkpoint.
    #[must_use]
    pub fn access(&self, project_id: &ProjectId) -> Access<'a> {
        match &self.access {
            Ok(permissions) => permissions
                .get(project_id)
                .map_or(Access::Missing, |permission| Access::Granted(permission)),
            Err(error) => Access::Unknown(error),
        }
    }
}

impl Access<'_> {
    /// A word for it, the same in every release: `granted`, `missing` or `unknown`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Granted(_) => "granted",
            Self::Missing => "missing",
            Self::Unknown(_) => "unknown",
        }
    }
}

impl Serialize for Access<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl Serialize for Matrix<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("Matrix", 2)?;
        object.serialize_field("projects", &self.projects)?;
        object.serialize_field("rows", &Rows(self))?;
        object.end()
    }
}

/// The rows as they are serialised, one at a time.
struct Rows<'m>(&'m Matrix<'m>);

#[derive(Serialize)]
struct Row<'m> {
    checkpoint: &'m CheckpointId,
    access: Vec<Access<'m>>,
}

impl Serialize for Rows<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.rows.iter().map(|row| Row {
            checkpoint: row.checkpoint,
            access: self.0.cells(row).collect(),
        }))
    }
}
