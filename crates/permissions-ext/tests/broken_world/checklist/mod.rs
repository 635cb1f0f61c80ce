//! The 85 behaviours that the tests of the official SDKs and of async-openai assert, numbered as in the project's notes
//! on them. Each test names its rows.
//!
//! Rows with a home elsewhere: 16, 17, 19, 20 and 21 beside the reading of `Retry-After` and the retry policy; 53, 54,
//! 55, 60, 61 and 62 in `pages`; 18, 34, 48, 49, 50, 51 and 52 in `matrix`; 66 beside the id types of permissions-api,
//! whose values are refused when they are made; 78 beside the reading of the base URL; 63 in `whole_way`, and once more
//! for the blocking client.
//!
//! Rows that have no meaning here, and why:
//! - 3, 4, 6: ordinary routes and ordinary keys; there are none in this client.
//! - 14: platform headers; what a program runs on is nobody's business, and the user agent names crate and version.
//! - 22: an over-long wait clamped to a maximum; it would undercut what the API asked for, so the call fails at once
//!   with the wait in the error (row 25).
//! - 35: streaming request bodies; all of these fit into a line.
//! - 36: idempotency keys; the API has none for these operations, exactly-once is got by reading (see `matrix`).
//! - 37: invalid retry counts; the types leave none (row 38 has the rest).
//! - 70: a static check of path building; paths are built by generated code alone, with ids that are safe by type.
//! - 75: log levels and their variables; what is logged is the choice of the program's `tracing` subscriber.
//! - 77, second half: unknown fields are harmless, but not kept, as results have types.
//! - 82: undefined parameters and nested ones; a parameter is there or not, and all of them are flat.
//! - 85: tower services; a client of one's own goes in through the feature `reqwest-client`.

mod answers;
mod calls;
mod keys;
mod logs;
mod retries;
