//! Errors of the library as failures of the command: exit code and remedy.

use std::borrow::Cow;

use permissions_ext::{Error, ErrorKind, InvalidId};

use crate::exit::Exit;
use crate::failure::{Failure, Response};

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::from(&error)
    }
}

impl From<&Error> for Failure {
    fn from(error: &Error) -> Self {
        let failure = Self::new(exit_of(error), error.to_string()).response(Response {
            kind: Some(error.kind().to_string()),
            status: error.status(),
            type_: error.type_().map(str::to_owned),
            code: error.code().map(str::to_owned),
            param: error.param().map(str::to_owned),
            request_id: error.request_id().map(str::to_owned),
        });
        match remedy(error) {
            Some(remedy) => failure.remedy(remedy),
            None => failure,
        }
    }
}

impl From<InvalidId> for Failure {
    fn from(error: InvalidId) -> Self {
        Self::usage(error.to_string())
    }
}

fn exit_of(error: &Error) -> Exit {
    match error.kind() {
        ErrorKind::Key | ErrorKind::Unauthorized | ErrorKind::PermissionDenied => Exit::Auth,
        ErrorKind::Config
        | ErrorKind::InvalidId
        | ErrorKind::TargetMismatch
        | ErrorKind::NotAllowed => Exit::Usage,
        // A proxy that refuses the credentials (407) refuses them again.
        ErrorKind::Proxy if error.status().is_some() => Exit::Failure,
        ErrorKind::RateLimited
        | ErrorKind::Conflict
        | ErrorKind::Timeout
        | ErrorKind::Deadline
        | ErrorKind::Server
        | ErrorKind::Connect
        | ErrorKind::Proxy
        | ErrorKind::Transport => Exit::Temporary,
        _ => Exit::Failure,
    }
}

/// The remedy with the options of the command. The remedies of the library name methods.
fn remedy(error: &Error) -> Option<Cow<'_, str>> {
    let remedy = match error.kind() {
        // These remedies name the source of the key.
        ErrorKind::Unauthorized | ErrorKind::PermissionDenied => return error.remedy(),
        ErrorKind::Certificate => {
            "trust another root certificate with --ca-file, or present a client certificate with \
             --mtls-client-cert-file and --mtls-client-key-file"
        }
        ErrorKind::Timeout => "try again, or allow more time with --timeout",
        ErrorKind::Deadline => "try again, or allow more time with --deadline",
        ErrorKind::BodyTooLarge => "use smaller pages with --page-size",
        ErrorKind::Decode => "check that the base URL is that of the API and ends in /v1",
        ErrorKind::Redirect => "use the target of the redirect as the base URL",
        ErrorKind::Proxy => {
            "check the address and the credentials of the proxy, and which hosts it allows"
        }
        ErrorKind::QuotaExceeded => "check the plan and the billing of the organization",
        ErrorKind::NotFound if error.type_().is_none() => {
            "check that the base URL is that of the API and ends in /v1"
        }
        ErrorKind::NotFound => "check the ids",
        ErrorKind::RateLimited | ErrorKind::Server | ErrorKind::Conflict => "try again later",
        ErrorKind::Transport | ErrorKind::Incomplete => {
            "run the same command again: existing permissions are not created twice"
        }
        ErrorKind::StalePlan => "nothing was changed; `permissions plan` makes a new plan",
        ErrorKind::TargetMismatch => {
            "nothing was changed; make a plan for this target with `permissions plan`"
        }
        _ => return None,
    };
    Some(remedy.into())
}
