//! Secrets never appear in errors, events and debug output.

use std::sync::{Arc, Mutex};

use permissions_ext::{Client, ErrorKind, Event};

use crate::support::wire::Reply;
use crate::support::{FaultServer, KEY, checkpoint, list};

#[tokio::test]
async fn error_of_invalid_header_omits_its_value() {
    let server = FaultServer::start().await;
    let error = server
        .client_builder()
        .header("x-shade", "hunter2\n")
        .build()
        .unwrap_err();
    assert!(
        error.to_string().contains("x-shade") && !error.to_string().contains("hunter2"),
        "{error}"
    );
    let swapped = server.client_builder().header("hunter2 hunter2", "x-shade");
    assert!(!format!("{swapped:?}").contains("hunter2"), "{swapped:?}");
    let error = swapped.build().unwrap_err();
    assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");

    let list = server
        .permissions()
        .list()
        .header("hunter2 hunter2", "x-shade");
    assert!(!format!("{list:?}").contains("hunter2"), "{list:?}");
    let error = list.send().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRequest, "{error}");
    assert!(error.to_string().contains("invalid header name"), "{error}");
    assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn echoed_key_is_redacted_in_errors_and_events() {
    let server = FaultServer::start().await;
    let deleted = format!(r#"{{"object":"checkpoint.permission","id":"{KEY}","deleted":true}}"#);
    let elsewhere = format!("https://{}.example/", KEY.to_uppercase());
    server.respond(
        "DELETE",
        [
            Reply::new(200, deleted),
            Reply::new(302, "").with("location", &elsewhere),
        ],
    );
    let page = r#"{"object":"list","data":[],"has_more":false}"#;
    server.respond("GET", [Reply::new(200, page).with("x-request-id", KEY)]);
    let texts: Arc<Mutex<Vec<String>>> = Arc::default();
    let observed = texts.clone();
    let client = server
        .client_builder()
        .observer(move |event| observed.lock().unwrap().push(format!("{event:?}")))
        .build()
        .unwrap();
    let permissions = client.permissions(checkpoint()).unwrap();
    for expected in [
        "contains [redacted] instead of cp_1",
        "a redirect to https://[redacted].example",
    ] {
        let error = permissions.delete("cp_1").send().await.unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
        texts.lock().unwrap().push(format!("{error} {error:?}"));
    }
    let page = permissions.list().send().await.unwrap();
    assert_eq!(page.metadata().request_id(), Some("[redacted]"));
    texts.lock().unwrap().push(format!("{page:?}"));
    for text in texts.lock().unwrap().iter() {
        assert!(!text.to_lowercase().contains(KEY), "{text}");
    }
}

#[tokio::test]
async fn truncated_key_and_header_key_are_redacted_in_errors() {
    let server = FaultServer::start().await;
    let own = "sk-admin-in-a-custom-header";
    let rejected = |key: &str| {
        let text = format!(r#"{{"error":{{"message":"no such key: {key}","type":"t"}}}}"#);
        Reply::new(401, text)
    };
    let cut = format!(
        "HTTP/1.1 401 Unauthorized\r\ncontent-length: 900\r\n\r\nno such key: {}",
        &KEY[..KEY.len() - 1]
    );
    server.respond(
        "GET",
        [rejected(own), rejected(own), Reply::Bytes(vec![cut.into()])],
    );
    let bearer = format!("Bearer {own}");
    let client = server.client_builder().header("Authorization", &bearer);
    let of_client = list(client);
    let of_request = server.permissions().list().header("authorization", &bearer);
    let shortened = server.permissions().list();
    for (list, key) in [
        (of_client, own),
        (of_request, own),
        (shortened, &KEY[..KEY.len() - 1]),
    ] {
        let error = list.send().await.unwrap_err();
        assert!(error.kind() == ErrorKind::Unauthorized, "{error}");
        assert!(!format!("{error} {error:?}").contains(key), "{error}");
    }
}

#[tokio::test]
async fn echoed_secrets_are_redacted_in_errors_and_events() {
    let server = FaultServer::start().await;
    let secrets = [
        "client-header-secret",
        "org-confidential",
        "proj_confidential",
        "request-header-secret",
        "query-secret",
    ];
    let echo = secrets.join(" ");
    let error = serde_json::json!({"error": {"message": echo, "code": secrets[3], "type": "t"}});
    let page = r#"{"object":"list","data":[],"has_more":false}"#;
    server.respond(
        "GET",
        [
            Reply::json(400, &error).with("x-echo", &echo),
            Reply::html(503).with("x-request-id", secrets[0]),
            Reply::new(200, page).with("x-request-id", &echo),
        ],
    );
    let texts: Arc<Mutex<Vec<String>>> = Arc::default();
    let observed = texts.clone();
    let builder = server
        .client_builder()
        .header("x-client", secrets[0])
        .organization(secrets[1])
        .project(secrets[2])
        .observer(move |event| {
            let text = match event {
                Event::Failed { error, .. } => format!("{error} {error:?} {error:#?}"),
                Event::Succeeded { metadata, .. } => {
                    format!("{:?}", metadata.headers().collect::<Vec<_>>())
                }
                event => format!("{event:?}"),
            };
            observed.lock().unwrap().push(text);
        });
    let list = list(builder)
        .header("x-request", secrets[3])
        .query("token", secrets[4]);
    let error = list.clone().send().await.unwrap_err();
    let body = String::from_utf8_lossy(error.body().unwrap()).into_owned();
    let headers = error.metadata().unwrap().headers();
    let headers = format!("{:?}", headers.collect::<Vec<_>>());
    let message = format!("{:?} {:?}", error.message(), error.code());
    texts.lock().unwrap().extend([body, headers, message]);
    list.send().await.unwrap();
    for text in texts.lock().unwrap().iter() {
        for secret in secrets {
            assert!(!text.contains(secret), "{text}");
        }
    }
}

#[test]
fn invalid_key_is_refused_and_not_shown() {
    let error = Client::builder()
        .admin_key(format!("{KEY}\n"))
        .build()
        .unwrap_err();
    assert!(
        error.kind() == ErrorKind::Key && error.to_string().contains("line break"),
        "{error}"
    );
    assert!(!format!("{error} {error:?}").contains(KEY));
}

#[tokio::test]
async fn metadata_url_omits_query_of_request_options() {
    let server = FaultServer::start().await;
    let plain = list(server.client_builder());
    let base_url = format!("http://{}/v1/fine_tuning/checkpoints/", server.address);
    for (list, query) in [
        (plain.clone(), "?limit=100"),
        (plain.query("token", "query-secret"), "/permissions"),
    ] {
        let page = list.send().await.unwrap();
        let url = page.metadata().url().unwrap();
        assert!(url.starts_with(&base_url) && url.ends_with(query), "{url}");
    }
}
