//! `cargo bench -p permissions-benches --bench client`: CPU time of permissions-ext beside the loop that people write
//! by hand with reqwest and serde_json, over the same pages from the same server, in one run.

use futures_util::TryStreamExt as _;
use permissions_benches::peer::{self, PAGE_SIZE, Peer};
use permissions_benches::rounds::{self, Contender};
use permissions_ext::{CheckpointId, ProjectId};

const PERMISSIONS: u64 = 100_000;
const WRITES: u64 = 2_000;
const ROUNDS: usize = 7;

fn main() -> anyhow::Result<()> {
    peer::serve_if_asked()?;
    // For the client by hand: permissions-ext keeps its TLS provider to itself. An error says that there is one already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let peer = Peer::start(PERMISSIONS)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let checkpoint: CheckpointId = "ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd".parse()?;
    let client = permissions_ext::Client::builder()
        .admin_key("sk-admin-bench")
        .base_url(&peer.base_url)
        .build()?;
    let permissions = client.permissions(&checkpoint);
    let by_hand = by_hand::Client::new(&peer.base_url, checkpoint.as_str());

    let mut list = [
        Contender {
            name: "reqwest + serde_json by hand",
            run: Box::new(|| runtime.block_on(by_hand.list())),
        },
        Contender {
            name: "permissions-ext",
            run: Box::new(|| {
                runtime.block_on(async {
                    let mut all = permissions.list().stream();
                    let mut count = 0;
                    while let Some(permission) = all.try_next().await? {
                        std::hint::black_box(&permission);
                        count += 1;
                    }
                    Ok(count)
                })
            }),
        },
    ];
    let title = format!("list {PERMISSIONS} permissions, pages of {PAGE_SIZE}");
    report(
        &title,
        &list_names(&list),
        &rounds::medians(&mut list, PERMISSIONS, ROUNDS)?,
        PERMISSIONS / PAGE_SIZE,
    );

    let projects: Vec<ProjectId> = (0..WRITES)
        .map(|number| format!("proj_{number}").parse())
        .collect::<Result<_, _>>()?;
    let mut create = [
        Contender {
            name: "reqwest + serde_json by hand",
            run: Box::new(|| runtime.block_on(by_hand.create(&projects))),
        },
        Contender {
            name: "permissions-ext",
            run: Box::new(|| {
                runtime.block_on(async {
                    for project in &projects {
                        permissions.create([project.clone()]).send().await?;
                    }
                    Ok(WRITES)
                })
            }),
        },
    ];
    let title = format!("create {WRITES} permissions, one a request");
    report(
        &title,
        &list_names(&create),
        &rounds::medians(&mut create, WRITES, ROUNDS)?,
        WRITES,
    );

    let ids: Vec<permissions_ext::PermissionId> = (0..WRITES)
        .map(|number| format!("cp_{number:024}").parse())
        .collect::<Result<_, _>>()?;
    let mut delete = [
        Contender {
            name: "reqwest + serde_json by hand",
            run: Box::new(|| runtime.block_on(by_hand.delete(&ids))),
        },
        Contender {
            name: "permissions-ext",
            run: Box::new(|| {
                runtime.block_on(async {
                    for id in &ids {
                        permissions.delete(id).send().await?;
                    }
                    Ok(WRITES)
                })
            }),
        },
    ];
    let title = format!("delete {WRITES} permissions");
    report(
        &title,
        &list_names(&delete),
        &rounds::medians(&mut delete, WRITES, ROUNDS)?,
        WRITES,
    );
    Ok(())
}

fn list_names(contenders: &[Contender<'_>]) -> Vec<&'static str> {
    contenders.iter().map(|contender| contender.name).collect()
}

/// One table; the first contender is the measure of the others.
#[allow(
    clippy::print_stdout,
    reason = "the table is what the bench is run for"
)]
fn report(title: &str, names: &[&str], medians: &[std::time::Duration], requests: u64) {
    println!("\n{title}\n\n| client | CPU µs a request | ratio |\n| --- | --- | --- |");
    for (name, median) in names.iter().zip(medians) {
        let micros = median.as_secs_f64() * 1e6 / requests as f64;
        println!(
            "| {name} | {micros:.1} | {:.2} |",
            median.as_secs_f64() / medians[0].as_secs_f64()
        );
    }
}

/// The client that people write when they need one: every field into an owned struct.
mod by_hand {
    use super::ProjectId;
    use anyhow::Context as _;
    use permissions_ext::PermissionId;
    use serde::{Deserialize, Serialize};

    #[derive(Debug, Deserialize)]
    #[allow(
        dead_code,
        reason = "read by nobody, decoded all the same: that is what is compared"
    )]
    struct Permission {
        object: String,
        id: String,
        created_at: i64,
        project_id: String,
    }

    #[derive(Debug, Deserialize)]
    #[allow(
        dead_code,
        reason = "read by nobody, decoded all the same: that is what is compared"
    )]
    struct List {
        object: String,
        data: Vec<Permission>,
        first_id: Option<String>,
        last_id: Option<String>,
        has_more: bool,
    }

    #[derive(Debug, Deserialize)]
    struct Deleted {
        deleted: bool,
    }

    #[derive(Debug, Serialize)]
    struct Create<'a> {
        project_ids: Vec<&'a str>,
    }

    pub(super) struct Client {
        http: reqwest::Client,
        url: String,
    }

    impl Client {
        pub(super) fn new(base_url: &str, checkpoint: &str) -> Self {
            let url = format!("{base_url}/fine_tuning/checkpoints/{checkpoint}/permissions");
            Self {
                http: reqwest::Client::new(),
                url,
            }
        }

        pub(super) async fn list(&self) -> anyhow::Result<u64> {
            let mut count = 0;
            let mut after: Option<String> = None;
            loop {
                let mut request = self
                    .http
                    .get(&self.url)
                    .bearer_auth("sk-admin-bench")
                    .query(&[("limit", "100")]);
                if let Some(after) = &after {
                    request = request.query(&[("after", after)]);
                }
                let page: List = request.send().await?.error_for_status()?.json().await?;
                for permission in page.data {
                    std::hint::black_box(&permission);
                    count += 1;
                }
                if !page.has_more {
                    return Ok(count);
                }
                after = Some(page.last_id.context("has_more without last_id")?);
            }
        }

        pub(super) async fn create(&self, projects: &[ProjectId]) -> anyhow::Result<u64> {
            let mut count = 0;
            for project in projects {
                let body = Create {
                    project_ids: vec![project.as_str()],
                };
                let request = self
                    .http
                    .post(&self.url)
                    .bearer_auth("sk-admin-bench")
                    .json(&body);
                let list: List = request.send().await?.error_for_status()?.json().await?;
                count += list.data.len() as u64;
            }
            Ok(count)
        }

        pub(super) async fn delete(&self, ids: &[PermissionId]) -> anyhow::Result<u64> {
            let mut count = 0;
            for id in ids {
                let request = self
                    .http
                    .delete(format!("{}/{id}", self.url))
                    .bearer_auth("sk-admin-bench");
                let deleted: Deleted = request.send().await?.error_for_status()?.json().await?;
                count += u64::from(deleted.deleted);
            }
            Ok(count)
        }
    }
}
