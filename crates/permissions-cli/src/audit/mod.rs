//! The HTML page of `audit`.

pub(crate) mod html;
