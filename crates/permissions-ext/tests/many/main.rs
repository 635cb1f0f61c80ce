//! Plans, applies and audits of many checkpoints.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may")]

mod apply;
mod audit;
mod plan;
mod proxy;
mod support;
