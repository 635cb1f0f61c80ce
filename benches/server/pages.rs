//! Reads: CPU time of the server for a page, so that what the load costs does not count.

use std::path::Path;
use std::time::Duration;

use crate::child::{Child, Role};
use crate::load::Load;
use crate::table::{self, id, project};
use crate::{head, median, micros, ratio, row};

pub(crate) const SMALL: u64 = 10_000;
const PAGES: usize = 2_000;
const ROUNDS: usize = 7;

/// A way of asking for a page.
struct Shape {
    name: &'static str,
    /// Permissions on the page.
    permissions: usize,
    /// The parameters that ask for it at a row.
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
        "constant body",
        &format!("of {SMALL}"),
        "to the constant body",
        &format!("of {large}"),
        "to the small table",
    ]);
    for shape in &SHAPES {
        let constant = Child::start(&Role::Constant(shape.permissions))?;
        let contenders = [(&constant, SMALL), (&small, SMALL), (&big, large)];
        let mut costs = [vec![], vec![], vec![]];
        for round in 0..=ROUNDS {
            for ((child, rows), costs) in contenders.iter().zip(&mut costs) {
                let cost = pages(child, shape, *rows)?;
                // The first round warms up.
                if round > 0 {
                    costs.push(cost);
                }
            }
        }
        let [constant, small, large] = costs.map(median);
        row(&[
            shape.name,
            &micros(constant),
            &micros(small),
            &ratio(small, constant),
            &micros(large),
            &ratio(large, small),
        ]);
    }
    Ok(())
}

fn pages(child: &Child, shape: &Shape, rows: u64) -> anyhow::Result<Duration> {
    let before = child.cpu()?;
    Load::pages(child, PAGES, |n| {
        // All over the table, with a whole page on either side.
        let row = n as u64 * 7_919_317 % (rows - 400) + 200;
        (shape.query)(row)
    })?;
    Ok(child.cpu()?.saturating_sub(before) / u32::try_from(PAGES)?)
}
