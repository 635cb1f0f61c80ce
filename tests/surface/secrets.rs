//! Debug texts and errors contain no secret.

use std::fmt::Debug;

use permissions_ext::sync::{DesiredState, Plan};
use permissions_ext::{Client, ClientBuilder, blocking};

/// The key and the values of headers, query parameters, organization, project and certificates.
const SECRET: &str = "hunter2";

fn assert_hides_secret(value: &dyn Debug) {
    for text in [format!("{value:?}"), format!("{value:#?}")] {
        assert!(!text.contains(SECRET), "{text}");
        // `Debug` of a byte vector prints the secret as numbers.
        assert!(!text.contains("104, 117, 110, 116"), "{text}");
    }
}

fn plan() -> Plan {
    let target = r#"{"base_url": "http://localhost", "organization": null, "project": null}"#;
    serde_json::from_str(&format!(
        r#"{{"version": 2, "target": {target}, "checkpoints": []}}"#
    ))
    .unwrap()
}

/// Sets every option of a request that may be secret.
macro_rules! with_secrets {
    ($request:expr) => {
        $request
            .admin_key(SECRET)
            .header("x-token", SECRET)
            .query("token", SECRET)
    };
}

/// Checks the types of the asynchronous or the blocking client, which have the same methods.
macro_rules! assert_all_hide_secrets {
    ($builder:expr) => {{
        let builder = $builder
            .admin_key(SECRET)
            .base_url("http://localhost")
            .organization(SECRET)
            .project(SECRET)
            .header("x-token", SECRET);
        assert_hides_secret(&builder);
        let client = builder.build().unwrap();
        let permissions = client.permissions("ft:a").unwrap();
        assert_hides_secret(&client);
        assert_hides_secret(&permissions);
        assert_hides_secret(&with_secrets!(permissions.list()));
        assert_hides_secret(&with_secrets!(permissions.list()).stream());
        assert_hides_secret(&with_secrets!(permissions.list()).pages());
        assert_hides_secret(&with_secrets!(permissions.create(["proj_a"])));
        assert_hides_secret(&with_secrets!(permissions.delete("cp_1")));
        assert_hides_secret(&with_secrets!(permissions.delete_project("proj_a")));
        assert_hides_secret(&with_secrets!(client.plan(DesiredState::new())));
        assert_hides_secret(&with_secrets!(client.apply(plan())));
        assert_hides_secret(&with_secrets!(client.audit(["ft:a"])));
        assert_hides_secret(&with_secrets!(client.audit(["ft:a"])).stream());
    }};
}

#[tokio::test]
async fn debug_of_asynchronous_types_hides_secrets() {
    assert_all_hide_secrets!(Client::builder());
    let from_environment =
        ClientBuilder::from_variables(|name| (name == "OPENAI_ADMIN_KEY").then(|| SECRET.into()));
    assert_hides_secret(&from_environment);
    let provider = Client::builder().key_provider(|| async { Ok(SECRET.to_owned().into()) });
    assert_hides_secret(&provider);
    assert_hides_secret(&Client::builder().client_certificate(SECRET, SECRET));
    assert_hides_secret(&Client::builder().proxy("http://user:hunter2@localhost"));
}

#[test]
fn debug_of_blocking_types_hides_secrets() {
    assert_all_hide_secrets!(blocking::Client::builder());
    assert_hides_secret(&blocking::Client::builder().client_certificate(SECRET, SECRET));
}

#[test]
fn errors_about_a_secret_hide_it() {
    for key in ["hunter2\n", "hunter2 hunter2", "hünter2 hunter2"] {
        assert_hides_secret(&Client::builder().admin_key(key).build().unwrap_err());
    }
    let base_url = Client::builder()
        .admin_key("sk-admin-1")
        .base_url("https://user:hunter2@example.com");
    assert_hides_secret(&base_url.build().unwrap_err());
}
