//! Names and options from similar commands, suggestions, and defaults from the environment.

use std::fs;

use crate::support::{Fixture, bare, complete, run};

#[test]
fn command_and_option_names_of_similar_tools_are_accepted() {
    let fixture = Fixture::new();
    fixture.run("grant ft:a proj_a proj_b proj_c proj_d").data();
    let manifest = "[checkpoints]\n\"ft:a\" = [\"proj_a\"]\n";
    fixture.write_manifest(manifest);

    for args in [
        "ls ft:a",
        "get ft:a",
        "retrieve ft:a",
        "list ft:a --limit 2",
        "list ft:a -o json",
        "list ft:a --json",
    ] {
        assert_eq!(fixture.run(args).code(), Some(0), "{args}");
    }
    for args in [
        "rm ft:a --project proj_b -y",
        "remove ft:a --project proj_c -y",
        "revoke ft:a --project proj_d -y",
    ] {
        assert!(fixture.run(args).stdout().ends_with("deleted\n"), "{args}");
    }
    assert_eq!(fixture.run("drift").code(), Some(0));
    let help = fixture.run("help list");
    assert!(help.data().contains("List the permissions of checkpoints"));
    assert_eq!(
        fixture.run("version").data(),
        fixture.run("--version").data()
    );
    assert!(fixture.run("list ft:a --json").stdout().starts_with("[\n"));
}

#[test]
fn unknown_command_or_option_suggests_only_close_matches() {
    for (args, expected, absent) in [
        ("list ft:a --all", "leave it out", "--allow-http"),
        (
            "create ft:a proj_a --limit 2",
            "unexpected argument '--limit'",
            "-- --limit",
        ),
        ("list ft:a --pagesize 3", "--page-size", "-- --pagesize"),
        (
            "list --fine-tuned-model-checkpoint ft:a",
            "without an option",
            "similar",
        ),
        ("lst ft:a", "list", "serve"),
        ("dance ft:a", "unrecognized subcommand", "tip:"),
        ("list ft:a --admin-api-key x", "--key-file", "--api-project"),
    ] {
        let refused = run(bare(args.split(' ')));
        assert_eq!(refused.code(), Some(64), "{args}");
        assert!(refused.stderr().contains(expected), "{args}: {refused}");
        assert!(!refused.stderr().contains(absent), "{args}: {refused}");
    }
}

#[test]
fn format_comes_from_environment_and_profile() {
    let fixture = Fixture::new();
    fixture.run("create ft:a proj_a").data();
    let folder = fixture.folder().join("permissions");
    fs::create_dir(&folder).unwrap();
    fs::write(
        folder.join("config.toml"),
        "[profiles.default]\nformat = \"csv\"\n",
    )
    .unwrap();
    let list = |variable: &str, args: &str| {
        let mut command = fixture.command(format!("list ft:a {args}").split_whitespace());
        command
            .env("XDG_CONFIG_HOME", fixture.folder())
            .env("HOME", fixture.folder())
            .env("PERMISSIONS_FORMAT", variable);
        run(command)
    };

    assert!(list("", "").data().starts_with("checkpoint,id,"));
    assert!(list("json", "").data().starts_with('['));
    assert!(
        list("json", "--format yaml")
            .data()
            .starts_with("- checkpoint:")
    );
    let refused = list("xml", "");
    assert_eq!(refused.code(), Some(64));
    assert!(refused.stderr().contains("PERMISSIONS_FORMAT"), "{refused}");
}

#[test]
fn colour_variables_are_respected() {
    let fixture = Fixture::new();
    let manifest = "[checkpoints]\n\"ft:a\" = [\"proj_a\"]\n";
    fixture.write_manifest(manifest);
    let is_coloured = |variables: &[(&str, &str)], args: &str| {
        let mut command = fixture.command(args.split(' '));
        command.envs(variables.iter().copied());
        run(command).stdout().contains("\u{1b}[")
    };

    assert!(!is_coloured(&[], "plan"));
    assert!(is_coloured(&[("CLICOLOR_FORCE", "1")], "plan"));
    assert!(is_coloured(&[("FORCE_COLOR", "1")], "plan"));
    assert!(!is_coloured(&[("FORCE_COLOR", "0")], "plan"));
    assert!(!is_coloured(
        &[("FORCE_COLOR", "1"), ("NO_COLOR", "1")],
        "plan"
    ));
    assert!(!is_coloured(
        &[("CLICOLOR_FORCE", "1")],
        "plan --color never"
    ));
}

#[cfg(unix)]
#[test]
fn key_command_provides_the_key_without_a_shell() {
    use std::os::unix::fs::PermissionsExt as _;

    let fixture = Fixture::new();
    let folder = fixture.folder().join("permissions");
    fs::create_dir(&folder).unwrap();
    let program = fixture.folder().join("print key");
    fs::write(&program, "#!/bin/sh\necho \"sk-admin-$1\"\n").unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let list = |command: &str, variables: &[(&str, &str)]| {
        let config = format!(
            "[profiles.default]\nbase_url = \"{}\"\nkey_command = {command}\n",
            fixture.base_url()
        );
        fs::write(folder.join("config.toml"), config).unwrap();
        let mut command = bare(["list", "ft:a", "-q"]);
        command
            .env("XDG_CONFIG_HOME", fixture.folder())
            .env("HOME", fixture.folder())
            .env("PATH", "/usr/bin:/bin")
            .envs(variables.iter().copied());
        run(command)
    };
    let program = program.to_str().unwrap();

    list(&format!("[{program:?}, \"test\"]"), &[]).data();
    list("\"echo sk-admin-test\"", &[]).data();
    list("\"false\"", &[("OPENAI_ADMIN_KEY", "sk-admin-test")]).data();
    for (command, reason) in [
        ("\"false\"", "failed with"),
        ("\"no-such-program\"", "failed to run no-such-program"),
        ("\"echo\"", "it is empty"),
        ("\"echo $(sk-admin-test)\"", "sk-admin-test"),
        ("\"echo sk-admin-secret and more\"", "spaces"),
    ] {
        let refused = list(command, &[]);
        assert_eq!(refused.code(), Some(77), "{command}: {refused}");
        assert!(
            refused.stderr().contains("key_command of profile default"),
            "{command}: {refused}"
        );
        assert!(!refused.stderr().contains("secret"), "{refused}");
        assert!(
            reason == "sk-admin-test" || refused.stderr().contains(reason),
            "{command}: {refused}"
        );
    }
}

#[test]
fn completion_offers_ids_of_manifest_and_local_file() {
    let fixture = Fixture::new();
    let manifest = "[checkpoints]\n\"ft:from-manifest\" = [\"proj_manifest\"]\n";
    fixture.write_manifest(manifest);
    let mut create = bare(["--local", "demo.db", "create", "ft:from-file", "proj_file"]);
    create.current_dir(fixture.folder());
    assert_eq!(run(create).code(), Some(0));

    assert_eq!(
        complete(&fixture, "permissions list ft:from"),
        ["ft:from-manifest"]
    );
    assert_eq!(
        complete(&fixture, "permissions --local demo.db list ft:from"),
        ["ft:from-file", "ft:from-manifest"]
    );
    assert_eq!(
        complete(&fixture, "permissions --local demo.db create ft:x proj_f"),
        ["proj_file"]
    );
    assert_eq!(
        complete(&fixture, "permissions plan --target ft:"),
        ["ft:from-manifest"]
    );
}

#[test]
fn page_size_is_checked_before_sending() {
    let fixture = Fixture::new();

    for size in ["abc", "0", "-1", "1.5", ""] {
        let refused = run(fixture.command(["list", "ft:a", &format!("--page-size={size}")]));
        assert_eq!(refused.code(), Some(64), "{size}: {refused}");
        assert!(
            refused.stderr().contains("from 1 to 100"),
            "{size}: {refused}"
        );
    }
    assert_eq!(fixture.requests().len(), 0);
    let warned = fixture.run("list ft:a --page-size 101");
    assert!(
        warned.stderr().starts_with("warning: --page-size 101"),
        "{warned}"
    );
}

#[test]
fn request_options_exist_on_every_api_command() {
    let fixture = Fixture::new();
    fs::write(
        fixture.folder().join("permissions.toml"),
        "[checkpoints]\n\"ft:a\" = []\n",
    )
    .unwrap();
    for args in [
        "list ft:a",
        "create ft:a proj_a",
        "delete ft:a --project proj_a --yes",
        "plan",
        "apply",
        "export ft:a",
        "audit ft:a",
        "doctor ft:a",
    ] {
        let options = "--concurrency 2 --retries 0 --timeout 30s --deadline 1m30s";
        let mut command = fixture.command(format!("{args} {options}").split(' '));
        command.args(["--header", "X-Team: platform"]);
        let ran = run(command);
        assert!(matches!(ran.code(), Some(0)), "{args}: {ran}");
    }
    let header = ("x-team".to_owned(), "platform".to_owned());
    assert!(
        fixture
            .requests()
            .iter()
            .all(|request| request.headers.contains(&header))
    );

    let refused = run(fixture.command(["list", "ft:a", "--header", "sk-secret-value"]));
    assert_eq!(refused.code(), Some(64));
    assert!(!refused.stderr().contains("secret"), "{refused}");
    for time in ["0", "soon", "-1s"] {
        let refused = run(fixture.command(["list", "ft:a", &format!("--timeout={time}")]));
        assert_eq!(refused.code(), Some(64), "{time}: {refused}");
    }
}

#[test]
fn man_pages_have_names_values_and_examples() {
    let fixture = Fixture::new();
    fixture.run("man man1").data();
    let page = |name: &str| fs::read_to_string(fixture.folder().join("man1").join(name)).unwrap();

    let list = page("permissions-list.1");
    assert!(
        list.contains("permissions\\-list \\- List the permissions of checkpoints"),
        "{list}"
    );
    assert!(
        list.contains(".SH EXAMPLES") && list.contains(".SH \"EXIT STATUS\""),
        "{list}"
    );
    assert!(list.contains("[\\-\\-page\\-size N]"), "{list}");
    assert!(page("permissions.1").contains("permissions \\- Manage which projects"));
    assert!(fixture.folder().join("man1/permissions-show.1").exists());
}

#[test]
fn doctor_reports_proxy_root_certificates_and_clock() {
    let fixture = Fixture::new();
    let mut command = fixture.command(["doctor", "ft:a", "--format", "json"]);
    command
        .env("HTTPS_PROXY", "http://user:secret@proxy.example:8080")
        .env("SSL_CERT_FILE", "/etc/ssl/certs/ca-certificates.crt")
        .env("OPENAI_BASE_URL", "https://example.invalid/v1");
    let remote = run(command);
    let rows: Vec<serde_json::Value> = serde_json::from_str(remote.stdout()).unwrap();
    let row = |name: &str| rows.iter().find(|row| row["name"] == name).unwrap();
    assert_eq!(row("proxy")["value"], "http://proxy.example:8080/");
    assert_eq!(row("proxy")["source"], "HTTPS_PROXY");
    assert_eq!(row("TLS roots")["source"], "SSL_CERT_FILE");
    assert!(!remote.to_string().contains("secret"), "{remote}");

    let local = fixture.run("doctor ft:a --format json");
    assert!(local.stdout().contains("\"name\":\"clock\""), "{local}");
}
