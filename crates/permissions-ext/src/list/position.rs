use serde::{Deserialize, Serialize};

use crate::model::{CheckpointId, Order, PermissionId, ProjectId};

/// A position in a list, returned by [`PermissionStream::position`](crate::PermissionStream::position). Pass it to
/// [`List::resume`](crate::List::resume) to continue.
///
/// It serializes as a JSON object and contains no secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Position {
    /// The checkpoint whose permissions are listed.
    pub checkpoint: CheckpointId,
    /// Cursor of the page to fetch. `None` for the first page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<PermissionId>,
    /// First permission to return from that page. `None` for the whole page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<PermissionId>,
    /// Order of the list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<Order>,
    /// Project filter of the list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project_id: Option<ProjectId>,
    /// Whether the list is complete.
    #[serde(default)]
    pub finished: bool,
}
