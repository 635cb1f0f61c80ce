//! What answers in a test: one server, or two processes over one database while a third is killed
//! again and again.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use permissions_server::Server;

use crate::process::{KEY, Process};

/// Where a client finds what serves it.
pub trait Serves {
    /// Each answers like the others.
    fn base_urls(&self) -> Vec<String>;
    fn key(&self) -> String;
}

impl Serves for Server {
    fn base_urls(&self) -> Vec<String> {
        vec![self.base_url().to_owned()]
    }

    fn key(&self) -> String {
        self.admin_key().to_owned()
    }
}

pub enum Serving {
    One(Server),
    Two(Two),
}

impl Serves for Serving {
    fn base_urls(&self) -> Vec<String> {
        match self {
            Self::One(server) => server.base_urls(),
            Self::Two(two) => two
                .processes
                .iter()
                .map(|one| one.base_url.clone())
                .collect(),
        }
    }

    fn key(&self) -> String {
        match self {
            Self::One(server) => server.key(),
            Self::Two(_) => KEY.to_owned(),
        }
    }
}

/// Two processes over one database, beside one that does not live long.
pub struct Two {
    processes: [Process; 2],
    over: Arc<AtomicBool>,
    killing: Option<JoinHandle<()>>,
}

impl Two {
    pub fn over(database: &str) -> Self {
        let start = || Process::start(&["--database", database, "--log", "off"]);
        let processes = [start(), start()];
        let over = Arc::new(AtomicBool::new(false));
        let killing = std::thread::spawn({
            let (over, database) = (Arc::clone(&over), database.to_owned());
            move || kill_until(&over, &database)
        });
        Self {
            processes,
            over,
            killing: Some(killing),
        }
    }
}

impl Drop for Two {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        if let Some(killing) = self.killing.take() {
            // Its panic has been reported where it happened.
            let _ = killing.join();
        }
    }
}

/// Starts a process, has it write for a checkpoint of its own and kills it in the middle, until it is
/// over.
fn kill_until(over: &AtomicBool, database: &str) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    for life in 0.. {
        if over.load(Ordering::Relaxed) {
            return;
        }
        let mut process = Process::start(&["--database", database, "--log", "off"]);
        let client = process.client().about("ft:of-the-killed");
        let writing = runtime.spawn(async move {
            for n in 0.. {
                let project = format!("proj_{life}_{n}");
                if client.try_create(&[project]).await.is_none() {
                    return;
                }
            }
        });
        let first = process.client().about("ft:of-the-killed");
        runtime.block_on(async { first.list("").await });
        process.kill();
        runtime.block_on(writing).expect("no answer is the end");
    }
}
