//! A disk that fills up.

use std::io::Read;
use std::process::{Command, Stdio};

use crate::process::{KEY, Process, command};

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
    let mut created = 0;
    let refused = loop {
        let projects: Vec<String> = (0..200).map(|n| format!("proj_{created}_{n}")).collect();
        let projects: Vec<&str> = projects.iter().map(String::as_str).collect();
        let answer = client.create(&projects).await;
        if answer.status != 200 {
            break answer;
        }
        created += 200;
    };
    assert_eq!(refused.error(), (503, "database_full", None));
    assert_eq!(client.all("ascending", 100).await.len(), created);

    // Somebody frees some space, and writes go on without a restart.
    let filler = format!("/proc/{}/root{folder}/filler", server.id());
    std::fs::remove_file(filler).expect("removed");
    assert_eq!(client.create(&["proj_one_more"]).await.status, 200);
    assert_eq!(client.all("ascending", 100).await.len(), created + 1);
}

#[test]
fn a_start_on_a_full_disk_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path().display().to_string();
    let file = format!("{folder}/permissions.db");
    let fill = format!("head -c 2000000 /dev/zero > '{folder}/filler'");
    let Some(mut command) = on_small_disk(&folder, &fill, &["--database", &file]) else {
        return;
    };
    let mut child = command.spawn().expect("a process");
    let mut said = String::new();
    child
        .stderr
        .take()
        .expect("piped")
        .read_to_string(&mut said)
        .expect("text");
    assert_eq!(child.wait().expect("an end").code(), Some(1), "{said}");
    assert!(
        said.contains("the disk is full") && said.contains(&file),
        "{said}"
    );
}
