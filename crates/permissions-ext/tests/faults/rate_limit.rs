//! The rate limiter, which all clones of a client share.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use permissions_ext::sync::DesiredState;
use permissions_ext::{Client, ErrorKind, RetryPolicy};

use crate::support::wire::Reply;
use crate::support::{FaultServer, checkpoint};

fn client(server: &FaultServer) -> Client {
    server.client_builder().build().unwrap()
}

fn refused(wait: &str) -> Reply {
    Reply::html(429).with("retry-after", wait)
}

fn checkpoints(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("ft:{number}")).collect()
}

#[tokio::test]
async fn refused_request_pauses_all_clones() {
    let server = FaultServer::start().await;
    server.respond("GET", [refused("30")]);
    let (client, deadline) = (client(&server), Duration::from_millis(200));
    let list = |client: &Client| client.permissions(checkpoint()).unwrap().list();

    let first = list(&client).retry(RetryPolicy::none()).send().await;
    assert_eq!(first.unwrap_err().kind(), ErrorKind::RateLimited);
    let error = list(&client.clone())
        .deadline(deadline)
        .send()
        .await
        .unwrap_err();

    assert_eq!(error.kind(), ErrorKind::Deadline, "{error}");
    assert!(
        error.retry_after().unwrap() > Duration::from_secs(28),
        "{error}"
    );
    assert_eq!(server.methods(), "GET");
}

#[tokio::test]
async fn pause_affects_only_requests_with_same_key() {
    let server = FaultServer::start().await;
    server.respond("GET", [refused("30")]);
    let client = client(&server);
    let list = client.permissions(checkpoint()).unwrap().list();

    let first = list.clone().retry(RetryPolicy::none()).send().await;
    assert_eq!(first.unwrap_err().kind(), ErrorKind::RateLimited);

    let other = list.clone().admin_key("sk-admin-other").send().await;
    assert!(other.is_ok());
    let same = list
        .admin_key(crate::support::KEY)
        .deadline(Duration::from_millis(50));
    assert_eq!(same.send().await.unwrap_err().kind(), ErrorKind::Deadline);
}

#[tokio::test]
async fn client_waits_after_rate_limit_headers_report_zero() {
    let server = FaultServer::start().await;
    let page = r#"{"object":"list","data":[],"first_id":null,"last_id":null,"has_more":false}"#;
    let reply = Reply::new(200, page)
        .with("x-ratelimit-limit-requests", "2")
        .with("x-ratelimit-remaining-requests", "0")
        .with("x-ratelimit-reset-requests", "30s");
    server.respond("GET", [reply]);
    let client = client(&server);
    let list = client.permissions(checkpoint()).unwrap().list();

    list.clone().send().await.unwrap();
    let error = list
        .deadline(Duration::from_millis(100))
        .send()
        .await
        .unwrap_err();

    assert_eq!(error.kind(), ErrorKind::Deadline, "{error}");
    // The limit is two requests, so one of them is available again after half of the reset time.
    let wait = error.retry_after().unwrap();
    assert!(
        wait > Duration::from_secs(13) && wait <= Duration::from_secs(15),
        "{wait:?}"
    );
    assert_eq!(server.methods(), "GET");
}

#[tokio::test]
async fn bulk_call_waits_more_often_than_max_retries() {
    let server = FaultServer::start().await;
    server.respond("GET", vec![refused("0.001"); 4]);
    server.respond("GET", vec![Reply::html(429); 4]);

    let audit = client(&server).audit(checkpoints(4)).concurrency(2);
    let audit = audit.retry(RetryPolicy::none().initial_delay(Duration::from_millis(1)));
    let report = audit.send().await.unwrap();

    assert!(report.is_complete(), "{:?}", report.failures().next());
    assert_eq!(server.requests().len(), 12);
}

#[tokio::test]
async fn bulk_call_retries_failures_except_429_at_most_twice() {
    for (reply, kind) in [
        (Reply::html(500), ErrorKind::Server),
        (
            Reply::html(503).with("retry-after-ms", "1"),
            ErrorKind::Server,
        ),
        (Reply::Reset, ErrorKind::Transport),
    ] {
        let server = FaultServer::start().await;
        server.respond("GET", vec![reply; 3]);
        let desired = DesiredState::new().checkpoint("ft:a", ["proj_1"]).unwrap();

        let error = client(&server).plan(desired).send().await.unwrap_err();

        assert_eq!(error.kind(), kind, "{error}");
        assert_eq!(error.attempts().len(), 3);
    }
}

#[tokio::test]
async fn bulk_call_fails_after_insufficient_quota() {
    let server = FaultServer::start().await;
    let body = serde_json::json!({"error": {"message": "quota", "code": "insufficient_quota"}});
    server.respond("GET", [Reply::json(429, &body).with("retry-after", "1")]);

    let report = client(&server).audit(["ft:a"]).send().await.unwrap();

    let (_, error) = report.failures().next().unwrap();
    assert_eq!(error.kind(), ErrorKind::QuotaExceeded, "{error}");
    assert_eq!(server.methods(), "GET");
}

#[tokio::test]
async fn wait_beyond_deadline_fails_bulk_call_at_once() {
    let server = FaultServer::start().await;
    server.respond("GET", vec![refused("30"); 2]);

    let audit = client(&server).audit(checkpoints(8)).concurrency(2);
    let report = audit
        .deadline(Duration::from_secs(20))
        .send()
        .await
        .unwrap();

    assert_eq!(report.failures().count(), 8);
    assert!(
        report
            .failures()
            .all(|(_, error)| error.kind() == ErrorKind::Deadline)
    );
    assert_eq!(server.methods(), "GET GET");
}

#[tokio::test]
async fn bulk_wait_above_limit_fails() {
    let server = FaultServer::start().await;
    server.respond("GET", [refused("8000")]);

    let report = client(&server).audit(checkpoints(3)).concurrency(1);
    let report = report.send().await.unwrap();

    let errors: Vec<_> = report.failures().map(|(_, error)| error).collect();
    assert_eq!(errors.len(), 3);
    for error in &errors {
        assert_eq!(error.kind(), ErrorKind::RateLimited, "{error}");
    }
    let text = errors[0].to_string();
    assert!(text.contains("asks to wait 2 h 13 min"), "{text}");
    assert_eq!(server.methods(), "GET");
}

#[tokio::test]
async fn progress_reports_the_wait() {
    let server = FaultServer::start().await;
    server.respond("GET", [refused("0.3")]);
    let reported = Arc::new(Mutex::new(Vec::new()));
    let sink = reported.clone();

    let audit = client(&server)
        .audit(["ft:a", "ft:b"])
        .concurrency(1)
        .on_progress(move |progress| sink.lock().unwrap().push(*progress));
    assert!(audit.send().await.unwrap().is_complete());

    let reported = reported.lock().unwrap();
    let wait = reported[0].waiting.unwrap();
    assert!(
        wait > Duration::ZERO && wait <= Duration::from_millis(300),
        "{wait:?}"
    );
    let last = reported.last().unwrap();
    assert_eq!((last.done, last.total, last.waiting), (2, 2, None));
}

#[tokio::test]
async fn stopped_apply_does_not_wait_for_the_rate_limit() {
    let server = FaultServer::start().await;
    let client = client(&server);
    let desired = DesiredState::new().checkpoint("ft:a", ["proj_1"]).unwrap();
    let plan = client.plan(desired).send().await.unwrap();
    server.respond("GET", [refused("30")]);
    let (send, waiting) = tokio::sync::oneshot::channel();
    let send = Mutex::new(Some(send));

    let apply = client.apply(plan).on_progress(move |progress| {
        if progress.waiting.is_some() {
            send.lock().unwrap().take().map(|send| send.send(()));
        }
    });
    let apply = apply.stop_when(async {
        let _ = waiting.await;
    });
    let applied = apply.send().await.unwrap();

    assert_eq!((applied.changed(), applied.skipped()), (0, 1));
    assert_eq!(server.methods(), "GET GET");
}

#[tokio::test]
async fn create_in_batches_waits_like_a_bulk_call() {
    let server = FaultServer::start().await;
    server.respond("POST", vec![refused("0.001"); 4]);
    let permissions = client(&server).permissions("ft:a").unwrap();
    let reported = Arc::new(Mutex::new(Vec::new()));
    let sink = reported.clone();

    let create = permissions
        .create(["proj_1", "proj_2", "proj_3"])
        .batch_size(2)
        .on_progress(move |progress| sink.lock().unwrap().push((progress.done, progress.total)));
    let created = create.send().await.unwrap();

    assert_eq!(created.len(), 3);
    assert_eq!(server.requests().len(), 6);
    assert_eq!(reported.lock().unwrap().last(), Some(&(2, 2)));
}

#[tokio::test]
async fn retry_after_never_shortens_the_backoff() {
    for (name, value) in [
        ("retry-after", "0"),
        ("retry-after", "Wed, 21 Oct 2015 07:28:00 GMT"),
        ("retry-after-ms", "1"),
        ("x-other", "none"),
    ] {
        let server = FaultServer::start().await;
        server.respond("GET", vec![Reply::html(429).with(name, value); 3]);
        let policy = RetryPolicy::new()
            .initial_delay(Duration::from_millis(40))
            .jitter(0.0);
        let list = client(&server)
            .permissions(checkpoint())
            .unwrap()
            .list()
            .retry(policy);

        let error = list.send().await.unwrap_err();

        let delays: Vec<_> = error.attempts().iter().filter_map(|it| it.delay).collect();
        let expected = [40, 80].map(Duration::from_millis);
        assert_eq!(delays, expected, "{name}: {value}");
    }
}
