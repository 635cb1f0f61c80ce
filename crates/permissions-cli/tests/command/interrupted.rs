//! Ctrl-C and SIGTERM in the middle of something.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Stdio};
use std::time::Duration;

use permissions_server::Fault;
use rustix::process::{Pid, Signal, kill_process};

use crate::support::{World, snapshot_text};

const CHECKPOINTS: usize = 16;

/// How many requests of an `apply` are under way at a time.
const CONCURRENCY: usize = 8;

/// A saved plan of one creation for each of sixteen checkpoints. The first creation is answered at once, and as many as
/// are then under way after a pause.
fn planned(pause: Duration) -> World {
    // The plan reads each checkpoint, and so does `apply`, to see that none has moved.
    let reads = std::iter::repeat_n(None, 2 * CHECKPOINTS);
    let slow = std::iter::repeat_n(Some(Fault::Delay(pause)), CONCURRENCY);
    let world = World::with_faults(reads.chain([None]).chain(slow));
    let wanted: String = (0..CHECKPOINTS)
        .map(|n| format!("\"ft:{n:02}\" = [\"proj_a\"]\n"))
        .collect();
    let manifest = format!("[checkpoints]\n{wanted}");
    std::fs::write(world.folder().join("permissions.toml"), manifest).unwrap();
    assert_eq!(world.run("plan --out plan.json").code(), Some(2));
    world
}

fn apply(world: &World) -> Child {
    world
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
fn an_apply_that_is_stopped_finishes_what_is_under_way_and_the_next_one_the_rest() {
    for signal in [Signal::INT, Signal::TERM] {
        let world = planned(Duration::from_secs(5));
        let mut apply = apply(&world);
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
        let (created, left) = (count("created"), count("not_started"));
        assert_eq!(created + left, CHECKPOINTS, "{told}");
        assert!(created > 0 && left > 0, "{told}");
        let said = String::from_utf8(ended.stderr).unwrap();
        let sums = format!("applied {created} of {CHECKPOINTS} changes; {left} not started");
        assert!(said.contains(&sums), "{said}");
        snapshot_text(
            "apply-stopped",
            "permissions apply, stopped in the middle",
            &said
                .replace(&format!("applied {created}"), "applied [some]")
                .replace(&format!("{left} not"), "[others] not"),
        );

        let rest = world.run("apply plan.json --yes");
        assert_eq!(rest.code(), Some(0), "{rest}");
        assert_eq!(world.run("plan").code(), Some(0));
    }
}

#[test]
fn an_apply_that_is_asked_twice_stops_at_once() {
    let world = planned(Duration::from_secs(600));
    let mut apply = apply(&world);
    let mut rows = BufReader::new(apply.stdout.take().unwrap());
    rows.read_line(&mut String::new()).unwrap();
    let mut words = BufReader::new(apply.stderr.take().unwrap());
    let mut said = String::new();

    send(Signal::INT, &apply);
    words.read_line(&mut said).unwrap();
    assert!(said.starts_with("finishing what is under way"), "{said}");
    send(Signal::INT, &apply);

    words.read_to_string(&mut said).unwrap();
    assert_eq!(apply.wait().unwrap().code(), Some(130));
    assert!(said.contains("error: stopped before the end"), "{said}");
}

#[test]
fn a_list_that_is_stopped_leaves_an_open_array() {
    let world = World::with_a_slow_page(Duration::from_secs(600));
    let mut list = world
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
