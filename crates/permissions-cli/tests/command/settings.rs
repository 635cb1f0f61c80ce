//! Settings, their sources, and `doctor`.

use std::fs;
use std::net::TcpListener;

use crate::support::{Fixture, Ran, bare, complete, run, snapshot};

/// Runs the command with a configuration file in its home directory.
fn with_home(fixture: &Fixture, config: &str, args: &str, variables: &[(&str, &str)]) -> Ran {
    let folder = fixture.folder().join(".config/permissions");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("config.toml"), config).unwrap();
    let mut command = bare(args.split_whitespace());
    command
        .current_dir(fixture.folder())
        .env("HOME", fixture.folder())
        .env("XDG_CONFIG_HOME", fixture.folder().join(".config"))
        .envs(variables.iter().copied());
    run(command)
}

fn doctor(name: &str, description: &str, fixture: &Fixture, ran: &Ran) {
    let text = ran
        .to_string()
        .replace(&fixture.folder().display().to_string(), "[home]");
    insta::with_settings!({
        description => description,
        omit_expression => true,
        prepend_module_to_snapshot => false,
        filters => vec![
            (r"127\.0\.0\.1:\d+", "127.0.0.1:[port]"),
            (r"req_[0-9a-zA-Z]+", "[request id]"),
            (r"in \d+[mµn]?s", "in [time]"),
            (r"os error \d+", "os error [number]"),
            // The clock of the server is fixed.
            (r"\d+ s ahead", "[number] s ahead"),
        ],
    }, {
        insta::assert_snapshot!(name, text);
    });
}

#[cfg(target_os = "linux")]
#[test]
fn option_and_variable_override_profile() {
    let fixture = Fixture::new();
    fixture.run("create ft:a proj_a").data();
    fs::write(fixture.folder().join("key"), "sk-admin-test\n").unwrap();
    let config = format!(
        "[profiles.staging]\nbase_url = \"{}\"\nkey_file = \"key\"\norganization = \"org-1\"\n",
        fixture.base_url()
    );

    let listed = with_home(&fixture, &config, "list ft:a --profile staging", &[]);
    assert_eq!(listed.data().lines().count(), 1);
    let by_variable = [("PERMISSIONS_PROFILE", "staging")];
    let told = with_home(&fixture, &config, "doctor ft:a", &by_variable);
    assert_eq!(told.code(), Some(0));
    doctor(
        "doctor-profile",
        "permissions doctor ft:a, with a profile",
        &fixture,
        &told,
    );

    let key = [
        ("PERMISSIONS_PROFILE", "staging"),
        ("OPENAI_ADMIN_KEY", "sk-admin-wrong-but-long-enough"),
    ];
    let nearer = with_home(&fixture, &config, "doctor", &key);
    assert_eq!(nearer.code(), Some(77));
    assert!(!nearer.to_string().contains("wrong-but-long"), "{nearer}");
    doctor(
        "doctor-wrong-key",
        "an unknown key in the environment, which overrides the profile",
        &fixture,
        &nearer,
    );
}

#[cfg(target_os = "linux")]
#[test]
fn configuration_errors_are_reported_without_secrets() {
    let fixture = Fixture::new();
    for (name, config, args) in [
        (
            "config-unknown-profile",
            "[profiles.a]\n[profiles.b]\n",
            "list ft:a --profile c",
        ),
        (
            "config-unknown-setting",
            "[profiles.a]\nkey = \"sk-admin-1\"\n",
            "list ft:a --profile a",
        ),
        ("config-no-toml", "[profiles", "list ft:a --profile a"),
    ] {
        let refused = with_home(&fixture, config, args, &[]);
        assert_eq!(refused.code(), Some(64));
        assert!(!refused.to_string().contains("sk-admin-1"), "{refused}");
        doctor(name, &format!("permissions {args}"), &fixture, &refused);
    }
}

#[test]
fn doctor_explains_each_failure() {
    let fixture = Fixture::new();
    let closed = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let closed = format!("http://{closed}/v1");
    let key = ("OPENAI_ADMIN_KEY", "sk-admin-test");

    let none = with_home(&fixture, "", "doctor", &[]);
    assert_eq!(none.code(), Some(77));
    doctor("doctor-no-key", "no key at all", &fixture, &none);
    let nobody = with_home(&fixture, "", "doctor", &[key, ("OPENAI_BASE_URL", &closed)]);
    assert_eq!(nobody.code(), Some(75));
    doctor("doctor-nobody", "an unreachable server", &fixture, &nobody);
    let project = [
        ("OPENAI_ADMIN_KEY", "sk-proj-test"),
        ("OPENAI_BASE_URL", fixture.base_url()),
    ];
    let project = with_home(&fixture, "", "doctor", &project);
    assert_eq!(project.code(), Some(77));
    doctor("doctor-project-key", "a project key", &fixture, &project);
    let elsewhere = fixture.base_url().replace("/v1", "");
    let elsewhere = with_home(
        &fixture,
        "",
        "doctor ft:a",
        &[key, ("OPENAI_BASE_URL", &elsewhere)],
    );
    assert_eq!(elsewhere.code(), Some(1));
    doctor(
        "doctor-elsewhere",
        "a base URL without /v1",
        &fixture,
        &elsewhere,
    );
}

#[test]
fn trace_shows_requests_without_key() {
    let fixture = Fixture::new();
    fixture.run("create ft:a proj_a proj_b proj_c").data();
    let ids = fixture.run("list ft:a --columns id").data().to_owned();
    let ids: Vec<&str> = ids.lines().collect();

    let told = fixture.run("list ft:a --page-size 2 -vv");
    let deleted = fixture.run(&format!("delete ft:a {} --yes -vv", ids[0]));

    assert_eq!(told.code(), Some(0));
    let url = format!(
        "{}/fine_tuning/checkpoints/ft:a/permissions",
        fixture.base_url()
    );
    let second = format!("debug: GET {url}?after={}&limit=2", ids[1]);
    assert!(told.stderr().contains(&second), "{told}");
    let delete = format!("debug: DELETE {url}/{}: 200 in", ids[0]);
    assert!(deleted.stderr().contains(&delete), "{deleted}");
    assert!(
        told.stderr().contains("debug:   x-request-id: req_"),
        "{told}"
    );
    assert!(!told.stderr().contains("sk-admin-test"));
}

#[test]
fn completions_and_man_pages_are_complete() {
    let fixture = Fixture::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = run(bare(["completions", shell]));
        assert!(script.data().contains("COMPLETE"), "{shell}");
    }
    assert!(complete(&fixture, "permissions list --page").contains(&"--page-size".to_owned()));

    fixture.run("man man1").data();

    for page in ["permissions.1", "permissions-list.1", "permissions-apply.1"] {
        assert!(fixture.folder().join("man1").join(page).exists(), "{page}");
    }
}

#[test]
fn columns_and_filters_select_output() {
    let fixture = Fixture::new();
    fixture.run("create ft:a proj_a proj_b").data();

    let columns = fixture.run("list ft:a --columns project_id,checkpoint");
    assert_eq!(columns.data(), "proj_b\tft:a\nproj_a\tft:a\n");
    let filtered = fixture.run("list ft:a --jq-rows select(.project_id==\"proj_a\").project_id");
    assert_eq!(filtered.data(), "proj_a\n");

    for (name, args) in [
        ("usage-columns", "list ft:a --columns project"),
        ("usage-jq", "list ft:a --jq .id|"),
        ("usage-jq-unknown", "list ft:a --jq foo"),
        ("usage-jq-fails", "list ft:a --jq .id+1"),
        ("usage-jq-rows-fails", "list ft:a --jq-rows .id+1"),
    ] {
        let refused = fixture.run(args);
        assert_eq!((refused.code(), refused.stdout()), (Some(64), ""));
        snapshot(name, &format!("permissions {args}"), &refused);
    }
}

#[test]
fn doctor_with_wrong_path_fails() {
    let fixture = Fixture::new();
    let elsewhere = fixture.base_url().replace("/v1", "/v2");

    let mut command = fixture.command(["doctor"]);
    command.env("OPENAI_BASE_URL", elsewhere);
    let told = run(command);

    assert_eq!(told.code(), Some(1), "{told}");
    assert!(told.to_string().contains("ends in /v1"), "{told}");
}

#[test]
fn error_without_configuration_file_contains_profile() {
    let fixture = Fixture::new();

    let refused = fixture.run("list ft:a --profile staging");

    assert_eq!(refused.code(), Some(64), "{refused}");
    let remedy = "[profiles.staging], or leave out the profile staging (--profile)";
    assert!(refused.stderr().contains(remedy), "{refused}");
}
