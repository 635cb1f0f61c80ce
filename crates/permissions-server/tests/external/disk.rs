//! A disk that fills up.

use std::io::Read;
use std::process::{Command, Stdio};

use permissions_server::{Database, Server};

use crate::postgres::Small;
use crate::process::{KEY, Process, command};
use crate::support::{Answer, Client};

/// A command that sees a disk of its own, of one megabyte, at `folder`; `None`, with a word on
/// stderr, where the system does not allow that.
fn on_small_disk(folder: &str, fill: &str, args: &[&str]) -> Option<Command> {
    let namespace = ["--map-root-user", "--mount"];
    let mounts = Command::new("unshare")
        .args(namespace)
        .args(["mount", "-t", "tmpfs", "tmpfs", folder])
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if !mounts {
        eprintln!("skipped: this system lets nobody mount a disk of their own");
        return None;
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
    Some(command)
}

#[tokio::test]
async fn writes_are_503_while_it_is_full_and_go_on_when_it_is_not() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path().display().to_string();
    let file = format!("{folder}/permissions.db");
    let fill = format!("head -c 300000 /dev/zero > '{folder}/filler'");
    let Some(command) = on_small_disk(&folder, &fill, &["--database", &file]) else {
        return;
    };
    let server = Process::spawn(command);
    let client = server.client();
    let (created, refused) = create_until_refused(&client).await;
    assert_eq!(refused.error(), (503, "database_full", None));
    assert_eq!(client.all("ascending", 100).await.len(), created);

    // Somebody frees some space, and writes go on without a restart.
    let filler = format!("/proc/{}/root{folder}/filler", server.id());
    std::fs::remove_file(filler).expect("removed");
    assert_eq!(client.create(&["proj_one_more"]).await.status, 200);
    assert_eq!(client.all("ascending", 100).await.len(), created + 1);
}

#[tokio::test]
async fn writes_are_503_while_the_disk_of_postgresql_is_full_and_go_on_when_it_is_not() {
    let folder = tempfile::tempdir().expect("a folder");
    let disk = folder.path().display().to_string();
    let Some(mut postgres) = Small::start(&disk) else {
        return;
    };
    let server = Server::builder()
        .database(Database::postgres(postgres.url()))
        .start()
        .await
        .expect("a server");
    let client = Client::of(&server);
    let (created, refused) = create_until_refused(&client).await;
    assert_eq!(refused.error(), (503, "database_full", None));
    assert_eq!(client.all("ascending", 100).await.len(), created);

    postgres.free(&disk);

    assert_eq!(client.create(&["proj_one_more"]).await.status, 200);
    assert_eq!(client.all("ascending", 100).await.len(), created + 1);
}

/// How many were created, and the answer to those that were not.
async fn create_until_refused(client: &Client) -> (usize, Answer) {
    let mut created = 0;
    loop {
        let projects: Vec<String> = (0..200).map(|n| format!("proj_{created}_{n}")).collect();
        let projects: Vec<&str> = projects.iter().map(String::as_str).collect();
        let answer = client.create(&projects).await;
        if answer.status != 200 {
            return (created, answer);
        }
        created += 200;
    }
}

#[test]
fn a_start_on_a_full_disk_is_refused() {
    let Some((said, file)) = refused("head -c 2000000 /dev/zero > filler") else {
        return;
    };
    assert!(
        said.contains("the disk is full") && said.contains(&file),
        "{said}"
    );
}

#[tokio::test]
async fn a_start_with_the_file_of_before_on_a_full_disk_is_refused() {
    let before = a_database().await;
    let copy = format!("cp '{}/permissions.db' .", before.path().display());
    // From nothing left, through too little for the shared memory, to too little for the log.
    for pages in [0, 1, 4, 8] {
        let fill = format!(
            "{copy} && head -c 2000000 /dev/zero > filler; \
             truncate -s -$(({pages} * 4096)) filler"
        );
        let Some((said, file)) = refused(&fill) else {
            return;
        };
        assert!(
            said.contains("the disk is full")
                && said.contains("free some space")
                && said.contains(&file),
            "{pages} pages left: {said}"
        );
    }
}

#[tokio::test]
async fn a_start_on_a_read_only_disk_is_refused() {
    let before = a_database().await;
    let copy = format!("cp '{}/permissions.db' .", before.path().display());
    for state in ["true", &copy] {
        let read_only = format!("{state}; mount -o remount,ro \"$PWD\"");
        let Some((said, file)) = refused(&read_only) else {
            return;
        };
        assert!(
            said.contains("file system is read-only")
                && said.contains("mount it writable")
                && said.contains(&file),
            "after {state}: {said}"
        );
    }
}

/// A folder with the `permissions.db` of a server that has stopped.
async fn a_database() -> tempfile::TempDir {
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

/// What a server says that does not start, and the file it was given, on a small disk that the
/// script `fill` has prepared.
fn refused(fill: &str) -> Option<(String, String)> {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path().display().to_string();
    let file = format!("{folder}/permissions.db");
    let fill = format!("cd '{folder}'; {fill}");
    let mut command = on_small_disk(&folder, &fill, &["--database", &file])?;
    let mut child = command.spawn().expect("a process");
    let mut said = String::new();
    child
        .stderr
        .take()
        .expect("piped")
        .read_to_string(&mut said)
        .expect("text");
    assert_eq!(child.wait().expect("an end").code(), Some(1), "{said}");
    Some((said, file))
}
