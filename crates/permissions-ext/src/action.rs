use std::fmt;

use crate::CheckpointId;

/// What was being done when something failed: the subject of an error text and of a log line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    Configure,
    List(CheckpointId),
    Create(CheckpointId),
    Delete(CheckpointId),
    Apply(CheckpointId),
    #[cfg(feature = "blocking")]
    Wait,
}

impl Action {
    /// A word for logs and events.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Configure => "configure",
            Self::List(_) => "list",
            Self::Create(_) => "create",
            Self::Delete(_) => "delete",
            Self::Apply(_) => "apply",
            #[cfg(feature = "blocking")]
            Self::Wait => "wait",
        }
    }

    /// What everything is logged under that happens on the way.
    pub(crate) fn span(&self) -> tracing::Span {
        let checkpoint = self.checkpoint().map(CheckpointId::as_str);
        tracing::debug_span!("call", operation = self.name(), checkpoint)
    }

    pub(crate) fn checkpoint(&self) -> Option<&CheckpointId> {
        match self {
            Self::Configure => None,
            #[cfg(feature = "blocking")]
            Self::Wait => None,
            Self::List(checkpoint)
            | Self::Create(checkpoint)
            | Self::Delete(checkpoint)
            | Self::Apply(checkpoint) => Some(checkpoint),
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Configure => f.write_str("configure the client"),
            Self::List(checkpoint) => write!(f, "list the permissions of checkpoint {checkpoint}"),
            Self::Create(checkpoint) => write!(f, "create permissions for checkpoint {checkpoint}"),
            Self::Delete(checkpoint) => write!(f, "delete a permission of checkpoint {checkpoint}"),
            Self::Apply(checkpoint) => write!(f, "apply the plan for checkpoint {checkpoint}"),
            #[cfg(feature = "blocking")]
            Self::Wait => f.write_str("wait for an answer"),
        }
    }
}
