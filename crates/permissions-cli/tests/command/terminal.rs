//! Output and prompts on a terminal.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::fs::{Mode, OFlags, open};
use rustix::process::{Pid, Signal, kill_process};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

use crate::support::{Fixture, snapshot_text};

/// A pseudo-terminal: the controller, which the test uses like a person, and the terminal device, which programs use.
pub(crate) struct Terminal {
    person: File,
    device: OwnedFd,
}

impl Terminal {
    pub(crate) fn new() -> Self {
        Self::with_width(120)
    }

    pub(crate) fn with_width(columns: u16) -> Self {
        let person = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&person).unwrap();
        unlockpt(&person).unwrap();
        let name = ptsname(&person, Vec::new()).unwrap();
        let device = open(name, OFlags::RDWR | OFlags::NOCTTY, Mode::empty()).unwrap();
        let size = Winsize {
            ws_row: 40,
            ws_col: columns,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        tcsetwinsize(&device, size).unwrap();
        Self {
            person: person.into(),
            device,
        }
    }

    /// Returns a handle to the terminal device, for a standard stream of a program.
    pub(crate) fn stream(&self) -> Stdio {
        self.device.try_clone().unwrap().into()
    }

    /// Returns everything that is shown until the last program has ended.
    pub(crate) fn shown(mut self) -> String {
        drop(self.device);
        let (mut text, mut some) = (Vec::new(), [0; 4096]);
        // A read fails after the last program has ended.
        while let Ok(read @ 1..) = self.person.read(&mut some) {
            text.extend_from_slice(&some[..read]);
        }
        String::from_utf8(text).unwrap().replace("\r\n", "\n")
    }

    /// Reads until the question appears.
    fn wait_for(&mut self, question: &str) -> String {
        let mut text = String::new();
        while !text.contains(question) {
            let mut some = [0; 4096];
            let read = self.person.read(&mut some).unwrap();
            assert!(read > 0, "{text}");
            text.push_str(std::str::from_utf8(&some[..read]).unwrap());
        }
        text.replace("\r\n", "\n")
    }
}

/// Starts a command with all its streams on the terminal. Drops the `Command`, which holds copies of the streams.
fn start(mut command: Command, terminal: &Terminal) -> Child {
    command
        .env("TERM", "xterm-256color")
        .stdin(terminal.stream())
        .stdout(terminal.stream())
        .stderr(terminal.stream())
        .spawn()
        .unwrap()
}

fn on_terminal(command: Command) -> String {
    let terminal = Terminal::new();
    let mut child = start(command, &terminal);
    let shown = terminal.shown();
    child.wait().unwrap();
    shown
}

/// A fixture where a plan creates one permission and deletes another one.
fn drifted() -> Fixture {
    let fixture = Fixture::new();
    fixture.run("create ft:a proj_a proj_b").data();
    let manifest = "[checkpoints]\n\"ft:a\" = [\"proj_a\", \"proj_c\"]\n";
    fixture.write_manifest(manifest);
    fixture
}

#[test]
fn apply_prompt_applies_only_after_yes() {
    for (answer, code, left) in [
        ("n\n", 1, "proj_b\nproj_a\n"),
        ("\n", 1, "proj_b\nproj_a\n"),
        ("yes\n", 0, "proj_c\nproj_a\n"),
    ] {
        let fixture = drifted();
        let mut terminal = Terminal::new();
        let command = fixture.command(["apply", "--allow-delete", "--color", "never"]);
        let mut apply = start(command, &terminal);

        let asked = terminal.wait_for("[y/N] ");
        terminal.person.write_all(answer.as_bytes()).unwrap();
        let told = terminal.shown();

        assert_eq!(apply.wait().unwrap().code(), Some(code), "{asked}{told}");
        let live = fixture.run("list ft:a --columns project_id");
        assert_eq!(live.data(), left, "after {answer:?}");
        if answer == "n\n" {
            let plain = without_progress(&asked) + &told;
            snapshot_text(
                "confirm",
                "permissions apply on a terminal, with the answer n",
                &plain,
            );
        }
    }
}

#[test]
fn ctrl_c_at_prompt_changes_nothing() {
    let fixture = drifted();
    let mut terminal = Terminal::new();
    let mut apply = start(fixture.command(["apply", "--allow-delete"]), &terminal);
    terminal.wait_for("[y/N] ");

    kill_process(Pid::from_child(&apply), Signal::INT).unwrap();

    let told = terminal.shown();
    assert_eq!(apply.wait().unwrap().code(), Some(130), "{told}");
    assert!(told.contains("stopped; nothing was changed"), "{told}");
    let live = fixture.run("list ft:a --columns project_id");
    assert_eq!(live.data(), "proj_b\nproj_a\n");
}

#[test]
fn delete_prompt_deletes_only_after_yes() {
    for (answer, code, left) in [("n\n", 1, "proj_b\nproj_a\n"), ("y\n", 0, "proj_b\n")] {
        let fixture = drifted();
        let mut terminal = Terminal::new();
        let mut delete = start(
            fixture.command(["delete", "ft:a", "--project", "proj_a"]),
            &terminal,
        );

        let asked = terminal.wait_for("[y/N] ");
        assert!(
            asked.contains("Delete 1 permission of 1 checkpoint?"),
            "{asked}"
        );
        terminal.person.write_all(answer.as_bytes()).unwrap();
        let told = terminal.shown();

        assert_eq!(delete.wait().unwrap().code(), Some(code), "{asked}{told}");
        let live = fixture.run("list ft:a --columns project_id");
        assert_eq!(live.data(), left, "after {answer:?}");
    }
}

#[test]
fn progress_is_shown_only_on_terminal() {
    let slow = || Fixture::with_a_slow_page(Duration::from_secs(1));

    let fixture = slow();
    let terminal = Terminal::new();
    let mut list = fixture
        .command(["list", "ft:a", "--page-size", "1"])
        .env("TERM", "xterm-256color")
        .stdout(Stdio::piped())
        .stderr(terminal.stream())
        .spawn()
        .unwrap();
    let shown = terminal.shown();
    assert!(list.wait().unwrap().success());
    assert!(shown.contains("permissions read"), "{shown:?}");
    // `^C` at the end of a full line would move the cursor, and the line would remain.
    let lines = shown.split("\u{1b}[2K");
    assert!(lines.map(|line| line.chars().count()).max() < Some(119));

    let piped = slow().run("list ft:a --page-size 1");
    assert_eq!(piped.data().lines().count(), 2);
}

#[test]
fn colour_depends_on_terminal_and_options() {
    let fixture = drifted();
    let shown = |arguments: &str, no_color: &str| {
        let mut command = fixture.command(arguments.split(' '));
        command.env("NO_COLOR", no_color);
        on_terminal(command)
    };
    let is_coloured = |text: &str| text.contains("\u{1b}[32m+");

    assert!(is_coloured(&shown("plan", "")));
    assert!(!is_coloured(&shown("plan", "1")));
    assert!(!is_coloured(&shown("plan --color never", "")));
    assert!(is_coloured(&shown("plan --color always", "1")));
    assert!(!is_coloured(fixture.run("plan").stdout()));
    assert!(is_coloured(fixture.run("plan --color always").stdout()));
}

#[test]
fn times_are_local_only_on_terminal() {
    let fixture = Fixture::new();
    fixture.run("create ft:a proj_a").data();
    let list = || {
        let mut command = fixture.command(["list", "ft:a", "--color", "never"]);
        command.env("TZ", "CET-1");
        command
    };

    assert!(on_terminal(list()).contains("2023-11-14 23:13:20"));
    let piped = crate::support::run(list());
    assert!(piped.data().contains("2023-11-14T22:13:20Z"), "{piped}");
}

#[test]
fn names_are_shown_on_terminal_by_default() {
    let fixture = Fixture::with_projects();
    fixture.run("create ft:a proj_a").data();
    let manifest = "[checkpoints]\n\"ft:a\" = [\"proj_a\", \"proj_b\"]\n";
    fixture.write_manifest(manifest);
    let shown = |args: &str| on_terminal(fixture.command(args.split(' ')));

    for (args, name) in [
        ("list ft:a", "Forecast service"),
        ("plan", "\"Maps\""),
        ("audit ft:a", "\"Forecast service\""),
        ("apply --dry-run", "\"Maps\""),
        ("export ft:a", "# \"Forecast service\""),
    ] {
        let before = fixture.project_lists();
        assert!(shown(args).contains(name), "{}", shown(args));
        assert_eq!(fixture.project_lists(), before + 1, "{args}");
        let without = shown(&format!("{args} --no-names"));
        assert!(!without.contains(name), "{without}");
        assert_eq!(fixture.project_lists(), before + 1, "{args} --no-names");
        let piped = fixture.run(args);
        assert!(!piped.stdout().contains(name), "{piped}");
        assert_eq!(fixture.project_lists(), before + 1, "{args} in a pipe");
    }
    assert!(!shown("list ft:a --format json").contains("project_name"));
    let before = fixture.project_lists();
    shown("plan --out -");
    assert_eq!(fixture.project_lists(), before, "a saved plan has no names");
}

#[test]
fn names_column_without_projects_is_hidden() {
    let fixture = Fixture::new();
    fixture.run("create ft:a proj_a").data();

    let list = on_terminal(fixture.command(["list", "ft:a", "--color", "never"]));

    assert!(list.contains("PROJECT ID"), "{list}");
    assert!(!list.contains("PROJECT NAME"), "{list}");
}

/// Removes the progress line from a text.
fn without_progress(text: &str) -> String {
    let (mut left, mut rest) = (String::new(), text);
    while let Some((before, after)) = rest.split_once('\u{1b}') {
        left.push_str(before);
        let end = after.find(|c: char| c.is_ascii_alphabetic());
        rest = end.map_or("", |end| &after[end + 1..]);
    }
    left.push_str(rest);
    left.lines()
        .map(|line| line.rsplit('\r').next().unwrap_or_default())
        .collect::<Vec<_>>()
        .join("\n")
}
