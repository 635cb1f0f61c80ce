//! The real binary against a real server, as people and scripts use it.

mod everyday;
mod help;
mod mistakes;
#[expect(
    clippy::unwrap_used,
    reason = "a world that cannot be built fails the test"
)]
mod support;
