//! The admin key: where it comes from, and how much of it is shown.

use std::path::Path;

use secrecy::{ExposeSecret as _, SecretString};

use crate::exit::Exit;
use crate::failure::Failure;
use crate::file;

pub(super) const VARIABLE: &str = "OPENAI_ADMIN_KEY";

/// More bytes than any key has.
const MOST: u64 = 64 << 10;

const REMEDY: &str = "name a file with one admin key in it, on one line, and nothing else";

/// Reads the admin key: from `file`, from standard input where that is `-`, else from the
/// environment.
pub(super) fn read(file: Option<&Path>) -> Result<SecretString, Failure> {
    match file {
        Some(file) => {
            let name = match file.to_str() {
                Some("-") => "the key on standard input".to_owned(),
                _ => format!("the key file {}", file.display()),
            };
            let text = file::read(file, MOST).map_err(|error| {
                Failure::new(Exit::Auth, format!("failed to read {name}: {error}")).remedy(REMEDY)
            })?;
            let key = text.trim();
            if key.is_empty() {
                return Err(Failure::new(Exit::Auth, format!("{name} is empty")).remedy(REMEDY));
            }
            usable(key, &name)
        }
        None => match std::env::var_os(VARIABLE) {
            Some(value) if is_set() => usable(value.to_string_lossy().trim(), VARIABLE),
            _ => Err(no_key()),
        },
    }
}

/// Whether the environment has a key.
pub(super) fn is_set() -> bool {
    std::env::var_os(VARIABLE).is_some_and(|key| !key.to_string_lossy().trim().is_empty())
}

/// As much of a key as tells it from another: what kind it is, and its end.
pub(crate) fn masked(key: &SecretString) -> String {
    let key = key.expose_secret();
    let kind = ["sk-admin-", "sk-proj-", "sk-svcacct-", "sk-"]
        .into_iter()
        .find(|kind| key.starts_with(kind))
        .unwrap_or_default();
    let end = if key.len() >= 24 {
        &key[key.len() - 4..]
    } else {
        ""
    };
    format!("{kind}…{end}")
}

/// What a header can carry. Anything else is a slip of copy and paste, and not shown.
fn usable(key: &str, name: &str) -> Result<SecretString, Failure> {
    if key.chars().all(|c| c.is_ascii_graphic()) {
        return Ok(key.into());
    }
    Err(Failure::new(
        Exit::Auth,
        format!("{name} holds no key: there are blanks, line breaks or letters beyond ASCII in it"),
    )
    .remedy(REMEDY))
}

fn no_key() -> Failure {
    let mut message = format!("no admin key: {VARIABLE} is not set, and there is no --key-file");
    if std::env::var_os("OPENAI_API_KEY").is_some_and(|key| !key.is_empty()) {
        message.push_str(" (OPENAI_API_KEY is set, but these operations take no ordinary key)");
    }
    Failure::new(Exit::Auth, message).remedy(
        "give an admin key of the organization, or try the command without one against a file \
         of your own: --local demo.db",
    )
}
