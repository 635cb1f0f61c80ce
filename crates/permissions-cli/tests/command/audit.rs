//! `audit` as a matrix, as rows and as a page.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::support::{World, snapshot};

/// Three checkpoints, and a manifest that differs for two of them.
fn audited() -> World {
    let world = World::new();
    world.run("create ft:a proj_a proj_b").data();
    world.run("create ft:b proj_b proj_c").data();
    world.run("create ft:c proj_a").data();
    let manifest =
        "[checkpoints]\n\"ft:a\" = [\"proj_a\"]\n\"ft:b\" = [\"proj_b\", \"proj_c\", \"proj_d\"]\n";
    fs::write(world.folder().join("permissions.toml"), manifest).unwrap();
    world
}

#[test]
fn audit_prints_matrix_or_rows() {
    let world = audited();

    let matrix = world.run("audit ft:c ft:b ft:a --format table");
    assert_eq!(matrix.code(), Some(0));
    snapshot("audit", "permissions audit ft:c ft:b ft:a", &matrix);
    let rows = world.run("audit ft:c ft:b ft:a --format csv");
    snapshot("audit-csv", "the same with --format csv", &rows);
}

#[test]
fn audit_against_manifest_marks_drift() {
    let world = audited();

    let matrix = world.run("audit ft:a ft:b ft:c --against permissions.toml --format table");
    assert_eq!(matrix.code(), Some(2));
    snapshot(
        "audit-against",
        "permissions audit --against permissions.toml",
        &matrix,
    );
    let rows = world.run("audit --against permissions.toml");
    assert_eq!(rows.code(), Some(2));
    snapshot(
        "audit-against-plain",
        "the same in a pipe, for the checkpoints of the manifest",
        &rows,
    );
}

#[test]
fn audit_reads_checkpoints_from_manifest_and_list() {
    let world = audited();
    fs::write(world.folder().join("list.txt"), "# ours\nft:c\n\nft:a\n").unwrap();
    let checkpoints = |args: &str| -> Vec<String> {
        let ran = world.run(args);
        let mut found: Vec<String> = Vec::new();
        for line in ran.stdout().lines() {
            let checkpoint = line.split('\t').next().unwrap().to_owned();
            if !found.contains(&checkpoint) {
                found.push(checkpoint);
            }
        }
        found
    };

    assert_eq!(
        checkpoints("audit --manifest permissions.toml"),
        ["ft:a", "ft:b"]
    );
    assert_eq!(
        checkpoints("audit --from list.txt ft:b"),
        ["ft:b", "ft:c", "ft:a"]
    );

    fs::write(world.folder().join("list.txt"), "ft:a\n..\n").unwrap();
    let refused = world.run("audit --from list.txt");
    assert_eq!(refused.code(), Some(64));
    snapshot("audit-from-mistake", "a list with an invalid id", &refused);
}

#[test]
fn audit_continues_after_unreadable_checkpoint() {
    let world = audited();
    let long = format!("ft:{}", "x".repeat(600));

    let ran = world.run(&format!("audit ft:a {long}"));

    assert_eq!(ran.code(), Some(1));
    assert_eq!(ran.stdout().lines().count(), 3, "{ran}");
    assert!(ran.stdout().ends_with("\tnot_read\n"), "{ran}");
    assert!(
        ran.stderr()
            .contains("1 checkpoint could not be read; the rest is complete"),
        "{ran}"
    );
}

/// What the page's own script must do in a real browser. Each step leaves what it saw.
const STEPS: &str = r#"
  const seen = {};
  const rows = () => [...document.querySelectorAll("tr[data-row] th")].map((cell) => cell.textContent);
  const columns = () => [...document.querySelectorAll("thead button")].map((cell) => cell.textContent);
  const set = (id, value, event) => {
    document.getElementById(id).value = value;
    document.getElementById(id).dispatchEvent(new Event(event));
  };
  seen.all = rows();
  set("checkpoint", "FT:B", "input");
  seen.searched = rows();
  document.getElementById("clear").click();
  set("project", "proj_c", "input");
  seen.project = [rows(), columns()];
  document.getElementById("clear").click();
  set("sort", "name", "change");
  seen.sorted = rows();
  document.querySelectorAll("thead button")[1].click();
  seen.byProject = rows();
  document.getElementById("clear").click();
  set("show", "differences", "change");
  seen.differences = rows();
  document.getElementById("clear").click();
  set("checkpoint", "nowhere", "input");
  seen.nothing = [rows(), document.getElementById("nothing").hidden];
  document.getElementById("again").click();
  document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "/", bubbles: true }));
  seen.focus = document.activeElement.id;
  seen.names = [...document.querySelectorAll("td [role=img]")].slice(0, 1).map((sign) => sign.getAttribute("aria-label"));
  seen.unlabelled = [...document.querySelectorAll("input, select, button")]
    .filter((control) => !control.closest("label") && control.textContent.trim() === "").length;
  seen.troubles = troubles;
  seen.requests = performance.getEntriesByType("resource").map((entry) => entry.name);
  document.title = JSON.stringify(seen);
"#;

const WATCH: &str = r#"<script>
  const troubles = [];
  addEventListener("error", (event) => troubles.push(String(event.message)));
  addEventListener("securitypolicyviolation", (event) => troubles.push(event.violatedDirective));
  console.error = (...words) => troubles.push(words.join(" "));
</script>"#;

#[test]
fn the_page_works_in_a_browser_and_asks_nobody_for_anything() {
    let world = audited();
    let made = world.run("audit ft:c ft:b ft:a --against permissions.toml --html page.html");
    assert_eq!((made.code(), made.stdout()), (Some(2), ""));
    let page = fs::read_to_string(world.folder().join("page.html")).unwrap();
    assert!(
        !page.contains("src=") && !page.contains("href=\"http"),
        "{page}"
    );
    let Some(browser) = browser() else {
        assert!(
            std::env::var_os("CI").is_none(),
            "no chromium: install Debian's package"
        );
        return;
    };

    let driven = page
        .replacen("<head>", &format!("<head>{WATCH}"), 1)
        .replacen("</body>", &format!("<script>{STEPS}</script></body>"), 1);
    fs::write(world.folder().join("driven.html"), driven).unwrap();
    let seen = dump(browser, &world.folder().join("driven.html"), world.folder());

    assert_eq!(seen["all"], serde_json::json!(["ft:c", "ft:b", "ft:a"]));
    assert_eq!(seen["searched"], serde_json::json!(["ft:b"]));
    assert_eq!(seen["project"], serde_json::json!([["ft:b"], ["proj_c"]]));
    assert_eq!(seen["sorted"], serde_json::json!(["ft:a", "ft:b", "ft:c"]));
    assert_eq!(
        seen["byProject"],
        serde_json::json!(["ft:a", "ft:b", "ft:c"])
    );
    assert_eq!(seen["differences"], serde_json::json!(["ft:b", "ft:a"]));
    assert_eq!(seen["nothing"], serde_json::json!([[], false]));
    assert_eq!(seen["focus"], "checkpoint");
    assert_eq!(
        seen["names"],
        serde_json::json!(["proj_a: access since 2023-11-14"])
    );
    assert_eq!(seen["unlabelled"], 0);
    assert_eq!(seen["troubles"], serde_json::json!([]));
    assert_eq!(seen["requests"], serde_json::json!([]));
}

/// Where there is more than anybody can see at once, only what is in sight is drawn.
const FAR: &str = r#"
  const buttons = () => [...document.querySelectorAll("thead button")].map((button) => button.textContent);
  const scroll = document.getElementById("scroll");
  const seen = { first: buttons() };
  scroll.scrollLeft = scroll.scrollWidth;
  scroll.dispatchEvent(new Event("scroll"));
  seen.last = buttons();
  seen.told = document.querySelector("td.project:nth-last-of-type(2) [role=img]").getAttribute("aria-label");
  seen.columns = document.getElementById("matrix").getAttribute("aria-colcount");
  document.title = JSON.stringify(seen);
"#;

#[test]
fn a_page_of_many_projects_draws_those_in_sight() {
    let Some(browser) = browser() else {
        return;
    };
    let world = World::new();
    let projects: Vec<String> = (0..400).map(|n| format!("proj_{n:03}")).collect();
    world
        .run(&format!("create ft:a {}", projects.join(" ")))
        .data();
    assert_eq!(world.run("audit ft:a --html page.html").code(), Some(0));
    let page = fs::read_to_string(world.folder().join("page.html")).unwrap();
    let driven = page.replacen("</body>", &format!("<script>{FAR}</script></body>"), 1);
    fs::write(world.folder().join("driven.html"), driven).unwrap();

    let seen = dump(browser, &world.folder().join("driven.html"), world.folder());

    let columns = |name: &str| -> Vec<String> {
        let names = seen[name].as_array().unwrap().iter();
        names
            .map(|name| name.as_str().unwrap().to_owned())
            .collect()
    };
    let (first, last) = (columns("first"), columns("last"));
    assert!(first.len() < 100 && last.len() < 100, "{seen}");
    assert_eq!(first.first(), projects.first());
    assert_eq!(last.last(), projects.last());
    assert_eq!(seen["told"], "proj_399: access since 2023-11-14");
    assert_eq!(seen["columns"], "402");
}

#[test]
fn an_id_cannot_break_out_of_the_page() {
    let world = World::new();
    let id = "</script><script>alert(1)</script>";
    let mut create = world.command(["create", id, id]);
    assert!(create.stdout(Stdio::null()).status().unwrap().success());

    let mut audit = world.command(["audit", id, "--html", "page.html"]);
    assert!(audit.stderr(Stdio::null()).status().unwrap().success());

    let page = fs::read_to_string(world.folder().join("page.html")).unwrap();
    assert!(!page.contains("alert(1)</script>"));
}

fn browser() -> Option<&'static str> {
    ["chromium", "chromium-browser", "google-chrome"]
        .into_iter()
        .find(|name| Command::new(name).arg("--version").output().is_ok())
}

/// Opens a page in a browser without a window, and reads what its script left in the title.
fn dump(browser: &str, page: &Path, profile: &Path) -> serde_json::Value {
    let output = Command::new(browser)
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--dump-dom",
        ])
        .arg(format!(
            "--user-data-dir={}",
            profile.join("profile").display()
        ))
        .arg(format!("file://{}", page.display()))
        .output()
        .unwrap();
    let dom = String::from_utf8(output.stdout).unwrap();
    let (_, rest) = dom.split_once("<title>").unwrap_or_else(|| {
        panic!("no page: {}", String::from_utf8_lossy(&output.stderr));
    });
    let (title, _) = rest.split_once("</title>").unwrap();
    serde_json::from_str(&title.replace("&lt;", "<").replace("&amp;", "&")).unwrap()
}
