//! Many checkpoints at once: plans, what becomes of them, and audits.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may")]

mod apply;
mod audit;
mod peer;
mod plan;
mod support;
mod takeover;
