//! `permissions doctor` shows the settings with their sources, and tests the connection.

use std::time::{Duration, Instant};

use anstyle::Style;
use jiff::Timestamp;
use permissions_ext::{CheckpointId, Error, ErrorKind};

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Cell, Columns};
use crate::requests::RequestOptions;
use crate::session::Session;
use crate::settings::{Setting, Settings, config_file, masked, proxy};
use crate::style::{CREATED, DELETED};
use crate::{completion, ids};

const COLUMNS: Columns = Columns {
    all: &["name", "value", "source"],
    hidden: None,
};

const EXAMPLES: &str = "\
Examples:
  Find out why a command fails:
    permissions doctor

  Check whether the key may manage a checkpoint:
    permissions doctor ft:gpt-4o:acme

  For a bug report:
    permissions doctor --format json";

/// The checkpoint of the test, if the command line names none. It does not exist: the response shows whether the key
/// is valid.
const NONEXISTENT: &str = "ft:permissions-doctor:nobody";

/// A larger difference may break TLS certificates and signatures.
const CLOCK_TOLERANCE: Duration = Duration::from_secs(60);

/// Arguments of `doctor`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Checkpoint for the test
    #[arg(
        value_name = "CHECKPOINT",
        value_parser = ids::read::<CheckpointId>,
        add = completion::checkpoints()
    )]
    checkpoint: Option<CheckpointId>,

    #[command(flatten)]
    requests: RequestOptions,
}

/// The findings.
#[derive(Default)]
struct Findings {
    lines: Vec<Line>,
}

struct Line {
    name: &'static str,
    value: String,
    source: Option<String>,
    style: Style,
}

impl Findings {
    fn add(&mut self, name: &'static str, value: impl Into<String>, source: Option<String>) {
        self.styled(name, value, source, Style::new());
    }

    fn styled(
        &mut self,
        name: &'static str,
        value: impl Into<String>,
        source: Option<String>,
        style: Style,
    ) {
        self.lines.push(Line {
            name,
            value: value.into(),
            source,
            style,
        });
    }

    fn setting(&mut self, name: &'static str, setting: Option<&Setting<String>>) {
        match setting {
            Some(setting) => self.add(
                name,
                setting.value.clone(),
                Some(setting.origin.to_string()),
            ),
            None => self.add(name, "none", None),
        }
    }

    fn show(&self, context: &Context) -> Result<(), Failure> {
        if context.wants_rows() {
            let mut rows = context.changes(COLUMNS)?;
            for line in &self.lines {
                let source = line.source.as_ref().map_or(Cell::Null, Cell::text);
                rows.row(&[Cell::text(line.name), Cell::text(&line.value), source]);
            }
            return Ok(rows.finish_unchanged()?);
        }
        let mut out = context.text()?;
        for line in &self.lines {
            let source = line
                .source
                .as_ref()
                .map_or_else(String::new, |source| format!("  ({source})"));
            out.parts(&[(
                format!("{:<16} {}{source}", line.name, line.value),
                line.style,
            )])?;
        }
        Ok(out.finish()?)
    }
}

pub(crate) async fn run(args: Args, context: &Context) -> Result<Exit, Failure> {
    let mut findings = Findings::default();
    match &context.global.local {
        Some(file) => findings.add(
            "database",
            file.display().to_string(),
            Some("--local".to_owned()),
        ),
        None => settings(&mut findings, context)?,
    }
    let session = match Session::open(context, &args.requests, false).await {
        Ok(session) => session,
        Err(failure) => {
            findings.show(context)?;
            return Err(failure);
        }
    };
    let tested = test(&args, &session, &mut findings).await;
    session.close().await;
    let exit = tested?;
    findings.show(context)?;
    Ok(exit)
}

fn settings(findings: &mut Findings, context: &Context) -> Result<(), Failure> {
    let settings = Settings::read(&context.global)?;
    let file = match config_file() {
        Some(file) if file.exists() => file.display().to_string(),
        Some(file) => format!("{} (does not exist)", file.display()),
        None => "none: there is no home directory".to_owned(),
    };
    findings.add("configuration", file, None);
    findings.add(
        "profile",
        settings.profile.as_deref().unwrap_or("none"),
        None,
    );
    findings.setting("base URL", Some(&settings.base_url));
    match settings.key() {
        Ok(key) => findings.add("admin key", masked(&key), Some(settings.key_source())),
        Err(_) => findings.add(
            "admin key",
            "none that is valid",
            Some(settings.key_source()),
        ),
    }
    findings.setting("organization", settings.organization.as_ref());
    findings.setting("project", settings.project.as_ref());
    findings.setting("proxy", proxy(&settings.base_url.value).as_ref());
    if let Ok(hosts) = std::env::var("NO_PROXY").or_else(|_| std::env::var("no_proxy")) {
        findings.add("no proxy for", hosts, Some("NO_PROXY".to_owned()));
    }
    let variable = |name: &str| std::env::var_os(name).map(|value| (value, name.to_owned()));
    match variable("SSL_CERT_FILE").or_else(|| variable("SSL_CERT_DIR")) {
        Some((path, name)) => findings.add("TLS roots", path.to_string_lossy(), Some(name)),
        None => findings.add("TLS roots", "those of the system", None),
    }
    let tls = &settings.tls;
    for (name, file) in [
        ("further roots", &tls.roots),
        ("certificate", &tls.certificate),
        ("certificate key", &tls.key),
    ] {
        if let Some(file) = file {
            let path = file.value.display().to_string();
            findings.add(name, path, Some(file.origin.to_string()));
        }
    }
    Ok(())
}

/// Lists one permission of the checkpoint.
async fn test(args: &Args, session: &Session, findings: &mut Findings) -> Result<Exit, Failure> {
    let checkpoint = match &args.checkpoint {
        Some(checkpoint) => checkpoint.clone(),
        None => ids::argument(NONEXISTENT)?,
    };
    let start = Instant::now();
    let list = session
        .permissions(&checkpoint)?
        .list()
        .page_size(1)
        .prefetch(false);
    let result = list.send().await;
    let elapsed = start.elapsed();
    let accepted = format!("the API answered in {elapsed:.0?} and accepted the key");
    let error = match result {
        Ok(page) => {
            findings.styled("connection", accepted, None, CREATED);
            if let Some(clock) = page.metadata().header("date").and_then(clock) {
                findings.add("clock", clock, None);
            }
            return Ok(Exit::Success);
        }
        Err(error) => error,
    };
    if error.kind() == ErrorKind::NotFound && is_the_api(&error) && args.checkpoint.is_none() {
        let value = format!("{accepted}; name a checkpoint to check whether the key may manage it");
        findings.styled("connection", value, None, CREATED);
        return Ok(Exit::Success);
    }
    let failure = session.explain(Failure::from(&error)).await;
    findings.styled("connection", error.to_string(), None, DELETED);
    findings.add("", explanation(&error), None);
    Ok(failure.exit())
}

/// Compares the clock with the header `Date` of a response.
fn clock(date: &str) -> Option<String> {
    let server = jiff::fmt::rfc2822::parse(date).ok()?.timestamp();
    let ahead = Timestamp::now().as_second() - server.as_second();
    let seconds = ahead.unsigned_abs();
    let direction = if ahead > 0 { "ahead of" } else { "behind" };
    // `Date` has whole seconds, and the response took some time.
    Some(if seconds <= 2 {
        "agrees with the API's".to_owned()
    } else if seconds > CLOCK_TOLERANCE.as_secs() {
        format!("{seconds} s {direction} the API's: set the clock of this machine")
    } else {
        format!("{seconds} s {direction} the API's")
    })
}

/// Whether the 404 comes from the API, and not from another server or another path of the API.
fn is_the_api(error: &Error) -> bool {
    error.type_().is_some() && error.code() != Some("unknown_url")
}

fn explanation(error: &Error) -> &'static str {
    match error.kind() {
        ErrorKind::Unauthorized => {
            "The API does not know this key. It is mistyped, revoked, or belongs to another base URL."
        }
        ErrorKind::PermissionDenied => {
            "The API knows this key but does not allow it to do this. It is a project key, or the \
             admin key of another organization."
        }
        ErrorKind::NotFound if !is_the_api(error) => {
            "The base URL has no such operation. Check the base URL, and whether it ends in /v1."
        }
        ErrorKind::NotFound => {
            "The API accepted the key but does not know this checkpoint. Check its id, and whether \
             the base URL ends in /v1."
        }
        ErrorKind::Certificate => {
            "The TLS handshake failed. A proxy inspects the traffic, this system does not trust the \
             certificate (see --ca-file), or the server requires a client certificate (see \
             --mtls-client-cert-file)."
        }
        ErrorKind::Connect => {
            "No server answers at the base URL. Check its host and port, the network, and the proxy."
        }
        ErrorKind::Proxy => "The proxy refused the request or cannot be reached.",
        ErrorKind::RateLimited => "The API accepted the key, but its rate limit is exceeded.",
        ErrorKind::Decode => {
            "The server at the base URL is not this API. Check whether the base URL ends in /v1, and \
             whether a login page intercepts the request."
        }
        _ => "The API failed. Try again later.",
    }
}
