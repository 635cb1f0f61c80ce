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
    /// Returns the name for logs and events, the description for errors, and the checkpoint to append to the
    /// description.
    fn parts(&self) -> (&'static str, &'static str, Option<&CheckpointId>) {
        match self {
            Self::Configure => ("configure", "configure the client", None),
            Self::ParseId => ("parse_id", "parse an id", None),
            Self::List(id) => ("list", "list the permissions of checkpoint", Some(id)),
            Self::ListProjects => (
                "list_projects",
                "list the projects of the organization",
                None,
            ),
            Self::Create(id) => ("create", "create permissions for checkpoint", Some(id)),
            Self::Delete(id) => ("delete", "delete a permission of checkpoint", Some(id)),
            Self::Plan => ("plan", "make a plan", None),
            Self::Audit => ("audit", "audit checkpoints", None),
            Self::Apply(None) => ("apply", "apply the plan", None),
            Self::Apply(Some(id)) => ("apply", "apply the plan for checkpoint", Some(id)),
            #[cfg(feature = "blocking")]
            Self::Wait => ("wait", "wait for a response", None),
        }
    }

    pub(crate) fn name(&self) -> &'static str {
        self.parts().0
    }

    pub(crate) fn checkpoint(&self) -> Option<&CheckpointId> {
        self.parts().2
    }

    /// Returns the span of all log events of the call.
    pub(crate) fn span(&self) -> Span {
        // Skips the span if no subscriber records it, because even a disabled span takes 1 % of the time of a request.
        if LevelFilter::current() < LevelFilter::DEBUG {
            return Span::none();
        }
        let checkpoint = self.checkpoint().map(CheckpointId::as_str);
        tracing::debug_span!("call", operation = self.name(), checkpoint)
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.parts() {
            (_, description, None) => f.write_str(description),
            (_, description, Some(checkpoint)) => write!(f, "{description} {checkpoint}"),
        }
    }
}
