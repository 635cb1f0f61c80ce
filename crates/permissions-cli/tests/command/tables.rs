//! Tables and matrices in terminals of different widths.

use std::fs;
use std::process::Stdio;

use unicode_width::UnicodeWidthStr;

use crate::support::World;
use crate::terminal::Terminal;

/// Runs a command with standard output on a terminal. Returns standard output and standard error.
fn shown(world: &World, args: &str, columns: u16) -> (String, String) {
    let terminal = Terminal::with_width(columns);
    let child = world
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

fn with_long_ids() -> World {
    let world = World::new();
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
        let created = world.run(&format!("create {} {}", checkpoint(n), projects.join(" ")));
        assert_eq!(created.code(), Some(0), "{created}");
    }
    let manifest = format!(
        "[checkpoints]\n\"{}\" = [\"{}\"]\n\"{}\" = []\n",
        checkpoint(0),
        projects[0],
        checkpoint(1)
    );
    fs::write(world.folder().join("permissions.toml"), manifest).unwrap();
    world
}

#[test]
fn tables_fit_every_terminal() {
    let world = with_long_ids();
    let checkpoint = "ft:gpt-4o-mini-2024-07-18:acme:a-long-name-0:B7R9VjQdyyyyyyyyyyyyyyyyyyyy";

    for columns in [80, 120, 200] {
        for args in [
            format!("list {checkpoint} ft:nobody -q"),
            format!("create {checkpoint} proj_a --checkpoint ft:b --dry-run"),
            "plan".to_owned(),
            "plan --format table".to_owned(),
            "audit".to_owned(),
        ] {
            let (table, _) = shown(&world, &args, columns);
            let widest = table.lines().map(UnicodeWidthStr::width).max().unwrap_or(0);
            assert!(
                widest <= columns.into(),
                "{args}: {widest} of {columns}\n{table}"
            );
        }
    }
    let (table, _) = shown(&world, &format!("list {checkpoint}"), 80);
    assert!(table.contains("proj_29_") && table.contains('…'), "{table}");
}

#[test]
fn wide_matrix_suggests_html() {
    let world = with_long_ids();

    let (matrix, note) = shown(&world, "audit", 60);
    assert!(note.contains("--html"), "{note}");
    assert!(!matrix.contains('●'), "{matrix}");

    let (matrix, note) = shown(&world, "audit --against permissions.toml", 200);
    assert!(!note.contains("--html"), "{note}");
    assert!(matrix.contains('▲') && matrix.contains('●'), "{matrix}");
}

#[test]
fn progress_line_is_removed_after_the_command() {
    let world = World::with_a_slow_page(std::time::Duration::from_millis(400));
    let terminal = Terminal::new();
    let mut list = world
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
