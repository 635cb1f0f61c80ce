//! The problems and notes of the lower stage.

use crate::problem::{Note, Problem};

/// The problems and notes that the rules report.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    pub(crate) problems: Vec<Problem>,
    pub(crate) notes: Vec<Note>,
}
