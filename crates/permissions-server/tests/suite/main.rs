//! Tests over real sockets and SQLite. Tests that need other programs are in `tests/external`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    dead_code,
    unreachable_pub,
    reason = "a helper that fails fails its test, and some helpers are for tests/external only"
)]

/// Runs each function as a test over a database in memory and over a file.
macro_rules! over_every_database {
    ($($test:ident),* $(,)?) => {
        mod memory {
            $(#[tokio::test]
            async fn $test() {
                super::$test(crate::database::TestDatabase::memory()).await;
            })*
        }
        mod file {
            $(#[tokio::test]
            async fn $test() {
                super::$test(crate::database::TestDatabase::file()).await;
            })*
        }
    };
}

mod backup;
mod builder;
mod command;
mod database;
mod durability;
mod limits;
mod malformed;
mod openapi;
mod operations;
mod paging;
mod process;
mod projects;
mod refusals;
mod shutdown;
mod start;
mod support;
