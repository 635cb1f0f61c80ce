//! `permissions doctor` shows the settings with their sources, and tests the connection.

use std::ffi::OsStr;
use std::time::{Duration, Instant};

use anstyle::Style;
use jiff::Timestamp;
use permissions_ext::{CheckpointId, Error, ErrorKind};

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::ids;
use crate::output::{Cell, Columns};
use crate::session::Session;
use crate::settings::{Setting, Settings, config_file, masked, proxy};
use crate::style::{CREATED, DELETED};

const COLUMNS: &[&str] = &["name", "value", "source"];

/// The checkpoint that `doctor` requests if the command line contains none. The checkpoint does not exist, but the
/// response still shows whether the key is valid.
const NONEXISTENT: &str = "ft:permissions-doctor:nobody";

/// If the clocks of this machine and of the API differ by more than this duration, the validation of TLS certificates
/// may fail.
const CLOCK_TOLERANCE: Duration = Duration::from_secs(60);

/// Arguments of `doctor`.
#[derive(Debug, clap::Args)]
#[command(after_help = include_str!("../help/doctor.txt"))]
pub(crate) struct Args {
    /// Checkpoint for the connection test
    #[arg(value_name = "CHECKPOINT", value_parser = ids::read::<CheckpointId>)]
    checkpoint: Option<CheckpointId>,
}

/// The findings: name, value, source and style.
#[derive(Default)]
struct Findings(Vec<(&'static str, String, Option<String>, Style)>);

impl Findings {
    fn add(&mut self, name: &'static str, value: impl Into<String>, source: Option<String>) {
        self.0.push((name, value.into(), source, Style::new()));
    }

    fn setting<T: AsRef<OsStr>>(&mut self, name: &'static str, setting: Option<&Setting<T>>) {
        match setting {
            Some(setting) => self.add(name, setting.to_string(), Some(setting.origin.to_string())),
            None => self.add(name, "none", None),
        }
    }

    fn show(&self, context: &Context) -> Result<(), Failure> {
        if context.wants_rows() {
            let rows = context.changes(Columns::new(COLUMNS))?;
            for (name, value, source, _) in &self.0 {
                let source = Cell::optional(source.as_ref());
                rows.row(&[Cell::text(name), Cell::text(value), source]);
            }
            return rows.finish_unchanged();
        }
        let mut out = context.text()?;
        for (name, value, source, style) in &self.0 {
            let source = match source {
                Some(source) => format!("  ({source})"),
                None => String::new(),
            };
            out.parts(&[(format!("{name:<16} {value}{source}"), *style)])?;
        }
        Ok(out.finish()?)
    }
}

pub(crate) async fn run(args: Args, context: &Context) -> Result<Exit, Failure> {
    let mut findings = Findings::default();
    match &context.global.local {
        Some(file) => {
            let option = Some("--local".to_owned());
            findings.add("database", file.display().to_string(), option);
        }
        None => settings(&mut findings, context)?,
    }
    let session = match Session::open(context, false).await {
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
    let profile = settings.profile.as_deref();
    findings.add("profile", profile.unwrap_or("none"), None);
    findings.setting("base URL", Some(&settings.base_url));
    let key = settings
        .key()
        .map_or_else(|_| "no valid key".to_owned(), |key| masked(&key));
    findings.add("admin key", key, Some(settings.key_source()));
    findings.setting("organization", settings.organization.as_ref());
    findings.setting("project", settings.project.as_ref());
    findings.setting("proxy", proxy(&settings.base_url.value).as_ref());
    let variable = |names: [&str; 2]| {
        let set = |name: &str| Some((std::env::var(name).ok()?, Some(name.to_owned())));
        names.into_iter().find_map(set)
    };
    if let Some((hosts, name)) = variable(["NO_PROXY", "no_proxy"]) {
        findings.add("no proxy for", hosts, name);
    }
    let system = ("those of the system".to_owned(), None);
    let (roots, name) = variable(["SSL_CERT_FILE", "SSL_CERT_DIR"]).unwrap_or(system);
    findings.add("TLS roots", roots, name);
    let tls = &settings.tls;
    for (name, file) in [
        ("additional roots", &tls.roots),
        ("certificate", &tls.certificate),
        ("certificate key", &tls.key),
    ] {
        if file.is_some() {
            findings.setting(name, file.as_ref());
        }
    }
    Ok(())
}

/// Lists one permission of the checkpoint.
async fn test(
    args: &Args,
    session: &Session<'_>,
    findings: &mut Findings,
) -> Result<Exit, Failure> {
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
    let mut accepted = format!("the API answered in {elapsed:.0?} and accepted the key");
    let metadata = match &result {
        Ok(page) => Some(page.metadata()),
        Err(error) => error.metadata(),
    };
    let date = metadata.and_then(|metadata| metadata.header("date"));
    if let Some(clock) = date.and_then(clock) {
        findings.add("clock", clock, None);
    }
    if let Err(error) = result {
        let is_accepted = error.kind() == ErrorKind::NotFound && is_the_api(&error);
        if !is_accepted || args.checkpoint.is_some() {
            let failure = session.explain(Failure::from(&error)).await;
            findings
                .0
                .push(("connection", error.to_string(), None, DELETED));
            findings.add("", failure.remedy_text(), None);
            return Ok(failure.exit());
        }
        accepted
            .push_str("; give a checkpoint to check whether the key may manage that checkpoint");
    }
    findings.0.push(("connection", accepted, None, CREATED));
    Ok(Exit::Success)
}

/// Compares the clock of this machine with the `Date` header of a response.
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

/// Whether a 404 means that the API has no such checkpoint. A 404 from another server has no error type, and a 404 for
/// a wrong path has the code `unknown_url`.
fn is_the_api(error: &Error) -> bool {
    error.type_().is_some() && error.code() != Some("unknown_url")
}
