//! Results of the rules.

use crate::problem::{Note, Problem};

/// Problems and notes of the rules.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    pub(crate) problems: Vec<Problem>,
    pub(crate) notes: Vec<Note>,
}
