//! The binary: options, messages and signals.

use std::io::{BufRead as _, BufReader, Read, Write};
use std::net::TcpStream;

use crate::process::{KEY, Process, command, output};
use crate::support::{Client, MODEL, send};

#[test]
fn help_lists_every_option() {
    let output = output(&["--help"]);
    insta::with_settings!({description => "permissions-server --help"}, {
        insta::assert_snapshot!(String::from_utf8_lossy(&output.stdout));
    });
}

#[tokio::test]
async fn missing_admin_key_is_generated_and_printed() {
    let mut process = Process::spawn(command(&["--listen", "127.0.0.1:0"]));
    let line = process.line();
    let key = line
        .trim()
        .strip_prefix("OPENAI_ADMIN_KEY=")
        .expect("a key");
    let list = Client::new(&process.base_url, key).list("").await;
    assert_eq!(list.status, 200);
}

#[tokio::test]
async fn sigterm_stops_with_status_0() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("permissions.db").display().to_string();
    let mut process = Process::start(&["--database", &file]);
    process.client().create(&["proj_a"]).await;

    process.signal("TERM");

    assert!(process.wait().success());
    let again = Process::start(&["--database", &file]);
    assert_eq!(again.client().list("").await.each("project_id"), ["proj_a"]);
}

#[tokio::test]
async fn sighup_reloads_the_keys() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("keys");
    std::fs::write(&file, "sk-admin-old\n").expect("written");
    let process = Process::spawn({
        let mut command = command(&["--listen", "127.0.0.1:0", "--admin-keys"]);
        command.arg(&file);
        command
    });
    let status = |key| {
        let client = Client::new(&process.base_url, key);
        async move { client.list("").await.status }
    };
    assert_eq!(status("sk-admin-old").await, 200);

    std::fs::write(&file, "sk-admin-new\n").expect("written");
    process.signal("HUP");

    // The process handles the signal asynchronously.
    while status("sk-admin-new").await != 200 {}
    assert_eq!(status("sk-admin-old").await, 401);
}

#[tokio::test]
async fn options_override_variables_and_configuration_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = folder.path().join("server.toml");
    std::fs::write(
        &config,
        "rate-limit = 1\nlisten = '127.0.0.1:1'\ndatabase = 'a.db'\n",
    )
    .expect("written");
    let mut command = command(&["--listen", "127.0.0.1:0", "--config"]);
    command
        .arg(&config)
        .env("PERMISSIONS_SERVER_RATE_LIMIT", "77")
        .env("OPENAI_ADMIN_KEY", KEY);
    let process = Process::spawn(command);

    let response = process
        .client()
        .request(reqwest::Method::GET, &process.client().path())
        .send()
        .await
        .expect("a response");

    assert_eq!(response.headers()["x-ratelimit-limit-requests"], "77");
    assert!(folder.path().join("a.db").exists());
}

#[tokio::test]
async fn projects_of_a_file_are_served() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = folder.path().join("server.toml");
    std::fs::write(&config, "projects = 'projects.toml'").expect("written");
    let projects = folder.path().join("projects.toml");
    let text = "proj_a = 'Forecast service'\nproj_b = { name = 'Maps', archived = true }\n";
    std::fs::write(projects, text).expect("written");
    let process = Process::start(&["--config", &config.display().to_string()]);
    let path = "/organization/projects?include_archived=true";

    let list = send(process.client().request(reqwest::Method::GET, path)).await;

    assert_eq!(list.each("name"), ["Forecast service", "Maps"]);
    assert_eq!(list.each("status"), ["active", "archived"]);
}

#[test]
fn start_errors_contain_no_secrets() {
    for (args, words) in [
        (
            vec!["--database", "/no/such/folder/a.db"],
            "/no/such/folder",
        ),
        (vec!["--database", "mysql://me:s3cret@host/db"], "scheme"),
        (
            vec!["--database", "postgres://me:s3cret@127.0.0.1:1/db"],
            "refuses connections",
        ),
        (vec!["--admin-keys", "/no/such/keys"], "/no/such/keys"),
        (vec!["--config", "/no/such/config"], "/no/such/config"),
        (vec!["--projects", "/no/such/projects"], "/no/such/projects"),
        (vec!["--log", "loud"], "loud"),
        (
            vec!["--tls-cert", "/no/cert", "--tls-key", "/no/key"],
            "/no/cert",
        ),
    ] {
        // Another test may use the default port.
        let output = output(&[&["--listen", "127.0.0.1:0"], &args[..]].concat());
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{args:?}: {stderr}");
        assert!(stderr.contains(words), "{args:?}: {stderr}");
        assert!(!stderr.contains("s3cret"), "{stderr}");
    }
}

#[test]
fn json_log_has_request_ids_but_no_keys() {
    let mut command = command(&[
        "--listen",
        "127.0.0.1:0",
        "--log",
        "trace",
        "--log-format",
        "json",
    ]);
    let mut child = command
        .env("OPENAI_ADMIN_KEY", KEY)
        .spawn()
        .expect("a process");
    let mut stdout = child.stdout.take().expect("piped");
    let mut line = [0; 128];
    let length = stdout.read(&mut line).expect("a line");
    let line = String::from_utf8_lossy(&line[..length]);
    let address = line
        .trim()
        .trim_start_matches("OPENAI_BASE_URL=http://")
        .trim_end_matches("/v1");

    let mut stream = TcpStream::connect(address).expect("a connection");
    write!(
        stream,
        "GET /v1/fine_tuning/checkpoints/{MODEL}/permissions HTTP/1.1\r\nhost: x\r\n\
         authorization: Bearer {KEY}\r\nconnection: close\r\n\r\n"
    )
    .expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("a response");
    let id = answer
        .lines()
        .find_map(|line| line.strip_prefix("x-request-id: "))
        .expect("an id");
    child.kill().expect("killed");
    let output = child.wait_with_output().expect("an exit");
    let stderr = String::from_utf8_lossy(&output.stderr);

    assert!(!stderr.contains(KEY), "{stderr}");
    let answered = stderr
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).expect("JSON"))
        .find(|line| line["message"] == "answered")
        .expect("a log line of the request");
    assert_eq!(answered["span"]["id"], id);
    assert_eq!(answered["status"], 200);
    let ms = answered["ms"].to_string();
    let decimals = ms.split_once('.').map_or(0, |(_, decimals)| decimals.len());
    assert!(decimals <= 3, "{ms} ms");
}

#[tokio::test]
async fn listen_accepts_a_host_name() {
    let mut command = command(&["--listen", "localhost:0"]);
    command.env("OPENAI_ADMIN_KEY", KEY);
    let process = Process::spawn(command);
    assert!(process.base_url.starts_with("http://127.0.0.1:"));
    assert_eq!(process.client().list("").await.status, 200);
}

#[test]
fn invalid_listen_address_is_refused() {
    for (address, code, words) in [
        ("localhost", 2, "use a host and a port"),
        ("127.0.0.1:http", 2, "use a host and a port"),
        (":8080", 2, "use a host and a port"),
        ("no-such-host.invalid:0", 1, "no-such-host.invalid"),
    ] {
        let output = output(&["--listen", address]);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{stderr}");
        assert!(stderr.contains(words), "{stderr}");
    }
}

#[test]
fn faults_option_logs_a_warning() {
    let mut child = command(&["--listen", "127.0.0.1:0", "--faults"])
        .spawn()
        .expect("a process");
    let mut stderr = BufReader::new(child.stderr.take().expect("piped"));
    let mut line = String::new();
    stderr.read_line(&mut line).expect("a line");
    child.kill().expect("killed");
    child.wait().expect("an exit");
    assert!(line.contains("WARN") && line.contains("--faults"), "{line}");
}
