//! Logs and error texts: no secrets, and bounded length.

use std::io;
use std::sync::{Arc, Mutex};

use permissions_ext::{ErrorKind, SecretString};
use serde_json::json;
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::fmt::MakeWriter;

use crate::support::wire::Reply;
use crate::support::{FaultServer, KEY, checkpoint};

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// Records the trace log of the current thread until the guard is dropped.
fn record() -> (Log, impl Drop) {
    let log = Log::default();
    // With a single subscriber, tracing caches whether the first thread that logs has a subscriber. The first thread
    // may belong to another test. With a second subscriber, tracing asks every thread.
    let second = tracing::Dispatch::new(tracing_subscriber::registry());
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(log.clone())
        .finish();
    let guard = tracing::subscriber::set_default(subscriber);
    struct Guard(#[allow(dead_code, reason = "kept alive")] (tracing::Dispatch, DefaultGuard));
    impl Drop for Guard {
        fn drop(&mut self) {}
    }
    (log, Guard((second, guard)))
}

impl Log {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    /// Returns the log lines of the crates in this repository. Omits the lines of other crates, because those contain
    /// headers at trace level.
    fn own_lines(&self) -> Vec<String> {
        let text = self.text();
        let own = text
            .lines()
            .filter(|line| line.contains("permissions_ext") || line.contains("permissions_api"));
        own.map(str::to_owned).collect()
    }
}

#[tokio::test]
async fn logs_and_debug_texts_contain_no_secret() {
    let (log, _guard) = record();
    let server = FaultServer::with_permissions(&["proj_1"]).await;
    let echo = "hunter-client hunter-header hunter-query hunter-org";
    server.respond(
        "GET",
        [
            Reply::html(500)
                .with("set-cookie", "hunter-cookie")
                .with("x-request-id", echo),
            Reply::Reset,
        ],
    );
    let builder = server
        .client_builder()
        .header("x-team-token", "hunter-client")
        .organization("hunter-org");
    let mut texts = vec![format!("{builder:?}")];
    let client = builder.build().unwrap();
    let permissions = client.permissions(checkpoint()).unwrap();

    let list = permissions.list();
    let list = list
        .header("x-token", "hunter-header")
        .query("token", "hunter-query");
    texts.push(format!("{list:?}"));
    let page = list.clone().send().await.unwrap();
    let create = permissions.create(["proj_2"]);
    let create = create
        .header("x-token", "hunter-header")
        .query("token", "hunter-query");
    texts.push(format!("{create:?}"));
    create.send().await.unwrap();
    let error = json!({"error": {"message": echo, "code": echo, "type": echo, "param": echo}});
    server.respond("DELETE", [Reply::json(403, &error)]);
    let delete = permissions.delete("cp_1");
    let delete = delete
        .header("x-token", "hunter-header")
        .query("token", "hunter-query");
    texts.push(format!("{delete:?}"));
    let error = delete.send().await.unwrap_err();
    let provided = server
        .client_builder()
        .key_provider(|| async { Ok(SecretString::from(KEY)) })
        .build()
        .unwrap();
    let all = provided.permissions(checkpoint()).unwrap().list().all();
    all.await.unwrap();
    texts.push(format!(
        "{client:?} {permissions:?} {page:?} {error:?} {error:#?} {error} {provided:?}"
    ));

    let requests = server.requests();
    assert!(
        requests
            .iter()
            .all(|request| request.header("authorization").unwrap().ends_with(KEY))
    );
    assert_eq!(requests[0].header("x-token"), Some("hunter-header"));
    let text = log.text();
    assert!(text.contains("attempt failed"), "{text}");
    assert!(text.contains("list_checkpoint_permissions"), "{text}");
    for text in log.own_lines().into_iter().chain(texts) {
        for secret in [KEY, "hunter-"] {
            assert!(!text.contains(secret), "{text}");
        }
    }
    assert!(!text.contains(KEY), "{text}");
}

#[tokio::test]
async fn error_about_20_mib_text_is_short() {
    let (log, _guard) = record();
    let text = r"\u001b".repeat(5 << 20);
    let item = |created_at: &str| {
        format!(
            r#"{{"object":"checkpoint.permission","id":"cp_1","project_id":"proj_1","created_at":{created_at}}}"#
        )
    };
    let list = format!(
        r#"{{"object":"list","data":[{},{}],"has_more":false}}"#,
        item("1"),
        item(&format!("\"{text}\""))
    );
    let error = format!(r#"{{"error":{{"message":"{text}","code":"{text}"}}}}"#);
    let long_id = "x".repeat(20 << 20);
    let deleted =
        format!(r#"{{"object":"checkpoint.permission","id":"{long_id}","deleted":true}}"#);
    let server = FaultServer::start().await;
    server.respond(
        "GET",
        [
            Reply::new(200, list),
            Reply::new(500, error).with("x-request-id", &"r".repeat(5_000)),
            Reply::Reset,
            Reply::html(400),
        ],
    );
    server.respond("DELETE", [Reply::new(200, deleted)]);
    let permissions = server.permissions();
    let decode = permissions.list().send().await.unwrap_err();
    assert_eq!(decode.kind(), ErrorKind::Decode);
    assert!(
        decode.to_string().contains("data[1].created_at"),
        "{decode}"
    );
    assert!(decode.to_string().contains("expected i64"), "{decode}");
    assert!(decode.body().unwrap().len() <= 64 << 10);
    let status = permissions.list().send().await.unwrap_err();
    let mismatch = permissions.delete("cp_1").send().await.unwrap_err();
    let mut texts = log.own_lines();
    for error in [decode, status, mismatch] {
        texts.extend([
            error.to_string(),
            format!("{error:?}"),
            format!("{error:#?}"),
        ]);
        texts.extend(error.attempts().iter().map(|it| it.reason.clone()));
        assert!(!error.to_string().contains(['\n', '\u{1b}']), "{error}");
    }
    for text in texts {
        assert!(text.len() < 1_024, "{} bytes: {text}", text.len());
    }
}
