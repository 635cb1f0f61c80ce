//! Nothing secret in logs, at the finest level, for success and failure alike.

use std::io;
use std::sync::{Arc, Mutex};

use permissions_ext::{CallOptions, SecretString};
use tracing_subscriber::fmt::MakeWriter;

use crate::support::wire::Reply;
use crate::support::{KEY, FaultServer, checkpoint, project};

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

#[tokio::test]
async fn logs_and_debug_texts_contain_no_secret() {
    let log = Log::default();
    // While there is one subscriber only, tracing asks the thread that meets a log statement first whether anybody
    // listens, and that may be another test's. With two it asks them all.
    let _second = tracing::Dispatch::new(tracing_subscriber::registry());
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(log.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let server = FaultServer::with(&["proj_1"]).await;
    server.respond(
        "GET",
        [
            Reply::html(500).with("set-cookie", "hunter-cookie"),
            Reply::Reset,
        ],
    );
    let options = CallOptions::new()
        .header("x-token", "hunter-header")
        .query("token", "hunter-query");
    let builder = server.builder().header("x-team-token", "hunter-client");
    let mut shown = format!("{builder:?} {options:?}");
    let client = builder.build().unwrap();
    let permissions = client.permissions(checkpoint()).unwrap();

    let page = permissions
        .list()
        .options(options.clone())
        .send()
        .await
        .unwrap();
    permissions
        .create([project("proj_2")])
        .options(options.clone())
        .send()
        .await
        .unwrap();
    server.respond("DELETE", [Reply::html(403)]);
    let error = permissions
        .delete("cp_1")
        .options(options.clone())
        .send()
        .await
        .unwrap_err();
    let provided = server
        .builder()
        .key_provider(|| async { Ok(SecretString::from(KEY)) })
        .build()
        .unwrap();
    provided
        .permissions(checkpoint()).unwrap()
        .list()
        .options(options)
        .send()
        .await
        .unwrap();
    shown.push_str(&format!(
        "{client:?} {permissions:?} {:?} {error:?} {error} {provided:?}",
        page.data()
    ));

    assert!(
        server
            .requests()
            .iter()
            .all(|request| request.header("authorization").unwrap().ends_with(KEY))
    );
    assert!(server.requests()[0].header("x-token") == Some("hunter-header"));
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(
        log.contains("an attempt failed") && log.contains("list_checkpoint_permissions"),
        "{log}"
    );
    // Other crates' lines are theirs; what this project logs is looked at line by line.
    let ours = log
        .lines()
        .filter(|line| line.contains("permissions_ext") || line.contains("permissions_api"));
    for text in ours.chain([shown.as_str()]) {
        for secret in [KEY, "hunter-"] {
            assert!(!text.contains(secret), "{text}");
        }
    }
    assert!(!log.contains(KEY), "{log}");
}
