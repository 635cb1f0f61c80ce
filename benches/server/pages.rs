//! Reads, compared by CPU time of the server, so that the cost of the load generator does not count.

use std::path::Path;
use std::time::Duration;

use crate::child::{Child, Role};
use crate::load::{Load, list};
use crate::table::{self, id, project};
use crate::{head, median, micros, ratio, row};

pub(crate) const SMALL: u64 = 10_000;
/// A response that needs no database query, about as large as a page of 100 permissions.
const CONSTANT: &str = "/openapi.json";
pub(crate) const PAGES: usize = 2_000;
pub(crate) const ROUNDS: usize = 7;

/// A kind of list request.
struct Shape {
    name: &'static str,
    /// Permissions on the page.
    permissions: usize,
    /// The query for a page at a row.
    query: fn(u64) -> String,
}

const SHAPES: [Shape; 6] = [
    Shape {
        name: "first page, descending",
        permissions: 100,
        query: |_| "limit=100".to_owned(),
    },
    Shape {
        name: "first page, ascending",
        permissions: 100,
        query: |_| "limit=100&order=ascending".to_owned(),
    },
    Shape {
        name: "by cursor, descending",
        permissions: 100,
        query: |row| format!("limit=100&after={}", id(row)),
    },
    Shape {
        name: "by cursor, ascending",
        permissions: 100,
        query: |row| format!("limit=100&order=ascending&after={}", id(row)),
    },
    Shape {
        name: "by cursor, page of 10",
        permissions: 10,
        query: |row| format!("order=ascending&after={}", id(row)),
    },
    Shape {
        name: "of one project",
        permissions: 1,
        query: |row| format!("limit=100&project_id={}", project(row)),
    },
];

pub(crate) fn run(folder: &Path, large: u64) -> anyhow::Result<()> {
    let small = Child::start(&Role::Server(table::with_rows(folder, SMALL)?))?;
    let big = Child::start(&Role::Server(table::with_rows(folder, large)?))?;
    head(&[
        "page of 100",
        "bare axum, constant body",
        "this server, constant body",
        &format!("of {SMALL}"),
        "to bare axum",
        "to this server",
        &format!("of {large}"),
        &format!("to {SMALL}"),
    ]);
    for shape in &SHAPES {
        let bare = Child::start(&Role::Constant(shape.permissions))?;
        let page = |rows| move |n| list(&(shape.query)(spread(n, rows)));
        let mut costs = [vec![], vec![], vec![], vec![]];
        for round in 0..=ROUNDS {
            let found = [
                cost(&bare, page(SMALL))?,
                cost(&small, |_| CONSTANT.to_owned())?,
                cost(&small, page(SMALL))?,
                cost(&big, page(large))?,
            ];
            // The first round fills the caches.
            if round > 0 {
                costs
                    .iter_mut()
                    .zip(found)
                    .for_each(|(all, one)| all.push(one));
            }
        }
        let [bare, constant, small, large] = costs.map(median);
        row(&[
            shape.name,
            &micros(bare),
            &micros(constant),
            &micros(small),
            &ratio(small, bare),
            &ratio(small, constant),
            &micros(large),
            &ratio(large, small),
        ]);
    }
    Ok(())
}

/// Returns the `n`th row of a sequence that is spread over the table. At least one page of rows precedes and follows
/// each row of the sequence.
pub(crate) fn spread(n: usize, rows: u64) -> u64 {
    n as u64 * 7_919_317 % (rows - 400) + 200
}

/// Returns the CPU time of the server for one response.
pub(crate) fn cost(
    child: &Child,
    path: impl Fn(usize) -> String + Sync,
) -> anyhow::Result<Duration> {
    let before = child.cpu()?;
    Load::gets(child, PAGES, path)?;
    Ok(child.cpu()?.saturating_sub(before) / u32::try_from(PAGES)?)
}
