//! A PostgreSQL of the tests' own, or the one that `DATABASE_URL` names.

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::OnceLock;

/// Sets up a cluster in a folder of its own, does what its first argument says once that answers,
/// says where it is, does what each line of its standard input says, and removes it when the test
/// process ends: then its standard input ends. Nothing listens on the network.
const SCRIPT: &str = r#"
set -eu
setup=$1
shift
folder=$(mktemp -d "${TMPDIR:-/tmp}/permissions-pg.XXXXXX")
chmod 755 "$folder"
trap 'kill -QUIT $pid 2>/dev/null || true; wait $pid 2>/dev/null || true; rm -rf "$folder"' EXIT
initdb -D "$folder/data" -U test --auth=trust --no-sync --encoding=UTF8 --no-locale >"$folder/log" 2>&1
start() {
    postgres -D "$folder/data" -k "$folder" -c listen_addresses= -c max_connections=300 "$@" >>"$folder/log" 2>&1 &
    pid=$!
    until pg_isready -q -h "$folder" -U test; do kill -0 $pid; sleep 0.05; done
}
start "$@"
eval "$setup"
echo "$folder"
while read -r order; do
    eval "$order"
    echo done
done
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
    _script: Option<Script>,
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
                    _script: None,
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
    let script = Script::run(as_ordinary_user(), SCRIPT, &["", "-c", "fsync=off"])?;
    Some(Cluster {
        server: script.server(),
        _script: Some(script),
    })
}

/// A cluster for one test, which may stop it.
pub struct Own(Script);

impl Own {
    /// `None` where there is no PostgreSQL.
    pub fn start() -> Option<Self> {
        Script::run(as_ordinary_user(), SCRIPT, &["", "-c", "fsync=off"]).map(Self)
    }

    pub fn url(&self) -> String {
        format!("{}/postgres", self.0.server())
    }

    pub fn stop(&mut self) {
        self.0.order("kill -QUIT $pid; wait $pid || true");
    }

    pub fn restart(&mut self) {
        self.0.order("start \"$@\"");
    }
}

/// A cluster with a database on a small disk of its own, which is nearly full.
pub struct Small(Script);

impl Small {
    /// `None` where there is no PostgreSQL, or nobody may mount a disk.
    pub fn start(disk: &str) -> Option<Self> {
        let setup = format!(
            "mkdir '{disk}/space'
             psql -q -h \"$folder\" -U test postgres \\
                 -c \"CREATE TABLESPACE small LOCATION '{disk}/space'\" \\
                 -c 'CREATE DATABASE small TABLESPACE small'
             head -c 5000000 /dev/zero > '{disk}/filler'"
        );
        let user = with_disk(disk, as_ordinary_user())?;
        Script::run(user, SCRIPT, &[&setup, "-c", "fsync=off"]).map(Self)
    }

    pub fn url(&self) -> String {
        format!("{}/small", self.0.server())
    }

    /// Somebody frees some space.
    pub fn free(&mut self, disk: &str) {
        self.0.order(&format!("rm '{disk}/filler'"));
    }
}

/// `user`, with a disk of 16 megabytes at `folder` that nobody else sees.
fn with_disk(folder: &str, user: Command) -> Option<Command> {
    let mut command = Command::new("unshare");
    // Whoever is root already stays so; PostgreSQL itself runs as somebody else in either case.
    if is_root() {
        command.args(["--mount", "sh", "-c"]);
    } else {
        command.args(["--map-root-user", "--mount", "sh", "-c"]);
    }
    let mount = format!("mount -t tmpfs -o size=16m,mode=777 tmpfs '{folder}'");
    let mut probe = Command::new("unshare");
    probe
        .args(command.get_args())
        .arg(&mount)
        .stderr(Stdio::null());
    if !probe.status().is_ok_and(|status| status.success()) {
        eprintln!("skipped: this system lets nobody mount a disk of their own");
        return None;
    }
    command.arg(format!("{mount} && exec \"$@\"")).arg("sh");
    if !is_root() {
        command.args(["unshare", "--user", "--map-user=1000", "--"]);
    }
    command.arg(user.get_program()).args(user.get_args());
    Some(command)
}

/// A primary with a synchronous standby.
pub struct Pair(Script);

impl Pair {
    /// `None` where there is no PostgreSQL.
    pub fn start() -> Option<Self> {
        Script::run(as_ordinary_user(), PAIR, &[]).map(Self)
    }

    /// Both hosts in one URL.
    pub fn url(&self) -> String {
        let folder = self.0.folder.replace('/', "%2F");
        format!(
            "postgres://test@{folder}%2Fprimary,{folder}%2Fstandby/postgres\
             ?target_session_attrs=read-write"
        )
    }

    /// `crash` or `promote`; returns when it is done.
    pub fn order(&mut self, order: &str) {
        self.0.order(order);
    }
}

/// A script that keeps something running until this is dropped.
struct Script {
    process: Child,
    answers: BufReader<ChildStdout>,
    folder: String,
}

impl Script {
    /// Runs it as `user`, until it says where its folder is; `None` where there is no PostgreSQL.
    fn run(mut user: Command, script: &str, args: &[&str]) -> Option<Self> {
        let Some(binaries) = binaries() else {
            eprintln!("skipped: no local postgres binary");
            return None;
        };
        let path = format!("{}:/usr/sbin:/usr/bin:/sbin:/bin", binaries.display());
        let mut process = user
            .args(["sh", "-c", script, "postgres"])
            .args(args)
            .env("PATH", path)
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a shell");
        let mut answers = BufReader::new(process.stdout.take().expect("piped"));
        let mut folder = String::new();
        answers.read_line(&mut folder).expect("a line");
        let folder = folder.trim().to_owned();
        assert!(!folder.is_empty(), "PostgreSQL did not start");
        Some(Self {
            process,
            answers,
            folder,
        })
    }

    /// The URL of the server in its folder, without a database.
    fn server(&self) -> String {
        format!("postgres://test@{}", self.folder.replace('/', "%2F"))
    }

    /// Has a line of its input done.
    fn order(&mut self, order: &str) {
        let input = self.process.stdin.as_mut().expect("piped");
        writeln!(input, "{order}").expect("told");
        let mut answer = String::new();
        self.answers.read_line(&mut answer).expect("a line");
        assert_eq!(answer.trim(), "done");
    }
}

impl Drop for Script {
    fn drop(&mut self) {
        // The end of its input ends it, and it takes its folder along.
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
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
    if is_root() {
        let mut command = Command::new("runuser");
        command.args(["-u", "postgres", "--"]);
        command
    } else {
        Command::new("env")
    }
}

fn is_root() -> bool {
    Command::new("id")
        .arg("-u")
        .output()
        .is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}
