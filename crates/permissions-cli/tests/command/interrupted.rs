//! Ctrl-C and SIGTERM during a command.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Stdio};
use std::time::Duration;

use permissions_server::Fault;
use rustix::process::{Pid, Signal, kill_process};

use crate::support::{Fixture, snapshot_text};

const CHECKPOINTS: usize = 16;

/// Default number of concurrent requests.
const CONCURRENCY: usize = 8;

/// A saved plan with one creation for each of sixteen checkpoints. The server answers the first creation at once, and
/// the next eight after a pause.
fn planned(pause: Duration) -> Fixture {
    // `plan` reads each checkpoint once. `apply` reads each checkpoint again, to check that it has not changed since.
    let reads = std::iter::repeat_n(None, 2 * CHECKPOINTS);
    let slow = std::iter::repeat_n(Some(Fault::Delay(pause)), CONCURRENCY);
    let fixture = Fixture::with_faults(reads.chain([None]).chain(slow));
    let wanted: String = (0..CHECKPOINTS)
        .map(|n| format!("\"ft:{n:02}\" = [\"proj_a\"]\n"))
        .collect();
    let manifest = format!("[checkpoints]\n{wanted}");
    fixture.write_manifest(&manifest);
    assert_eq!(fixture.run("plan --out plan.json").code(), Some(2));
    fixture
}

fn apply(fixture: &Fixture) -> Child {
    fixture
        .command(["apply", "plan.json", "--yes"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn send(signal: Signal, to: &Child) {
    kill_process(Pid::from_child(to), signal).unwrap();
}

#[test]
fn stopped_apply_finishes_requests_and_can_resume() {
    for signal in [Signal::INT, Signal::TERM] {
        let fixture = planned(Duration::from_secs(5));
        let mut apply = apply(&fixture);
        let mut rows = BufReader::new(apply.stdout.take().unwrap());
        let mut told = String::new();
        rows.read_line(&mut told).unwrap();

        send(signal, &apply);

        rows.read_to_string(&mut told).unwrap();
        let ended = apply.wait_with_output().unwrap();
        assert_eq!(ended.status.code(), Some(130));
        let count = |result: &str| {
            let of = |line: &&str| line.split('\t').nth(4) == Some(result);
            told.lines().filter(of).count()
        };
        let (created, left) = (count("created"), count("skipped"));
        assert_eq!(created + left, CHECKPOINTS, "{told}");
        assert!(created > 0 && left > 0, "{told}");
        let said = String::from_utf8(ended.stderr).unwrap();
        let sums = format!("applied {created} of {CHECKPOINTS} changes; {left} skipped");
        assert!(said.contains(&sums), "{said}");
        snapshot_text(
            "apply-stopped",
            "permissions apply, stopped by a signal",
            &said
                .replace(&format!("applied {created}"), "applied [some]")
                .replace(&format!("{left} skipped"), "[others] skipped"),
        );

        let rest = fixture.run("apply plan.json --yes");
        assert_eq!(rest.code(), Some(0), "{rest}");
        assert_eq!(fixture.run("plan").code(), Some(0));
    }
}

#[test]
fn apply_after_second_signal_stops_at_once() {
    let fixture = planned(Duration::from_secs(600));
    let mut apply = apply(&fixture);
    let mut rows = BufReader::new(apply.stdout.take().unwrap());
    let mut shown = String::new();
    rows.read_line(&mut shown).unwrap();
    let mut words = BufReader::new(apply.stderr.take().unwrap());
    let mut said = String::new();

    send(Signal::INT, &apply);
    words.read_line(&mut said).unwrap();
    assert!(
        said.starts_with("finishing the requests in flight"),
        "{said}"
    );
    send(Signal::INT, &apply);

    rows.read_to_string(&mut shown).unwrap();
    let results: Vec<&str> = shown
        .lines()
        .filter_map(|line| line.split('\t').nth(4))
        .collect();
    assert_eq!(
        results
            .iter()
            .filter(|result| **result == "created")
            .count(),
        1,
        "{shown}"
    );
    assert_eq!(
        results
            .iter()
            .filter(|result| **result == "unknown")
            .count(),
        CHECKPOINTS - 1,
        "{shown}"
    );
    words.read_to_string(&mut said).unwrap();
    assert_eq!(apply.wait().unwrap().code(), Some(130));
    assert!(
        said.contains("error: stopped: 1 of 16 changes made"),
        "{said}"
    );
}

#[test]
fn stopped_list_leaves_json_array_open() {
    let fixture = Fixture::with_a_slow_page(Duration::from_secs(600));
    let mut list = fixture
        .command("list ft:a --page-size 1 --format json".split(' '))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut rows = BufReader::new(list.stdout.take().unwrap());
    let mut told = String::new();
    rows.read_line(&mut told).unwrap();

    send(Signal::INT, &list);

    rows.read_to_string(&mut told).unwrap();
    assert_eq!(list.wait().unwrap().code(), Some(130));
    assert!(serde_json::from_str::<serde_json::Value>(&told).is_err());
}
