//! A server in a process of its own.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdout, Command, ExitStatus, Output, Stdio};

use crate::support::Client;

pub const KEY: &str = "sk-admin-of-this-test";

/// A running server, which is killed when this value is dropped.
pub struct Process {
    child: Child,
    stdout: BufReader<ChildStdout>,
    pub base_url: String,
}

/// The binary without the environment variables that configure it.
pub fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_permissions-server"));
    for (name, _) in std::env::vars() {
        if name.starts_with("PERMISSIONS_SERVER_") || name.starts_with("OPENAI_") {
            command.env_remove(name);
        }
    }
    command.env_remove("COLUMNS");
    command
        .args(args)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// Runs the binary until it exits.
pub fn output(args: &[&str]) -> Output {
    command(args).output().expect("a process")
}

impl Process {
    /// Starts on a free port with [`KEY`] and waits until the server accepts requests.
    pub fn start(args: &[&str]) -> Self {
        let mut command = command(args);
        command
            .args(["--listen", "127.0.0.1:0"])
            .env("OPENAI_ADMIN_KEY", KEY);
        Self::spawn(command)
    }

    pub fn spawn(mut command: Command) -> Self {
        let mut child = command.spawn().expect("a process");
        let mut stdout = BufReader::new(child.stdout.take().expect("piped"));
        let mut line = String::new();
        stdout.read_line(&mut line).expect("a line");
        let Some(base_url) = line.trim().strip_prefix("OPENAI_BASE_URL=") else {
            let mut stderr = String::new();
            let _ = child
                .stderr
                .take()
                .expect("piped")
                .read_to_string(&mut stderr);
            panic!("the server did not start: {line}{stderr}");
        };
        let base_url = base_url.to_owned();
        // Reads the log, because the server would block if the pipe were full.
        let mut stderr = child.stderr.take().expect("piped");
        std::thread::spawn(move || std::io::copy(&mut stderr, &mut std::io::sink()));
        Self {
            child,
            stdout,
            base_url,
        }
    }

    /// Reads the next line of standard output.
    pub fn line(&mut self) -> String {
        let mut line = String::new();
        self.stdout.read_line(&mut line).expect("a line");
        line
    }

    pub fn client(&self) -> Client {
        Client::new(&self.base_url, KEY)
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Kills the process without a shutdown.
    pub fn kill(&mut self) {
        self.child.kill().expect("killed");
        self.child.wait().expect("gone");
    }

    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill")
            .args(["-s", name, &self.child.id().to_string()])
            .status()
            .expect("sent");
        assert!(sent.success());
    }

    pub fn wait(&mut self) -> ExitStatus {
        self.child.wait().expect("an end")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // The process may have exited.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
