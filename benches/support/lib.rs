//! Shared code of the benchmarks: a minimal server, CPU time, and rounds in random order.
//!
//! Results are ratios within one run. In each round, every program runs once, in random order, and the median of the
//! rounds counts. Other load on the machine therefore affects all programs equally.

pub mod arguments;
pub mod cpu;
pub mod peer;
pub mod rounds;
