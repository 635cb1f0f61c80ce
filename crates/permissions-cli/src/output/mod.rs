//! Data on standard output: rows of named values.
//!
//! [`Output`] chooses the format and the columns, and flushes after each page, so that the first page of a long list is
//! visible while the second is read.

mod cell;
mod changes;
mod document;
mod filter;
mod rows;
mod stdout;
mod table;
mod text;
mod width;

pub(crate) use cell::Cell;
pub(crate) use changes::Changes;
pub(crate) use rows::{Columns, Output, Settings};
pub(crate) use stdout::{ensure_stdout, stdout_is_discarded, stdout_width};
pub(crate) use text::{Look, Text};
pub(crate) use width::{fit, pad, shorten, truncate};

#[cfg(test)]
mod tests;
