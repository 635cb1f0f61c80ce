//! The 85 behaviours that the tests of the official SDKs and of async-openai assert, numbered as in the project's notes
//! on them. Each test names its rows.
//! What none of those four has, and this crate does, is numbered likewise and marked as an extra; 21, a join with the
//! audit log, is not among it.
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
//!   (Of 77, the second half likewise: unknown fields are harmless, but not kept, as results have types.)
//! - 82: undefined parameters and nested ones; a parameter is there or not, and all of them are flat.
//! - 85: tower services; a client of one's own goes in through the feature `reqwest-client`.

mod answers;
mod calls;
mod client;
mod keys;
mod logs;
mod retries;
mod rows;
