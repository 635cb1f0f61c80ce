//! Rounds in which every contender runs once, in random order.

use std::time::Duration;

use rand::seq::SliceRandom as _;

use crate::cpu;

/// One way of doing the work that is measured.
pub struct Contender<'a> {
    /// How the table calls it.
    pub name: &'static str,
    /// Does the work once and returns how many units it did, as a check that all contenders did the same.
    pub run: Box<dyn FnMut() -> anyhow::Result<u64> + 'a>,
}

impl std::fmt::Debug for Contender<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Contender")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// Runs each contender once unmeasured and `rounds` times measured, and returns each one's median CPU time in the
/// order given.
///
/// # Errors
///
/// The error of a contender, or one that says who did not do `units` units of work.
pub fn medians(
    contenders: &mut [Contender<'_>],
    units: u64,
    rounds: usize,
) -> anyhow::Result<Vec<Duration>> {
    let mut times = vec![Vec::with_capacity(rounds); contenders.len()];
    for round in 0..=rounds {
        let mut order: Vec<usize> = (0..contenders.len()).collect();
        order.shuffle(&mut rand::rng());
        for index in order {
            let contender = &mut contenders[index];
            let before = cpu::of_this_process()?;
            let done = (contender.run)()?;
            let spent = cpu::of_this_process()?.saturating_sub(before);
            anyhow::ensure!(
                done == units,
                "{} did {done} of {units} units of work",
                contender.name
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
