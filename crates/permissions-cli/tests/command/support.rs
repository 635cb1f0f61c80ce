//! A server and a folder for the command, and the result of a run.

use std::ffi::OsStr;
use std::fmt;
use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use permissions_server::{Fault, Faults, Limits, RecordedRequest, Server, ServerBuilder};
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// A server with fixed ids and times, and a working directory.
pub(crate) struct Fixture {
    runtime: Runtime,
    server: Option<Server>,
    folder: TempDir,
}

impl Fixture {
    pub(crate) fn new() -> Self {
        Self::with(|server| server)
    }

    /// Injects one item of the list into each request, in order: a fault, or `None` for no fault.
    pub(crate) fn with_faults(faults: impl IntoIterator<Item = Option<Fault>>) -> Self {
        Self::with(|server| server.faults(Faults::in_turn(faults)))
    }

    /// `ft:a` has two permissions. The second request is answered after a pause.
    pub(crate) fn with_a_slow_page(pause: Duration) -> Self {
        let faults = Faults::in_turn([None, Some(Fault::Delay(pause))]);
        Self::with(|server| {
            server
                .permissions("ft:a", ["proj_a", "proj_b"])
                .faults(faults)
        })
    }

    /// The organization has two active projects and an archived one.
    pub(crate) fn with_projects() -> Self {
        Self::with(|server| {
            server
                .project("proj_a", "Forecast service")
                .project("proj_b", "Maps")
                .archived_project("proj_c", "Old maps")
        })
    }

    /// The organization has these projects, given as ids and names.
    pub(crate) fn with_many_projects(projects: impl Iterator<Item = (String, String)>) -> Self {
        Self::with(|server| projects.fold(server, |server, (id, name)| server.project(id, name)))
    }

    fn with(change: impl FnOnce(ServerBuilder) -> ServerBuilder) -> Self {
        let runtime = Runtime::new().unwrap();
        let mut limits = Limits::default();
        // Do not wait for requests that a fault delays.
        limits.shutdown_time = Duration::from_millis(100);
        limits.keep_alive_grace = Duration::ZERO;
        let server = Server::builder()
            .limits(limits)
            .admin_key("sk-admin-test")
            .project_key("sk-proj-test")
            .fixed_clock(1_700_000_000)
            .id_seed(1)
            .record_requests();
        let server = runtime.block_on(change(server).start()).unwrap();
        Self {
            runtime,
            server: Some(server),
            folder: tempfile::tempdir().unwrap(),
        }
    }

    pub(crate) fn runtime(&self) -> &Runtime {
        &self.runtime
    }

    pub(crate) fn requests(&self) -> Vec<RecordedRequest> {
        self.server.as_ref().unwrap().requests()
    }

    /// Creates permissions through the API, without the command's validation of ids.
    pub(crate) fn create_directly(&self, checkpoint: &str, projects: &[&str]) {
        let client = permissions_ext::Client::builder()
            .admin_key("sk-admin-test")
            .base_url(self.base_url())
            .build()
            .unwrap();
        let permissions = client.permissions(checkpoint).unwrap();
        let create = permissions.create(projects.iter().copied());
        self.runtime.block_on(create.send()).unwrap();
    }

    /// Returns the number of requests that listed projects.
    pub(crate) fn project_lists(&self) -> usize {
        let requests = self.requests();
        let lists = requests
            .iter()
            .filter(|request| request.path.contains("/organization/"));
        lists.count()
    }

    pub(crate) fn base_url(&self) -> &str {
        self.server.as_ref().unwrap().base_url()
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Writes `permissions.toml`, the default manifest of the commands.
    pub(crate) fn write_manifest(&self, text: &str) {
        fs::write(self.folder().join("permissions.toml"), text).unwrap();
    }

    /// Returns the command with only the server's address and key in its environment.
    pub(crate) fn command(&self, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Command {
        let mut command = bare(args);
        command
            .current_dir(self.folder())
            .env("OPENAI_BASE_URL", self.base_url())
            .env("OPENAI_ADMIN_KEY", "sk-admin-test");
        command
    }

    /// Runs the command to its end.
    pub(crate) fn run(&self, args: &str) -> Ran {
        run(self.command(args.split_whitespace()))
    }
}

impl Drop for Fixture {
    fn drop(&mut self) {
        if let Some(server) = self.server.take() {
            self.runtime.block_on(server.shutdown());
        }
    }
}

/// Returns the command with an empty environment.
pub(crate) fn bare(args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_permissions"));
    command.args(args).env_clear().stdin(Stdio::null());
    command
}

/// Runs a command and returns its output.
pub(crate) fn run(mut command: Command) -> Ran {
    Ran(command.output().unwrap())
}

/// The result of a run.
pub(crate) struct Ran(Output);

impl Ran {
    pub(crate) fn code(&self) -> Option<i32> {
        self.0.status.code()
    }

    pub(crate) fn stdout(&self) -> &str {
        std::str::from_utf8(&self.0.stdout).unwrap()
    }

    pub(crate) fn stderr(&self) -> &str {
        std::str::from_utf8(&self.0.stderr).unwrap()
    }

    /// Returns standard output. Fails unless the run succeeded without messages.
    #[track_caller]
    pub(crate) fn data(&self) -> &str {
        assert_eq!((self.code(), self.stderr()), (Some(0), ""), "{self}");
        self.stdout()
    }
}

impl fmt::Display for Ran {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.code() {
            Some(code) => writeln!(f, "exit code: {code}")?,
            None => writeln!(f, "{}", self.0.status)?,
        }
        for (name, text) in [("stdout", self.stdout()), ("stderr", self.stderr())] {
            if !text.is_empty() {
                write!(f, "--- {name}\n{text}")?;
            }
        }
        Ok(())
    }
}

/// Compares a result with its snapshot. Ports, request ids and error numbers are replaced.
#[track_caller]
pub(crate) fn snapshot(name: &str, description: &str, ran: &Ran) {
    snapshot_text(name, description, &ran.to_string());
}

/// Compares a text with its snapshot.
#[track_caller]
pub(crate) fn snapshot_text(name: &str, description: &str, text: &str) {
    insta::with_settings!({
        description => description,
        omit_expression => true,
        prepend_module_to_snapshot => false,
        filters => vec![
            (r"127\.0\.0\.1:\d+", "127.0.0.1:[port]"),
            (r"port \d+", "port [port]"),
            // The connection may be refused before or after the request is sent, so both messages are replaced by one.
            (
                r"client error \((SendRequest|Canceled)\): (operation was canceled: )?",
                "client error ([moment]): ",
            ),
            (r"os error \d+", "os error [number]"),
            (r"req_[0-9a-zA-Z]+", "[request id]"),
        ]
    }, {
        insta::assert_snapshot!(name, text);
    });
}

/// Returns the completions of a command line in bash. The last word is the one to complete.
pub(crate) fn complete(fixture: &Fixture, line: &str) -> Vec<String> {
    let words: Vec<&str> = line.split(' ').collect();
    let mut command = bare(["--"].into_iter().chain(words.iter().copied()));
    command
        .current_dir(fixture.folder())
        .env("COMPLETE", "bash")
        .env("_CLAP_IFS", "\n")
        .env("_CLAP_COMPLETE_INDEX", (words.len() - 1).to_string())
        .env("_CLAP_COMPLETE_COMP_TYPE", "9")
        .env("_CLAP_COMPLETE_SPACE", "true");
    let ran = run(command);
    ran.data().lines().map(str::to_owned).collect()
}
