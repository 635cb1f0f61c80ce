//! Committed writes survive a killed process.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rand::RngExt;
use tokio::task::JoinSet;

use crate::process::Process;
use crate::support::Client;

/// How often the process is killed.
const ROUNDS: u32 = 50;
/// Number of concurrent clients.
const WRITERS: u32 = 4;
/// Number of projects in one request.
const TOGETHER: u32 = 3;

/// The responses that the clients have received.
#[derive(Default)]
struct Known {
    /// Acknowledged requests and the ids of their permissions.
    created: Vec<(Vec<String>, Vec<String>)>,
    /// Requests without a response.
    unknown: Vec<Vec<String>>,
    deleted: HashSet<String>,
    /// Ids of permissions whose delete requests got no response.
    possibly_deleted: HashSet<String>,
}

#[tokio::test]
async fn killed_server_keeps_acknowledged_writes() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("permissions.db").display().to_string();
    let known = Arc::new(Mutex::new(Known::default()));
    for round in 0..ROUNDS {
        let mut process = Process::start(&["--database", &file, "--log", "off"]);
        check(&process.client(), &known).await;
        let mut writers = JoinSet::new();
        for writer in 0..WRITERS {
            let name = format!("{round}_{writer}");
            writers.spawn(write_until_killed(
                process.client(),
                Arc::clone(&known),
                name,
            ));
        }
        // Waits for an acknowledged write of this round.
        while known.lock().expect("sound").created.len() <= round as usize {
            tokio::task::yield_now().await;
        }
        // Waits for a random time, so that the kill interrupts different steps of a commit.
        let moment = Duration::from_millis(rand::rng().random_range(0..60));
        tokio::time::sleep(moment).await;
        process.kill();
        writers.join_all().await;
    }
    let process = Process::start(&["--database", &file, "--log", "off"]);
    check(&process.client(), &known).await;
    let requests = known.lock().expect("sound").created.len();
    assert!(requests >= ROUNDS as usize, "too few requests");
}

async fn write_until_killed(client: Client, known: Arc<Mutex<Known>>, name: String) {
    for count in 0.. {
        let projects: Vec<String> = (0..TOGETHER)
            .map(|n| format!("proj_{name}_{count}_{n}"))
            .collect();
        let Some(created) = client.try_create(&projects).await else {
            known.lock().expect("sound").unknown.push(projects);
            return;
        };
        let ids: Vec<String> = created.each("id").into_iter().map(str::to_owned).collect();
        let first = ids[0].clone();
        known.lock().expect("sound").created.push((projects, ids));
        if count % 3 == 0 {
            let done = client.try_delete(&first).await;
            let mut known = known.lock().expect("sound");
            match done {
                Some(_) => drop(known.deleted.insert(first)),
                None => {
                    known.possibly_deleted.insert(first);
                    return;
                }
            }
        }
    }
}

async fn check(client: &Client, known: &Mutex<Known>) {
    let all = client.all("ascending", 100).await;
    let known = known.lock().expect("sound");
    let ids: HashSet<&str> = all.iter().map(|(id, _)| id.as_str()).collect();
    let projects: HashSet<&str> = all.iter().map(|(_, project)| project.as_str()).collect();
    for (_, created) in &known.created {
        for id in created {
            if known.deleted.contains(id) {
                assert!(!ids.contains(id.as_str()), "{id} reappeared");
            } else if !known.possibly_deleted.contains(id) {
                assert!(ids.contains(id.as_str()), "{id} is lost");
            }
        }
    }
    for request in &known.unknown {
        let there = request
            .iter()
            .filter(|project| projects.contains(project.as_str()))
            .count();
        assert!(
            there == 0 || there == request.len(),
            "incomplete: {request:?}"
        );
    }
}
