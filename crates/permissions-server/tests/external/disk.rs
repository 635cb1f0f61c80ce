//! Full and read-only disks.

use std::io::Read;
use std::process::{Command, Stdio};

use libtest_mimic::Trial;
use permissions_server::{Database, Server};

use crate::postgres::SmallCluster;
use crate::process::{KEY, Process, command};
use crate::support::{Client, Reply};
use crate::{Available, asynchronous, blocking};

/// A server with a disk of 1 MB at `folder` in a mount namespace of its own. The script `fill` prepares the disk.
fn on_small_disk(folder: &str, fill: &str, args: &[&str]) -> Available<Command> {
    let namespace = ["--map-root-user", "--mount"];
    let mounts = Command::new("unshare")
        .args(namespace)
        .args(["mount", "-t", "tmpfs", "tmpfs", folder])
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if !mounts {
        return Err("this system does not allow to mount a disk in a namespace".to_owned());
    }
    let server = command(args);
    let mut command = Command::new("unshare");
    command
        .args(namespace)
        .args(["sh", "-c"])
        .arg(format!(
            "mount -t tmpfs -o size=1m tmpfs '{folder}' && {fill}; exec \"$@\""
        ))
        .arg("sh")
        .arg(server.get_program())
        .args(server.get_args())
        .args(["--listen", "127.0.0.1:0"])
        .env("OPENAI_ADMIN_KEY", KEY)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    Ok(command)
}

async fn full_disk_refuses_writes_until_space_is_free() -> Available<()> {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path().display().to_string();
    let file = format!("{folder}/permissions.db");
    let fill = format!("head -c 300000 /dev/zero > '{folder}/filler'");
    let command = on_small_disk(&folder, &fill, &["--database", &file])?;
    let server = Process::spawn(command);
    let client = server.client();
    let (created, refused) = create_until_refused(&client).await;
    assert_eq!(refused.error(), (503, "database_full", None));
    assert_eq!(client.all("ascending", 100).await.len(), created);

    // The server accepts writes again without a restart.
    let filler = format!("/proc/{}/root{folder}/filler", server.id());
    std::fs::remove_file(filler).expect("removed");
    assert_eq!(client.create(&["proj_one_more"]).await.status, 200);
    assert_eq!(client.all("ascending", 100).await.len(), created + 1);
    Ok(())
}

async fn full_postgres_disk_refuses_writes_until_space_is_free() -> Available<()> {
    let folder = tempfile::tempdir().expect("a folder");
    let disk = folder.path().display().to_string();
    let mut cluster = SmallCluster::start(&disk)?;
    let server = Server::builder()
        .database(Database::postgres(cluster.url()))
        .start()
        .await
        .expect("a server");
    let client = Client::of(&server);
    let (created, refused) = create_until_refused(&client).await;
    assert_eq!(refused.error(), (503, "database_full", None));
    assert_eq!(client.all("ascending", 100).await.len(), created);

    cluster.free(&disk);

    assert_eq!(client.create(&["proj_one_more"]).await.status, 200);
    assert_eq!(client.all("ascending", 100).await.len(), created + 1);
    Ok(())
}

/// Creates permissions until a request is refused. Returns the number of created permissions and the error response.
async fn create_until_refused(client: &Client) -> (usize, Reply) {
    let mut created = 0;
    loop {
        let projects: Vec<String> = (0..200).map(|n| format!("proj_{created}_{n}")).collect();
        let projects: Vec<&str> = projects.iter().map(String::as_str).collect();
        let reply = client.create(&projects).await;
        if reply.status != 200 {
            return (created, reply);
        }
        created += 200;
    }
}

fn start_on_full_disk_is_refused() -> Available<()> {
    let (message, file) = start_error("head -c 2000000 /dev/zero > filler")?;
    assert!(
        message.contains("the disk is full") && message.contains(&file),
        "{message}"
    );
    Ok(())
}

async fn start_with_existing_file_on_full_disk_is_refused() -> Available<()> {
    let before = stopped_database().await;
    let copy = format!("cp '{}/permissions.db' .", before.path().display());
    // Amounts of free space: none, less than the shared memory needs, and less than the log needs.
    for pages in [0, 1, 4, 8] {
        let fill = format!(
            "{copy} && head -c 2000000 /dev/zero > filler; \
             truncate -s -$(({pages} * 4096)) filler"
        );
        let (message, file) = start_error(&fill)?;
        assert!(
            message.contains("the disk is full")
                && message.contains("free some space")
                && message.contains(&file),
            "{pages} pages left: {message}"
        );
    }
    Ok(())
}

async fn start_on_read_only_disk_is_refused() -> Available<()> {
    let before = stopped_database().await;
    let copy = format!("cp '{}/permissions.db' .", before.path().display());
    for state in ["true", &copy] {
        let read_only = format!("{state}; mount -o remount,ro \"$PWD\"");
        let (message, file) = start_error(&read_only)?;
        assert!(
            message.contains("file system is read-only")
                && message.contains("mount it writable")
                && message.contains(&file),
            "after {state}: {message}"
        );
    }
    Ok(())
}

/// A folder with the file `permissions.db` of a stopped server.
async fn stopped_database() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    Server::builder()
        .database(Database::sqlite_file(folder.path().join("permissions.db")))
        .start()
        .await
        .expect("a server")
        .shutdown()
        .await;
    folder
}

/// Starts a server on a disk that the script `fill` has prepared. Returns the server's error message and the path of its database
/// file.
fn start_error(fill: &str) -> Available<(String, String)> {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path().display().to_string();
    let file = format!("{folder}/permissions.db");
    let fill = format!("cd '{folder}'; {fill}");
    let mut command = on_small_disk(&folder, &fill, &["--database", &file])?;
    let mut child = command.spawn().expect("a process");
    let mut message = String::new();
    child
        .stderr
        .take()
        .expect("piped")
        .read_to_string(&mut message)
        .expect("text");
    assert_eq!(child.wait().expect("an end").code(), Some(1), "{message}");
    Ok((message, file))
}

pub fn trials() -> Vec<Trial> {
    vec![
        asynchronous(
            "disk::full_disk_refuses_writes_until_space_is_free",
            full_disk_refuses_writes_until_space_is_free,
        ),
        asynchronous(
            "disk::full_postgres_disk_refuses_writes_until_space_is_free",
            full_postgres_disk_refuses_writes_until_space_is_free,
        ),
        blocking(
            "disk::start_on_full_disk_is_refused",
            start_on_full_disk_is_refused,
        ),
        asynchronous(
            "disk::start_with_existing_file_on_full_disk_is_refused",
            start_with_existing_file_on_full_disk_is_refused,
        ),
        asynchronous(
            "disk::start_on_read_only_disk_is_refused",
            start_on_read_only_disk_is_refused,
        ),
    ]
}
