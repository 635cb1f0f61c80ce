//! `permissions doctor`: which settings apply, where they come from, and whether they work.

use std::time::Instant;

use permissions_ext::{CheckpointId, Error};

use super::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::ids;
use crate::output::Text;
use crate::session::Session;
use crate::settings::{Set, Settings, config_file, masked};

const EXAMPLES: &str = "\
Examples:
  When something does not work:
    permissions doctor

  Whether this key may look after a checkpoint:
    permissions doctor ft:gpt-4o:acme";

/// Who is asked for where no checkpoint is named: nobody. The answer still tells whether the key
/// is known.
const NOBODY: &str = "ft:permissions-doctor:nobody";

/// Arguments of `doctor`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Checkpoint to try it on
    #[arg(value_name = "CHECKPOINT", value_parser = ids::read::<CheckpointId>)]
    checkpoint: Option<CheckpointId>,
}

pub(crate) async fn run(args: Args, context: &Context) -> Result<Exit, Failure> {
    let mut out = context.text();
    match &context.global.local {
        Some(file) => setting(&mut out, "database", &file.display().to_string(), "--local")?,
        None => settings(&mut out, context)?,
    }
    let session = match Session::open(&context.global, &context.progress, false).await {
        Ok(session) => session,
        Err(failure) => {
            out.finish()?;
            return Err(failure);
        }
    };
    let reached = reach(&args, &session, &mut out).await;
    session.close().await;
    let exit = reached?;
    out.finish()?;
    Ok(exit)
}

fn settings(out: &mut Text, context: &Context) -> Result<(), Failure> {
    let settings = Settings::read(&context.global)?;
    let file = match config_file() {
        Some(file) if file.exists() => file.display().to_string(),
        Some(file) => format!("{} (not there)", file.display()),
        None => "none: there is no home".to_owned(),
    };
    setting(out, "configuration", &file, "")?;
    setting(
        out,
        "profile",
        settings.profile.as_deref().unwrap_or("none"),
        "",
    )?;
    let base_url = &settings.base_url;
    setting(
        out,
        "base URL",
        &base_url.value,
        &base_url.origin.to_string(),
    )?;
    match settings.key() {
        Ok(key) => setting(
            out,
            "admin key",
            &masked(&key.value),
            &key.origin.to_string(),
        )?,
        Err(_) => setting(out, "admin key", "none that can be used", "")?,
    }
    optional(out, "organization", settings.organization.as_ref())?;
    optional(out, "project", settings.project.as_ref())?;
    let tls = &settings.tls;
    for (name, file) in [
        ("certificate", &tls.certificate),
        ("its key", &tls.key),
        ("more roots", &tls.roots),
    ] {
        if let Some(file) = file {
            let path = file.value.display().to_string();
            setting(out, name, &path, &file.origin.to_string())?;
        }
    }
    Ok(())
}

fn optional(out: &mut Text, name: &str, set: Option<&Set<String>>) -> Result<(), Failure> {
    match set {
        Some(set) => setting(out, name, &set.value, &set.origin.to_string()),
        None => setting(out, name, "none", ""),
    }
}

fn setting(out: &mut Text, name: &str, value: &str, origin: &str) -> Result<(), Failure> {
    let origin = if origin.is_empty() {
        String::new()
    } else {
        format!("  ({origin})")
    };
    Ok(out.line(&format!("{name:<14} {value}{origin}"))?)
}

async fn reach(args: &Args, session: &Session, out: &mut Text) -> Result<Exit, Failure> {
    let checkpoint = match &args.checkpoint {
        Some(checkpoint) => checkpoint.clone(),
        None => NOBODY.parse().map_err(|error| {
            Failure::new(
                Exit::Failure,
                format!("failed to name a checkpoint: {error}"),
            )
        })?,
    };
    let begun = Instant::now();
    let answer = session
        .permissions(&checkpoint)
        .list()
        .page_size(1)
        .prefetch(false)
        .send()
        .await;
    let took = begun.elapsed();
    let error = match answer {
        Ok(_) => {
            out.added(&format!(
                "connection     the API answered in {took:.0?} and took the key"
            ))?;
            return Ok(Exit::Success);
        }
        Err(error) => error,
    };
    if error.is_not_found() && is_the_api(&error) && args.checkpoint.is_none() {
        out.added(&format!(
            "connection     the API answered in {took:.0?} and took the key; \
             name a checkpoint to see whether it may be looked after"
        ))?;
        return Ok(Exit::Success);
    }
    let failure = Failure::of(&error);
    out.removed(&format!("connection     {error}"))?;
    out.line(&format!("               {}", explained(&error)))?;
    Ok(failure.exit())
}

/// Whether it is the API that does not find something, and not another server, or the API in another place.
fn is_the_api(error: &Error) -> bool {
    error.type_().is_some() && error.code() != Some("unknown_url")
}

/// What a failure means, in plain words.
fn explained(error: &Error) -> &'static str {
    let text = error.to_string().to_lowercase();
    if error.is_unauthorized() {
        "The API was reached, and does not know this key: it was mistyped, revoked, or belongs to \
         another base URL."
    } else if error.is_permission_denied() {
        "The API knows this key, and does not let it do this: it is a project key, or the admin \
         key of another organization."
    } else if error.is_not_found() && !is_the_api(error) {
        "There is no such operation at this base URL: look at it, and whether it ends in /v1."
    } else if error.is_not_found() {
        "The API was reached and took the key, and knows no such checkpoint: look at its id, and \
         whether the base URL ends in /v1."
    } else if text.contains("client certificate") {
        "The gateway in front of the API wants to know who you are: give it a certificate that it \
         accepts, with --mtls-client-cert-file and --mtls-client-key-file."
    } else if error.is_certificate() {
        "Somebody answers at the base URL, and cannot prove to be who it is: an inspecting proxy, \
         or a certificate that this system does not trust."
    } else if error.is_connect() {
        "Nobody answers at the base URL: look at its host and port, at the network, and at \
         HTTPS_PROXY."
    } else if error.is_rate_limited() {
        "The API was reached and took the key, and is asked too often at the moment."
    } else if error.is_decode() {
        "Something answers at the base URL that is not this API: look at whether it ends in /v1, \
         and for a login page in between."
    } else {
        "The API was reached and failed: try again later."
    }
}
