//! The result of an audit, as a matrix on a terminal and as an HTML page.

mod findings;
mod html;
mod matrix;

pub(crate) use findings::{Finding, Findings};
pub(crate) use html::{About, render};
pub(crate) use matrix::write as write_matrix;
