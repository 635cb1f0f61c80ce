//! The maintainers' pipeline: from the upstream OpenAPI document to the generated client, and the
//! report that a reviewer reads. Each stage is a pure function on values; `main.rs` only parses
//! arguments.

pub mod document;
