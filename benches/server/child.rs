//! Servers in child processes, whose CPU time and memory can be measured.

use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::Context as _;
use permissions_server::{Database, Server};

pub(crate) const KEY: &str = "sk-admin-bench";

const SERVE: &str = "--serve-for-bench";
const CONSTANT: &str = "constant:";

/// The kind of server in a child process.
#[derive(Debug)]
pub(crate) enum Role {
    /// An axum server that responds to every request with the same page, which has this number of permissions.
    Constant(usize),
    /// This version of permissions-server, with this database file.
    Server(PathBuf),
    /// Another binary of permissions-server, with this database file.
    Binary { program: PathBuf, file: PathBuf },
}

/// A running server. Dropping this value kills the process.
#[derive(Debug)]
pub(crate) struct Child {
    process: std::process::Child,
    pub(crate) address: String,
}

impl Child {
    pub(crate) fn start(role: &Role) -> anyhow::Result<Self> {
        let this = std::env::current_exe()?;
        let mut command = match role {
            Role::Constant(permissions) => {
                let mut command = Command::new(this);
                command.args([SERVE, &format!("{CONSTANT}{permissions}")]);
                command
            }
            Role::Server(file) => match std::env::var_os("PERMISSIONS_BENCH_NEW_BINARY") {
                Some(program) => binary(&program, file),
                None => {
                    let mut command = Command::new(this);
                    command.arg(SERVE).arg(file);
                    command
                }
            },
            Role::Binary { program, file } => binary(program.as_os_str(), file),
        };
        let mut process = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("failed to start a server")?;
        let stdout = process.stdout.take().context("no output")?;
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        let address = line.trim().trim_start_matches("OPENAI_BASE_URL=http://");
        Ok(Self {
            process,
            address: address.trim_end_matches("/v1").to_owned(),
        })
    }

    /// Returns the CPU time of all threads.
    pub(crate) fn cpu(&self) -> anyhow::Result<Duration> {
        permissions_benches::cpu::of_process(self.process.id())
    }

    /// Returns the resident memory in MiB.
    pub(crate) fn resident_mib(&self) -> anyhow::Result<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id()))?;
        let kib: f64 = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:"))
            .and_then(|rest| rest.trim().strip_suffix("kB"))
            .context("no VmRSS")?
            .trim()
            .parse()?;
        Ok(kib / 1024.0)
    }
}

/// Returns the command that runs a server binary with a database file.
fn binary(program: &OsStr, file: &Path) -> Command {
    let mut command = Command::new(program);
    command
        .args(["--listen", "127.0.0.1:0", "--log", "off", "--database"])
        .arg(file)
        .env("OPENAI_ADMIN_KEY", KEY);
    command
}

impl Drop for Child {
    fn drop(&mut self) {
        // `kill` fails if the process has already ended.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// If this process was started as a server, runs the server and never returns. Call this function first in `main`.
pub(crate) fn serve_if_started_as_server() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip_while(|argument| argument != SERVE);
    if arguments.next().is_none() {
        return Ok(());
    }
    let role = arguments.next().context("no role")?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    runtime.block_on(async {
        if let Some(permissions) = role.strip_prefix(CONSTANT) {
            constant(permissions.parse()?).await
        } else {
            let server = Server::builder()
                .database(Database::sqlite_file(role))
                .admin_key(KEY)
                .start()
                .await?;
            announce(server.address())?;
            std::future::pending().await
        }
    })
}

async fn constant(permissions: usize) -> anyhow::Result<()> {
    let item = r#"{"object":"checkpoint.permission","id":"cp_000000000000000000000000","created_at":1721764800,"project_id":"proj_000000000000000000000000"}"#;
    let body = format!(
        r#"{{"object":"list","data":[{}],"first_id":null,"last_id":null,"has_more":true}}"#,
        vec![item; permissions].join(",")
    );
    let body = axum::body::Bytes::from(body);
    let router = axum::Router::new().fallback(move || async move {
        (
            [(axum::http::header::CONTENT_TYPE, "application/json")],
            body,
        )
    });
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
    announce(listener.local_addr()?)?;
    Ok(axum::serve(listener, router).await?)
}

fn announce(address: std::net::SocketAddr) -> anyhow::Result<()> {
    let mut stdout = std::io::stdout();
    writeln!(stdout, "{address}")?;
    Ok(stdout.flush()?)
}
