//! Data on standard output: rows of named values.
//!
//! Each format implements `writer::Writer`. [`Output`] chooses the format and the columns, and flushes after each page, so that
//! the first page of a long list is visible while the second is read.

mod cell;
mod changes;
mod csv;
mod error;
mod filter;
mod json;
mod plain;
mod rows;
mod stdout;
mod table;
mod text;
mod width;
mod writer;
mod yaml;

pub(crate) use cell::Cell;
pub(crate) use changes::Changes;
pub(crate) use error::Error;
pub(crate) use rows::{Columns, Jq, Output, Settings};
pub(crate) use stdout::{stdout_is_closed, stdout_is_discarded, stdout_width};
pub(crate) use text::Text;
pub(crate) use width::{fit, pad, shorten};
pub(crate) use writer::Look;

#[cfg(test)]
mod tests;
