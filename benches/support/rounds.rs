//! Rounds in which every program runs once, in random order.

use std::time::Duration;

use rand::seq::SliceRandom as _;

use crate::cpu;

/// A measured program.
pub struct Program<'a> {
    /// Name in the table.
    pub name: &'static str,
    /// Runs the program once and returns the number of permissions that it processed.
    pub run: Box<dyn FnMut() -> anyhow::Result<u64> + 'a>,
}

impl std::fmt::Debug for Program<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Program")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// Runs each program once without and `rounds` times with measurement. Returns the median CPU time of each, in order.
///
/// # Errors
///
/// Fails if a program fails, or does not process `permissions` permissions.
pub fn medians(
    programs: &mut [Program<'_>],
    permissions: u64,
    rounds: usize,
) -> anyhow::Result<Vec<Duration>> {
    let mut times = vec![Vec::with_capacity(rounds); programs.len()];
    for round in 0..=rounds {
        let mut order: Vec<usize> = (0..programs.len()).collect();
        order.shuffle(&mut rand::rng());
        for index in order {
            let program = &mut programs[index];
            let before = cpu::of_this_process()?;
            let done = (program.run)()?;
            let spent = cpu::of_this_process()?.saturating_sub(before);
            anyhow::ensure!(
                done == permissions,
                "{} processed {done} of {permissions} permissions",
                program.name
            );
            if round > 0 {
                times[index].push(spent);
            }
        }
    }
    Ok(times.into_iter().map(median).collect())
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}
