//! Runs the transcript of the README.
//!
//! The transcript follows `<!-- transcript -->`. The lines of the transcript that start with `$` run one after the
//! other in an empty folder, with standard output on a terminal. With `UPDATE_README=1`, these lines and their output
//! replace the transcript.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::terminal::Terminal;

const MARKER: &str = "<!-- transcript -->\n```console\n";
const END: &str = "```\n";

#[test]
fn readme_transcript_matches_command() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../README.md");
    let readme = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = readme.split_once(MARKER).unwrap();
    let (written, after) = rest.split_once(END).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut same = Same::default();

    let mut played = String::new();
    for command in written.lines().filter_map(|line| line.strip_prefix("$ ")) {
        played.push_str(&format!(
            "$ {command}\n{}",
            same.of(&play(command, &folder))
        ));
    }

    if std::env::var_os("UPDATE_README").is_some() {
        std::fs::write(&path, format!("{before}{MARKER}{played}{END}{after}")).unwrap();
    } else {
        assert_eq!(
            played, written,
            "README.md differs; run the test with UPDATE_README=1 to update it"
        );
    }
}

/// Runs a line in a shell. Returns standard output, then standard error.
fn play(line: &str, folder: &TempDir) -> String {
    let terminal = Terminal::new();
    let ran = Command::new("sh")
        .args(["-c", line])
        .current_dir(folder)
        .env_clear()
        .env("PATH", search_path())
        .env("TZ", "UTC0")
        .env("NO_COLOR", "1")
        .stdin(Stdio::null())
        .stdout(terminal.stream())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let shown = terminal.shown();
    let said = ran.wait_with_output().unwrap().stderr;
    shown + std::str::from_utf8(&said).unwrap()
}

fn search_path() -> String {
    let command = PathBuf::from(env!("CARGO_BIN_EXE_permissions"));
    let folder = command.parent().unwrap().display();
    format!("{folder}:/usr/local/bin:/usr/bin:/bin")
}

/// Replaces permission ids with ids that are the same in every run.
#[derive(Default)]
struct Same {
    ids: Vec<String>,
}

impl Same {
    fn of(&mut self, text: &str) -> String {
        let words = text.split_inclusive(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        let text: String = words.map(|word| self.word(word)).collect();
        with_one_time(&text)
    }

    fn word(&mut self, word: &str) -> String {
        let id = word.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
        if !(id.starts_with("cp_") && id.len() == 27) {
            return word.to_owned();
        }
        let place = self.ids.iter().position(|known| known == id);
        let place = place.unwrap_or_else(|| {
            self.ids.push(id.to_owned());
            self.ids.len() - 1
        });
        word.replace(id, &format!("cp_{}", letters(place as u64 + 1)))
    }
}

/// Returns letters that look like an id.
fn letters(seed: u64) -> String {
    let mut state = seed;
    let mut next = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        char::from(LETTERS[(state >> 33) as usize % LETTERS.len()])
    };
    std::iter::repeat_with(&mut next).take(24).collect()
}

/// Replaces every time by 2026-01-31 09:00:00.
fn with_one_time(text: &str) -> String {
    const TIME: &str = "2026-01-31 09:00:00";
    let chars: Vec<char> = text.chars().collect();
    let mut same = String::new();
    let mut at = 0;
    while at < chars.len() {
        let found = chars[at..]
            .iter()
            .zip(TIME.chars())
            .take_while(|(c, sign)| {
                if sign.is_ascii_digit() {
                    c.is_ascii_digit()
                } else {
                    *c == sign
                }
            });
        if found.count() == TIME.len() {
            same.push_str(TIME);
            at += TIME.len();
        } else {
            same.push(chars[at]);
            at += 1;
        }
    }
    same
}
