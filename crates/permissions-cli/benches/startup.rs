//! Measures the startup time of the command and of `true`, a program that does nothing. Run the bench with
//! `cargo bench -p permissions-cli --bench startup`.
//!
//! The bench is in this crate, because cargo sets `CARGO_BIN_EXE_permissions` only here.

use std::io;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const ROUNDS: usize = 200;

/// The limit for the time of the command minus the time of `true`.
const LIMIT: Duration = Duration::from_millis(10);

const COMMANDS: &[&[&str]] = &[
    &["true"],
    &[env!("CARGO_BIN_EXE_permissions"), "--version"],
    &[env!("CARGO_BIN_EXE_permissions"), "--help"],
    &[env!("CARGO_BIN_EXE_permissions"), "schema"],
];

fn main() -> io::Result<()> {
    let mut times = vec![Vec::with_capacity(ROUNDS); COMMANDS.len()];
    // The first round loads the files into memory and is not counted.
    for round in 0..=ROUNDS {
        for (command, times) in COMMANDS.iter().zip(&mut times) {
            let time = start(command)?;
            if round > 0 {
                times.push(time);
            }
        }
    }
    let medians: Vec<Duration> = times.into_iter().map(median).collect();
    report(&medians);
    Ok(())
}

fn start(line: &[&str]) -> io::Result<Duration> {
    let mut command = Command::new(line[0]);
    command.args(&line[1..]).stdout(Stdio::null());
    let start = Instant::now();
    let status = command.status()?;
    let time = start.elapsed();
    if status.success() {
        Ok(time)
    } else {
        Err(io::Error::other(format!("{line:?} ended with {status}")))
    }
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

#[allow(clippy::print_stdout, reason = "the bench prints a table")]
fn report(medians: &[Duration]) {
    let in_ms = |time: Duration| time.as_secs_f64() * 1e3;
    println!("\n| command | ms | ms more than `true` |\n| --- | --- | --- |");
    let mut worst = Duration::ZERO;
    for (line, &time) in COMMANDS.iter().zip(medians) {
        let extra = time.saturating_sub(medians[0]);
        worst = worst.max(extra);
        let name = line
            .join(" ")
            .replace(env!("CARGO_BIN_EXE_permissions"), "permissions");
        println!("| {name} | {:.2} | {:.2} |", in_ms(time), in_ms(extra));
    }
    let share = worst.as_secs_f64() / LIMIT.as_secs_f64();
    println!(
        "\nthe slowest command takes {share:.2} times the limit of {:.0} ms",
        in_ms(LIMIT)
    );
}
