//! Errors of the library as failures of the command: exit code and remedy.

use permissions_ext::Error;

use crate::exit::Exit;
use crate::failure::{Failure, Response};

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::from(&error)
    }
}

impl From<&Error> for Failure {
    fn from(error: &Error) -> Self {
        Self::new(exit_of(error), error.to_string()).response(Response {
            kind: (error.is_connect() || error.is_transport()).then(|| "connect".to_owned()),
            status: error.status(),
            type_: error.type_().map(str::to_owned),
            code: error.code().map(str::to_owned),
            param: error.param().map(str::to_owned),
            request_id: error.request_id().map(str::to_owned),
        })
    }
}

fn exit_of(error: &Error) -> Exit {
    let busy = matches!(error.status(), Some(408 | 409));
    if error.is_unauthorized() || error.is_permission_denied() {
        Exit::Auth
    } else if error.is_config() {
        Exit::Usage
    } else if error.is_certificate() {
        Exit::Failure
    } else if error.is_rate_limited()
        || error.is_server_error()
        || error.is_connect()
        || error.is_timeout()
        || error.is_transport()
        || busy
    {
        Exit::Temporary
    } else {
        Exit::Failure
    }
}
