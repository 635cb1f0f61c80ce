//! What holds for any document.
//!
//! `PROPTEST_CASES=10000 cargo test -p xtask --test properties` looks for longer.

mod any_document;
mod documents;
mod lowering;
mod same_meaning;
