//! Tables and matrices in terminals of different widths.

use std::process::Stdio;

use unicode_width::UnicodeWidthStr;

use crate::support::Fixture;
use crate::terminal::Terminal;

/// Runs a command with standard output on a terminal. Returns standard output and standard error.
fn shown(fixture: &Fixture, args: &str, columns: u16) -> (String, String) {
    let terminal = Terminal::with_width(columns);
    let child = fixture
        .command(args.split(' '))
        .env("NO_COLOR", "1")
        .stdout(terminal.stream())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let stdout = terminal.shown();
    let ended = child.wait_with_output().unwrap();
    (stdout, String::from_utf8(ended.stderr).unwrap())
}

fn with_long_ids() -> Fixture {
    let fixture = Fixture::new();
    let projects: Vec<String> = (0..30)
        .map(|n| format!("proj_{n:02}_{}", "x".repeat(40)))
        .collect();
    let checkpoint = |n: usize| {
        format!(
            "ft:gpt-4o-mini-2024-07-18:acme:a-long-name-{n}:B7R9VjQd{}",
            "y".repeat(20)
        )
    };
    for n in 0..2 {
        let created = fixture.run(&format!("create {} {}", checkpoint(n), projects.join(" ")));
        assert_eq!(created.code(), Some(0), "{created}");
    }
    let manifest = format!(
        "[checkpoints]\n\"{}\" = [\"{}\"]\n\"{}\" = []\n",
        checkpoint(0),
        projects[0],
        checkpoint(1)
    );
    fixture.write_manifest(&manifest);
    fixture
}

#[test]
fn tables_fit_every_terminal() {
    let fixture = with_long_ids();
    let checkpoint = "ft:gpt-4o-mini-2024-07-18:acme:a-long-name-0:B7R9VjQdyyyyyyyyyyyyyyyyyyyy";

    for columns in [80, 120, 200] {
        for args in [
            format!("list {checkpoint} ft:nobody -q"),
            format!("create {checkpoint} proj_a --checkpoint ft:b --dry-run"),
            "plan".to_owned(),
            "plan --format table".to_owned(),
            "audit".to_owned(),
        ] {
            let (table, _) = shown(&fixture, &args, columns);
            let widest = table.lines().map(UnicodeWidthStr::width).max().unwrap_or(0);
            assert!(
                widest <= columns.into(),
                "{args}: {widest} of {columns}\n{table}"
            );
        }
    }
    let (table, _) = shown(&fixture, &format!("list {checkpoint}"), 80);
    assert!(table.contains("proj_29_") && table.contains('…'), "{table}");
}

#[test]
fn wide_matrix_suggests_html() {
    let fixture = with_long_ids();

    let (matrix, note) = shown(&fixture, "audit", 60);
    assert!(note.contains("--html"), "{note}");
    assert!(!matrix.contains('●'), "{matrix}");

    let (matrix, note) = shown(&fixture, "audit --against permissions.toml", 200);
    assert!(!note.contains("--html"), "{note}");
    assert!(matrix.contains('▲') && matrix.contains('●'), "{matrix}");
}

#[test]
fn progress_line_is_removed_after_the_command() {
    let fixture = Fixture::with_a_slow_page(std::time::Duration::from_millis(400));
    let terminal = Terminal::new();
    let mut list = fixture
        .command(["list", "ft:a", "--page-size", "1"])
        .env("TERM", "xterm-256color")
        .stdout(Stdio::null())
        .stderr(terminal.stream())
        .spawn()
        .unwrap();
    let shown = terminal.shown();
    assert!(list.wait().unwrap().success());

    let last = shown.rsplit(['\r', '\n']).next().unwrap();
    assert_eq!(last.trim_start_matches("\u{1b}[2K").trim(), "", "{shown:?}");
}
