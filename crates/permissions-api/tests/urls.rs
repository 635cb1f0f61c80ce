//! Where requests go: what is parsed once for many of them leads where parsing each would.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may")]

use std::future::{Future as _, ready};
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Waker};

use permissions_api::hooks::{CallContext, Sending, Transport};
use permissions_api::{Client, Error};
use proptest::prelude::*;
use reqwest::{Request, Url};

/// Keeps where requests were to go, and sends none.
#[derive(Debug, Default)]
struct Addresses(Mutex<Vec<Url>>);

impl Transport for Addresses {
    fn send(&self, request: Request) -> Sending {
        self.0.lock().unwrap().push(request.url().clone());
        Box::pin(ready(Err("nothing is sent".into())))
    }
}

/// Deletes a permission as far as that goes without a server.
fn delete(client: &Client, checkpoint: &str, permission: &str) -> Error<()> {
    let call = client
        .delete_checkpoint_permission()
        .fine_tuned_model_checkpoint(checkpoint)
        .permission_id(permission)
        .send();
    let mut context = Context::from_waker(Waker::noop());
    match pin!(call).poll(&mut context) {
        std::task::Poll::Ready(Err(error)) => error,
        other => panic!("it should have failed at once, not {other:?}"),
    }
}

/// A segment of a path, with everything encoded that can be.
fn encoded(segment: &str) -> String {
    segment.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// What a URL says, however it says it.
fn decoded(url: &Url) -> Vec<String> {
    let segments = url.path_segments().unwrap();
    segments
        .map(|segment| {
            let bytes = segment.as_bytes();
            let mut text = Vec::new();
            let mut at = 0;
            while at < bytes.len() {
                if bytes[at] == b'%' {
                    text.push(u8::from_str_radix(&segment[at + 1..at + 3], 16).unwrap());
                    at += 3;
                } else {
                    text.push(bytes[at]);
                    at += 1;
                }
            }
            String::from_utf8(text).unwrap()
        })
        .collect()
}

fn id() -> impl Strategy<Value = String> {
    prop_oneof!["[a-c:/\\\\?#%. é]{1,6}", "ft:[a-z]{1,3}:[a-z]{1,3}"]
        .prop_filter("refused as an id", |id| id != "." && id != "..")
}

proptest! {
    /// Several requests by one client, as a URL that was parsed for one is used for the next.
    #[test]
    fn a_request_goes_where_its_whole_text_would_lead(
        base in prop_oneof![
            Just("http://127.0.0.1:8080/v1"),
            Just("https://api.example.com"),
            Just("https://user@[::1]:1/a%2Fb/../c"),
        ],
        ids in prop::collection::vec((id(), id()), 1..6),
    ) {
        let addresses = Arc::new(Addresses::default());
        let client = Client::new_with_client(base, addresses.clone(), CallContext::new());
        for (checkpoint, permission) in &ids {
            delete(&client, checkpoint, permission);
        }
        let gone_to = addresses.0.lock().unwrap();
        prop_assert_eq!(gone_to.len(), ids.len());
        for ((checkpoint, permission), url) in ids.iter().zip(&*gone_to) {
            let (checkpoint, permission) = (encoded(checkpoint), encoded(permission));
            let text = format!(
                "{base}/fine_tuning/checkpoints/{checkpoint}/permissions/{permission}"
            );
            let whole = Url::parse(&text).unwrap();
            prop_assert_eq!(url.origin(), whole.origin());
            prop_assert_eq!(url.username(), whole.username());
            prop_assert_eq!(decoded(url), decoded(&whole));
            prop_assert_eq!(url.query(), None);
            prop_assert_eq!(url.fragment(), None);
        }
    }
}

#[test]
fn a_base_url_that_no_path_can_follow_is_refused() {
    for base in [
        "http://127.0.0.1/v1?version=1",
        "http://127.0.0.1/v1#top",
        "127.0.0.1",
        "",
    ] {
        let client = Client::new_with_client(base, Addresses::default(), CallContext::new());
        let error = delete(&client, "ft:a", "cp_a");
        let text = error.to_string();
        assert!(text.contains("the base URL cannot be used"), "{text}");
    }
}
