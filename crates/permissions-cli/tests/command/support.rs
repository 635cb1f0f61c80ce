//! A world to run the command in, and what a run of it did.

use std::ffi::OsStr;
use std::fmt;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use permissions_server::{Fault, Faults, RecordedRequest, Server, ServerBuilder};
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// A server whose ids and times are the same in every run, and a folder to work in.
pub(crate) struct World {
    runtime: Runtime,
    server: Option<Server>,
    folder: TempDir,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(|server| server)
    }

    /// One fault, or none, for each request in turn.
    pub(crate) fn with_faults(faults: impl IntoIterator<Item = Option<Fault>>) -> Self {
        Self::with(|server| server.faults(Faults::in_turn(faults)))
    }

    /// A list of two pages of one permission each, the second of which comes after a pause.
    pub(crate) fn with_a_slow_page(pause: Duration) -> Self {
        let faults = Faults::in_turn([None, Some(Fault::Delay(pause))]);
        Self::with(|server| {
            server
                .permissions("ft:a", ["proj_a", "proj_b"])
                .faults(faults)
        })
    }

    fn with(change: impl FnOnce(ServerBuilder) -> ServerBuilder) -> Self {
        let runtime = Runtime::new().unwrap();
        let server = Server::builder()
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

    pub(crate) fn base_url(&self) -> &str {
        self.server.as_ref().unwrap().base_url()
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The command with the server's address and key in its environment, and nothing else in it.
    pub(crate) fn command(&self, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Command {
        let mut command = bare(args);
        command
            .current_dir(self.folder())
            .env("OPENAI_BASE_URL", self.base_url())
            .env("OPENAI_ADMIN_KEY", "sk-admin-test");
        command
    }

    /// Runs it to its end.
    pub(crate) fn run(&self, args: &str) -> Ran {
        run(self.command(args.split_whitespace()))
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if let Some(server) = self.server.take() {
            self.runtime.block_on(server.shutdown());
        }
    }
}

/// The command with an empty environment.
pub(crate) fn bare(args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_permissions"));
    command.args(args).env_clear().stdin(Stdio::null());
    command
}

/// Runs a command to its end.
pub(crate) fn run(mut command: Command) -> Ran {
    Ran(command.output().unwrap())
}

/// What a command did, as a reviewer reads it in a snapshot.
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

    /// Its data, where it succeeded without a word on standard error.
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

/// Compares what a command did with what a reviewer has seen, whatever the port, the folder and
/// the request id of this run.
#[track_caller]
pub(crate) fn snapshot(name: &str, description: &str, ran: &Ran) {
    snapshot_text(name, description, &ran.to_string());
}

/// The same of a text.
#[track_caller]
pub(crate) fn snapshot_text(name: &str, description: &str, text: &str) {
    insta::with_settings!({
        description => description,
        omit_expression => true,
        prepend_module_to_snapshot => false,
        filters => vec![
            (r"127\.0\.0\.1:\d+", "127.0.0.1:[port]"),
            (r"port \d+", "port [port]"),
            // In which moment a refusal arrives is up to the network.
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
