//! Property tests with random documents.
//!
//! `PROPTEST_CASES=10000 cargo test -p xtask --test properties` runs more cases.

mod any_document;
mod documents;
mod lowering;
mod same_meaning;
