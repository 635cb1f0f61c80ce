//! `cargo bench -p permissions-benches --bench throttling`: measures plans and audits of 300 checkpoints with a server
//! that limits the request rate, and compares them with the shortest possible time.
//!
//! The server allows R requests per second with a burst of 1. A refused request gets status 429 and `Retry-After` in
//! whole seconds. The shortest possible time is (requests ÷ R). `-- 20` measures only R = 20.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use axum::Router;
use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::response::{IntoResponse as _, Response};
use permissions_ext::Client;
use permissions_ext::sync::DesiredState;

const CHECKPOINTS: usize = 300;
const RATES: [f64; 2] = [2.0, 20.0];

/// A page with one permission.
const PAGE: &str = r#"{"object":"list","data":[{"object":"checkpoint.permission","id":"cp_1","created_at":1721764867,"project_id":"proj_1"}],"first_id":"cp_1","last_id":"cp_1","has_more":false}"#;

/// A token bucket that holds one token.
struct Limit {
    interval: Duration,
    next: Instant,
    accepted: usize,
    refused: usize,
}

impl Limit {
    fn respond(&mut self) -> Response {
        let now = Instant::now();
        if now >= self.next {
            self.next = now + self.interval;
            self.accepted += 1;
            return ([(CONTENT_TYPE, "application/json")], PAGE).into_response();
        }
        self.refused += 1;
        let seconds = (self.next - now).as_secs_f64().ceil();
        let headers = [(RETRY_AFTER, format!("{seconds:.0}"))];
        (StatusCode::TOO_MANY_REQUESTS, headers).into_response()
    }
}

#[allow(clippy::print_stdout, reason = "a benchmark prints its results")]
fn main() -> anyhow::Result<()> {
    let only: Option<f64> = std::env::args().find_map(|argument| argument.parse().ok());
    let server = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    println!(
        "\n{CHECKPOINTS} checkpoints, burst 1, whole seconds in Retry-After\n\n\
         | call | requests per second | limit | time | ratio | refused |\n| --- | ---: | ---: | ---: | ---: | ---: |"
    );
    for rate in RATES {
        if only.is_some_and(|only| only != rate) {
            continue;
        }
        for call in ["audit", "plan"] {
            let limit = Arc::new(Mutex::new(Limit {
                interval: Duration::from_secs_f64(1.0 / rate),
                next: Instant::now(),
                accepted: 0,
                refused: 0,
            }));
            let shared = limit.clone();
            let respond = move || {
                let response = shared.lock().map(|mut limit| limit.respond());
                std::future::ready(
                    response.unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response()),
                )
            };
            let router = Router::new().fallback(respond);
            let listener = server.block_on(tokio::net::TcpListener::bind("127.0.0.1:0"))?;
            let client = Client::builder()
                .admin_key("sk-admin-bench")
                .base_url(format!("http://{}/v1", listener.local_addr()?))
                .build()?;
            let serving = server.spawn(async move { axum::serve(listener, router).await });
            let started = Instant::now();
            runtime.block_on(run(&client, call))?;
            let time = started.elapsed();
            serving.abort();
            let limit = limit.lock().ok().context("the server panicked")?;
            let requests = (limit.accepted + limit.refused) as f64;
            let best = Duration::from_secs_f64(limit.accepted as f64 / rate);
            println!(
                "| {call} | {rate} | {best:.2?} | {time:.2?} | {:.3} | {:.1} % |",
                time.as_secs_f64() / best.as_secs_f64(),
                100.0 * limit.refused as f64 / requests
            );
        }
    }
    Ok(())
}

async fn run(client: &Client, call: &str) -> anyhow::Result<()> {
    let checkpoints = (0..CHECKPOINTS).map(|number| format!("ft:gpt-4o-mini:org:weather:{number}"));
    if call == "audit" {
        let report = client.audit(checkpoints).send().await?;
        let read = report.permissions().count();
        ensure!(
            read == CHECKPOINTS,
            "{read} of {CHECKPOINTS} checkpoints were read"
        );
        return Ok(());
    }
    let mut desired = DesiredState::new();
    for checkpoint in checkpoints {
        desired = desired.checkpoint(checkpoint, ["proj_1"])?;
    }
    let plan = client.plan(desired).send().await?;
    ensure!(
        plan.unchanged() == CHECKPOINTS,
        "the plan has {} of {CHECKPOINTS} checkpoints",
        plan.unchanged()
    );
    Ok(())
}
