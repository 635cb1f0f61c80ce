//! A PostgreSQL of the tests' own, or the one that `DATABASE_URL` names.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

/// Sets up a cluster in a folder of its own, says where it is once it answers, and removes it when
/// the test process ends: then its standard input ends. Nothing listens on the network.
const SCRIPT: &str = r#"
set -eu
folder=$(mktemp -d "${TMPDIR:-/tmp}/permissions-pg.XXXXXX")
chmod 755 "$folder"
trap 'kill -QUIT $pid 2>/dev/null || true; wait $pid 2>/dev/null || true; rm -rf "$folder"' EXIT
initdb -D "$folder/data" -U test --auth=trust --no-sync --encoding=UTF8 --no-locale >"$folder/log" 2>&1
postgres -D "$folder/data" -k "$folder" -c listen_addresses= -c max_connections=300 "$@" >>"$folder/log" 2>&1 &
pid=$!
until pg_isready -q -h "$folder" -U test; do kill -0 $pid; sleep 0.05; done
echo "$folder"
read -r _ || true
"#;

/// A running PostgreSQL.
pub struct Cluster {
    /// `postgres://USER@HOST`, without a database.
    server: String,
    _process: Option<Child>,
}

impl Cluster {
    pub fn url(&self, database: &str) -> String {
        format!("{}/{database}", self.server)
    }
}

/// The one that all tests of this process share; `None` where there is none.
pub fn shared() -> Option<&'static Cluster> {
    static SHARED: OnceLock<Option<Cluster>> = OnceLock::new();
    SHARED
        .get_or_init(|| match std::env::var("DATABASE_URL") {
            Ok(url) if url.starts_with("postgres") => {
                let (server, _) = url.rsplit_once('/').expect("DATABASE_URL names a database");
                Some(Cluster {
                    server: server.to_owned(),
                    _process: None,
                })
            }
            _ => {
                let started = start();
                if started.is_none() {
                    eprintln!("skipped: neither DATABASE_URL nor a local postgres binary");
                }
                started
            }
        })
        .as_ref()
}

fn start() -> Option<Cluster> {
    let binaries = binaries()?;
    let path = format!("{}:/usr/sbin:/usr/bin:/sbin:/bin", binaries.display());
    // What the tests show is not what happens when the machine loses power.
    let mut command = as_ordinary_user();
    let mut process = command
        .args(["sh", "-c", SCRIPT, "postgres", "-c", "fsync=off"])
        .env("PATH", path)
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("a shell");
    let mut folder = String::new();
    BufReader::new(process.stdout.take().expect("piped"))
        .read_line(&mut folder)
        .expect("a line");
    let folder = folder.trim();
    assert!(!folder.is_empty(), "PostgreSQL did not start");
    Some(Cluster {
        server: format!("postgres://test@{}", folder.replace('/', "%2F")),
        _process: Some(process),
    })
}

/// The newest PostgreSQL of this machine.
fn binaries() -> Option<PathBuf> {
    let on_path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = std::env::split_paths(&on_path).collect();
    if let Ok(versions) = std::fs::read_dir("/usr/lib/postgresql") {
        folders.extend(versions.flatten().map(|version| version.path().join("bin")));
    }
    folders
        .into_iter()
        .filter(|folder| folder.join("initdb").is_file() && folder.join("postgres").is_file())
        .max()
}

/// PostgreSQL refuses to run as root.
fn as_ordinary_user() -> Command {
    let root = Command::new("id")
        .arg("-u")
        .output()
        .is_ok_and(|output| output.stdout.trim_ascii() == b"0");
    if root {
        let mut command = Command::new("runuser");
        command.args(["-u", "postgres", "--"]);
        command
    } else {
        Command::new("env")
    }
}
