//! A PostgreSQL of the tests' own, or the one that `DATABASE_URL` names.

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};
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

/// Sets up a primary and a synchronous standby, and then does what each line of its standard input
/// says: `crash` the primary, `promote` the standby.
const PAIR: &str = r#"
set -eu
folder=$(mktemp -d "${TMPDIR:-/tmp}/permissions-pg.XXXXXX")
chmod 755 "$folder"
stop() {
    for one in primary standby; do pg_ctl -D "$folder/$one/data" -m immediate stop >/dev/null 2>&1 || true; done
    rm -rf "$folder"
}
trap stop EXIT
mkdir -m 755 "$folder/primary" "$folder/standby"
start() {
    pg_ctl -D "$folder/$1/data" -w -l "$folder/$1/log" -o "-k $folder/$1 -c listen_addresses= -c max_connections=100" start >/dev/null
}
initdb -D "$folder/primary/data" -U test --auth=trust --no-sync --encoding=UTF8 --no-locale >/dev/null
start primary
pg_basebackup -h "$folder/primary" -U test -D "$folder/standby/data" -R -X stream -c fast >/dev/null
start standby
psql -q -h "$folder/primary" -U test postgres -c "ALTER SYSTEM SET synchronous_standby_names = '*'" -c "SELECT pg_reload_conf()" >/dev/null
state=
while [ "$state" != sync ]; do
    state=$(psql -qAt -h "$folder/primary" -U test postgres -c "SELECT sync_state FROM pg_stat_replication")
done
echo "$folder"
while read -r order; do
    case $order in
        crash) pg_ctl -D "$folder/primary/data" -m immediate stop >/dev/null ;;
        promote)
            psql -q -h "$folder/standby" -U test postgres -c "ALTER SYSTEM SET synchronous_standby_names = ''" >/dev/null
            pg_ctl -D "$folder/standby/data" -w promote >/dev/null
            ;;
    esac
    echo done
done
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
    // What these tests show is not what happens when the machine loses power.
    let (process, _, folder) = shell(SCRIPT, &["-c", "fsync=off"])?;
    Some(Cluster {
        server: format!("postgres://test@{}", folder.replace('/', "%2F")),
        _process: Some(process),
    })
}

/// A primary with a synchronous standby.
pub struct Pair {
    process: Child,
    answers: BufReader<ChildStdout>,
    folder: String,
}

impl Pair {
    /// `None` where there is no PostgreSQL.
    pub fn start() -> Option<Self> {
        let Some((process, answers, folder)) = shell(PAIR, &[]) else {
            eprintln!("skipped: no local postgres binary");
            return None;
        };
        Some(Self {
            process,
            answers,
            folder,
        })
    }

    /// Both hosts in one URL.
    pub fn url(&self) -> String {
        let folder = self.folder.replace('/', "%2F");
        format!(
            "postgres://test@{folder}%2Fprimary,{folder}%2Fstandby/postgres\
             ?target_session_attrs=read-write"
        )
    }

    /// `crash` or `promote`; returns when it is done.
    pub fn order(&mut self, order: &str) {
        let input = self.process.stdin.as_mut().expect("piped");
        writeln!(input, "{order}").expect("told");
        let mut answer = String::new();
        self.answers.read_line(&mut answer).expect("a line");
        assert_eq!(answer.trim(), "done");
    }
}

impl Drop for Pair {
    fn drop(&mut self) {
        // The end of its input ends it, and it takes its folder along.
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}

/// Runs a script as a user that may run PostgreSQL, until it says where its folder is.
fn shell(script: &str, args: &[&str]) -> Option<(Child, BufReader<ChildStdout>, String)> {
    let path = format!("{}:/usr/sbin:/usr/bin:/sbin:/bin", binaries()?.display());
    let mut process = as_ordinary_user()
        .args(["sh", "-c", script, "postgres"])
        .args(args)
        .env("PATH", path)
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("a shell");
    let mut stdout = BufReader::new(process.stdout.take().expect("piped"));
    let mut folder = String::new();
    stdout.read_line(&mut folder).expect("a line");
    let folder = folder.trim().to_owned();
    assert!(!folder.is_empty(), "PostgreSQL did not start");
    Some((process, stdout, folder))
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
