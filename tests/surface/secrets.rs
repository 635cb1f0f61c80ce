//! What is shown of values that hold secrets.

use std::fmt::Debug;

use permissions_ext::{CallOptions, Client, ClientBuilder, Plan, blocking};

/// Planted as the key, in headers, queries and certificates.
const SECRET: &str = "hunter2";

fn shows_no_secret(value: &dyn Debug) {
    for text in [format!("{value:?}"), format!("{value:#?}")] {
        assert!(!text.contains(SECRET), "{text}");
        // As bytes they would read otherwise.
        assert!(!text.contains("104, 117, 110, 116"), "{text}");
    }
}

fn options() -> CallOptions {
    CallOptions::new()
        .admin_key(SECRET)
        .header("x-token", SECRET)
        .query("token", SECRET)
}

fn plan() -> Plan {
    serde_json::from_str(r#"{"version": 1, "checkpoints": []}"#).unwrap()
}

/// The same calls on either side, whose types differ and whose names do not.
macro_rules! show_all {
    ($builder:expr) => {{
        let builder = $builder
            .admin_key(SECRET)
            .base_url("http://localhost")
            .header("x-token", SECRET);
        shows_no_secret(&builder);
        let client = builder.build().unwrap();
        let permissions = client.permissions(&"ft:a".parse().unwrap());
        shows_no_secret(&client);
        shows_no_secret(&permissions);
        shows_no_secret(&permissions.list().options(options()));
        shows_no_secret(&permissions.list().options(options()).stream());
        shows_no_secret(&permissions.list().options(options()).pages());
        shows_no_secret(&permissions.create([]).options(options()));
        shows_no_secret(
            &permissions
                .delete(&"cp_1".parse().unwrap())
                .options(options()),
        );
        let project = "proj_a".parse().unwrap();
        shows_no_secret(&permissions.delete_project(&project).options(options()));
        shows_no_secret(
            &client
                .plan_create(&"ft:a".parse().unwrap(), [])
                .options(options()),
        );
        shows_no_secret(&client.apply(plan()).options(options()));
        shows_no_secret(&client.audit([]).options(options()));
        shows_no_secret(&client.audit([]).options(options()).stream());
    }};
}

#[tokio::test]
async fn no_value_shows_a_secret_that_it_holds() {
    shows_no_secret(&options());
    show_all!(Client::builder());
    let from_environment =
        ClientBuilder::from_variables(|name| (name == "OPENAI_ADMIN_KEY").then(|| SECRET.into()));
    shows_no_secret(&from_environment);
    let provider = Client::builder().key_provider(|| async { Ok(SECRET.to_owned().into()) });
    shows_no_secret(&provider);
    shows_no_secret(&Client::builder().client_certificate(SECRET, SECRET));
}

#[test]
fn no_blocking_value_shows_a_secret_that_it_holds() {
    show_all!(blocking::Client::builder());
    shows_no_secret(&blocking::Client::builder().client_certificate(SECRET, SECRET));
}

#[test]
fn no_refusal_shows_the_secret_that_it_is_about() {
    for key in ["hunter2\n", "hunter2 hunter2", "hünter2 hunter2"] {
        shows_no_secret(&Client::builder().admin_key(key).build().unwrap_err());
    }
    let in_the_url = Client::builder()
        .admin_key("sk-admin-1")
        .base_url("https://user:hunter2@example.com");
    shows_no_secret(&in_the_url.build().unwrap_err());
}
