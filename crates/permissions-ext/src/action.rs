use std::fmt;

use tracing::Span;
use tracing::level_filters::LevelFilter;

use crate::model::CheckpointId;

/// The operation that a call performs, for error texts and logs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    Configure,
    ParseId,
    List(CheckpointId),
    ListProjects,
    Create(CheckpointId),
    Delete(CheckpointId),
    Plan,
    Audit,
    Apply(Option<CheckpointId>),
    #[cfg(feature = "blocking")]
    Wait,
}

impl Action {
    /// Returns the name for logs and events.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Configure => "configure",
            Self::ParseId => "parse_id",
            Self::List(_) => "list",
            Self::ListProjects => "list_projects",
            Self::Create(_) => "create",
            Self::Delete(_) => "delete",
            Self::Plan => "plan",
            Self::Audit => "audit",
            Self::Apply(_) => "apply",
            #[cfg(feature = "blocking")]
            Self::Wait => "wait",
        }
    }

    /// Returns the span of all log events of the call.
    pub(crate) fn span(&self) -> Span {
        // Skips the span if no subscriber records it, because even a disabled span costs 1 % of a request.
        if LevelFilter::current() < LevelFilter::DEBUG {
            return Span::none();
        }
        let checkpoint = self.checkpoint().map(CheckpointId::as_str);
        tracing::debug_span!("call", operation = self.name(), checkpoint)
    }

    pub(crate) fn checkpoint(&self) -> Option<&CheckpointId> {
        match self {
            Self::List(checkpoint) | Self::Create(checkpoint) | Self::Delete(checkpoint) => {
                Some(checkpoint)
            }
            Self::Apply(checkpoint) => checkpoint.as_ref(),
            _ => None,
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Configure => f.write_str("configure the client"),
            Self::ParseId => f.write_str("parse an id"),
            Self::List(checkpoint) => write!(f, "list the permissions of checkpoint {checkpoint}"),
            Self::ListProjects => f.write_str("list the projects of the organization"),
            Self::Create(checkpoint) => write!(f, "create permissions for checkpoint {checkpoint}"),
            Self::Delete(checkpoint) => write!(f, "delete a permission of checkpoint {checkpoint}"),
            Self::Plan => f.write_str("make a plan"),
            Self::Audit => f.write_str("audit checkpoints"),
            Self::Apply(None) => f.write_str("apply the plan"),
            Self::Apply(Some(checkpoint)) => {
                write!(f, "apply the plan for checkpoint {checkpoint}")
            }
            #[cfg(feature = "blocking")]
            Self::Wait => f.write_str("wait for a response"),
        }
    }
}
