use super::{Error, Kind, certificate};
use crate::action::Action;

/// What to do about an error, where that is known.
pub(super) fn of(error: &Error) -> Option<&'static str> {
    if let Some(remedy) = certificate::remedy(error) {
        return Some(remedy);
    }
    match error.0.kind {
        Kind::Transport | Kind::Incomplete if is_create(error) => Some(CREATE_AGAIN),
        Kind::Connect => Some("check the base URL, the network and any proxy"),
        Kind::Proxy => {
            Some("check the address and credentials of the proxy, and which hosts it allows")
        }
        Kind::Redirect => Some("build the HTTP client with reqwest::redirect::Policy::none()"),
        Kind::Timeout => Some("try again, or allow more time with `timeout`"),
        Kind::Deadline => Some("try again, or allow more time with `deadline`"),
        Kind::BodyTooLarge => Some("ask for smaller pages, or raise `body_limit`"),
        Kind::Decode => {
            Some("check that the base URL is that of the API and ends in its version, such as /v1")
        }
        Kind::NotAllowed => {
            Some("check the plan, then allow it with `allow_delete` and `allow_empty`")
        }
        #[cfg(feature = "blocking")]
        Kind::WouldBlock => Some(
            "use the asynchronous client there, or call this one within tokio::task::spawn_blocking",
        ),
        Kind::StalePlan => Some("make the plan anew"),
        Kind::Status => of_status(error),
        _ => None,
    }
}

/// What is in place by then is found, whoever knew of it before.
const CREATE_AGAIN: &str = "create again: that creates what is missing and nothing twice";

fn is_create(error: &Error) -> bool {
    matches!(error.0.action, Action::Create(_))
}

fn of_status(error: &Error) -> Option<&'static str> {
    match error.status()? {
        401 | 403 if error.0.project_key => Some(
            "the key starts with sk-proj-, so it is a project key: these operations need an admin key",
        ),
        401 => Some("check the admin key in OPENAI_ADMIN_KEY"),
        403 => {
            Some("these operations need an admin key of the organization that owns the checkpoint")
        }
        404 => Some("check the checkpoint, the permission id and the base URL"),
        429 if error.is_quota_exceeded() => Some("check the plan and billing of the organization"),
        500.. if is_create(error) => Some(CREATE_AGAIN),
        300..=399 => Some("redirects are not followed: set the base URL to where the API is"),
        _ => None,
    }
}
