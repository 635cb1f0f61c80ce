use std::borrow::Cow;

use super::{Error, ErrorKind, certificate};
use crate::action::Action;

/// Returns what to do about an error, if there is something to do.
pub(super) fn of(error: &Error) -> Option<Cow<'_, str>> {
    let remedy = match error.kind() {
        ErrorKind::Transport | ErrorKind::Incomplete | ErrorKind::Server
            if matches!(error.action(), Action::Create(_)) =>
        {
            "send the create again: existing permissions are found and not created twice"
        }
        ErrorKind::Certificate => {
            return error
                .0
                .source
                .as_deref()
                .and_then(|source| certificate::remedy(source).map(Cow::Borrowed));
        }
        ErrorKind::Connect => "check the base URL, the network and the proxy",
        ErrorKind::Proxy => {
            "check the address and the credentials of the proxy, and which hosts it allows"
        }
        ErrorKind::Timeout => "try again, or set a longer `timeout`",
        ErrorKind::Deadline => "try again, or set a longer `deadline`",
        ErrorKind::BodyTooLarge => "set a smaller `page_size` or a larger `body_limit`",
        ErrorKind::Decode => {
            "check that the base URL is the URL of the API and ends with the API's version, such as /v1"
        }
        ErrorKind::Incomplete => "list the permissions to find out whether the change was made",
        ErrorKind::NotAllowed => {
            "review the plan, then allow its deletes with `allow_delete` and `allow_empty`"
        }
        ErrorKind::StalePlan => "make a new plan",
        ErrorKind::TargetMismatch => {
            "apply the plan with the client that made it, or make a new plan"
        }
        ErrorKind::WouldBlock => {
            "use the asynchronous client, or call the blocking client in tokio::task::spawn_blocking"
        }
        ErrorKind::Unauthorized | ErrorKind::PermissionDenied => return Some(of_key(error)),
        ErrorKind::Key if error.attempts().is_empty() && error.checkpoint().is_none() => {
            "set OPENAI_ADMIN_KEY to an admin key, or pass one to `admin_key`"
        }
        ErrorKind::NotFound if *error.action() == Action::ListProjects => {
            "check the base URL: the server may not support lists of projects"
        }
        ErrorKind::InvalidRequest if error.status() == Some(405) => {
            "check the base URL: the server may not support this operation"
        }
        ErrorKind::NotFound => "check the checkpoint, the permission id and the base URL",
        ErrorKind::QuotaExceeded => "check the billing and the credit of the organization",
        ErrorKind::Redirect if error.status().is_none_or(|status| status < 300) => {
            "build the HTTP client with reqwest::redirect::Policy::none()"
        }
        ErrorKind::Redirect => "set the base URL to the target of the redirect",
        _ => return None,
    };
    Some(remedy.into())
}

fn of_key(error: &Error) -> Cow<'_, str> {
    let source = error.0.key_source.as_deref();
    let from = source.map_or_else(String::new, |source| format!(" from {source}"));
    if error.0.is_project_key {
        return format!(
            "use an admin key: the key{from} starts with sk-proj-, so it is a project key"
        )
        .into();
    }
    if error.kind() == ErrorKind::Unauthorized {
        return format!("check the admin key{from}").into();
    }
    match error.action() {
        Action::ListProjects => "use an admin key that may read projects".into(),
        _ => "use an admin key of the organization that owns the checkpoint".into(),
    }
}
