use serde::{Deserialize, Serialize};

use crate::{CheckpointId, Order, PermissionId, ProjectId};

/// Where a stream has got to: keep it, and go on later with [`List::resume`](crate::List::resume).
///
/// Serialises as a JSON object. It holds ids, and no secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Position {
    /// The checkpoint whose permissions are listed.
    pub checkpoint: CheckpointId,
    /// The cursor of the page that comes next or is being read; none at the beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<PermissionId>,
    /// The permission on that page that comes next; none at the start of a page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<PermissionId>,
    /// The order that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<Order>,
    /// The project that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project_id: Option<ProjectId>,
    /// Whether everything has been listed.
    #[serde(default)]
    pub finished: bool,
}
