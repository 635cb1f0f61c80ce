//! Tests that need other programs: PostgreSQL, PgBouncer, Python, Node, or a mount namespace.
//!
//! The runner reports a test whose program is missing as ignored, with the reason.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    dead_code,
    missing_debug_implementations,
    unreachable_pub,
    reason = "a helper that fails fails its test, and some helpers are for tests/suite only"
)]

use std::fmt::Display;

use libtest_mimic::{Arguments, Completion, Failed, Trial};

/// A value, or the reason why the test cannot run.
pub type Available<T> = Result<T, String>;

/// A test with an empty database.
pub type DatabaseTest = fn(database::TestDatabase) -> futures_util::future::BoxFuture<'static, ()>;

/// Lists test functions, each of which gets an empty database.
macro_rules! over_every_database {
    ($($test:ident),* $(,)?) => {
        pub const TESTS: &[(&str, crate::DatabaseTest)] = &[
            $((stringify!($test), |database| Box::pin($test(database)))),*
        ];
    };
}

mod crowd;
#[path = "../suite/database.rs"]
mod database;
mod disk;
mod failover;
#[path = "../suite/operations.rs"]
mod operations;
#[path = "../suite/paging.rs"]
mod paging;
mod pgbouncer;
mod postgres;
#[path = "../suite/process.rs"]
mod process;
mod processes;
#[path = "../suite/projects.rs"]
mod projects;
mod sdks;
mod shared;
#[path = "../suite/support.rs"]
mod support;

fn main() {
    let arguments = Arguments::from_args();
    let mut trials = vec![
        over_database(
            "operations::permissions_in_postgres_survive_a_restart",
            postgres::database,
            |database| Box::pin(operations::permissions_survive_a_restart(database)),
        ),
        over_database(
            "projects::restart_updates_projects_in_postgres",
            postgres::database,
            |database| Box::pin(projects::restart_updates_projects(database)),
        ),
        blocking(
            "paging::pages_of_postgres_stay_consistent_during_changes",
            || paging_check(12, postgres::database),
        ),
        blocking(
            "paging::pages_of_two_processes_stay_consistent_during_changes",
            || paging_check(4, postgres::database_by_processes),
        ),
    ];
    for (name, test) in operations::TESTS.iter().chain(projects::TESTS) {
        let postgres = format!("postgres::{name}");
        trials.push(over_database(&postgres, postgres::database, *test));
        let processes = format!("processes::{name}");
        trials.push(over_database(
            &processes,
            postgres::database_by_processes,
            *test,
        ));
    }
    trials.extend(crowd::trials());
    trials.extend(disk::trials());
    trials.extend(failover::trials());
    trials.extend(pgbouncer::trials());
    trials.extend(sdks::trials());
    trials.extend(shared::trials());
    libtest_mimic::run(&arguments, trials).exit();
}

/// A test with the database that `create` returns.
fn over_database<F>(
    name: &str,
    create: impl FnOnce() -> F + Send + 'static,
    test: DatabaseTest,
) -> Trial
where
    F: Future<Output = Available<database::TestDatabase>>,
{
    asynchronous(name, async move || {
        test(create().await?).await;
        Ok(())
    })
}

fn paging_check<F>(cases: u32, database: impl Fn() -> F) -> Available<()>
where
    F: Future<Output = Available<database::TestDatabase>>,
{
    postgres::cluster()?;
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    paging::check(cases, || runtime.block_on(database()).expect("PostgreSQL"));
    Ok(())
}

/// A test that returns the reason if it cannot run.
pub fn blocking(name: &str, test: impl FnOnce() -> Available<()> + Send + 'static) -> Trial {
    Trial::ignorable_test(name, || completion(test()))
}

/// An asynchronous test that returns the reason if it cannot run.
pub fn asynchronous(
    name: &str,
    test: impl AsyncFnOnce() -> Available<()> + Send + 'static,
) -> Trial {
    blocking(name, || {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .expect("a runtime");
        runtime.block_on(test())
    })
}

fn completion(result: Result<(), impl Display>) -> Result<Completion, Failed> {
    Ok(match result {
        Ok(()) => Completion::Completed,
        Err(reason) => Completion::ignored_with(reason),
    })
}
