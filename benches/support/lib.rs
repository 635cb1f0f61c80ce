//! What the benches share: a peer that costs next to nothing, CPU time, and rounds that are fair to every contender.
//!
//! Figures are ratios within one run. Contenders take turns in random order, round after round, on the same machine
//! at the same time, and the median counts, so that a noisy neighbour hits them alike.

pub mod arguments;
pub mod cpu;
pub mod peer;
pub mod rounds;
