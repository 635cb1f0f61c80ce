//! `cargo bench -p permissions-cli --bench startup`: what the command takes to start, beside a process that does nothing
//! at all, in one run. Here and not in the workspace's `benches/`, as only here cargo says where the binary is.

use std::io;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const ROUNDS: usize = 200;

/// Of a start, on top of what the system takes to start any process.
const ALLOWED: Duration = Duration::from_millis(10);

const NOTHING: &[&str] = &["true"];

const CONTENDERS: &[&[&str]] = &[
    NOTHING,
    &[env!("CARGO_BIN_EXE_permissions"), "--version"],
    &[env!("CARGO_BIN_EXE_permissions"), "--help"],
    &[env!("CARGO_BIN_EXE_permissions"), "schema"],
];

fn main() -> io::Result<()> {
    let mut times = vec![Vec::with_capacity(ROUNDS); CONTENDERS.len()];
    // The first round is not counted: it brings the files into memory.
    for round in 0..=ROUNDS {
        for (contender, times) in CONTENDERS.iter().zip(&mut times) {
            let time = start(contender)?;
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
    let begun = Instant::now();
    let status = command.status()?;
    let time = begun.elapsed();
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

#[allow(
    clippy::print_stdout,
    reason = "the table is what the bench is run for"
)]
fn report(medians: &[Duration]) {
    let in_ms = |time: Duration| time.as_secs_f64() * 1e3;
    println!("\n| process | ms | on top of `true` |\n| --- | --- | --- |");
    let mut worst = Duration::ZERO;
    for (line, &time) in CONTENDERS.iter().zip(medians) {
        let extra = time.saturating_sub(medians[0]);
        worst = worst.max(extra);
        let name = line
            .join(" ")
            .replace(env!("CARGO_BIN_EXE_permissions"), "permissions");
        println!("| {name} | {:.2} | {:.2} |", in_ms(time), in_ms(extra));
    }
    let share = worst.as_secs_f64() / ALLOWED.as_secs_f64();
    println!("\n{share:.2} of what is allowed, {:.0} ms", in_ms(ALLOWED));
}
