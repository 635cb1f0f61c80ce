//! PostgreSQL clusters for the tests.

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use permissions_server::Database;
use tokio_postgres::{Client, NoTls};

use crate::Available;
use crate::database::TestDatabase;

/// A script that creates a cluster in a new folder, runs the script's first argument as a command and prints the folder. Then
/// it runs each line of standard input as a command. It removes the cluster at the end of standard input, which is when the
/// test process exits. The cluster has only a Unix socket.
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

/// A script that creates a primary and a synchronous standby. Each line of standard input is `crash`, which stops the primary, or `promote`,
/// which promotes the standby.
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

    /// The folder of the socket. Fails if `DATABASE_URL` is set.
    pub fn socket(&self) -> Available<&str> {
        let script = self._script.as_ref();
        script
            .map(|script| &*script.folder)
            .ok_or("DATABASE_URL is set".to_owned())
    }
}

/// The cluster that all tests share: `DATABASE_URL`, or a new one.
pub fn cluster() -> Available<&'static Cluster> {
    static CLUSTER: OnceLock<Available<Cluster>> = OnceLock::new();
    let cluster = CLUSTER.get_or_init(|| match std::env::var("DATABASE_URL") {
        Ok(url) if url.starts_with("postgres") => {
            let (server, _) = url.rsplit_once('/').expect("a URL with a database");
            Ok(Cluster {
                server: server.to_owned(),
                _script: None,
            })
        }
        _ => {
            let script = Script::run(ordinary_user(), SCRIPT, &["", "-c", "fsync=off"])?;
            Ok(Cluster {
                server: script.server(),
                _script: Some(script),
            })
        }
    });
    cluster.as_ref().map_err(Clone::clone)
}

/// Creates an empty database.
pub async fn database() -> Available<TestDatabase> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let cluster = cluster()?;
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let name = format!("test_{}_{number}", std::process::id());
    let admin = connect(&cluster.url("postgres")).await;
    let create = format!("CREATE DATABASE {name}");
    admin.batch_execute(&create).await.expect("a database");
    Ok(TestDatabase {
        database: Database::postgres(cluster.url(&name)),
        argument: Some(cluster.url(&name)),
        by_processes: false,
        folder: None,
    })
}

/// Creates an empty database that two processes serve while a third one is killed repeatedly.
pub async fn database_by_processes() -> Available<TestDatabase> {
    Ok(TestDatabase {
        by_processes: true,
        ..database().await?
    })
}

pub async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls)
        .await
        .expect("a connection");
    tokio::spawn(connection);
    client
}

/// A cluster that a test may stop.
pub struct OwnCluster(Script);

impl OwnCluster {
    pub fn start() -> Available<Self> {
        Script::run(ordinary_user(), SCRIPT, &["", "-c", "fsync=off"]).map(Self)
    }

    /// Starts a cluster that accepts TLS connections on this port of 127.0.0.1, with `cert.pem` and `key.pem` of `folder`.
    pub fn start_with_tls(folder: &str, port: u16) -> Available<Self> {
        let setup = format!(
            "cp '{folder}/cert.pem' \"$folder/data/server.crt\"
             cp '{folder}/key.pem' \"$folder/data/server.key\"
             chmod 600 \"$folder/data/server.key\"
             psql -q -h \"$folder\" -U test postgres \\
                 -c 'ALTER SYSTEM SET ssl = on' -c 'SELECT pg_reload_conf()' >/dev/null"
        );
        let mut user = ordinary_user();
        user.env("PGPORT", port.to_string());
        Script::run(user, SCRIPT, &[&setup, "-c", "listen_addresses=127.0.0.1"]).map(Self)
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

/// A cluster with a database on a nearly full disk of its own.
pub struct SmallCluster(Script);

impl SmallCluster {
    pub fn start(disk: &str) -> Available<Self> {
        let setup = format!(
            "mkdir '{disk}/space'
             psql -q -h \"$folder\" -U test postgres \\
                 -c \"CREATE TABLESPACE small LOCATION '{disk}/space'\" \\
                 -c 'CREATE DATABASE small TABLESPACE small'
             head -c 5000000 /dev/zero > '{disk}/filler'"
        );
        let user = with_disk(disk, ordinary_user())?;
        Script::run(user, SCRIPT, &[&setup, "-c", "fsync=off"]).map(Self)
    }

    pub fn url(&self) -> String {
        format!("{}/small", self.0.server())
    }

    /// Frees some space.
    pub fn free(&mut self, disk: &str) {
        self.0.order(&format!("rm '{disk}/filler'"));
    }
}

/// Runs a command with a disk of 16 MB at `folder` in a mount namespace of its own.
fn with_disk(folder: &str, user: Command) -> Available<Command> {
    let mut command = Command::new("unshare");
    // As root, no user namespace is needed. The command itself runs as another user.
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
        return Err("this system does not allow to mount a disk in a namespace".to_owned());
    }
    command.arg(format!("{mount} && exec \"$@\"")).arg("sh");
    if !is_root() {
        command.args(["unshare", "--user", "--map-user=1000", "--"]);
    }
    command.arg(user.get_program()).args(user.get_args());
    Ok(command)
}

/// A primary with a synchronous standby.
pub struct Pair(Script);

impl Pair {
    pub fn start() -> Available<Self> {
        Script::run(ordinary_user(), PAIR, &[]).map(Self)
    }

    /// A URL with both hosts.
    pub fn url(&self) -> String {
        let folder = self.0.folder.replace('/', "%2F");
        format!(
            "postgres://test@{folder}%2Fprimary,{folder}%2Fstandby/postgres\
             ?target_session_attrs=read-write"
        )
    }

    /// Runs `crash` or `promote`.
    pub fn order(&mut self, order: &str) {
        self.0.order(order);
    }
}

/// A script that runs programs until this value is dropped.
pub struct Script {
    process: Child,
    output: BufReader<ChildStdout>,
    pub folder: String,
}

impl Script {
    /// Starts a script with PostgreSQL's programs in `PATH`. Waits until the script prints its folder.
    pub fn run(mut user: Command, script: &str, args: &[&str]) -> Available<Self> {
        let binaries = binaries().ok_or("PostgreSQL is missing; .ci/postgres installs it")?;
        let path = format!("{}:/usr/sbin:/usr/bin:/sbin:/bin", binaries.display());
        let mut process = user
            .args(["sh", "-c", script, "script"])
            .args(args)
            .env("PATH", path)
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a shell");
        let mut output = BufReader::new(process.stdout.take().expect("piped"));
        let mut folder = String::new();
        output.read_line(&mut folder).expect("a line");
        let folder = folder.trim().to_owned();
        assert!(!folder.is_empty(), "the script failed");
        Ok(Self {
            process,
            output,
            folder,
        })
    }

    /// The URL of the cluster in the folder, without a database.
    fn server(&self) -> String {
        format!("postgres://test@{}", self.folder.replace('/', "%2F"))
    }

    /// Sends a line to the script and waits until the script has executed it.
    fn order(&mut self, order: &str) {
        let input = self.process.stdin.as_mut().expect("piped");
        writeln!(input, "{order}").expect("sent");
        let mut reply = String::new();
        self.output.read_line(&mut reply).expect("a line");
        assert_eq!(reply.trim(), "done");
    }
}

impl Drop for Script {
    fn drop(&mut self) {
        // At the end of its input, the script stops its programs and removes its folder.
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}

/// The folder of the newest PostgreSQL.
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

/// Runs a command as a user other than root, because PostgreSQL refuses to run as root.
pub fn ordinary_user() -> Command {
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
