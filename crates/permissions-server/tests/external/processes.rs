//! Two processes over one database while a third one is killed repeatedly.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use crate::process::{KEY, Process};
use crate::support::Endpoints;

/// Two processes, which are killed when this value is dropped.
pub struct Processes {
    processes: [Process; 2],
    stop: Arc<AtomicBool>,
    killing: Option<JoinHandle<()>>,
}

impl Processes {
    pub fn over(database: &str) -> Self {
        let start = || Process::start(&["--database", database, "--log", "off"]);
        let processes = [start(), start()];
        let stop = Arc::new(AtomicBool::new(false));
        let killing = std::thread::spawn({
            let (stop, database) = (Arc::clone(&stop), database.to_owned());
            move || kill_until(&stop, &database)
        });
        Self {
            processes,
            stop,
            killing: Some(killing),
        }
    }
}

impl Drop for Processes {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(killing) = self.killing.take() {
            // Only a panic of the thread makes this fail. The panic hook has already printed it.
            let _ = killing.join();
        }
    }
}

/// Starts a process, sends writes for a checkpoint of its own and kills it during the writes, until `stop` is set.
fn kill_until(stop: &AtomicBool, database: &str) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    for round in 0.. {
        if stop.load(Ordering::Relaxed) {
            return;
        }
        let mut process = Process::start(&["--database", database, "--log", "off"]);
        let client = process.client().checkpoint("ft:of-the-killed");
        let writing = runtime.spawn(async move {
            for n in 0.. {
                let project = format!("proj_{round}_{n}");
                if client.try_create(&[project]).await.is_none() {
                    return;
                }
            }
        });
        let first = process.client().checkpoint("ft:of-the-killed");
        runtime.block_on(async { first.list("").await });
        process.kill();
        runtime.block_on(writing).expect("no panic");
    }
}

impl Endpoints for Processes {
    fn base_urls(&self) -> Vec<String> {
        self.processes
            .iter()
            .map(|process| process.base_url.clone())
            .collect()
    }

    fn key(&self) -> String {
        KEY.to_owned()
    }
}
